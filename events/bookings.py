"""Reserving places, giving them up, and who gets them: every activity locks the date first.

Called from a page, the desk or a command the result is the same. Refusals are sentences fit to show.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from psycopg.errors import LockNotAvailable

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import emails
from .models import MOST_PEOPLE, AccessNeed, Booking, Place, RepeatedRequest, WorkshopDate
from .models.bookings import coming_key, new_reference, phone_key

State = Booking.State

KEEP_NEEDS = timedelta(days=14)
CORRECT_WITHIN = timedelta(days=1)
LOCK_TIMEOUT = "3s"
CONTACT = ("contact_name", "email", "phone", "organisation", "needs_more_time")


class BookingRefused(Exception):
    """Why it cannot be done, as a sentence fit to show."""


class Busy(BookingRefused):
    """The date stayed locked by others for three seconds; trying again is worth it."""


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


class Reserved(NamedTuple):
    """What came of a request: the booking that is held, and the request's own id and reference."""

    booking: Booking
    request: Booking | RepeatedRequest


class _Identity(NamedTuple):
    """What a request keeps while it is corrected, so that no stranger learns from a change what stood behind it."""

    request_id: uuid.UUID
    digest: str
    reference: str


P = ParamSpec("P")
T = TypeVar("T")


def activity(function: Callable[P, T]) -> Callable[P, T]:
    """One transaction, and three seconds of patience for the date's lock. Raises Busy after that."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                return function(*args, **kwargs)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise Busy("Many people are reserving at this moment. Nothing is lost: please try again.") from error
            raise

    return wrapped


def lock_date(date_id: int) -> WorkshopDate:
    # NO KEY: plain FOR UPDATE would also hold up whoever only refers to the date.
    return (
        WorkshopDate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workshop", "venue")
        .get(pk=date_id)
    )


def _lock(booking: Booking) -> tuple[WorkshopDate, Booking]:
    """The booking as it stands now, its date locked; bookings never change without that lock."""
    date = lock_date(booking.date_id)
    booking = Booking.objects.get(pk=booking.pk)
    booking.date = date
    return date, booking


@activity
def reserve(
    date: WorkshopDate,
    *,
    contact_name: str,
    email: str = "",
    phone: str = "",
    organisation: str = "",
    people: Sequence[Person] = (Person(),),
    support_workers: int = 0,
    needs_more_time: bool = False,
    wants_news: bool = False,
    request_id: uuid.UUID | None = None,
    channel: str = Booking.Channel.SITE,
    by: User | None = None,
) -> Reserved:
    """Reserve places for `people` and their support workers on one date.

    Confirmed only if there is room for all of them **and nobody waits**; otherwise they wait together. The same
    `request_id` with the same content is one booking, however often it is sent. Under a date, contact and names that
    hold a booking already, the request is kept as a RepeatedRequest and told by mail. Needs within `people` are kept:
    ask for consent first. Raises BookingRefused.
    """
    contact = {
        "contact_name": contact_name,
        "email": email,
        "phone": phone,
        "organisation": organisation,
        "support_workers": support_workers,
        "needs_more_time": needs_more_time,
        "wants_news": wants_news,
    }
    digest = _digest(contact | {"people": [asdict(person) for person in people], "date": date.pk})
    # One form counts once for each date.
    request_id = uuid.uuid5(request_id, str(date.pk)) if request_id else uuid.uuid4()
    date = lock_date(date.pk)

    if earlier := _earlier_request(request_id):
        if earlier.request.request_digest == digest:
            return earlier
        # Back, something corrected, sent again: a request of its own.
        request_id = uuid.uuid5(request_id, digest)
        if earlier := _earlier_request(request_id):
            return earlier
    identity = _Identity(request_id, digest, _unused_reference())
    return _reserve(date, identity, people, contact, channel=channel, by=by)


def _reserve(
    date: WorkshopDate,
    identity: _Identity,
    people: Sequence[Person],
    contact: dict[str, Any],
    *,
    channel: str,
    by: User | None,
) -> Reserved:
    names, support_workers = [person.name for person in people], contact["support_workers"]
    # Refused before anything is looked up: a refusal must not depend on who has booked already.
    if refusal := _why_refused(date, len(people), support_workers, by):
        raise BookingRefused(refusal)
    # Whoever waits comes first: a newcomer never overtakes.
    has_room = date.has_room_for(len(people), support_workers) and not date.waiting
    if held := _held(date, contact["email"], contact["phone"], names, contact["contact_name"]):
        told_needs = any(person.has_needs for person in people)
        return _keep_repeat(held, identity, names, contact, told_needs=told_needs, has_room=has_room, by=by)

    fields = {name: value for name, value in contact.items() if name != "wants_news"}
    booking = Booking.objects.create(
        date=date,
        reference=identity.reference,
        state=State.CONFIRMED if has_room else State.WAITING,
        coming_key=coming_key(names, contact["contact_name"]),
        places=len(people),
        channel=channel,
        wants_news_at=timezone.now() if contact["wants_news"] else None,
        request_id=identity.request_id,
        request_digest=identity.digest,
        **fields,
    )
    for position, person in enumerate(people, start=1):
        place = Place.objects.create(booking=booking, position=position, name=person.name)
        if person.has_needs:
            _keep_need(place, person)
    emails.booking_made(booking)
    audit.record(by, "reserved", booking, note=f"{date}: {booking.get_state_display().lower()}")
    return Reserved(booking, booking)


def _why_refused(date: WorkshopDate, places: int, support_workers: int, by: User | None) -> str:
    # Staff may still enter somebody who rings after booking has closed.
    is_late_entry = by is not None and date.state == WorkshopDate.State.SCHEDULED and not date.has_ended()
    if not is_late_entry and (closed := date.why_closed()):
        return closed
    if places > MOST_PEOPLE:
        return f"At most {MOST_PEOPLE} people can be reserved at once. Please ring us about larger groups."
    if not date.can_ever_hold(places, support_workers):
        return "There are fewer places in all than you ask for. Please ring us, so that we can find a way."
    return ""


def _digest(asked: dict[str, Any]) -> str:
    """A keyed hash, so that the row tells nothing about what was typed."""
    return salted_hmac("events.request", json.dumps(asked, sort_keys=True), algorithm="sha256").hexdigest()


def _earlier_request(request_id: uuid.UUID) -> Reserved | None:
    if booking := Booking.objects.filter(request_id=request_id).select_related("date").first():
        return Reserved(booking, booking)
    if repeat := RepeatedRequest.objects.filter(request_id=request_id).select_related("booking__date").first():
        return Reserved(repeat.booking, repeat)
    return None


def _held(date: WorkshopDate, email: str, phone: str, names: list[str], contact_name: str) -> Booking | None:
    bookings = date.bookings.active().filter(coming_key=coming_key(names, contact_name))
    if email:
        # As the unique constraint compares them: `iexact` folds to capitals, which is not the same for all letters.
        return bookings.alias(address=Lower("email")).filter(address=Lower(Value(email))).first()
    return bookings.filter(email="", phone_key=phone_key(phone)).first()


def _keep_repeat(
    held: Booking,
    identity: _Identity,
    names: list[str],
    contact: dict[str, Any],
    *,
    told_needs: bool,
    has_room: bool,
    by: User | None,
) -> Reserved:
    repeat = RepeatedRequest.objects.create(
        booking=held,
        reference=identity.reference,
        request_id=identity.request_id,
        request_digest=identity.digest,
        differs=identity.digest != held.request_digest,
        details=contact
        | {"people": names, "told_needs": told_needs, "told_to_wait": held.has_a_place and not has_room},
    )
    emails.reserved_again(held)
    audit.record(by, "reserved again", held)
    return Reserved(held, repeat)


def _unused_reference() -> str:
    while True:
        reference = new_reference()
        taken = Booking.objects.filter(reference=reference).exists()
        if not taken and not RepeatedRequest.objects.filter(reference=reference).exists():
            return reference


def _keep_need(place: Place, person: Person) -> None:
    AccessNeed.objects.create(
        place=place,
        access=person.access,
        dietary=person.dietary,
        is_for_somebody_else=person.is_for_somebody_else,
    )


def _forget_needs(booking: Booking) -> None:
    AccessNeed.objects.filter(place__booking=booking).delete()


@activity
def cancel(booking: Booking, *, by: User | None = None) -> Booking:
    """Give the places up; the needs are deleted at once. Cancelling twice changes and mails nothing more.

    A freed place stays free until staff give it to the first who waits. Raises BookingRefused for the person's own
    request once the workshop has started; staff may still put the record right.
    """
    date, booking = _lock(booking)
    if not booking.is_active:
        return booking
    if date.has_started() and by is None:
        raise BookingRefused("This workshop has already started, so the booking can no longer be cancelled.")
    _end(booking)
    emails.booking_cancelled(booking, by_staff=by is not None)
    audit.record(by, "cancelled", booking, note=str(date))
    return booking


def _end(booking: Booking) -> None:
    _forget_needs(booking)
    booking.state = State.CANCELLED
    booking.state_changed_at = timezone.now()
    booking.save(update_fields=["state", "state_changed_at"])


@activity
def give_next_place(date: WorkshopDate, *, by: User) -> Booking:
    """Give free places to the first who waits, in strict order. Raises BookingRefused."""
    date = lock_date(date.pk)
    if date.is_cancelled or date.has_ended():
        raise BookingRefused("This date is cancelled or over.")
    first = date.bookings.waiting_in_order().first()
    if first is None:
        raise BookingRefused("Nobody is waiting.")
    first.date = date
    if not date.has_room_for(first.places, first.support_workers):
        raise BookingRefused(
            f"{first} is first and asks for {_people(first)}; only {date.ordinary_left} ordinary and"
            f" {date.support_left} support places are free."
        )
    _give_place(first)
    audit.record(by, "gave a place from the waiting list", first, note=str(date))
    return first


def _give_place(booking: Booking) -> None:
    booking.state = State.CONFIRMED
    booking.state_changed_at = timezone.now()
    booking.save(update_fields=["state", "state_changed_at"])
    emails.place_given(booking)


def _people(booking: Booking) -> str:
    people = "1 place" if booking.places == 1 else f"{booking.places} places"
    if not booking.support_workers:
        return people
    return f"{people} and {booking.support_workers} for support workers"


@activity
def cancel_date(date: WorkshopDate, *, by: User, reason: str = "") -> int:
    """Cancel a date, end its bookings and mail everybody who held or awaited a place; how many were told.

    `reason` is one plain sentence that goes into the mail. Doing it twice tells nobody twice.
    """
    date = lock_date(date.pk)
    if date.is_cancelled:
        return 0
    if date.has_ended():
        raise BookingRefused("This date is over: there is nothing to cancel.")
    if date.state == WorkshopDate.State.DRAFT and not date.bookings.exists():
        # Cancelled dates are shown to everybody, and nobody has heard of this one.
        raise BookingRefused("Nobody can see this draft yet. Delete it instead.")
    date.state = WorkshopDate.State.CANCELLED
    date.save(update_fields=["state"])
    bookings = list(date.bookings.active().order_by("pk"))
    for booking in bookings:
        booking.date = date
        had_a_place = booking.has_a_place
        _end(booking)
        emails.date_cancelled(booking, reason, had_a_place=had_a_place)
    audit.record(by, "cancelled the date", date, note=f"{len(bookings)} bookings told")
    return len(bookings)


def may_correct_address(request: Booking | RepeatedRequest) -> bool:
    """Within a day of reserving: the page stays in the browser's history, which others may use later."""
    return timezone.now() - request.created_at < CORRECT_WITHIN


