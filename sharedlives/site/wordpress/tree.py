"""HTML of any make as a tree of the elements that mean something; and the line breaks of WordPress's older editor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from sharedlives.foundation import richtext

DEEPEST = 60
VOID = {"br", "hr", "img", "source", "embed", "wbr", "col"}
BLOCKS = set(
    "address article aside audio blockquote caption center dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr iframe li main nav ol p pre section summary table tbody td tfoot th thead tr ul "
    "video".split()
)
INLINE = set(
    "a abbr acronym b bdi bdo big br cite code data del dfn em embed font i img ins kbd label legend mark q s samp "
    "small source span strike strong sub sup time tt u var wbr".split()
)
ATTRIBUTES = {
    "*": {"class"},
    "a": {"href"},
    "abbr": {"title"},
    "audio": {"src"},
    "div": {"data-classic"},
    "embed": {"src"},
    "hr": {"data-fold"},
    "iframe": {"src", "title"},
    "img": {"src", "alt", "width", "height", "data-id", "data-src", "data-lazy-src", "data-orig-file"},
    "ol": {"start"},
    "source": {"src"},
    "sup": {"data-fn", "data-note"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "video": {"src"},
}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """This element and all within, in their order."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(child for child in reversed(node.children) if isinstance(child, Node))

    def find(self, *tags: str) -> list[Node]:
        return [node for node in self.walk() if node.tag in tags]

    def text(self) -> str:
        return "".join(child if isinstance(child, str) else f" {child.text()} " for child in self.children)

    def has_class(self, name: str) -> bool:
        return name in self.attributes.get("class", "").split()

    @property
    def is_block(self) -> bool:
        return self.tag in BLOCKS


def parse(html: str) -> Node:
    """The tree of `html`, with the classic pieces' blank lines made into paragraphs. Raises richtext.TooTangled."""
    whole = nh3.clean(
        html,
        tags=BLOCKS | INLINE,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "data", "ftp"},
        link_rel=None,
        clean_content_tags=richtext.WITHOUT_WORDS - {"iframe"},
    )
    root = _Builder().build(whole)
    for node in list(root.walk()):
        if node.tag == "div" and "data-classic" in node.attributes:
            _break_lines(node)
    return root


class _Builder(HTMLParser):
    """Takes the well-formed HTML that nh3 writes."""

    def build(self, html: str) -> Node:
        self.root = Node("div")
        self.open = [self.root]
        self.feed(html)
        self.close()
        return self.root

    def handle_starttag(self, tag, attributes):
        node = Node(tag, {name: value or "" for name, value in attributes})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)
            if len(self.open) > DEEPEST:
                raise richtext.TooTangled

    def handle_endtag(self, tag):
        if len(self.open) > 1 and self.open[-1].tag == tag:
            self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


# --- The older editor: a blank line begins a paragraph, a line's end is a line's end --------------------------------

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n\s*")
_HOLDS_PARAGRAPHS = set("div section article blockquote center main header footer form fieldset aside dd".split())
_HOLDS_EITHER = {"li", "td", "th", "dt", "details"}


def _break_lines(node: Node) -> None:
    if node.tag == "pre":
        return
    if node.tag in _HOLDS_PARAGRAPHS or (node.tag in _HOLDS_EITHER and _has_blank_line(node)):
        node.children = _paragraphs(node.children)
    elif node.tag not in ("table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl", "figure"):
        node.children = _lines(node.children)
    for child in node.children:
        # A paragraph that was made just now has had its turn.
        if isinstance(child, Node) and "data-made" not in child.attributes:
            _break_lines(child)


def _has_blank_line(node: Node) -> bool:
    inner = [child for child in node.children if isinstance(child, str)]
    return any(_BLANK_LINE.search(text.strip()) for text in inner)


def _paragraphs(children: list[Node | str]) -> list[Node | str]:
    made: list[Node | str] = []
    run: list[Node | str] = []

    def end() -> None:
        if any(isinstance(part, Node) or part.strip() for part in run):
            made.append(Node("p", {"data-made": ""}, _lines(run)))
        run.clear()

    for child in children:
        if isinstance(child, Node) and child.is_block:
            end()
            made.append(child)
        elif isinstance(child, Node):
            _break_lines(child)
            run.append(child)
        else:
            first, *others = _BLANK_LINE.split(child)
            run.append(first)
            for other in others:
                end()
                run.append(other)
    end()
    return made


def _lines(children: list[Node | str]) -> list[Node | str]:
    """The same with `<br>` for every line's end, but for those next to a `<br>`, a block, or at either end."""
    made: list[Node | str] = []
    for number, child in enumerate(children):
        if isinstance(child, Node):
            made.append(child)
            continue
        text = child.lstrip() if number == 0 or _breaks(children[number - 1]) else child
        text = text.rstrip() if number == len(children) - 1 or _breaks(children[number + 1]) else text
        first, *others = re.split(r"[ \t\r]*\n\s*", text)
        made.append(first)
        for other in others:
            made += [Node("br"), other]
    return made


def _breaks(child: Node | str) -> bool:
    return isinstance(child, Node) and (child.tag == "br" or child.is_block)
