"""WordPress's [shortcodes]: those we know become HTML, of all others the words stay and the report has the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from .told import Told

# [name ...], [/name], [name=address]; and doubled, [[name]], where an author wanted to show one.
_MARK = re.compile(r"\[(\[?)(/?)([A-Za-z][\w-]{0,60})((?:\s|=)[^\[\]]{0,2000})?(/?)\](\]?)")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'\]]+))")
_IMAGE = re.compile(r"((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)(.*)", re.DOTALL)
_VERBATIM = re.compile(r"<(pre|code)\b", re.IGNORECASE)


@dataclass
class Mark:
    """An opened shortcode, and what has been read within it."""

    name: str
    written: str
    attributes: dict[str, str] = field(default_factory=dict)
    value: str = ""  # of [name=value] and [name value]
    inner: list[str] = field(default_factory=list)


def convert(text: str, told: Told, *, attached: Callable[[], list[str]], every_mark: bool = False) -> str:
    """`text` without shortcodes. `attached` knows the pictures of a gallery that names none; with `every_mark` even a
    lone [word] counts as a shortcode, as in a block made for one."""
    if "[" not in text:
        return text
    converted = "".join(
        piece if is_verbatim else _Converter(told, attached, every_mark).convert(piece)
        for piece, is_verbatim in _pieces(text)
    )
    for broken in _BROKEN.findall(converted):
        told.lost("A shortcode is broken: it has no closing bracket. It stands in the text as it was written.", broken)
    return converted


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """`text` in pieces, and whether each is code, in which brackets are just brackets."""
    start = 0
    while found := _VERBATIM.search(text, start):
        closing = f"</{found[1].lower()}>"
        end = text.lower().find(closing, found.end())
        if end < 0:
            break
        yield text[start : found.start()], False
        start = end + len(closing)
        yield text[found.start() : start], True
    yield text[start:], False


class _Converter:
    def __init__(self, told: Told, attached: Callable[[], list[str]], every_mark: bool):
        self.told, self.attached, self.every_mark = told, attached, every_mark

    def convert(self, text: str) -> str:
        self.closed = {found[3].lower() for found in _MARK.finditer(text) if found[2]}
        self.open = [Mark("", "")]
        place = 0
        for found in _MARK.finditer(text):
            self.open[-1].inner.append(text[place : found.start()])
            place = found.end()
            self.take(found)
        self.open[-1].inner.append(text[place:])
        while len(self.open) > 1:
            self.leave_open(self.open.pop())
        return "".join(self.open[0].inner)

    def take(self, found: re.Match) -> None:
        doubled, closing, name, attributes, _slash, doubled_too = found.groups()
        name = name.lower()
        if doubled and doubled_too:
            self.open[-1].inner.append(found[0][1:-1])
        elif not self.is_shortcode(name, attributes or ""):
            self.open[-1].inner.append(found[0])
        else:
            self.open[-1].inner.append(doubled)
            self.close(name, found[0]) if closing else self.begin(name, attributes or "", found[0])
            self.open[-1].inner.append(doubled_too)

    def is_shortcode(self, name: str, attributes: str) -> bool:
        """Writers use brackets too: "[sic]", "[our emphasis]"."""
        return name in KNOWN or name in self.closed or "=" in attributes or "_" in name or self.every_mark

    def begin(self, name: str, attributes: str, written: str) -> None:
        mark = Mark(name, written, value=attributes.strip(" =/").split(" ")[0])
        for key, *values in _ATTRIBUTE.findall(unescape(attributes)):
            mark.attributes[key.lower()] = "".join(values)
        if name in self.closed:
            self.open.append(mark)
        else:
            self.open[-1].inner.append(self.html(mark, None))

    def close(self, name: str, written: str) -> None:
        if not any(mark.name == name for mark in self.open):
            self.told.lost("The end of a shortcode stands without its beginning and was left out.", written)
            return
        while self.open[-1].name != name:
            self.leave_open(self.open.pop())
        mark = self.open.pop()
        self.open[-1].inner.append(self.html(mark, "".join(mark.inner)))

    def leave_open(self, mark: Mark) -> None:
        self.open[-1].inner.append(self.html(mark, None) + "".join(mark.inner))

    def html(self, mark: Mark, inner: str | None) -> str:
        """`inner` is what stands between the marks; None where there is no end."""
        if mark.name in KNOWN:
            return KNOWN[mark.name](self, mark, inner)
        self.told.lost("A shortcode that this site does not know was left out, its words stay.", mark.written)
        address = mark.attributes.get("url") or mark.attributes.get("href") or mark.attributes.get("link", "")
        if inner and address.startswith(("http", "/")) and "<a" not in inner:
            return f'<a href="{escape(address)}">{inner}</a>'
        return inner or ""

    def caption(self, mark: Mark, inner: str | None) -> str:
        found = _IMAGE.search(inner or "")
        if not found:
            self.told.lost("A caption is broken: no picture stands in it, or it has no end.", mark.written)
            return inner or ""
        words = found[2].strip() or mark.attributes.get("caption", "")
        before = inner[: found.start()] if inner else ""
        return f"\n\n{before}<figure>{found[1]}<figcaption>{words}</figcaption></figure>\n\n"

    def gallery(self, mark: Mark, inner: str | None) -> str:
        named = mark.attributes.get("ids") or mark.attributes.get("include") or ""
        numbers = re.findall(r"\d+", named) or self.attached()
        if not numbers:
            self.told.lost("A gallery names no pictures, and none belong to the post.", mark.written)
        pictures = "".join(f'<figure><img class="wp-image-{number}"></figure>' for number in numbers[:500])
        return f"\n\n{pictures}\n\n{inner or ''}"

    def media(self, mark: Mark, inner: str | None) -> str:
        values = [inner or "", *mark.attributes.values(), mark.value]
        address = next((value.strip() for value in values if re.match(r"\s*(?:https?:)?//", value)), "")
        if not address and mark.name in _BY_NUMBER and (mark.value or mark.attributes):
            address = _BY_NUMBER[mark.name] + (mark.attributes.get("id") or mark.value)
        if not address:
            self.told.lost("A shortcode for a film or sound names no address.", mark.written)
            return inner or ""
        return f'\n\n<iframe src="{escape(unescape(address))}"></iframe>\n\n'

    def footnote(self, mark: Mark, inner: str | None) -> str:
        return f'<sup data-note="">{inner}</sup>' if inner else ""


_BY_NUMBER = {"youtube": "https://www.youtube.com/watch?v=", "vimeo": "https://vimeo.com/"}
KNOWN: dict[str, Callable[[_Converter, Mark, str | None], str]] = {
    **dict.fromkeys(["caption", "wp_caption"], _Converter.caption),
    "gallery": _Converter.gallery,
    **dict.fromkeys(["embed", "video", "audio", "youtube", "vimeo"], _Converter.media),
    **dict.fromkeys(["footnote", "fn"], _Converter.footnote),
}
_BROKEN = re.compile(rf"\[/?(?:{'|'.join(KNOWN)})\b(?![^\[\]]{{0,2000}}\])[^\n]{{0,60}}", re.IGNORECASE)
