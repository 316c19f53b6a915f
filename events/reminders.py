"""Reminding everybody who has a place: two days before, and a week before where the workshop says so.

At 9am by the clock on the wall, whatever the clocks do meanwhile. Each booking keeps the start it was reminded of: so
once, however often or late the job runs, and once more for a workshop that has moved.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.spoken import LONDON

from . import closed_days, emails, locking
from .locking import Busy, activity
from .models import Booking, WorkshopDate

log = logging.getLogger(__name__)

AT = time(9)
# Whoever was told so shortly before that they have a place needs no reminder: that mail said it all.
JUST_TOLD = timedelta(days=1)
# A week, and before it the longest time for which an office is closed.
FARTHEST = timedelta(days=25)
# The date is locked meanwhile, and others may want to reserve.
AT_ONCE = 50
MOST_BATCHES = 20


class Reminder(NamedTuple):
    days_before: int
    # Where a booking keeps of which start it was reminded.
    field: str


TWO_DAYS = Reminder(2, "reminded_of")
A_WEEK = Reminder(7, "reminded_a_week_before_of")


def when_written(date: WorkshopDate, reminder: Reminder) -> datetime:
    """9am so many days before, in wall time."""
    day = date.starts_at.astimezone(LONDON).date() - timedelta(days=reminder.days_before)
    return datetime.combine(day, AT, LONDON)


def when_rung(date: WorkshopDate, reminder: Reminder) -> datetime:
    """The same for those whom staff ring, but never on a day on which nobody is in the office: on the last before."""
    day = when_written(date, reminder).date()
    return datetime.combine(closed_days.last_open_day(day), AT, LONDON)


def remind_due() -> int:
    """Remind everybody whose time has come; how many."""
    return sum(_remind_all(date_id) for date_id in _dates_soon())


def _dates_soon() -> list[int]:
    now = timezone.now()
    soon = WorkshopDate.objects.filter(
        state=WorkshopDate.State.SCHEDULED, starts_at__gt=now, starts_at__lte=now + FARTHEST
    )
    return [date.pk for date in soon.in_order() if any(bookings.exists() for _reminder, bookings in _due(date))]


def _remind_all(date_id: int) -> int:
    told = 0
    try:
        # Never without end: were somebody ever reminded again and again, a run would write without end.
        for _batch in range(MOST_BATCHES):
            if not (number := remind(date_id)):
                break
            told += number
    except Busy:
        pass  # many are reserving there at this moment; the next run comes in a few minutes
    except Exception:  # one date must not hold up the people of the others
        log.exception("nobody could be reminded of date %s", date_id)
    return told


@activity
def remind(date_id: int) -> int:
    """Remind the next of those whose time has come on one date; how many, none when all are."""
    date = locking.lock_date(date_id)
    if date.state != WorkshopDate.State.SCHEDULED or date.has_started():
        return 0
    told = 0
    for reminder, bookings in _due(date):
        batch = list(bookings.order_by("pk")[:AT_ONCE])
        for booking in batch:
            booking.date = date
            emails.reminder(booking)
        Booking.objects.filter(pk__in=[booking.pk for booking in batch]).update(**{reminder.field: date.starts_at})
        told += len(batch)
    if told:
        audit.record(None, "reminded people", date, note=f"{told} bookings", by_itself=True)
    return told


def count_as_told(date: WorkshopDate) -> None:
    """Everybody with a place has just been told when it is: no reminder within a day says it again. Lock the date."""
    for when, bookings in _by_how_they_hear(date):
        for reminder in (TWO_DAYS, A_WEEK):
            if when(date, reminder) - JUST_TOLD <= timezone.now():
                bookings.update(**{reminder.field: date.starts_at})


def _due(date: WorkshopDate) -> Iterator[tuple[Reminder, QuerySet[Booking]]]:
    """Those to be reminded now, by mail and by telephone; the nearest reminder takes the place of an earlier one."""
    reminders = [TWO_DAYS, A_WEEK] if date.workshop.reminds_a_week_before else [TWO_DAYS]
    for when, bookings in _by_how_they_hear(date):
        moments = [(when(date, reminder), reminder) for reminder in reminders]
        for moment, reminder in moments:
            if moment <= timezone.now():
                told_before = bookings.filter(state_changed_at__lte=moment - JUST_TOLD)
                yield reminder, told_before.exclude(**{reminder.field: date.starts_at})
                break


def _by_how_they_hear(date: WorkshopDate) -> list[tuple[Callable[[WorkshopDate, Reminder], datetime], QuerySet]]:
    """Those with a place, by the moment that counts for them."""
    have_a_place = date.bookings.filter(state=Booking.State.CONFIRMED)
    return [(when_written, have_a_place.exclude(email="")), (when_rung, have_a_place.filter(email=""))]
