"""What changing a date will do, seen before it is done: it is done, looked at, and rolled back.

So the page that asks staff shows the very mails and counts the very people; nothing can differ but what happens in
between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from sharedlives.foundation import mail
from sharedlives.foundation.models import OutgoingMail

from . import locking
from .calendar import date_calendar
from .changing_dates import TELLING, Told
from .locking import activity
from .models import AccessNeed, Booking, Place, RingTask, WorkshopDate
from .what_changed import WhatChanged

State = Booking.State

# What people have before and after, as staff read it.
NAMES = {
    (State.CONFIRMED, State.CONFIRMED): "With a place",
    (State.OFFERED, State.OFFERED): "With an offer",
    (State.OFFERED, State.WAITING): "With an offer, which cannot stand: they wait at their old place in the queue",
    (State.OFFERED, State.LAPSED): "With an offer that has just ended",
    (State.WAITING, State.WAITING): "On the waiting list",
    (State.WAITING, State.OFFERED): "On the waiting list, offered a place at once",
    (State.CONFIRMED, State.CANCELLED): "With a place",
    (State.OFFERED, State.CANCELLED): "With an offer",
    (State.WAITING, State.CANCELLED): "On the waiting list",
}
# Nobody's name, and a version that no link has: whoever may change a date need not be one who may see who comes.
EXAMPLE = {"contact_name": "Robin Example", "link_version": 0}
EXAMPLE_PHONE = "0151 496 0000"


@dataclass
class Audience:
    """Those for whom it is the same, and what one of them reads or is told on the telephone."""

    name: str
    number: int
    by_mail: int = 0
    letter: OutgoingMail | None = None
    to_ring: list[Booking] = field(default_factory=list)
    words: str = ""


@dataclass(frozen=True)
class Rehearsal:
    changed: WhatChanged
    told: Told
    audiences: list[Audience]
    needs: int
    calendar: str

    @property
    def checks_needs(self) -> bool:
        return self.changed.time_or_place or self.changed.after.is_off

    @property
    def button(self) -> str:
        """What the last press does."""
        what = {
            WorkshopDate.State.CANCELLED: "Cancel this date",
            WorkshopDate.State.POSTPONED: "Postpone this date",
        }.get(WorkshopDate.State(self.changed.after.state), "Change this date")
        people = sum(self.told)
        return f"{what} and tell {people} {'person' if people == 1 else 'people'}" if people else what


@activity
def rehearse(date: WorkshopDate, act: Callable[[], Told]) -> Rehearsal:
    """What `act` would do to a date. Raises what it would raise."""
    before = locking.lock_date(date.pk)
    bookings = list(before.bookings.active().order_by("contact_name", "pk"))
    needs = AccessNeed.objects.filter(place__booking__in=bookings).count()
    last_mail = OutgoingMail.objects.aggregate(last=Max("pk"))["last"] or 0
    _make_examples(before)
    told = act()
    after = locking.lock_date(date.pk)
    rehearsal = Rehearsal(
        changed=WhatChanged(before, after),
        told=told,
        audiences=_audiences(after, bookings, last_mail) if any(told) else [],
        needs=needs,
        calendar=date_calendar(after),
    )
    transaction.set_rollback(True)
    return rehearsal


def _make_examples(date: WorkshopDate) -> None:
    date.bookings.exclude(phone="").update(phone=EXAMPLE_PHONE)
    date.bookings.update(**EXAMPLE)
    Place.objects.filter(booking__date=date).update(name="")


def _audiences(date: WorkshopDate, bookings: list[Booking], last_mail: int) -> list[Audience]:
    stands = dict(date.bookings.values_list("pk", "state"))
    letters = {
        letter.about: letter for letter in OutgoingMail.objects.filter(pk__gt=last_mail, template__in=TELLING.values())
    }
    calls = dict(
        RingTask.objects.filter(booking__in=bookings, why__in=TELLING, done_at=None).values_list("booking", "words")
    )
    audiences: dict[str, Audience] = {}
    for booking in bookings:
        name = NAMES[State(booking.state), State(stands[booking.pk])]
        audience = audiences.setdefault(name, Audience(name, len(audiences)))
        if letter := letters.get(mail.about_words(booking)):
            audience.by_mail += 1
            audience.letter = audience.letter or letter
        elif booking.pk in calls and not booking.email:
            audience.to_ring.append(booking)
            audience.words = audience.words or calls[booking.pk]
    told = [audience for audience in audiences.values() if audience.by_mail or audience.to_ring]
    return sorted(told, key=lambda audience: list(NAMES.values()).index(audience.name))
