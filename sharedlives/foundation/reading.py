"""Rich text as readers get it: pictures from the library, numbered footnotes, the fold taken out.

All of it takes HTML from a RichTextField, which was cleaned when it was saved, and gives HTML that needs no escaping;
on pages it is shown by the template tag `reading` (templatetags/richtext.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.html import format_html

from . import elements, picture_elements, richtext
from .arrangement import is_fold
from .elements import Element
from .models import Picture

# A wide table scrolls by itself, also by keyboard, so that the page need not (WCAG 1.4.10, 2.1.1).
SCROLLING = ' class="table-scroll" role="group" aria-label="Table" tabindex="0"'
BACK = "↩\ufe0e"  # as a sign, not as an emoji


def pictures_in(*texts: str) -> dict[int, Picture]:
    """The pictures of these texts, fetched with one query at most."""
    return Picture.objects.in_bulk({number for text in texts for number in richtext.picture_ids(text)})


def shown(html: str, pictures: Mapping[int, Picture], *, prefix: str = "text") -> str:
    """For a page. `prefix` begins the ids of footnotes: two texts on one page need two."""
    notes = Notes(prefix)

    def as_shown(element: Element) -> Element | str:
        if element.name == "figure":
            return picture_elements.figure(pictures.get(_number(element)))
        if element.name == "small":
            return notes.mark(element)
        if element.name == "table":
            return Element("div", SCROLLING, [element])
        return "" if is_fold(element) else element

    return f"{_replaced(elements.read(html), as_shown)}{notes.listed()}"


def for_feed(html: str, pictures: Mapping[int, Picture], *, site: str, page: str, prefix: str = "text") -> str:
    """For feed readers, elsewhere: whole addresses (`site` like "https://www.example.org", `page` the whole address of
    the page it stands on), pictures as JPEG, no ids and nothing that needs our stylesheet."""
    notes = NotesElsewhere(prefix, page=page)

    def as_sent(element: Element) -> Element | str:
        if element.name == "figure":
            return _figure_elsewhere(pictures.get(_number(element)), site)
        if element.name == "small":
            return notes.mark(element)
        if element.name == "aside":
            return Element("blockquote", "", element.children)  # feed readers know no pull quotes
        if element.name == "a":
            return Element("a", _with_whole_address(element.attributes, site, page), element.children)
        return "" if is_fold(element) else element

    return f"{_replaced(elements.read(html), as_sent)}{notes.listed()}"


def opening(html: str) -> str:
    """What stands before the fold, without pictures and footnotes; "" where no fold is or nothing before it."""
    whole = elements.read(html)
    before: list[Element | str] = []
    for child in whole.children:
        if is_fold(child):
            whole.children = before
            _drop(whole, {"figure", "small"})
            return "" if richtext.is_blank(str(whole)) else str(whole).strip()
        before.append(child)
    return ""


def _replaced(element: Element, by: Callable[[Element], Element | str]) -> Element:
    """`element`, every element within replaced by what `by` makes of it, innermost first."""
    element.children = [child if isinstance(child, str) else by(_replaced(child, by)) for child in element.children]
    return element


def _number(figure: Element) -> int:
    return int(figure.attribute("data-picture") or 0)


def _figure_elsewhere(picture: Picture | None, site: str) -> str:
    """Nothing where consent is over or will be: what a feed reader has fetched it keeps."""
    if picture is None or picture.consent_until:
        return ""
    return format_html(
        '<figure><img src="{}{}" alt="{}">{}</figure>',
        site,
        picture_elements.address(picture),
        picture.alt,
        _caption(picture),
    )


def _caption(picture: Picture) -> str:
    words = " ".join(filter(None, [picture.caption, picture.credit]))
    return format_html("<figcaption>{}</figcaption>", words) if words else ""


def _drop(element: Element, names: set[str]) -> None:
    for inner in [element, *element.all()]:
        inner.children = [child for child in inner.children if isinstance(child, str) or child.name not in names]


def _with_whole_address(attributes: str, site: str, page: str) -> str:
    return attributes.replace(' href="/', f' href="{site}/').replace(' href="#', f' href="{page}#')


@dataclass
class Notes:
    """The footnotes of one text: marks with numbers where they stand, their words in a list at the end."""

    prefix: str
    words: list[str] = field(default_factory=list)

    def mark(self, note: Element) -> str:
        self.words.append("".join(map(str, note.children)))
        return self._mark(len(self.words))

    def _mark(self, number: int) -> str:
        name = f"{self.prefix}-note-{number}"
        return (
            f'<sup class="note-mark"><a href="#{name}" id="{name}-mark" role="doc-noteref" '
            f'aria-label="Note {number}">{number}</a></sup>'
        )

    def listed(self) -> str:
        if not self.words:
            return ""
        title = f"{self.prefix}-notes"
        items = "".join(self._item(number, words) for number, words in enumerate(self.words, start=1))
        return (
            f'<section class="notes" role="doc-endnotes" aria-labelledby="{title}">'
            f'<h2 id="{title}">Notes</h2><ol>{items}</ol></section>'
        )

    def _item(self, number: int, words: str) -> str:
        name = f"{self.prefix}-note-{number}"
        return (
            f'<li id="{name}">{words} <a class="notes__back no-print" href="#{name}-mark" role="doc-backlink" '
            f'aria-label="Back to the text, note {number}">{BACK}</a></li>'
        )


@dataclass
class NotesElsewhere(Notes):
    """The same without ids: elsewhere they would meet those of other texts. Marks lead to our own page."""

    page: str = ""

    def _mark(self, number: int) -> str:
        return f'<sup><a href="{self.page}#{self.prefix}-note-{number}">{number}</a></sup>'

    def listed(self) -> str:
        if not self.words:
            return ""
        items = "".join(f"<li>{words}</li>" for words in self.words)
        return f"<h2>Notes</h2><ol>{items}</ol>"
