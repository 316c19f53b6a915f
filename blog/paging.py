"""Lists of posts in pieces, each found by its place in the index: the last piece costs what the first does.

The address of a piece names the post before it (`?before=12`), so it shows the same posts when newer ones come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.utils import timezone

from .models import Post
from .models.posts import PostQuerySet

ON_A_PAGE = 10


@dataclass(frozen=True)
class Piece:
    """Some posts of a list; `query` is how its address ends, `newer` and `older` are those of its neighbours."""

    posts: list[Post]
    query: str = ""
    newer: str | None = None
    older: str | None = None

    @property
    def is_first(self) -> bool:
        return not self.query

    @property
    def newest_at(self) -> datetime | None:
        return self.posts[0].publish_at


def piece(posts: PostQuerySet, before: str | None) -> Piece:
    """The newest of `posts`, or those before the post whose key is `before`. Raises Http404 for what no page links."""
    if before is None:
        found = list(posts.newest_first()[: ON_A_PAGE + 1])
        return Piece(found[:ON_A_PAGE], older=_older(found))
    place = _place(before)
    found = list(posts.older_than(*place)[: ON_A_PAGE + 1])
    if not found:
        raise Http404
    return Piece(found[:ON_A_PAGE], query=f"?before={place[1]}", newer=_newer(posts, place), older=_older(found))


def _place(key: str) -> tuple[datetime, int]:
    """Where a post stands, or stood while it was out; those that were never out have no place."""
    if not re.fullmatch("[1-9][0-9]{0,17}", key):
        raise Http404
    once_out = Post.objects.exclude(status=Post.Status.DRAFT).filter(publish_at__lte=timezone.now())
    post = once_out.filter(pk=key).only("publish_at").first()
    if post is None or post.publish_at is None:
        raise Http404
    return post.publish_at, post.pk


def _older(found: list[Post]) -> str | None:
    return f"?before={found[ON_A_PAGE - 1].pk}" if len(found) > ON_A_PAGE else None


def _newer(posts: PostQuerySet, place: tuple[datetime, int]) -> str:
    """The piece that ends with the post at `place`; the first one has the list's own address."""
    before = posts.newer_than(*place).values_list("pk", flat=True)[ON_A_PAGE - 1 : ON_A_PAGE].first()
    return f"?before={before}" if before else ""