@activity
def correct_address(request: Booking | RepeatedRequest, *, email: str) -> Reserved:
    """Put a mistyped e-mail address right: the old link ends, a new one goes to the right address.

    The request keeps its id and reference, whether or not a booking stands behind the old address or the new one.
    Whoever corrects a request that repeated somebody's booking made a request of their own under the new address.
    Raises BookingRefused.
    """
    date = lock_date(request.booking.date_id if isinstance(request, RepeatedRequest) else request.date_id)
    # Asked again under the lock: a second press finds what the first one made.
    earlier = _earlier_request(request.request_id)
    if earlier is None:
        raise BookingRefused("This booking is no longer there.")
    booking, request = earlier
    booking.date = date
    if date.has_ended():
        raise BookingRefused("This date is over.")
    if not may_correct_address(request):
        raise BookingRefused("That is too long ago to be corrected here. Please ring us.")
    if isinstance(request, RepeatedRequest):
        return _correct_repeat(date, request, email)
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    if booking.email.lower() == email.lower():
        return earlier
    names = [place.name for place in booking.people.order_by("position")]
    if held := _held(date, email, "", names, booking.contact_name):
        return _become_a_repeat(booking, held, names, email)
    _write_to(booking, email, by=None)
    return Reserved(booking, booking)


def _correct_repeat(date: WorkshopDate, repeat: RepeatedRequest, email: str) -> Reserved:
    asked = dict(repeat.details)
    if asked["email"].lower() == email.lower():
        return Reserved(repeat.booking, repeat)
    people = [Person(name=name) for name in asked.pop("people")]
    del asked["told_needs"], asked["told_to_wait"]
    repeat.delete()
    identity = _Identity(repeat.request_id, repeat.request_digest, repeat.reference)
    return _reserve(date, identity, people, asked | {"email": email}, channel=Booking.Channel.SITE, by=None)


