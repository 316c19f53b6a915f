"""Where footnotes, pull quotes, pictures and the fold may stand in a text.

What stands elsewhere moves to where it may, or loses its element and keeps its words; so all who read or show a text
can rely on it:

- a footnote stands behind words, never within a link, and holds only words, links, emphasis;
- a pull quote stands at the top level and holds only paragraphs;
- a picture stands between blocks;
- the fold stands at the top level, once.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from . import elements
from .elements import Element

OURS = ("<small", "<aside", "<figure", "<hr data-fold")
INLINE = frozenset("a strong em s sub sup small br".split())
IN_NOTES = frozenset("a strong em".split())
HOLDS_WORDS = frozenset("p h2 h3 h4 li td th caption".split())
HOLDS_BLOCKS = frozenset(["", *"blockquote li td th".split()])


def arranged(text: str) -> str:
    """`text`, well-formed and holding no elements but those of our policies, with all of these in their places."""
    for arrange in (_keep_one_fold, _settle_pull_quotes, _settle_notes, _put_notes_behind_links, _put_pictures_between):
        if not any(mark in text for mark in OURS):
            break
        whole = elements.read(text)
        arrange(whole)
        text = str(whole)
    return text


def is_fold(child: Element | str) -> bool:
    return isinstance(child, Element) and child.name == "hr" and bool(child.attributes)


def _keep_one_fold(whole: Element) -> None:
    first = next(filter(is_fold, whole.children), None)
    for element in [whole, *whole.all()]:
        element.children = [child for child in element.children if child is first or not is_fold(child)]


# --- Pull quotes ------------------------------------------------------------------------------------------------------


def _settle_pull_quotes(whole: Element) -> None:
    for element in whole.all():
        if element.name == "aside":
            _wrap_words(element)
            if element not in whole.children or not all(map(_is_paragraph, element.elements())):
                element.name = ""


def _is_paragraph(element: Element) -> bool:
    return element.name == "p" and all(inner.name in INLINE for inner in element.all())


def _wrap_words(element: Element, only_with: str = "") -> None:
    """Put words that stand between blocks into paragraphs; `only_with`: those with such an element."""
    children: list[Element | str] = []
    for is_words, run in _runs(element):
        has_it = not only_with or any(child.name == only_with for child in run.all())
        wrapped = Element("p", "", run.children)
        children += [wrapped] if is_words and has_it and not _is_blank(run) else run.children
    element.children = children


def _runs(element: Element) -> Iterator[tuple[bool, Element]]:
    """The children, those that follow one another as words (or as blocks) together."""
    run = Element()
    was_words = False
    for child in element.children:
        is_words = isinstance(child, str) or _is_inline(child)
        if run.children and is_words != was_words:
            yield was_words, run
            run = Element()
        run.children.append(child)
        was_words = is_words
    yield was_words, run


def _is_inline(element: Element) -> bool:
    return element.name in INLINE and all(inner.name in INLINE for inner in element.all())


# --- Footnotes --------------------------------------------------------------------------------------------------------


def _settle_notes(whole: Element) -> None:
    for element in [whole, *whole.all()]:
        if element.name in ("", "blockquote"):
            _wrap_words(element, only_with="small")
    _settle_notes_within(whole, may_stand=False, in_link=False)


def _settle_notes_within(element: Element, may_stand: bool, in_link: bool) -> None:
    for child in element.elements():
        if child.name == "small":
            child.children = _words_of_note(child, with_links=not in_link)
            if not may_stand:
                child.name = ""
            elif _is_blank(child):
                child.name, child.children = "", []
        elif child.name in INLINE:
            _settle_notes_within(child, may_stand, in_link or child.name == "a")
        else:
            has_words = child.name in HOLDS_WORDS and not in_link and not _is_blank(child, but_for="small")
            _settle_notes_within(child, has_words, in_link)


def _words_of_note(element: Element, with_links: bool) -> list[Element | str]:
    words: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            words.append(child)
            continue
        inner = _words_of_note(child, with_links and child.name != "a")
        if child.name in IN_NOTES and (with_links or child.name != "a"):
            words.append(Element(child.name, child.attributes, inner))
        else:
            apart = "" if child.name in INLINE else " "
            words += [" "] if child.name == "br" else [apart, *inner, apart]
    return words


def _put_notes_behind_links(element: Element) -> None:
    children: list[Element | str] = []
    for child in element.children:
        children.append(child)
        if isinstance(child, Element):
            if child.name == "a":
                children += _taken_out(child, "small")
            else:
                _put_notes_behind_links(child)
    element.children = children


def _taken_out(element: Element, name: str) -> list[Element]:
    taken: list[Element] = []
    for child in element.elements():
        taken += [child] if child.name == name else _taken_out(child, name)
    element.children = [child for child in element.children if isinstance(child, str) or child.name != name]
    return taken


# --- Pictures ---------------------------------------------------------------------------------------------------------


def _put_pictures_between(element: Element) -> list[Element]:
    """Gives the pictures that cannot stand within `element`, after taking them out of it."""
    children: list[Element | str] = []
    strays: list[Element] = []
    for child in element.children:
        found = []
        if isinstance(child, Element):
            found = [child] if child.name == "figure" else _put_pictures_between(child)
        if not found or found[0] is not child:
            children.append(child)
        (children if element.name in HOLDS_BLOCKS else strays).extend(found)
    element.children = children
    return strays


def _is_blank(element: Element, but_for: str = "") -> bool:
    return not any(html.unescape(words).strip() for words in _words(element, but_for))


def _words(element: Element, but_for: str) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            yield child
        elif child.name != but_for:
            yield from _words(child, but_for)
