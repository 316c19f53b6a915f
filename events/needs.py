"""What people need to take part: kept by consent, apart from everything else, and soon forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import locking
from .locking import BookingRefused, activity
from .models import AccessNeed, Booking, Place, WorkshopDate

KEEP_NEEDS = timedelta(days=14)


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
    """Ask for consent first."""
    AccessNeed.objects.create(
        place=place,
        access=person.access,
        dietary=person.dietary,
        is_for_somebody_else=person.is_for_somebody_else,
    )


def forget(booking: Booking) -> None:
    AccessNeed.objects.filter(place__booking=booking).delete()


def are_kept(booking: Booking) -> bool:
    return AccessNeed.objects.filter(place__booking=booking).exists()


@activity
def replace_need(place: Place, person: Person, *, by: User | None = None) -> None:
    """Keep these needs of one person instead of any told before. Ask for consent first."""
    date = locking.lock_date(place.booking.date_id)
    booking = Booking.objects.get(pk=place.booking_id)
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    if date.has_ended():
        raise BookingRefused("This workshop is over, so there is nothing left to arrange.")
    AccessNeed.objects.filter(place=place).delete()
    if person.has_needs:
        keep(place, person)
    # Of the place and not of the booking, whose history is read by staff who may not know that anybody told anything.
    audit.record(by, "replaced the needs", place)


@activity
def remove_need(place: Place, *, by: User | None = None) -> None:
    """Forget what one person needs: consent can be withdrawn at any time (UK GDPR article 7(3))."""
    locking.lock_date(place.booking.date_id)
    if AccessNeed.objects.filter(place=place).delete()[0]:
        audit.record(by, "removed the needs", place)


def forget_old_needs() -> int:
    """Delete needs 14 days after their date; how many."""
    limit = timezone.now() - KEEP_NEEDS
    over = WorkshopDate.objects.filter(starts_at__lt=limit).exclude(ends_at__gte=limit)
    return AccessNeed.objects.filter(place__booking__date__in=over).delete()[0]
