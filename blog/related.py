"""Where a reader may go on from a post: those next to it in time, and those about the same things."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from django.db.models import QuerySet, Value

from .models import Post
from .models.posts import PostQuerySet

MOST_RELATED = 3
# Of posts that share one thing, only the newest can win a place; more than these need not be looked at.
LOOKED_AT = 10
WORKSHOP, TAG, TOPIC, AUTHOR = 8, 4, 2, 1  # what it weighs to share one


class Neighbours(NamedTuple):
    """Posts with what a link needs: title, slug, publish_at."""

    older: Post | None
    newer: Post | None
    related: list[Post]


def neighbours(post: Post) -> Neighbours:
    """What leads on from a post that was read with `for_reading()`, by one query."""
    others = Post.objects.published().exclude(pk=post.pk)
    parts = [_part(posts, weight) for posts, weight in _shared(post, others)]
    if post.publish_at:
        parts += [_part(others.older_than(post.publish_at, post.pk)[:1], -1)]
        parts += [_part(others.newer_than(post.publish_at, post.pk)[:1], -2)]
    if not parts:
        return Neighbours(None, None, [])
    rows = [(row.pop("weight"), Post(**row)) for row in parts[0].union(*parts[1:], all=True)]
    beside = {weight: neighbour for weight, neighbour in rows if weight < 0}
    return Neighbours(beside.get(-1), beside.get(-2), _heaviest(rows))


def _shared(post: Post, others: PostQuerySet):
    """The newest posts that share something with `post`, with what it weighs."""
    kinds = [
        ("workshop", [post.workshop_id] if post.workshop_id else [], WORKSHOP),
        ("tags", [tag.pk for tag in post.tags.all()], TAG),
        ("topics", [topic.pk for topic in post.topics.all()], TOPIC),
        ("bylines__author", [byline.author_id for byline in post.bylines.all()], AUTHOR),
    ]
    for field, keys, weight in kinds:
        if keys:
            yield others.filter(**{f"{field}__in": keys}).newest_first()[:LOOKED_AT], weight


def _part(posts: PostQuerySet, weight: int) -> QuerySet:
    return posts.annotate(weight=Value(weight)).values("id", "title", "slug", "publish_at", "weight")


def _heaviest(rows: list[tuple[int, Post]]) -> list[Post]:
    weights: Counter[Post] = Counter()
    for weight, neighbour in rows:
        weights[neighbour] += max(weight, 0)
    related = [neighbour for neighbour, weight in weights.items() if weight]
    related.sort(key=lambda neighbour: (weights[neighbour], neighbour.publish_at, neighbour.pk), reverse=True)
    return related[:MOST_RELATED]
