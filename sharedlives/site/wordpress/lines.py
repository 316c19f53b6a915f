"""Cleaned HTML as the lines a reader sees, for whoever looks for something in the words of a post."""

from __future__ import annotations

import html
import re

_FOOTNOTE = re.compile(r"<small>.*?</small>", re.DOTALL)
_CELL_END = re.compile(r"</t[dh]>\s*(?=<t[dh])")
_LINE_END = re.compile(
    r"<br ?/?>|</?(?:p|h[1-6]|ul|ol|li|blockquote|aside|table|caption|tr|thead|tbody|hr|figure)\b[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\s[A-Z]\.)\s+(?=[\W\d]{0,20}[A-Z])")
_TITLE_WITH_STOP = re.compile(r"\b(Dr|Prof|Rev|Revd|Mr|Mrs|Ms|St)\.(?=\s)")


def words(text: str) -> str:
    """Plain words of a piece of HTML on one line, all kinds of blank as one."""
    return " ".join(html.unescape(_TAG.sub("", text)).replace("\u200b", "").split())


def lines(body: str) -> list[str]:
    """The lines of cleaned HTML that hold words: paragraphs, entries of lists, rows of tables; split at line breaks."""
    body = _CELL_END.sub(" – ", _FOOTNOTE.sub("", body))
    return [line for line in map(words, _LINE_END.split(body)) if line]


def sentences(line: str) -> list[str]:
    """The sentences of a line; the stop after a title or an initial ends none."""
    return _SENTENCE_END.split(_TITLE_WITH_STOP.sub(r"\1", line))
