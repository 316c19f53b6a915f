"""What an import did, or would do: counts first, then every loss and every question by name.

`Report.as_json()` is what `--json` writes and what `ImportRun.report` holds. Its shape:

    {
      "version": 1,
      "blog": "https://blog.example.org", "file": "export.xml", "is_applied": false,
      "counts": {"posts": {"new": 5, "updated": 0, "unchanged": 0, "edited here": 0, "not taken": 0}, "pages": {...},
                 "pictures": {...}, "authors": {...}, "topics": {...}, "tags": {...},
                 "old addresses": {"new": 31, "unchanged": 0}, "questions for you": {"Who wrote it": 4, ...}},
      "skipped": [{"what": "menu entries", "count": 70, "why": "Menus are made anew here, from the pages."}],
      "losses": [ENTRY, ...], "questions": [ENTRY, ...], "notes": [ENTRY, ...]
    }

    ENTRY = {"title": "A room and a half", "kind": "post", "wp_id": "2100", "line": 57, "post": 12,
             "said": "A video became a link.", "detail": "https://..."}

Only counts that are not 0 are there. "kind" is post, page, picture, author, topic, tag or file; "wp_id", "line",
"post" (our key, where it is a post that stands) and "detail" (words or an address from the export, not cleaned: escape
it) may be missing. A *loss* did not come, or came as less than it was; a *question* needs somebody's answer; a *note*
is good to know. "skipped" counts what never comes, all of a kind together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .reading import printable

LONGEST_DETAIL = 2_000

NOTHING_LOST, SOMETHING_LOST = 0, 3  # exit codes; 1 is Django's own for a refusal


@dataclass(frozen=True)
class Source:
    """Which thing of the export an entry is about."""

    title: str
    kind: str = "post"
    wp_id: str = ""
    line: int = 0


@dataclass
class Entry:
    source: Source
    said: str
    detail: str = ""
    post: int | None = None

    def as_json(self) -> dict[str, Any]:
        source = self.source
        optional = {"wp_id": source.wp_id, "line": source.line, "post": self.post, "detail": printable(self.detail)}
        return {"title": printable(source.title), "kind": source.kind, "said": self.said} | {
            k: v for k, v in optional.items() if v
        }

    def __str__(self):
        where = f" (line {self.source.line})" if self.source.line else ""
        detail = f" {self.detail}" if self.detail else ""
        return f"{self.source.title}{where}: {self.said}{detail}"


@dataclass
class Report:
    blog: str = ""
    file: str = ""
    is_applied: bool = False
    counts: dict[str, Counter] = field(default_factory=dict)
    skipped: Counter = field(default_factory=Counter)  # of (what, why)
    losses: list[Entry] = field(default_factory=list)
    questions: list[Entry] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    is_more_lost: bool = False  # than `losses` name one by one

    def count(self, what: str, outcome: str, number: int = 1) -> None:
        self.counts.setdefault(what, Counter())[outcome] += number

    def skip(self, what: str, why: str, number: int = 1, *, is_loss: bool = False) -> None:
        """Count things of a kind that never comes; `is_loss` where somebody wrote them to be read."""
        if number:
            self.skipped[what, why] += number
            self.is_more_lost |= is_loss

    def lost(self, source: Source, said: str, detail: str = "") -> None:
        self.losses.append(Entry(source, said, detail[:LONGEST_DETAIL]))

    def ask(self, source: Source, said: str, detail: str = "") -> None:
        self.questions.append(Entry(source, said, detail[:LONGEST_DETAIL]))

    def note(self, source: Source, said: str, detail: str = "") -> None:
        self.notes.append(Entry(source, said, detail[:LONGEST_DETAIL]))

    @property
    def has_losses(self) -> bool:
        return bool(self.losses) or self.is_more_lost

    @property
    def exit_code(self) -> int:
        return SOMETHING_LOST if self.has_losses else NOTHING_LOST

    def name_posts(self, posts: dict[str, int]) -> None:
        """Tell entries about posts which of ours they mean: `posts` has our keys by WordPress's."""
        for entry in [*self.losses, *self.questions, *self.notes]:
            if entry.source.kind == "post":
                entry.post = posts.get(entry.source.wp_id)

    def forget_keys(self) -> None:
        """After a trial: posts that it made are gone."""
        for entry in [*self.losses, *self.questions, *self.notes]:
            entry.post = None

    def as_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "blog": self.blog,
            "file": self.file,
            "is_applied": self.is_applied,
            "counts": {what: dict(outcomes) for what, outcomes in self.counts.items()},
            "skipped": [{"what": what, "count": count, "why": why} for (what, why), count in self.skipped.items()],
            "losses": [entry.as_json() for entry in self.losses],
            "questions": [entry.as_json() for entry in self.questions],
            "notes": [entry.as_json() for entry in self.notes],
        }

    def lines(self) -> Iterator[str]:
        """The report for the screen."""
        yield f"{self.file} from {self.blog}: " + ("moved in." if self.is_applied else "tried, nothing was changed.")
        for what, outcomes in self.counts.items():
            yield f"  {what}: " + ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.items())
        yield from self._skipped_lines()
        for heading, entries in (
            ("Lost", self.losses),
            ("To be answered", self.questions),
            ("Good to know", self.notes),
        ):
            if entries:
                yield f"\n{heading} ({len(entries):,}):"
                yield from (f"  - {_one_line(str(entry))}" for entry in entries)
        if not self.has_losses:
            yield "\nNothing was lost."

    def _skipped_lines(self) -> Iterator[str]:
        if self.skipped:
            yield "\nWhat does not come:"
        for (what, why), count in self.skipped.items():
            yield f"  - {count:,} {what}: {why}"


def _one_line(text: str) -> str:
    """Words of an export are printed on a terminal: no line breaks, no control characters."""
    return "".join(character if character.isprintable() else " " for character in text)[:1000]
