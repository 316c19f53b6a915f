"""Sheets to print for one date: who is expected at the door, and what the day needs, in counts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from .models import HOLDS_A_PLACE, AccessNeed, Booking, WorkshopDate

State = Booking.State
# Among fewer than these a wording may tell everybody at the table whose it is.
FEW = 5


class Row(NamedTuple):
    """One booking, with a box to tick for each who may come."""

    booking: Booking
    boxes: list[str]


@dataclass(frozen=True)
class DoorList:
    """Needs are not among it: it lies open on a table."""

    expected: list[Row]
    offered: list[Row]
    waiting: list[Row]

    @property
    def people(self) -> int:
        return sum(row.booking.places for row in self.expected)

    @property
    def support_workers(self) -> int:
        return sum(row.booking.support_workers for row in self.expected)


def door_list(date: WorkshopDate) -> DoorList:
    """By name, and the waiting list in its order."""
    bookings = list(date.bookings.active().not_overdue().prefetch_related("people").order_by("queued_at", "pk"))

    def rows(state: str) -> list[Row]:
        return [Row(booking, _boxes(booking)) for booking in bookings if booking.state == state]

    return DoorList(
        sorted(rows(State.CONFIRMED), key=_by_name), sorted(rows(State.OFFERED), key=_by_name), rows(State.WAITING)
    )


def _boxes(booking: Booking) -> list[str]:
    people = list(booking.people.all())
    names = [
        place.name or (f"person {place.position}" if len(people) > 1 else booking.contact_name) for place in people
    ]
    return names + ["support worker"] * booking.support_workers


def _by_name(row: Row) -> tuple[str, int]:
    """As people look for it: É beside E."""
    letters = unicodedata.normalize("NFKD", row.booking.contact_name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)), row.booking.pk


def people_counts(date: WorkshopDate) -> list[dict[str, object]]:
    """How many come, have an offer and wait, with their support workers."""
    counts = {
        row["state"]: row
        for row in date.bookings.active()
        .not_overdue()
        .order_by()
        .values("state")
        .annotate(bookings=Count("pk"), people=Sum("places"), support_workers=Sum("support_workers"))
    }
    nobody = {"bookings": 0, "people": 0, "support_workers": 0}
    return [
        {**counts.get(state, nobody), "state": State(state).label}
        for state in (State.CONFIRMED, State.OFFERED, State.WAITING)
    ]


def needs_counts(date: WorkshopDate) -> dict[str, int]:
    """How many people told needs, and how they stand; of everybody who comes, has an offer or waits."""
    told = AccessNeed.objects.filter(place__booking__date=date)
    return told.aggregate(
        people=Count("pk"),
        access=Count("pk", filter=~Q(access="")),
        dietary=Count("pk", filter=~Q(dietary="")),
        arranged=Count("pk", filter=Q(state=AccessNeed.State.ARRANGED)),
        cannot_yet=Count("pk", filter=Q(state=AccessNeed.State.CANNOT_YET)),
    )


def wordings(date: WorkshopDate, field: str) -> list[tuple[int, str]]:
    """What was told by those who come or have an offer, without names: how many said so, and the words.

    By the alphabet, since the order of booking would tell who they are.
    """
    told = AccessNeed.objects.filter(place__booking__date=date, place__booking__state__in=HOLDS_A_PLACE)
    texts = [" ".join(text.split()) for text in told.exclude(**{field: ""}).values_list(field, flat=True)]
    counts = Counter(text.casefold() for text in texts)
    as_written = {text.casefold(): text for text in sorted(texts, reverse=True)}  # "Vegan" rather than "vegan"
    return [(counts[key], as_written[key]) for key in sorted(counts)]


def food_lines(date: WorkshopDate) -> str:
    """For the caterer, to be read and reworded by the team first: '2 × vegan', a line for each."""
    return "\n".join(f"{number} × {words}" for number, words in wordings(date, "dietary"))


def eating(date: WorkshopDate) -> dict[str, int]:
    """How many the caterer has to reckon with."""
    return date.bookings.filter(state__in=HOLDS_A_PLACE).aggregate(
        people=Coalesce(Sum("places"), 0), support_workers=Coalesce(Sum("support_workers"), 0)
    )