def _become_a_repeat(booking: Booking, held: Booking, names: list[str], email: str) -> Reserved:
    """Theirs already, under the right address: this one was the mistake.

    It ends under another id and reference, and the request goes on under its own as one that repeats the booking held:
    whoever tries addresses here neither sees a difference nor gets at that booking.
    """
    identity = _Identity(booking.request_id, booking.request_digest, booking.reference)
    contact = {
        "contact_name": booking.contact_name,
        "email": email,
        "phone": booking.phone,
        "organisation": booking.organisation,
        "support_workers": booking.support_workers,
        "needs_more_time": booking.needs_more_time,
        "wants_news": booking.wants_news_at is not None,
    }
    has_room, told_needs = booking.has_a_place, AccessNeed.objects.filter(place__booking=booking).exists()
    booking.request_id, booking.reference = uuid.uuid4(), _unused_reference()
    booking.save(update_fields=["request_id", "reference"])
    _end(booking)
    audit.record(None, "cancelled", booking, note="the corrected address holds a booking for the same people")
    reserved = _keep_repeat(held, identity, names, contact, told_needs=told_needs, has_room=has_room, by=None)
    fits = held.places <= booking.places and held.support_workers <= booking.support_workers
    if has_room and held.is_waiting and fits:
        # The mistake had a place and the right one waits: the same people must not lose what they had.
        _give_place(held)
        audit.record(None, "took the place of a mistaken booking", held)
    return reserved


