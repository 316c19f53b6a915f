"""Bodies as WordPress's block editor writes them: HTML between comments that say what each piece is.

What is left has no such comments any more; pieces of the older editor lie in `<div data-classic>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

from sharedlives.foundation import richtext

from . import shortcodes
from .told import Told

FOLD = '\n\n<hr data-fold="">\n\n'
DEEPEST_REUSE, DEEPEST = 5, 60
_NAME = re.compile(r"(/?)wp:((?:[a-z][a-z0-9_-]*/)?[a-z][a-z0-9_-]*)\s*(\{.*\})?\s*(/?)$", re.DOTALL)
# No search goes on beyond the next mark of its own kind: of many without an end each would look through all the rest.
_FIGCAPTION = re.compile(r"<figcaption\b[^<>]*>((?:(?!<figcaption\b).)*?)</figcaption>", re.DOTALL | re.IGNORECASE)
_FRAME = re.compile(r"</?(?:figure|blockquote)\b[^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"<a\b([^<>]*)>(?:(?!<a\b).)*?</a>", re.DOTALL | re.IGNORECASE)


class Surroundings(Protocol):
    def block(self, id: str) -> dict[str, Any] | None: ...
    def attached(self) -> list[str]: ...


@dataclass
class Block:
    name: str
    attributes: dict[str, Any] = field(default_factory=dict)
    inner: list[str] = field(default_factory=list)


def flatten(body: str, told: Told, around: Surroundings, within: tuple[str, ...] = ()) -> str:
    """`body` as HTML alone. `within` are the reusable blocks that we are in."""
    return _Flattening(told, around, within).flatten(body)


def classic(text: str, told: Told, around: Surroundings, *, every_mark: bool = False) -> str:
    text = shortcodes.convert(text, told, attached=around.attached, every_mark=every_mark)
    return f'<div data-classic="">{text}</div>' if text.strip() else ""


class _Flattening:
    def __init__(self, told: Told, around: Surroundings, within: tuple[str, ...]):
        self.told, self.around, self.within = told, around, within
        self.open = [Block("")]

    def flatten(self, body: str) -> str:
        place = 0
        while (start := body.find("<!--", place)) >= 0 and (end := body.find("-->", start)) >= 0:
            self.text(body[place:start])
            self.comment(body[start + 4 : end].strip())
            place = end + 3
        self.text(body[place:])
        while len(self.open) > 1:
            self.close()
        self.end_classic()
        return "".join(self.open[0].inner)

    def text(self, text: str) -> None:
        block = self.open[-1]
        if block.name in VERBATIM:
            block.inner.append(text)
        elif block.name:
            block.inner.append(shortcodes.convert(text, self.told, attached=self.around.attached))
        else:
            self.open[0].attributes.setdefault("classic", []).append(text)

    def end_classic(self) -> None:
        """What stood between blocks, or alone, is of the older editor."""
        pieces = self.open[0].attributes.pop("classic", [])
        self.open[0].inner.append(classic("".join(pieces), self.told, self.around))

    def comment(self, comment: str) -> None:
        found = _NAME.match(comment)
        if found:
            self.delimiter(*found.groups())
        elif comment == "more" or comment.startswith("more "):
            # Inside its block the delimiters say the same.
            self.open[-1].inner.append(FOLD) if self.open[-1].name else self.text(FOLD)
        elif comment == "nextpage":
            self.told.note("It stood on several pages there; here it is one.")

    def delimiter(self, closing: str, name: str, attributes: str | None, void: str) -> None:
        name = name.removeprefix("core/")
        if closing:
            self.close_down_to(name)
            return
        if len(self.open) == 1:
            self.end_classic()
        self.open.append(Block(name, _attributes(attributes)))
        if len(self.open) > DEEPEST:
            raise richtext.TooTangled
        if void:
            self.close()

    def close_down_to(self, name: str) -> None:
        if any(block.name == name for block in self.open[1:]):
            while self.open[-1].name != name:
                self.close()
            self.close()

    def close(self) -> None:
        block = self.open.pop()
        inner = "".join(block.inner)
        render = RENDERED.get(block.name, _Flattening.other)
        html = render(self, block, inner)
        self.open[-1].inner.append(f"\n{html}\n" if html else "")

    def other(self, block: Block, inner: str) -> str:
        if not inner.strip() and block.name not in SAY_NOTHING:
            self.told.lost(f'A block that WordPress fills by itself does not come: "{block.name}".')
        return inner

    def embed(self, block: Block, inner: str) -> str:
        address = str(block.attributes.get("url") or "") or _first_address(inner)
        caption = _FIGCAPTION.search(inner)
        words = f"<p>{caption[1]}</p>" if caption else ""
        return f'<iframe src="{escape(address)}"></iframe>{words}' if address else inner

    def pullquote(self, block: Block, inner: str) -> str:
        return f"<aside>{_FRAME.sub('', inner)}</aside>"

    def cover(self, block: Block, inner: str) -> str:
        address, number = str(block.attributes.get("url") or ""), block.attributes.get("id", "")
        if address and "<img" not in inner:
            inner = f'<figure><img class="wp-image-{escape(str(number))}" src="{escape(address)}"></figure>{inner}'
        return inner

    def reused(self, block: Block, inner: str) -> str:
        id = str(block.attributes.get("ref", ""))
        item = self.around.block(id)
        if item is None or id in self.within or len(self.within) >= DEEPEST_REUSE:
            self.told.lost("A reusable block is not in the export, or stands in itself.", f"wp:block {id}"[:100])
            return ""
        return flatten(item.get("body", ""), self.told, self.around, (*self.within, id))

    def shortcode(self, block: Block, inner: str) -> str:
        return classic(inner, self.told, self.around, every_mark=True)

    def freeform(self, block: Block, inner: str) -> str:
        return classic(inner, self.told, self.around)

    def more(self, block: Block, inner: str) -> str:
        return FOLD

    def file(self, block: Block, inner: str) -> str:
        return _LINK.sub(lambda link: "" if "wp-block-file__button" in link[1] else link[0], inner)

    def social_link(self, block: Block, inner: str) -> str:
        address, service = str(block.attributes.get("url", "")), str(block.attributes.get("service", "link"))
        return f'<p><a href="{escape(address)}">{escape(service.capitalize())}</a></p>' if address else ""

    def nothing(self, block: Block, inner: str) -> str:
        return ""


# Their text is not looked at before the block is whole, or never.
VERBATIM = {"code", "preformatted", "shortcode", "freeform"}
SAY_NOTHING = {"spacer", "separator", "paragraph", "nextpage", "group", "column", "columns", "heading", "list-item",
               "list", "buttons", "button", "html", "quote"}  # fmt: skip
RENDERED: dict[str, Callable[[_Flattening, Block, str], str]] = {
    "embed": _Flattening.embed,
    **{
        f"core-embed/{service}": _Flattening.embed
        for service in "youtube vimeo twitter facebook instagram soundcloud spotify flickr tiktok wordpress ted "
        "dailymotion slideshare issuu reddit".split()
    },
    "pullquote": _Flattening.pullquote,
    "cover": _Flattening.cover,
    "block": _Flattening.reused,
    "shortcode": _Flattening.shortcode,
    "freeform": _Flattening.freeform,
    "more": _Flattening.more,
    "file": _Flattening.file,
    "social-link": _Flattening.social_link,
    "footnotes": _Flattening.nothing,
}


def _attributes(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _first_address(text: str) -> str:
    found = re.search(r"https?://[^\s\"'<>]+", text)
    return found[0] if found else ""
