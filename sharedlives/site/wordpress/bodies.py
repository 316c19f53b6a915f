"""A body of WordPress's, of either editor or both, as rich text of ours."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from sharedlives.foundation import richtext

from . import blocks, tree
from .elements import Around, Flow, words_of
from .reading import printable
from .told import Told

# Far more than any body whose text the site could take; it keeps the worst file from taking minutes.
LONGEST, MOST_TAGS = 400_000, 30_000
_NO_TEXT = re.compile(r"<(script|form|input|select|textarea|object|svg|math|canvas|map)\b", re.IGNORECASE | re.ASCII)
_NAMES = {"script": "A script", "form": "A form", "input": "A form's field", "select": "A form's field",
          "textarea": "A form's field", "object": "An embedded object", "svg": "A drawing", "math": "A formula",
          "canvas": "A drawing", "map": "A map of links"}  # fmt: skip


@dataclass
class Body:
    """`html` is cleaned as the models clean it."""

    html: str
    told: Told = field(default_factory=Told)


class Everything(Around, blocks.Surroundings):
    """What a body asks about the rest of the export: links, pictures, reusable blocks."""


def convert(raw: str, around: Everything, footnotes: str = "") -> Body:
    """The text, and what was lost on the way. `footnotes` is the JSON that WordPress keeps beside a body.

    Raises richtext.Refused where the text is more than the site can take.
    """
    told = Told()
    if len(raw) > LONGEST:
        raise richtext.TooLong
    if raw.count("<") > MOST_TAGS or raw.count("[") > MOST_TAGS:
        raise richtext.TooTangled
    for name in {found.lower() for found in _NO_TEXT.findall(raw)}:
        told.lost(f"{_NAMES[name]} in the text does not come.")
    root = tree.parse(printable(blocks.flatten(raw, told, around)))
    flow = Flow(around, told, _footnotes(footnotes, around, told))
    html = richtext.clean(flow.html(root))
    _tell_missing_words(root, html, flow, told)
    return Body(html, told)


def _footnotes(text: str, around: Around, told: Told) -> dict[str, str]:
    """Their words as HTML within a line, by WordPress's key."""
    try:
        found: Any = json.loads(text or "[]")
    except (ValueError, RecursionError):
        told.lost("The footnotes cannot be read.", text)
        return {}
    notes = [note for note in found if isinstance(note, dict)] if isinstance(found, list) else []
    return {str(note.get("id")): _in_a_line(str(note.get("content", "")), around, told) for note in notes}


def _in_a_line(text: str, around: Around, told: Told) -> str:
    flow = Flow(around, told, {})
    return flow.inline(tree.parse(printable(text[: richtext.LONGEST])).children).strip()


def _tell_missing_words(root: tree.Node, html: str, flow: Flow, told: Told) -> None:
    """The last net: whatever was in the text and is nowhere now."""
    missing = words_of(root.text()) - words_of(unescape(re.sub("<[^>]+>", " ", html))) - flow.moved
    if missing:
        told.lost("Words of the text were left out.", " ".join(list(missing)[:50]))
