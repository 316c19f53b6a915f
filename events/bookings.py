"""Reserving places, giving them up, and who gets them: every activity locks the date first.

Called from a page, the desk or a command the result is the same. Refusals are sentences fit to show.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import emails, needs, waiting_list
from .locking import BookingRefused, Busy, activity
from .models import MOST_PEOPLE, Booking, Place, RepeatedRequest, WorkshopDate
from .models.bookings import coming_key, new_reference, ordinal, phone_key
from .needs import Person

__all__ = ["BookingRefused", "Busy", "Person", "Reserved", "cancel", "reserve"]

State = Booking.State


class Reserved(NamedTuple):
    """What came of a request: the booking that is held, and the request's own id and reference."""

    booking: Booking
    request: Booking | RepeatedRequest


class Identity(NamedTuple):
    """What a request keeps while it is corrected, so that no stranger learns from a change what stood behind it."""

    request_id: uuid.UUID
    digest: str
    reference: str


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
    reach_by: str = "",
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
        "reach_by": reach_by,
    }
    digest = _digest(contact | {"people": [asdict(person) for person in people], "date": date.pk})
    # One form counts once for each date; with something corrected after Back it is a request of its own.
    request_id = uuid.uuid5(request_id, digest) if request_id else uuid.uuid4()
    identity = Identity(request_id, digest, new_reference())
    try:
        return _reserve(date, identity, people, contact, channel=channel, by=by)
    except IntegrityError:
        # A double click, or the same people in another tab: what came a moment earlier can be seen by now.
        return _reserve(date, identity, people, contact, channel=channel, by=by)


@activity
def _reserve(
    date: WorkshopDate,
    identity: Identity,
    people: Sequence[Person],
    contact: dict[str, Any],
    *,
    channel: str,
    by: User | None,
) -> Reserved:
    is_new = _is_new(date, identity, people, contact)
    date = waiting_list.settled(date.pk)
    if not is_new:
        if earlier := earlier_request(identity.request_id):
            return earlier
        identity = identity._replace(reference=unused_reference())
    return reserve_locked(date, identity, people, contact, is_new=is_new, channel=channel, by=by)


