"""Several posts in one plain text: a title alone in its line, then its paragraphs, with blank lines between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import IO

from django.utils.text import slugify

from .reading import Broken, Export

LONGEST_TITLE = 100
LARGEST_FILE = 20_000_000
_MARKED = re.compile(r"#\s+(.+)")
_ENDS_A_SENTENCE = re.compile(r"[.,:;…\"”’)\]]$|Continue reading$", re.IGNORECASE)


@dataclass
class Piece:
    """One post as it stands in the file."""

    title: str
    line: int
    paragraphs: list[str] = field(default_factory=list)


def read(file: IO[bytes], name: str) -> Export:
    """The posts of a text as an export of drafts: no date and no author is known. Raises Broken."""
    pieces = list(split(_text(file)))
    if not any(piece.paragraphs for piece in pieces):
        raise Broken("The file holds no title followed by a text.")
    export = Export(title=name)
    used: set[str] = set()
    for piece in pieces:
        key = slugify(piece.title)[:150] or f"line-{piece.line}"
        key = key if key not in used else f"{key}-line-{piece.line}"
        used.add(key)
        body = "\n\n".join(escape(paragraph, quote=False) for paragraph in piece.paragraphs)
        export.add(
            {"type": "post", "id": key, "status": "text", "title": escape(piece.title), "body": body, "meta": {},
             "terms": [], "line": piece.line}
        )  # fmt: skip
    return export


def _text(file: IO[bytes]) -> str:
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Broken(f"The file is too large: at most {LARGEST_FILE // 1_000_000} MB.")
    try:
        return content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Broken("the text is not in UTF-8. Open it in an editor and save it with that encoding.", line) from None


def split(text: str) -> Iterator[Piece]:
    """The posts of a text.

    A title is marked with "# ", or where no line is marked, it is a short line alone that does not end like a sentence
    and has a text after it. The first line is always one.
    """
    blocks = list(_blocks(text))
    is_marked = any(_MARKED.match(block) for _, block in blocks)
    current: Piece | None = None
    for number, (line, block) in enumerate(blocks):
        title = _MARKED.match(block)
        if current is None or title or (not is_marked and _is_title(block, blocks[number + 1 :])):
            if current:
                yield current
            first, _, rest = block.partition("\n")
            current = Piece(title[1].strip() if title else first.strip(), line)
            block = rest
        if block:
            current.paragraphs.append(block)
    if current:
        yield current


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """What stands between blank lines, each with the number of its first line."""
    lines: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            lines.append(line.strip())
        elif lines:
            yield number - len(lines), "\n".join(lines)
            lines = []


def _is_title(block: str, following: list[tuple[int, str]]) -> bool:
    def looks_like_one(block: str) -> bool:
        return "\n" not in block and len(block) <= LONGEST_TITLE and not _ENDS_A_SENTENCE.search(block)

    return looks_like_one(block) and bool(following) and not looks_like_one(following[0][1])
