"""The archive: which months have posts, in the years and months of calendars in the UK."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Day
from datetime import datetime

from django.db import connection
from django.db.models import Max, Min

from sharedlives.foundation.spoken import LONDON

from .models.posts import PostQuerySet

# One look into the index for each month, however many posts it has.
MONTHS_WITH_POSTS = """
    SELECT starts FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS month (starts, ends)
    WHERE EXISTS (SELECT FROM ({posts}) AS post WHERE post.publish_at >= starts AND post.publish_at < ends)
    ORDER BY starts DESC
"""


def bounds(year: int, month: int | None = None) -> tuple[datetime, datetime]:
    """When a year or a month of it begins and ends in London. Raises ValueError for one that no calendar has."""
    if month is None:
        return _midnight(year, 1), _midnight(year + 1, 1)
    return _midnight(year, month), _midnight(year + month // 12, month % 12 + 1)


def _midnight(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=LONDON)


def months(posts: PostQuerySet) -> list[Day]:
    """The first days of all months that have one of `posts`, newest first."""
    ends = posts.aggregate(oldest=Min("publish_at"), newest=Max("publish_at"))
    if ends["oldest"] is None:
        return []
    asked = list(_months_between(ends["oldest"].astimezone(LONDON), ends["newest"].astimezone(LONDON)))
    query, parameters = posts.order_by().values("publish_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            MONTHS_WITH_POSTS.format(posts=query),
            [[starts for starts, _ends in asked], [ends for _starts, ends in asked], *parameters],
        )
        return [starts.astimezone(LONDON).date() for (starts,) in cursor.fetchall()]


def _months_between(oldest: datetime, newest: datetime) -> Iterator[tuple[datetime, datetime]]:
    for number in range(oldest.year * 12 + oldest.month - 1, newest.year * 12 + newest.month):
        yield bounds(number // 12, number % 12 + 1)