def _is_new(date: WorkshopDate, identity: Identity, people: Sequence[Person], contact: dict[str, Any]) -> bool:
    """Whether nothing bears this id or reference yet, or is of the same people: mostly so, and asked in one query.

    Asked before the date is locked, so that nobody waits for it. What comes in between, the database refuses. In SQL,
    for Django takes ten times as long to write this query as PostgreSQL to answer it; the same people are those of the
    constraint `booking_is_held_once`.
    """
    key = coming_key([person.name for person in people], contact["contact_name"])
    bears = (identity.request_id, identity.reference)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM events_booking WHERE request_id = %s OR reference = %s)
                OR EXISTS (SELECT FROM events_repeatedrequest WHERE request_id = %s OR reference = %s)
                OR EXISTS (SELECT FROM events_booking
                    WHERE date_id = %s AND lower(coalesce(nullif(email, ''), phone_key)) = lower(%s)
                    AND coming_key = %s AND state IN ('waiting', 'offered', 'confirmed'))""",
            [*bears, *bears, date.pk, contact["email"] or phone_key(contact["phone"]), key],
        )
        (is_known,) = cursor.fetchone()
    return not is_known


def reserve_locked(
    date: WorkshopDate,
    identity: Identity,
    people: Sequence[Person],
    contact: dict[str, Any],
    *,
    is_new: bool = False,
    channel: str,
    by: User | None,
) -> Reserved:
    """`is_new`: nothing of the same people was there a moment ago."""
    names, support_workers = [person.name for person in people], contact["support_workers"]
    # Refused before anything is looked up: a refusal must not depend on who has booked already.
    if refusal := why_refused(date, len(people), support_workers, by):
        raise BookingRefused(refusal)
    # Whoever waits comes first: a newcomer never overtakes.
    has_room = waiting_list.may_take(date, len(people), support_workers)
    held = None if is_new else held_already(date, contact["email"], contact["phone"], names, contact["contact_name"])
    if held:
        told_needs = any(person.has_needs for person in people)
        return keep_repeat(held, identity, names, contact, told_needs=told_needs, has_room=has_room, by=by)

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
    places = [Place(booking=booking, position=n, name=person.name) for n, person in enumerate(people, start=1)]
    for place, person in zip(Place.objects.bulk_create(places), people, strict=True):
        if person.has_needs:
            needs.keep(place, person)
    # Whoever comes while we hold the lock is the last in the queue.
    last = date.waiting + 1
    emails.booking_made(booking, names=names, queue_words=f"{ordinal(last)} of {last}" if booking.is_waiting else "")
    audit.record(by, "reserved", booking, note=f"{date}: {booking.get_state_display().lower()}")
    return Reserved(booking, booking)


def why_refused(date: WorkshopDate, places: int, support_workers: int, by: User | None) -> str:
    """Why nobody can have so many places on a date, however few are taken; empty when they can."""
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


def earlier_request(request_id: uuid.UUID) -> Reserved | None:
    if booking := Booking.objects.filter(request_id=request_id).select_related("date").first():
        return Reserved(booking, booking)
    if repeat := RepeatedRequest.objects.filter(request_id=request_id).select_related("booking__date").first():
        return Reserved(repeat.booking, repeat)
    return None


def held_already(date: WorkshopDate, email: str, phone: str, names: list[str], contact_name: str) -> Booking | None:
    """What the same people hold or wait for under this contact."""
    key = coming_key(names, contact_name)
    return date.bookings.of_the_same_people(email=email, phone=phone, key=key).first()


def keep_repeat(
    held: Booking,
    identity: Identity,
    names: list[str],
    contact: dict[str, Any],
    *,
    told_needs: bool,
    has_room: bool,
    by: User | None,
) -> Reserved:
    if held.is_offered and has_room:
        # A newcomer would have the place, so whoever asks again for the one we hold for them has said yes.
        waiting_list.move(held, State.CONFIRMED, by=by)
        emails.booking_made(held)
        audit.record(by, "accepted the offer", held, note="by reserving again")
    if contact["wants_news"] and not held.wants_news_at:
        # Harmless if somebody else typed it: nothing comes of it before the person confirms it from the mail.
        held.wants_news_at = timezone.now()
        held.save(update_fields=["wants_news_at"])
    repeat = RepeatedRequest.objects.create(
        booking=held,
        asked_date=held.date,
        reference=identity.reference,
        request_id=identity.request_id,
        request_digest=identity.digest,
        differs=identity.digest != held.request_digest,
        details=contact
        | {"people": names, "told_needs": told_needs, "told_to_wait": held.holds_a_place and not has_room},
    )
    emails.reserved_again(held)
    audit.record(by, "reserved again", held)
    return Reserved(held, repeat)


def unused_reference() -> str:
    while True:
        reference = new_reference()
        taken = Booking.objects.filter(reference=reference).exists()
        if not taken and not RepeatedRequest.objects.filter(reference=reference).exists():
            return reference


@activity
def cancel(booking: Booking, *, by: User | None = None, note: str = "", is_told: bool = False) -> Booking:
    """Give the places up, say no to an offer, or leave the queue; the needs are deleted at once.

    Places that become free are offered to the first who waits. Cancelling twice changes and mails nothing more. Raises
    BookingRefused for the person's own request once the workshop has started; staff may still put the record right.
    `note` goes into the log. `is_told`: nobody need ring those who have no e-mail.
    """
    date, booking = waiting_list.settled_booking(booking)
    if not booking.is_active:
        return booking
    if date.has_started() and by is None:
        raise BookingRefused("This workshop has already started, so the booking can no longer be cancelled.")
    before = State(booking.state)
    end(booking, by=by)
    emails.booking_cancelled(booking, before=before, by_staff=by is not None, is_told=is_told or by is None)
    audit.record(by, CANCELLING[before], booking, note=audit.notes(date, note))
    waiting_list.settle(date)
    return booking


CANCELLING = {
    State.CONFIRMED: "cancelled",
    State.OFFERED: "said no to the offer",
    State.WAITING: "left the waiting list",
}


def end(booking: Booking, *, by: User | None = None) -> None:
    needs.forget(booking)
    # Whoever confirmed it by mail has a subscription of their own; the booking has nothing left to ask.
    booking.wants_news_at = None
    booking.save(update_fields=["wants_news_at"])
    waiting_list.move(booking, State.CANCELLED, by=by)
