"""As many invented dates and bookings as anybody wants, for trying the site when it is full; always the same ones.

They are written in bulk, past `save()`, so everything that it keeps level is written here too; never past the guards
of the database, which count every booking.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import date as Day
from datetime import datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.text import slugify

from sharedlives.foundation.spoken import LONDON

from . import closed_days
from .models import AccessNeed, Booking, Place, RingTask, Venue, Workshop, WorkshopDate
from .models.bookings import coming_key, phone_key
from .needs import KEEP_NEEDS

State = Booking.State

UID = "demonstration-"  # with which the calendar entry of such a date begins, and the digest of such a request
DATES_AT_ONCE = 40
DAYS_BACK, DAYS_AHEAD = 1000, 500
HOT = 6  # how many times as many people as usual want to come to the first date

FIRST_NAMES = "Ash Bay Cato Dov Emrys Fern Gale Hollis Ives Juno Kit Lark Moss Noor Onyx Pax Quill Rue Sage Tow".split()
LAST_NAMES = "Appleyard Brook Copse Dale Eddowes Fallow Garth Heron Inglenook Jessop Kestrel Lowe Marsh Nettle".split()
TOWNS = "Liverpool Leeds Cardiff Glasgow Belfast Bristol Norwich Hull Derby Exeter Carlisle York Swansea Truro".split()
HALLS = ["Teasel Hall", "Copperbeech Library", "Old Ropeworks", "Harbour Rooms", "Millrace Centre"]
SUBJECTS = ["Sharing a home", "Plain words", "Money and rights", "Good neighbours", "Growing older", "First steps"]
WAYS = ["a first day", "for carers", "for planners", "going on", "by people who know", "an afternoon"]
ACCESS = ["Step-free all the way, please.", "A hearing loop.", "A quiet place in the breaks.", "Large print."]
FOOD = ["No nuts.", "Vegetarian.", "Halal.", "Gluten free."]
INVENTED = "Invented for the demonstration."


class Made(NamedTuple):
    """How many were missing and have been made."""

    dates: int
    bookings: int


def create_dates_and_bookings(dates: int, bookings: int, today: Day) -> Made:
    """Let there be so many of these dates and bookings, before and after `today`."""
    made = _create_dates(dates, today)
    return Made(made, _create_bookings(bookings))


def _dice(purpose: str) -> random.Random:
    return random.Random(purpose)  # noqa: S311 - nothing here is secret


# Dates


def _create_dates(count: int, today: Day) -> int:
    there = WorkshopDate.objects.filter(calendar_uid__startswith=UID).count()
    if there >= count:
        return 0
    workshops, venues = _workshops(), _venues()
    new = [_date(number, today, workshops, venues) for number in range(there, count)]
    WorkshopDate.objects.bulk_create(new, batch_size=500)
    return len(new)


def _workshops() -> list[Workshop]:
    titles = [f"{subject}: {way}" for subject in SUBJECTS for way in WAYS]
    slugs = [slugify(f"demo {title}") for title in titles]
    Workshop.objects.bulk_create(
        [
            Workshop(title=title, slug=slug, summary=INVENTED, description=f"<p>{INVENTED}</p>", is_published=True)
            for title, slug in zip(titles, slugs, strict=True)
        ],
        ignore_conflicts=True,
    )
    return list(Workshop.objects.filter(slug__in=slugs).order_by("slug"))


def _venues() -> list[Venue]:
    names = [(f"{hall} (invented)", town) for town in TOWNS for hall in HALLS]
    there = {(venue.name, venue.town): venue for venue in Venue.objects.filter(town__in=TOWNS)}
    new = [
        Venue(name=name, town=town, street=f"{number} Example Street", postcode="ZZ1 1ZZ", step_free=Venue.Answer.YES)
        for number, (name, town) in enumerate(names, start=1)
        if (name, town) not in there
    ]
    there |= {(venue.name, venue.town): venue for venue in Venue.objects.bulk_create(new)}
    return [there[name] for name in names]


def _date(number: int, today: Day, workshops: list[Workshop], venues: list[Venue]) -> WorkshopDate:
    dice = _dice(f"date {number}")
    # The first one is the one that everybody wants to come to.
    days = dice.choice([-dice.randrange(1, DAYS_BACK), dice.randrange(1, DAYS_AHEAD)]) if number else 30
    starts_at = datetime.combine(today + timedelta(days=days), time(dice.randint(9, 17)), LONDON)
    venue = dice.choice(venues) if dice.random() < 0.9 else None
    state = dice.choices(["scheduled", "cancelled", "postponed", "draft"], [94, 3, 2, 1])[0] if number else "scheduled"
    return WorkshopDate(
        workshop=dice.choice(workshops),
        slug=f"{slugify(venue.town if venue else 'to-follow')}-{starts_at:%B-%Y}-{number + 1}".lower(),
        state=state,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=4),
        venue=venue,
        area="" if venue else f"{dice.choice(TOWNS)} city centre",
        places=dice.choice([20, 30, 40, 60]) if number else 20,
        support_places=dice.choice([0, 2, 4]),
        fill_gaps=bool(number) and dice.random() < 0.1,
        calendar_uid=f"{UID}{number}@demo.example",
        announced_at=timezone.now(),
    )


# Bookings


def _create_bookings(count: int) -> int:
    """Date by date, each filled in the order of asking; what was there before stands before what is new."""
    asked = Booking.objects.filter(request_digest__startswith=UID)
    missing = count - asked.count()
    dates = list(
        WorkshopDate.objects.filter(calendar_uid__startswith=UID).exclude(state=WorkshopDate.State.DRAFT).order_by("pk")
    )
    if missing <= 0 or not dates:
        return 0
    there = dict(asked.values_list("date").annotate(Count("pk")).order_by())
    references = _unused_references(asked.count())
    queues = [_Queue(*queue, there=there) for queue in zip(dates, _shares(dates, count), strict=True)]
    left = missing
    for begins in range(0, len(queues), DATES_AT_ONCE):
        some = [booking for queue in queues[begins : begins + DATES_AT_ONCE] for booking in queue.ask(references)]
        _write(some[:left])
        left -= len(some[:left])
    return missing - left


def _shares(dates: list[WorkshopDate], count: int) -> list[int]:
    """How many bookings each date has of `count`: some dates are loved and some are not."""
    weights = [_dice(f"share {date.calendar_uid}").choice([2, 5, 10, 10, 15]) for date in dates]
    weights[0] = 10 * HOT
    ends = [round(count * weight / sum(weights)) for weight in accumulate(weights)]
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def _unused_references(first: int) -> Iterator[str]:
    taken = set(Booking.objects.exclude(request_digest__startswith=UID).values_list("reference", flat=True))
    # No factor in common with 10 to the 8th, so no number comes twice.
    numbers = (f"{number * 73_687_879 % 10**8:08d}" for number in range(first, 10**8))
    return (number for number in numbers if number not in taken)


class _Queue:
    """The bookings of one date as they came in: places while there are any, then the waiting list."""

    def __init__(self, date: WorkshopDate, wanted: int, there: dict[int, int]):
        self.date, self.indexes = date, range(there.get(date.pk, 0), wanted)
        self.closes = date.closes_at
        # All in the ten weeks before the date, or before now.
        last = min(self.closes, timezone.now()) - timedelta(hours=1)
        self.begins, self.step = last - timedelta(weeks=10), timedelta(weeks=10) / max(1, wanted)

    def ask(self, references: Iterator[str]) -> list[Booking]:
        bookings = [self._booking(index, next(references)) for index in self.indexes]
        if self.date.may_offer() and self.date.waiting and _dice(f"offer {self.date.calendar_uid}").random() < 0.6:
            self._offer(bookings)
        return bookings

    def _booking(self, index: int, reference: str) -> Booking:
        key = f"{self.date.calendar_uid} {index}"
        dice = _dice(key)
        name = f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"
        phone = f"0151 496 {index % 1000:04}" if dice.random() < 0.2 else ""
        places, support = dice.choices([1, 2, 3], [80, 15, 5])[0], dice.choices([0, 1, 2], [85, 12, 3])[0]
        asked_at = self.begins + index * self.step
        booking = Booking(
            date=self.date,
            reference=reference,
            state=self._state(places, support, dice),
            contact_name=name,
            email="" if phone and dice.random() < 0.4 else f"{slugify(name)}.{index}@demo.example",
            phone=phone,
            phone_key=phone_key(phone),
            organisation=f"{dice.choice(LAST_NAMES)} House (invented)" if dice.random() < 0.3 else "",
            coming_key=coming_key([], name),
            places=places,
            support_workers=support,
            request_id=uuid.uuid5(uuid.NAMESPACE_URL, f"{UID}{key}"),
            request_digest=f"{UID}{key}"[:64],
            created_at=asked_at,
            queued_at=asked_at,
            state_changed_at=asked_at,
        )
        return booking

    def _state(self, places: int, support: int, dice: random.Random) -> str:
        date = self.date
        if date.is_cancelled or dice.random() < 0.1:
            return State.CANCELLED
        # Where gaps are filled nobody who waits fits either: nothing becomes free here.
        must_wait = date.waiting and not date.fill_gaps
        if must_wait or not date.has_room_for(places, support):
            date.waiting += 1
            return State.WAITING
        # As the database will count them.
        in_held_back = min(support, date.support_left)
        date.support_taken += in_held_back
        date.ordinary_taken += places + support - in_held_back
        return State.CONFIRMED

    def _offer(self, bookings: list[Booking]) -> None:
        """The last who got a place has not answered yet."""
        last = next((booking for booking in reversed(bookings) if booking.has_a_place), None)
        if last:
            kind = closed_days.kind_deadline(timezone.now(), closes_at=self.closes) if last.email else None
            last.state, last.offer_ends_at = State.OFFERED, kind or self.closes


@transaction.atomic
def _write(bookings: list[Booking]) -> None:
    Booking.objects.bulk_create(bookings, batch_size=1000)
    places = Place.objects.bulk_create(_places(bookings), batch_size=2000)
    AccessNeed.objects.bulk_create(_needs(places))
    RingTask.objects.bulk_create(_calls(bookings))


def _places(bookings: Iterable[Booking]) -> Iterator[Place]:
    for booking in bookings:
        for position in range(1, booking.places + 1):
            name = booking.contact_name.split()[0] if position == 1 else ""
            yield Place(booking=booking, position=position, name=name)


def _needs(places: Iterable[Place]) -> Iterator[AccessNeed]:
    """Of one in twelve, while they may be kept."""
    for place in places:
        booking = place.booking
        dice = _dice(f"need {booking.reference} {place.position}")
        is_kept = booking.is_active and booking.date.ends_at + KEEP_NEEDS > timezone.now()
        if is_kept and dice.random() < 1 / 12:
            food = dice.choice(FOOD) if dice.random() < 0.5 else ""
            due_on = (booking.date.starts_at - timedelta(days=14)).date()
            yield AccessNeed(
                place=place,
                access=dice.choice(ACCESS),
                dietary=food,
                due_on=due_on,
                consented_at=booking.created_at,
            )


def _calls(bookings: Iterable[Booking]) -> Iterator[RingTask]:
    """Whoever has no e-mail is rung: about an offer now, about a cancelled date then."""
    for booking in bookings:
        if booking.email:
            continue
        if booking.state == State.OFFERED:
            yield RingTask(booking=booking, why=RingTask.Why.OFFER, due_on=closed_days.today())
        elif booking.date.is_cancelled:
            at = booking.date.starts_at - timedelta(days=7)
            done_at = at if at < timezone.now() else None
            yield RingTask(booking=booking, why=RingTask.Why.DATE_CANCELLED, due_on=at.date(), done_at=done_at)
