"""What of ours somebody who writes may link to."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any

from django.db.models import Q, QuerySet

from blog.models import Post
from events.models import Workshop, WorkshopDate
from sharedlives.foundation import search, spoken
from sharedlives.foundation.models import User

from .models import Page

MOST = 20
MOST_WORDS = 6


def find(typed: str, user: User) -> list[dict[str, str]]:
    """At most 20 of {title, kind, address}: pages, workshops, dates and posts, each kind beginning with what was made
    last. All words must stand in the title or, for a date, in its place. What is not public is named to those who may
    see it."""
    words = search.asked(typed).split()[:MOST_WORDS]
    pages = _with_words(Page.objects.visible_to(user), words, "title").order_by("-updated_at", "-pk")
    workshops = _with_words(_workshops(user), words, "title").order_by("-created_at", "-pk")
    in_a_date = ("workshop__title", "area", "venue__name", "venue__town")
    dates = _with_words(_dates(user), words, *in_a_date).select_related("workshop", "venue")
    # By their keys, not by when they go out: that order stands in no index with drafts among them.
    posts = _with_words(Post.objects.visible_to(user), words, "title").order_by("-pk")
    posts = posts.only("title", "slug", "status", "publish_at", "expire_at")
    found = chain(
        (_link(page, "Page", page.is_published) for page in pages[:5]),
        (_link(workshop, "Workshop", workshop.is_published) for workshop in workshops[:5]),
        (_date_link(date) for date in dates.order_by("-starts_at", "-pk")[:5]),
        (_link(post, "Post", post.is_published()) for post in posts[:MOST]),
    )
    return list(islice(found, MOST))


def _with_words(rows: Any, words: list[str], *fields: str) -> Any:
    for word in words:
        anywhere = Q()
        for field in fields:
            anywhere |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(anywhere)
    return rows


def _workshops(user: User) -> QuerySet:
    return Workshop.objects.all() if user.has_perm("events.view_workshop") else Workshop.objects.published()


def _dates(user: User) -> QuerySet:
    if user.has_perm("events.view_workshopdate"):
        return WorkshopDate.objects.all()
    return WorkshopDate.objects.published()


def _link(thing: Post | Page | Workshop | WorkshopDate, kind: str, is_out: bool) -> dict[str, str]:
    return {
        "title": str(thing),
        "kind": kind if is_out else f"{kind}, not public",
        "address": thing.get_absolute_url(),
    }


def _date_link(date: WorkshopDate) -> dict[str, str]:
    is_out = date.workshop.is_published and date.state != WorkshopDate.State.DRAFT
    title = f"{date.workshop}: {date.place_label}, {spoken.day(date.starts_at)}"
    return _link(date, "Date", is_out) | {"title": title}
