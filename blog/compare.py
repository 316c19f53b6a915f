"""Two texts of a post side by side, with the words marked that changed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sharedlives.foundation import richtext

from .models import Author, Post, Topic
from .snapshots import Data

# Above this many words a comparison word by word takes seconds; then changed paragraphs are shown whole.
MOST_WORDS = 20_000
LABELS = {
    "title": "Title",
    "standfirst": "Standfirst",
    "bylines": "Bylines",
    "introduction": "Host’s introduction",
    "body": "Text",
    "content_note": "Content note",
    "lead_picture": "Lead picture",
    "pictures": "Pictures and their descriptions",
    "topics": "Topics",
    "tags": "Tags",
    "slug": "Address",
    "introduced_by": "Introduced by",
    "workshop": "Workshop it announces",
    "expire_at": "On the site until",
    "pinned_until": "First in the list until",
    "review_by": "To be looked at again by",
}

# As the fields are called on a guest's own page.
LABELS_FOR_GUESTS = LABELS | {
    "standfirst": "In one or two sentences",
    "bylines": "Who wrote it",
    "introduction": "What the host says about you",
}


class Kind(StrEnum):
    SAME = "same"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True)
class Piece:
    """Some words that stayed, went or came."""

    kind: Kind
    words: str


@dataclass(frozen=True)
class Change:
    """One field that changed: its paragraphs, each as pieces."""

    label: str
    paragraphs: list[list[Piece]]


def changes(before: Data, after: Data, *, labels: dict[str, str] = LABELS) -> list[Change]:
    """What changed from one snapshot (blog/snapshots.py) to another, field by field; nothing for those alike."""
    found = []
    for name, label in labels.items():
        old, new = _lines(name, before[name]), _lines(name, after[name])
        if old != new:
            found.append(Change(label, list(_paragraphs(old, new))))
    return found


def _lines(name: str, value) -> list[str]:
    """A field in words, one line for each paragraph or entry."""
    if name in ("introduction", "body"):
        return paragraphs(value)
    if name == "bylines":
        return [", ".join(filter(None, row[1:])) for row in value]
    if name == "pictures":
        return [f"{key}: {_described(alt, is_decorative)}" for key, alt, is_decorative in value]
    if name == "topics":
        return sorted(Topic.objects.filter(pk__in=value).values_list("name", flat=True))
    if name == "tags":
        return list(value)
    if name == "introduced_by":
        return [str(author) for author in Author.objects.filter(pk=value)] if value else []
    if name in ("lead_picture", "workshop"):
        model: Any = Post._meta.get_field(name).related_model
        return [str(row) for row in model._base_manager.filter(pk=value)] if value else []
    return [str(value)] if value else []


def _described(alt: str, is_decorative: bool) -> str:
    return alt or ("decoration" if is_decorative else "not described")


_BLOCK_ENDS = re.compile(r"(?<=</p>)|(?<=</li>)|(?<=</h[2-4]>)|(?<=</tr>)|(?<=</figure>)|(?<=</caption>)")


def paragraphs(html: str) -> list[str]:
    """Cleaned HTML as plain paragraphs; a picture is named by its number, a footnote stands in brackets."""
    text = re.sub(r'<figure data-picture="([0-9]+)"></figure>', r"<p>(picture \1)</p>", html)
    text = (
        text.replace("<small>", " (").replace("</small>", ")").replace('<hr data-fold="">', "<p>(Continue reading)</p>")
    )
    return [words for block in _BLOCK_ENDS.split(text) if (words := richtext.plain(block))]


def _paragraphs(old: list[str], new: list[str]) -> Iterator[list[Piece]]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ([Piece(Kind.SAME, words)] for words in old[a:b])
            continue
        # Paragraphs that took one another's place are compared word by word; those left over came or went whole.
        pairs = min(b - a, d - c)
        yield from (_words(old[a + n], new[c + n]) for n in range(pairs))
        yield from ([Piece(Kind.OUT, words)] for words in old[a + pairs : b])
        yield from ([Piece(Kind.IN, words)] for words in new[c + pairs : d])


def _words(old: str, new: str) -> list[Piece]:
    before, after = old.split(), new.split()
    if len(before) + len(after) > MOST_WORDS:
        return [Piece(Kind.OUT, old), Piece(Kind.IN, new)]
    pieces = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(Kind.SAME, " ".join(before[a:b])))
            continue
        if b > a:
            pieces.append(Piece(Kind.OUT, " ".join(before[a:b])))
        if d > c:
            pieces.append(Piece(Kind.IN, " ".join(after[c:d])))
    return pieces


def without_what_stayed(found: list[Change]) -> list[Change]:
    """For mails: paragraphs that stayed as they were left out."""
    return [
        Change(change.label, [line for line in change.paragraphs if any(piece.kind != Kind.SAME for piece in line)])
        for change in found
    ]


def in_plain_text(found: list[Change]) -> str:
    """What went in [-brackets-], what came in {+brackets+}."""
    marks = {Kind.SAME: "{}", Kind.OUT: "[-{}-]", Kind.IN: "{{+{}+}}"}
    lines = []
    for change in found:
        lines.append(f"{change.label}:")
        lines += [
            " ".join(marks[piece.kind].format(piece.words) for piece in paragraph) for paragraph in change.paragraphs
        ]
    return "\n".join(lines)