def _write_to(booking: Booking, email: str, *, by: User | None) -> None:
    """Another address, or none: the old link ends with the old one."""
    before = booking.email
    booking.email = email
    booking.link_version += 1
    booking.save(update_fields=["email", "link_version"])
    if booking.is_still_to_come:
        emails.booking_made(booking)
    audit.record(by, "corrected the address", booking, changes={"email": (before, email)})


@activity
def correct_contact(
    booking: Booking,
    *,
    contact_name: str,
    email: str,
    phone: str,
    organisation: str,
    needs_more_time: bool,
    by: User,
) -> Booking:
    """What staff put right about whom to write to. Raises BookingRefused where somebody else's booking is the same."""
    date, booking = _lock(booking)
    names = [place.name for place in booking.people.order_by("position")]
    held = _held(date, email, phone, names, contact_name) if booking.is_active else None
    if held and held.pk != booking.pk:
        raise BookingRefused(f"{held} has the same contact and names on this date. Cancel one of the two first.")
    booking.contact_name, booking.phone, booking.organisation = contact_name, phone, organisation
    booking.needs_more_time = needs_more_time
    booking.coming_key = coming_key(names, contact_name)
    before, booking.email = booking.email, email
    booking.save(update_fields=[*CONTACT, "phone_key", "coming_key"])
    if before.lower() != email.lower():
        booking.email = before
        _write_to(booking, email, by=by)
    return booking


@activity
def correct_names(booking: Booking, names: Sequence[str], *, by: User | None = None) -> Booking:
    """Put right who is coming, one name for each place in order; an empty name follows later."""
    date, booking = _lock(booking)
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    held = _held(date, booking.email, booking.phone, list(names), booking.contact_name)
    if held and held.pk != booking.pk:
        raise BookingRefused("You have another booking for the same people on this date.")
    for place, name in zip(booking.people.order_by("position"), names, strict=True):
        if place.name != name:
            audit.record(by, "corrected a name", booking, changes={"coming_key": (None, None)})
            place.name = name
            place.save(update_fields=["name"])
    booking.coming_key = coming_key(list(names), booking.contact_name)
    booking.save(update_fields=["coming_key"])
    return booking


@activity
def replace_need(place: Place, person: Person, *, by: User | None = None) -> None:
    """Keep these needs of one person instead of any told before. Ask for consent first."""
    date, booking = _lock(place.booking)
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    if date.has_ended():
        raise BookingRefused("This workshop is over, so there is nothing left to arrange.")
    AccessNeed.objects.filter(place=place).delete()
    if person.has_needs:
        _keep_need(place, person)
    # Of the place and not of the booking, whose history is read by staff who may not know that anybody told anything.
    audit.record(by, "replaced the needs", place)


@activity
def remove_need(place: Place, *, by: User | None = None) -> None:
    """Forget what one person needs: consent can be withdrawn at any time (UK GDPR article 7(3))."""
    _lock(place.booking)
    if AccessNeed.objects.filter(place=place).delete()[0]:
        audit.record(by, "removed the needs", place)


def forget_old_needs() -> int:
    """Delete needs 14 days after their date; how many."""
    limit = timezone.now() - KEEP_NEEDS
    over = WorkshopDate.objects.filter(starts_at__lt=limit).exclude(ends_at__gte=limit)
    return AccessNeed.objects.filter(place__booking__date__in=over).delete()[0]
