"""Cleaned HTML as a tree, to be rearranged or shown. Only for what a sanitiser wrote: well-formed, every attribute in
quotes, every "<" of the text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TAG = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+=(?:"[^"]*"|'[^']*'))*)\s*>""")
_VALUE = re.compile(r"""\s([a-z-]+)=["']([^"']*)["']""")
WITHOUT_END = frozenset({"br", "hr"})


@dataclass(eq=False, slots=True)
class Element:
    """`name` is "" for the whole text, and for what should lose its tags and keep what is in it. Texts are as they
    are written in HTML."""

    name: str = ""
    attributes: str = ""  # as written, with the blank before them
    children: list[Element | str] = field(default_factory=list)

    def __str__(self) -> str:
        inner = "".join(map(str, self.children))
        if not self.name:
            return inner
        opened = f"<{self.name}{self.attributes}>"
        return opened if self.name in WITHOUT_END else f"{opened}{inner}</{self.name}>"

    def attribute(self, name: str) -> str | None:
        return dict(_VALUE.findall(self.attributes)).get(name)

    def elements(self) -> Iterator[Element]:
        """The children that are elements."""
        return (child for child in self.children if isinstance(child, Element))

    def all(self) -> Iterator[Element]:
        """Every element within, in the order of the text."""
        for child in self.elements():
            yield child
            yield from child.all()


def read(html: str) -> Element:
    """The whole text as an element without a name; written out again it is the same."""
    whole = Element()
    lineage = [whole]
    end = 0
    for tag in _TAG.finditer(html):
        if tag.start() > end:
            lineage[-1].children.append(html[end : tag.start()])
        end = tag.end()
        closing, name, attributes = tag.groups()
        if not closing:
            element = Element(name, attributes)
            lineage[-1].children.append(element)
            if name not in WITHOUT_END:
                lineage.append(element)
        elif lineage[-1].name == name:
            lineage.pop()
    if end < len(html):
        lineage[-1].children.append(html[end:])
    return whole
