"""Full-text search by PostgreSQL alone, without extensions (docs/decisions/0018-search.md)."""

from __future__ import annotations

import functools
import operator
import re
import unicodedata

from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import connection, models
from django.db.models import Func

CONFIG = "english"
# Nobody types more in earnest, and work grows with the words asked for.
LONGEST = 200

# Stems of one word that PostgreSQL takes for two: asked for either, search looks for both. ("Lives" becomes "live",
# and nothing turns "life" into that.)
IRREGULAR = [
    ("life", "live"),
    ("child", "children"),
    ("person", "peopl"),
    ("woman", "women"),
    ("man", "men"),
    ("wife", "wive"),
    ("half", "halv"),
    ("foot", "feet"),
    ("tooth", "teeth"),
]
REWRITES = " UNION ALL ".join(
    f"SELECT '{stem}'::tsquery, '{one} | {other}'::tsquery" for one, other in IRREGULAR for stem in (one, other)
)

BETWEEN_WORDS = re.compile(r"('(?:[^']|'')*')|<(?:-|\d+)>")

# Around what was found, within a text that is escaped afterwards. From Unicode's private area; texts lose them first.
FOUND, FOUND_ENDS = "\ue000", "\ue001"
# In an excerpt, and of a text in which words are looked for to show them.
EXCERPT, LOOKED_THROUGH = 240, 20_000


class Folded(Func):
    """Text without accents: "cafe" finds "café"."""

    template = r"regexp_replace(normalize(%(expressions)s, NFD), '[\u0300-\u036f]', '', 'g')"
    arity = 1
    output_field = models.TextField()


def vector(**weights: str) -> models.GeneratedField:
    """A column that PostgreSQL itself keeps level with text fields, by weight: `vector(A="title", C="body")`.

    HTML is fine: PostgreSQL's parser passes over tags and entities.
    """
    parts = [
        SearchVector(Folded(field), weight=weight, config=CONFIG)
        for weight, fields in weights.items()
        for field in fields.split()
    ]
    return models.GeneratedField(
        expression=functools.reduce(operator.add, parts), output_field=SearchVectorField(), db_persist=True
    )


class SearchableManager(models.Manager):
    """For a model with a `search_vector`, which is long and which nobody but PostgreSQL reads."""

    def get_queryset(self):
        return super().get_queryset().defer("search_vector")


class TogetherWith(Func):
    """Two vectors as one."""

    template = "%(expressions)s"
    arg_joiner = " || "
    output_field = SearchVectorField()


class ReadyQuery(SearchQuery):
    """What `stems` answered, to compare vectors with. As a plain value, so that PostgreSQL plans by how common the
    words are."""

    template = "%(expressions)s::tsquery"


def fold(text: str) -> str:
    """What `Folded` does, here."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not "\u0300" <= letter <= "\u036f")


def asked(typed: str) -> str:
    """What somebody typed, on one line, without what no text holds, at most LONGEST characters of it."""
    printable = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in typed[:10_000])
    return " ".join(printable.split())[:LONGEST].strip()


def stems(words: str) -> str:
    """`words`, as `asked` leaves them, as PostgreSQL's own query, for a ReadyQuery; empty where they ask for nothing.

    Understands "a phrase", or, and -not, and takes no exception to anything else.
    """
    # Of thirty minuses in a row PostgreSQL makes an error.
    words = re.sub(r"-[\W_]*-", " -", fold(words))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ts_rewrite(websearch_to_tsquery(%s::regconfig, %s), %s)::text", [CONFIG, words, REWRITES]
        )
        return cursor.fetchone()[0]


def loosened(query: str) -> str:
    """A query that finds all that `query` finds and that an index answers alone: phrases as their words, anywhere.

    The same where it is no phrase, or leaves something out: who has not both words may still be meant.
    """
    return query if "!" in query else BETWEEN_WORDS.sub(lambda part: part[1] or "&", query)


def excerpts(texts: list[str], query: str) -> list[list[tuple[str, bool]]]:
    """Of each plain text the part in which most of `query` (from `stems`) was found, as (words, whether they were
    asked for); its beginning where nothing was."""
    texts = [unicodedata.normalize("NFC", _without_marks(text[:LOOKED_THROUGH])) for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ts_headline(%s::regconfig, text, %s::tsquery, %s) "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS given(text, position) ORDER BY position",
            [
                CONFIG,
                query,
                f"HighlightAll=true, StartSel={FOUND}, StopSel={FOUND_ENDS}",
                [_letter_for_letter(text) for text in texts],
            ],
        )
        marked = [row[0] for row in cursor.fetchall()]
    return [_excerpt(text, _spans(one)) for text, one in zip(texts, marked, strict=True)]


def _without_marks(text: str) -> str:
    return text.replace(FOUND, " ").replace(FOUND_ENDS, " ").replace("\x00", " ")


def _letter_for_letter(text: str) -> str:
    """`text` folded with as many letters as before, and without what PostgreSQL would take for a tag."""
    return "".join(" " if letter in "<>&" else fold(letter)[:1] or " " for letter in text)


def _spans(marked: str) -> list[tuple[int, int]]:
    """Where the marks stand in the text without them."""
    before, *pieces = marked.split(FOUND)
    spans, position = [], len(before)
    for piece in pieces:
        found, _, rest = piece.partition(FOUND_ENDS)
        spans.append((position, position + len(found)))
        position += len(found) + len(rest)
    return spans


def _excerpt(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    begin = _best_begin(text, spans)
    end = _word_end(text, begin + EXCERPT)
    pieces, position = [("… ", False)] if begin else [], begin
    for start, stop in spans:
        if begin <= start and stop <= end:
            pieces += [(text[position:start], False), (text[start:stop], True)]
            position = stop
    pieces.append((text[position:end] + (" …" if end < len(text) else ""), False))
    return [(words, is_found) for words, is_found in pieces if words]


def _best_begin(text: str, spans: list[tuple[int, int]]) -> int:
    """Where to begin so that most of what was found is seen, with a few words before the first of it."""
    if not spans or spans[0][1] <= EXCERPT // 2:
        return 0
    first = max(spans, key=lambda span: sum(span[0] <= start < span[0] + EXCERPT // 2 for start, _ in spans))[0]
    return text.rfind(" ", 0, max(first - EXCERPT // 4, 0)) + 1


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    blank = text.rfind(" ", at - 40, at)
    return blank if blank > 0 else at
