"""What moves a post: publish, schedule, take down, take up again. The admin's buttons call these and nothing else does.

Each move locks the post, asks the table, the person's permission and the post itself, and leaves an entry in the log,
all in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from sharedlives.foundation import audit, spoken

from .models import RESERVED_SLUGS, Post, PostAddress

if TYPE_CHECKING:
    from sharedlives.foundation.models import User

DRAFT, PUBLISHED, ARCHIVED = Post.Status.DRAFT, Post.Status.PUBLISHED, Post.Status.ARCHIVED
# Two sides of "published" in the table; which one it is only the clock knows.
SCHEDULED, LIVE = "scheduled", "live"


class EditorialRefused(Exception):
    """The move cannot be made; the message says why, in a sentence fit to show."""


@dataclass(frozen=True)
class Move:
    done: str  # for the log
    leads: dict[str, str]  # from where to where


MOVES = {
    "publish": Move("published", {DRAFT: PUBLISHED, SCHEDULED: PUBLISHED}),
    "schedule": Move("scheduled", {DRAFT: PUBLISHED, SCHEDULED: PUBLISHED}),
    # What nobody has seen yet goes back to the drafts; what was public is put away, and stays found in the archive.
    "unpublish": Move("taken down", {SCHEDULED: DRAFT, LIVE: ARCHIVED}),
    "restore": Move("made a draft again", {ARCHIVED: DRAFT}),
}

REFUSALS = {
    ("publish", LIVE): "This post is published already.",
    ("publish", ARCHIVED): "This post was taken down. Make it a draft again first.",
    ("schedule", LIVE): "This post is published already. Take it down first if it is to go out later.",
    ("schedule", ARCHIVED): "This post was taken down. Make it a draft again first.",
    ("unpublish", DRAFT): "This post is a draft: there is nothing to take down.",
    ("unpublish", ARCHIVED): "This post has been taken down already.",
    ("restore", DRAFT): "This post is a draft already.",
    ("restore", SCHEDULED): "Only a post that was taken down can be made a draft again.",
    ("restore", LIVE): "Only a post that was taken down can be made a draft again.",
}


def publish(post: Post, *, by: User, at: datetime | None = None) -> Post:
    """Make the post public now; `at` a moment in the past dates it back, as for a post that moves in from elsewhere."""
    now = timezone.now()
    if at and at > now:
        raise EditorialRefused("That moment is still to come. Use Schedule for it, or leave the date empty.")
    return _move(post, "publish", by=by, at=at or now)


def schedule(post: Post, *, by: User, at: datetime) -> Post:
    """Make the post public at a moment to come. Nothing needs to run then: what is published is asked when reading."""
    if at <= timezone.now():
        raise EditorialRefused(
            f"{spoken.day(at)}, {spoken.time(at)} is over. Choose a moment to come, or publish the post now."
        )
    return _move(post, "schedule", by=by, at=at)


def unpublish(post: Post, *, by: User, reason: str = "") -> Post:
    """Take the post down, or off the schedule. `reason` is kept in the log."""
    return _move(post, "unpublish", by=by, note=reason)


def restore(post: Post, *, by: User) -> Post:
    """Make a post that was taken down a draft again. It keeps its date, in case it goes out again under it."""
    return _move(post, "restore", by=by)


@transaction.atomic
def _move(post: Post, name: str, *, by: User, at: datetime | None = None, note: str = "") -> Post:
    if not by.has_perm("blog.publish_post"):
        raise EditorialRefused("Publishing is for colleagues with that right. Ask one of them to look at this post.")
    # Lock the row, so that of two people who press different buttons one comes first and the other is told.
    locked = Post.objects.select_for_update(no_key=True).get(pk=post.pk)
    move, before = MOVES[name], where(locked)
    if before not in move.leads:
        raise EditorialRefused(REFUSALS[name, before])
    after = move.leads[before]
    if at:
        _refuse_unfinished(locked)
        _refuse_to_end_before_it_begins(locked, at)
    changes = {"status": (locked.status, after), "publish_at": (locked.publish_at, at or locked.publish_at)}
    locked.status, locked.publish_at, locked.moved_at = after, at or locked.publish_at, timezone.now()
    locked.save(update_fields=["status", "publish_at", "moved_at"])
    post.status, post.publish_at, post.moved_at = locked.status, locked.publish_at, locked.moved_at
    audit.record(by, move.done, post, changes={k: pair for k, pair in changes.items() if pair[0] != pair[1]}, note=note)
    return post


def _refuse_to_end_before_it_begins(post: Post, at: datetime) -> None:
    if post.expire_at and post.expire_at <= at:
        raise EditorialRefused(
            f"This post ends {spoken.day(post.expire_at)}, {spoken.time(post.expire_at)}, before it would go out. "
            "Choose a later end first, or none."
        )


def where(post: Post) -> str:
    """Where the post stands, as the table has it."""
    if post.status != PUBLISHED:
        return post.status
    return SCHEDULED if post.is_scheduled() else LIVE


def _refuse_unfinished(post: Post) -> None:
    missing = [
        words
        for words, is_there in {
            "a title": post.title.strip(),
            "a text": post.body,
            "a byline": post.bylines.exists(),
        }.items()
        if not is_there
    ]
    if missing:
        raise EditorialRefused(f"Before this post can go out it needs {' and '.join(missing)}.")
    if post.slug in RESERVED_SLUGS or PostAddress.objects.filter(slug=post.slug).exclude(post=post).exists():
        raise EditorialRefused(
            f"The address /blog/{post.slug}/ belongs to something else already. Choose another one for this post."
        )
