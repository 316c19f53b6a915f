"""What is forgotten by itself: drafts that came to nothing, guests' links and private addresses, old suggestions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from sharedlives.foundation import audit, pictures
from sharedlives.foundation.models import Picture

from .models import Author, GuestPass, Post, Suggestion

KEEP_DRAFTS = timedelta(days=183)
KEEP_GUESTS = timedelta(days=365)


def forget_drafts_that_came_to_nothing() -> int:
    """Delete what was declined, withdrawn or put away half a year ago and was never out, with its revisions, notes and
    pictures; how many."""
    limit = timezone.now() - KEEP_DRAFTS
    put_away = [Post.Status.ARCHIVED, Post.Status.REJECTED]
    posts = Post.objects.filter(status__in=put_away, moved_at__lt=limit, addresses=None)
    for post in posts:
        _forget(post)
    return len(posts)


@transaction.atomic
def _forget(post: Post) -> None:
    guests = list(Author.objects.filter(passes__post=post, is_guest=True, user=None).distinct())
    with_it = list(Picture.objects.filter(pk__in=post.passes.values("pictures__picture")))
    audit.record(None, "forgotten", post, by_itself=True)
    Suggestion.objects.filter(guest_pass__post=post).delete()
    post.delete()
    for guest in guests:
        _forget_if_nothing_is_left(guest)
    for picture in with_it:
        if not picture.uses():
            pictures.delete(picture)


def _forget_if_nothing_is_left(guest: Author) -> None:
    """Of a guest who wrote nothing else, who they are goes with their draft."""
    if not any(getattr(guest, name).exists() for name in ("bylines", "passes", "sign_offs", "introductions")):
        guest.delete()


def forget_guests() -> int:
    """Take away guests' links and private addresses a year after their last post went out, or after they last wrote or
    were invited; how many guests."""
    limit = timezone.now() - KEEP_GUESTS
    # Also of somebody who is no guest any more: their link has served. Their address as a colleague stays.
    guests = Author.objects.filter(Q(passes__isnull=False) | (Q(is_guest=True) & ~Q(email=""))).distinct()
    guests = guests.annotate(
        out=Max("bylines__post__publish_at"),
        invited=Max("passes__invited_at"),
        wrote=Max("passes__revisions__created_at"),
    )
    old = [guest for guest in guests if _last_met(guest) <= limit]
    for guest in old:
        with transaction.atomic():
            GuestPass.objects.filter(author=guest).delete()
            Author.objects.filter(pk=guest.pk, is_guest=True).update(email="")
            audit.record(None, "forgot the private address", guest, by_itself=True)
    return len(old)


def _last_met(guest: Author) -> datetime:
    moments = [moment for moment in (guest.out, guest.invited, guest.wrote) if moment]
    return max(moments, default=datetime.min.replace(tzinfo=UTC))


def forget_suggestions() -> int:
    """Delete suggestions a year old; how many."""
    return Suggestion.objects.filter(created_at__lt=timezone.now() - KEEP_GUESTS).delete()[0]
