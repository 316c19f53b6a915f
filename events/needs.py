"""What people need to take part: kept by consent, apart from everything else, and soon forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User
from sharedlives.foundation.spoken import LONDON

from . import closed_days, locking
from .locking import MOVED_MEANWHILE, BookingRefused, Busy, activity
from .models import AccessNeed, Booking, Place, WorkshopDate

KEEP_NEEDS = timedelta(days=14)
# A postponed date is still to come, but not for ever.
KEEP_NEEDS_WHILE_POSTPONED = timedelta(days=180)
# People are owed an answer, and interpreters are booked up weeks before.
WORKING_DAYS = 10

State = AccessNeed.State


@dataclass(frozen=True)
class Person:
    """One of those who are coming, as told when reserving."""

    name: str = ""
    access: str = ""
    dietary: str = ""
    is_for_somebody_else: bool = False

    @property
    def has_needs(self) -> bool:
        return bool(self.access or self.dietary)


def keep(place: Place, person: Person) -> None:
    """Keep what one person needs instead of what was told before. Ask for consent first.

    What is arranged already stays with it, to be checked against the new words: an interpreter may be booked.
    """
    told = {
        "access": person.access,
        "dietary": person.dietary,
        "is_for_somebody_else": person.is_for_somebody_else,
        "due_on": due_on(place.booking.date),
        "consented_at": timezone.now(),
    }
    need, is_new = AccessNeed.objects.update_or_create(place=place, defaults=told)
    if not is_new and need.state != State.TO_DO:
        need.state = State.CHECK_AGAIN
        need.save(update_fields=["state"])


def due_on(date: WorkshopDate) -> Day:
    """By when somebody has to see to a need told now.

    Ten working days from now, or ten before the workshop if that is sooner, but not before the next one; today when
    none is left.
    """
    day = date.starts_at.astimezone(LONDON).date()
    ahead = closed_days.open_days_until(day, at_most=2 * WORKING_DAYS)
    return ahead[min(WORKING_DAYS - 1, max(0, len(ahead) - WORKING_DAYS))] if ahead else closed_days.today()


def check_again(changed: Booking | WorkshopDate) -> int:
    """Set every need back to be checked again, with a new due day; how many. Lock the date first.

    Call it once the booking stands on another date, or the date has another time, venue or way of taking part: what
    was arranged was arranged for what was there before.
    """
    where = {"place__booking": changed} if isinstance(changed, Booking) else {"place__booking__date": changed}
    needs = list(AccessNeed.objects.filter(**where).select_related("place__booking__date").order_by("pk"))
    due = due_on(needs[0].place.booking.date) if needs else None
    for need in needs:
        need.state, need.due_on = State.CHECK_AGAIN, due
        audit.record(None, "set the needs to be checked again", need.place, by_itself=True)
    AccessNeed.objects.bulk_update(needs, ["state", "due_on"])
    return len(needs)


# What is left to do


class Unanswered(NamedTuple):
    """Counts alone: whose they are only the needs team knows."""

    needs: int
    late: int


def open_counts(date: WorkshopDate | None = None) -> Unanswered:
    """How many needs nobody has answered yet, and how many of them are late; of one date, or of all."""
    needs = AccessNeed.objects.unanswered()
    if date is not None:
        needs = needs.filter(place__booking__date=date)
    late = Count("pk", filter=Q(due_on__lt=closed_days.today()))
    return Unanswered(**needs.aggregate(needs=Count("pk"), late=late))


def open_sentence(date: WorkshopDate) -> str:
    """'2 needs unanswered, 9 days left'; empty when all are answered."""
    unanswered = open_counts(date).needs
    if not unanswered:
        return ""
    days = (date.starts_at.astimezone(LONDON).date() - closed_days.today()).days
    left = "it is today" if days <= 0 else "1 day left" if days == 1 else f"{days} days left"
    return f"{unanswered} need{'' if unanswered == 1 else 's'} unanswered, {left}"


# Forgetting them


def forget(booking: Booking) -> None:
    AccessNeed.objects.filter(place__booking=booking).delete()


def are_kept(booking: Booking) -> bool:
    return AccessNeed.objects.filter(place__booking=booking).exists()


@activity
def replace_need(place: Place, person: Person, *, by: User | None = None, note: str = "") -> None:
    """Keep these needs of one person instead of any told before. Ask for consent first."""
    date = locking.lock_date(place.booking.date_id)
    booking = Booking.objects.get(pk=place.booking_id)
    if booking.date_id != date.pk:
        raise Busy(MOVED_MEANWHILE)
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    if date.has_ended():
        raise BookingRefused("This workshop is over, so there is nothing left to arrange.")
    if not booking.people.filter(pk=place.pk).exists():
        raise BookingRefused("This person does not come any more.")
    if person.has_needs:
        booking.date, place.booking = date, booking
        keep(place, person)
    else:
        AccessNeed.objects.filter(place=place).delete()
    # Of the place and not of the booking, whose history is read by staff who may not know that anybody told anything.
    audit.record(by, "replaced the needs", place, note=note)


@activity
def remove_need(place: Place, *, by: User | None = None, note: str = "") -> None:
    """Forget what one person needs: consent can be withdrawn at any time (UK GDPR article 7(3))."""
    locking.lock_date(place.booking.date_id)
    if AccessNeed.objects.filter(place=place).delete()[0]:
        audit.record(by, "removed the needs", place, note=note)


def forget_old_needs() -> int:
    """Delete needs 14 days after their date, 180 days after the old time of one that is still postponed; how many."""
    limit, postponed_limit = timezone.now() - KEEP_NEEDS, timezone.now() - KEEP_NEEDS_WHILE_POSTPONED
    is_waited_for = Q(state=WorkshopDate.State.POSTPONED, starts_at__gte=postponed_limit)
    over = WorkshopDate.objects.filter(starts_at__lt=limit).exclude(ends_at__gte=limit).exclude(is_waited_for)
    return AccessNeed.objects.filter(place__booking__date__in=over).delete()[0]
