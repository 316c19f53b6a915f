"""Search over posts, pages and workshops: what the public may see of them, and nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.search import SearchRank, SearchVector
from django.db.models import Case, F, FloatField, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat

from blog.models import Post
from events.models import Workshop, WorkshopDate
from sharedlives.foundation import richtext, search
from sharedlives.foundation.search import Folded, ReadyQuery, TogetherWith

from .models import Page

# Of each kind so many are looked at more closely, the newest first: whoever finds more asks for too much.
MOST = 300
MOST_LOOKED_INTO = 2_000


class Found(NamedTuple):
    kind: str
    key: int
    rank: float


class Result(NamedTuple):
    kind: str
    thing: Any
    excerpt: list[tuple[str, bool]]


def find(query: str) -> list[Found]:
    """What answers `query` (from `search.stems`), best first; takes one question to the database."""
    if not query:
        return []
    ready = ReadyQuery(query)
    posts = _posts(query)
    pages = Page.objects.published().filter(search_vector=ready).order_by("-pk")
    workshops = _with_places(Workshop.objects.published()).filter(all_words=ready).order_by("-pk")
    found = _ranked("post", Post.objects.filter(pk__in=posts.values("pk")[:MOST]), ready).union(
        _ranked("page", Page.objects.filter(pk__in=pages.values("pk")[:MOST]), ready),
        _ranked("workshop", Workshop.objects.filter(pk__in=workshops.values("pk")[:MOST]), ready),
        all=True,
    )
    return sorted((Found(*row) for row in found), key=lambda one: (-one.rank, one.kind, -one.key))


def _posts(query: str) -> QuerySet:
    """Whether words stand side by side no index tells: of a phrase, the newest posts with its words are looked into."""
    posts, loose = Post.objects.published().newest_first(), search.loosened(query)
    if loose != query:
        with_words = posts.filter(search_vector=ReadyQuery(loose))
        posts = posts.filter(pk__in=with_words.values("pk")[:MOST_LOOKED_INTO])
    return posts.filter(search_vector=ReadyQuery(query))


def _with_places(workshops: QuerySet) -> QuerySet:
    """With all words by which a workshop is found: its own, and where its next dates are."""
    dates = WorkshopDate.objects.published().upcoming().taking_place().filter(workshop=OuterRef("pk")).order_by()
    place = Concat("area", Value(" "), "venue__name", Value(" "), "venue__town", Value(" "), "venue__postcode")
    places = dates.values("workshop").annotate(places=StringAgg(place, Value(" "))).values("places")
    words = Folded(Coalesce(Subquery(places), Value("")))
    return workshops.alias(
        all_words=TogetherWith(F("search_vector"), SearchVector(words, weight="B", config=search.CONFIG))
    )


def _ranked(kind: str, things: QuerySet, ready: ReadyQuery) -> QuerySet:
    """Title before standfirst and bylines before text. Who fits by place alone stands where a standfirst would."""
    by_words = SearchRank(F("search_vector"), ready)
    rank = Case(When(search_vector=ready, then=by_words), default=Value(0.24), output_field=FloatField())
    return things.annotate(kind=Value(kind), rank=rank).values_list("kind", "pk", "rank")


def results(found: list[Found], query: str) -> list[Result]:
    """What is shown of a page of findings."""
    rows = {
        "post": Post.objects.published().with_bylines(),
        "page": Page.objects.published(),
        "workshop": Workshop.objects.published().prefetch_related(
            Prefetch("dates", WorkshopDate.objects.published().upcoming().taking_place(), to_attr="next_dates")
        ),
    }
    things: dict[tuple[str, int], Any] = {}
    for kind in {one.kind for one in found}:
        keys = [one.key for one in found if one.kind == kind]
        things |= {(kind, thing.pk): thing for thing in rows[kind].filter(pk__in=keys)}
    # One taken down since a moment ago is left out.
    shown = [(one.kind, things[one.kind, one.key]) for one in found if (one.kind, one.key) in things]
    texts = search.excerpts([_text(kind, thing) for kind, thing in shown], query)
    return [Result(kind, thing, text) for (kind, thing), text in zip(shown, texts, strict=True)]


def _text(kind: str, thing: Any) -> str:
    if kind == "post":
        parts = [thing.standfirst, richtext.plain(thing.introduction), richtext.plain(thing.body)]
    elif kind == "page":
        parts = [thing.summary, richtext.plain(thing.body)]
    else:
        parts = [thing.summary, richtext.plain(thing.description), thing.partners, thing.audience]
    return " ".join(part for part in parts if part)
