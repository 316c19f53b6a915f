"""Putting right what was told: the address, the contact, the names."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import emails, locking, needs, ring_list, waiting_list
from .bookings import (
    Identity,
    Reserved,
    earlier_request,
    end,
    held_already,
    keep_repeat,
    reserve_locked,
    unused_reference,
)
from .locking import BookingRefused, Busy, activity
from .models import Booking, RepeatedRequest, RingTask, WorkshopDate
from .models.bookings import coming_key
from .needs import Person

CORRECT_WITHIN = timedelta(days=1)
CONTACT = ("contact_name", "email", "phone", "reach_by", "organisation", "needs_more_time")


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
    date = waiting_list.settled(request.date.pk if isinstance(request, RepeatedRequest) else request.date_id)
    # Asked again under the lock: a second press finds what the first one made.
    earlier = earlier_request(request.request_id)
    if earlier is None:
        raise BookingRefused("This booking is no longer there.")
    booking, request = earlier
    if request.date.pk != date.pk:
        raise Busy(locking.MOVED_MEANWHILE)
    if booking.date_id == date.pk:
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
    if held := held_already(date, email, "", names, booking.contact_name):
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
    identity = Identity(repeat.request_id, repeat.request_digest, repeat.reference)
    return reserve_locked(date, identity, people, asked | {"email": email}, channel=Booking.Channel.SITE, by=None)


def _become_a_repeat(booking: Booking, held: Booking, names: list[str], email: str) -> Reserved:
    """Theirs already, under the right address: this one was the mistake.

    It ends under another id and reference, and the request goes on under its own as one that repeats the booking held:
    whoever tries addresses here neither sees a difference nor gets at that booking.
    """
    identity = Identity(booking.request_id, booking.request_digest, booking.reference)
    contact = {
        "contact_name": booking.contact_name,
        "email": email,
        "phone": booking.phone,
        "organisation": booking.organisation,
        "support_workers": booking.support_workers,
        "needs_more_time": booking.needs_more_time,
        "wants_news": booking.wants_news_at is not None,
        "reach_by": booking.reach_by,
    }
    has_room, told_needs = booking.has_a_place, needs.are_kept(booking)
    booking.request_id, booking.reference = uuid.uuid4(), unused_reference()
    booking.save(update_fields=["request_id", "reference"])
    end(booking)
    audit.record(None, "cancelled", booking, note="the corrected address holds a booking for the same people")
    reserved = keep_repeat(held, identity, names, contact, told_needs=told_needs, has_room=has_room, by=None)
    fits = held.places <= booking.places and held.support_workers <= booking.support_workers
    if has_room and not held.has_a_place and fits:
        # The mistake had a place and the right one waits: the same people must not lose what they had.
        waiting_list.give(held)
        audit.record(None, "took the place of a mistaken booking", held)
    waiting_list.settle(booking.date)
    return reserved


def _write_to(booking: Booking, email: str, *, by: User | None) -> None:
    """Another address, or none: the old link ends with the old one."""
    before = booking.email
    booking.email = email
    booking.link_version += 1
    booking.save(update_fields=["email", "link_version"])
    ring_list.finish(booking, by=by, about=[RingTask.Why.MAIL_CAME_BACK])
    if booking.state == Booking.State.OFFERED:
        # Nobody may have read the offer at the old address: it begins anew.
        waiting_list.offer(booking)
    elif booking.is_still_to_come:
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
    reach_by: str = "",
    seen: int | None = None,
    by: User,
) -> Booking:
    """What staff put right about whom to write to. Raises BookingRefused where somebody else's booking is the same.

    `seen` is the version of the link when they opened the page: who has it since must not lose it unseen.
    """
    date, booking = waiting_list.settled_booking(booking)
    if seen is not None and seen != booking.link_version:
        raise BookingRefused("It has another contact or address since you opened the page. Please look at it again.")
    names = [place.name for place in booking.people.order_by("position")]
    held = held_already(date, email, phone, names, contact_name) if booking.is_active else None
    if held and held.pk != booking.pk:
        raise BookingRefused(f"{held} has the same contact and names on this date. Cancel one of the two first.")
    needs_longer = needs_more_time and not booking.needs_more_time and booking.is_offered
    booking.contact_name, booking.phone, booking.organisation = contact_name, phone, organisation
    booking.needs_more_time, booking.reach_by = needs_more_time, reach_by
    booking.coming_key = coming_key(names, contact_name)
    before, booking.email = booking.email, email
    booking.save(update_fields=[*CONTACT, "phone_key", "coming_key"])
    if before.lower() != email.lower():
        booking.email = before
        _write_to(booking, email, by=by)
    elif needs_longer:
        waiting_list.offer(booking)
    return booking


@activity
def correct_names(booking: Booking, names: Mapping[int, str], *, by: User | None = None, note: str = "") -> Booking:
    """Put right who is coming: names by the key of the place; an empty one follows later.

    Whoever dropped out since the page was opened is passed over, and nobody gets the name of another.
    """
    date, booking = waiting_list.settled_booking(booking)
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    places = list(booking.people.order_by("position"))
    coming = [names.get(place.pk, place.name) for place in places]
    held = held_already(date, booking.email, booking.phone, coming, booking.contact_name)
    if held and held.pk != booking.pk:
        raise BookingRefused("You have another booking for the same people on this date.")
    for place, name in zip(places, coming, strict=True):
        if place.name != name:
            audit.record(by, "corrected a name", booking, changes={"coming_key": (None, None)}, note=note)
            place.name = name
            place.save(update_fields=["name"])
    booking.coming_key = coming_key(coming, booking.contact_name)
    booking.save(update_fields=["coming_key"])
    return booking
