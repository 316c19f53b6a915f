"""What search engines are told of the site: robots.txt, and sitemaps of what the public may see.

The posts of each year have a sitemap of their own, so that none grows with the age of the blog.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from django.db.models.functions import Greatest
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog import archive
from blog.models import Author, Post, Tag, Topic
from events.models import Workshop, WorkshopDate
from events.towns import towns

from .models import Page

# A path of ours, and when it last changed, where that is known.
Entry = tuple[str, datetime | None]


@require_safe
def robots(request):
    return render(request, "site/robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
def sitemap_index(request):
    years = {month.year for month in archive.months(Post.objects.published())}
    sections = ["site", "blog", *(f"posts-{year}" for year in sorted(years, reverse=True))]
    return _xml(request, "site/sitemap_index.xml", sections=sections)


@require_safe
def sitemap(request, section):
    return _xml(request, "site/sitemap.xml", entries=SECTIONS[section]())


@require_safe
def sitemap_of_posts(request, year):
    entries = list(_posts_of(year))
    if not entries:
        raise Http404
    return _xml(request, "site/sitemap.xml", entries=entries)


def _xml(request, template, **context):
    return render(request, template, context, content_type="application/xml; charset=utf-8")


def _site() -> Iterable[Entry]:
    yield from ((reverse(name), None) for name in ("site:home", "events:workshop_list"))
    yield from _entries(Page.objects.published(), "updated_at")
    yield from _entries(Workshop.objects.published())
    dates = WorkshopDate.objects.published().upcoming()
    yield from ((reverse("events:town_detail", args=[town.slug]), None) for town in towns(dates))
    yield from _entries(dates, "told_calendars_at")


def _blog() -> Iterable[Entry]:
    yield from ((reverse(f"blog:{name}"), None) for name in ("post_list", "topic_list", "archive_index"))
    shelves = (model.objects.public().only("slug").order_by("slug") for model in (Topic, Author, Tag))
    yield from chain.from_iterable(map(_entries, shelves))


def _posts_of(year: int) -> Iterable[Entry]:
    try:
        begins, ends = archive.bounds(year)
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    posts = Post.objects.published().filter(publish_at__gte=begins, publish_at__lt=ends).newest_first()
    return _entries(posts.only("slug").annotate(changed_at=Greatest("updated_at", "publish_at")), "changed_at")


def _entries(rows, changed_at: str = "") -> Iterable[Entry]:
    return ((row.get_absolute_url(), getattr(row, changed_at) if changed_at else None) for row in rows.iterator())


SECTIONS = {"site": _site, "blog": _blog}
