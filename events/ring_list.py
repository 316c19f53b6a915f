"""Whom staff have to ring, because a mail would not reach them or not in time."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User
from sharedlives.foundation.spoken import LONDON

from . import closed_days
from .models import Booking, RingTask, WorkshopDate


def add(booking: Booking, why: str, *, words: str = "") -> RingTask:
    """Ask staff to ring on the next day on which the office answers its phone, and before the workshop in any case.

    `words` is what to say; where they are still to be rung about the same, only the newest is to be said. But two
    messages are two things to tell.
    """
    today = closed_days.today()
    last = max(today, booking.date.closes_at.astimezone(LONDON).date())
    due_on = min(closed_days.next_open_day(today), last)
    same = {"words": words} if why == RingTask.Why.MESSAGE else {}
    task, is_new = RingTask.objects.get_or_create(
        booking=booking, why=why, done_at=None, **same, defaults={"due_on": due_on, "words": words}
    )
    if not is_new and task.words != words:
        task.words = words
        task.save(update_fields=["words"])
    return task


def waits_for_a_call(booking: Booking, about: str = RingTask.Why.OFFER) -> bool:
    """Whether something is still to be told by telephone; of an offer: then no clock runs for it."""
    return booking.ring_tasks.filter(why=about, done_at=None).exists()


def finish(booking: Booking, *, by: User | None, about: Iterable[str] = RingTask.Why.values) -> None:
    """Nothing is left to tell: they were told, or something else has happened since."""
    tasks = booking.ring_tasks.filter(done_at=None, why__in=about)
    if booking.is_active:
        # What we wrote to everybody still concerns them.
        tasks = tasks.exclude(why=RingTask.Why.MESSAGE)
    tasks.update(done_at=timezone.now(), done_by=by)


def finish_what_is_over() -> int:
    """Nobody need be reminded of a workshop that has begun, nor told anything about one that is over; how many calls.

    But that a workshop was cancelled stays to be told: somebody may have stood before a closed door.
    """
    tasks = RingTask.objects.filter(done_at=None).exclude(why=RingTask.Why.DATE_CANCELLED)
    has_begun = Q(why=RingTask.Why.REMINDER, booking__date__starts_at__lte=timezone.now())
    is_over = ~Q(booking__date__in=WorkshopDate.objects.upcoming())
    return tasks.filter(has_begun | is_over).update(done_at=timezone.now())


def told(task: RingTask, *, by: User) -> None:
    """Staff told them what there was to tell. An offer wants an answer, so it has buttons of its own."""
    if task.done_at is None and task.why != RingTask.Why.OFFER:
        task.done_at, task.done_by = timezone.now(), by
        task.save(update_fields=["done_at", "done_by"])
        audit.record(by, "rang", task.booking, note=task.get_why_display())
