"""Changing what is booked: for how many, on which date, in whose name.

Nobody loses what they hold by asking for something else, and nobody gets by a change what others wait for.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import emails, locking, needs, ring_list, waiting_list
from .bookings import held_already, unused_reference, why_refused
from .locking import BookingRefused, activity
from .models import Booking, Place, WorkshopDate
from .models.bookings import coming_key

SAME_PEOPLE = "You have another booking for the same people on this date."
KEEPS = "You keep what you have."


class NoRoom(BookingRefused):
    """They keep what they have, and can ask for the rest as a request of its own."""

    may_ask_anew = True


@activity
def change_number(
    booking: Booking,
    *,
    people: int,
    leaving: Collection[int] = (),
    support_workers: int,
    by: User | None = None,
    note: str = "",
    is_told: bool = False,
) -> Booking:
    """Make it a booking for `people`, without those whose places (by key) are `leaving`, and so many support workers.

    It says how many there are to be, so that sending it twice changes nothing more. Needs of those who leave go at
    once, and places that become free to the queue. Raises BookingRefused, or NoRoom where there are not so many places
    or others come first.
    """
    date, booking = waiting_list.settled_booking(booking)
    _refuse_what_is_over(date, booking, by)
    places = list(booking.people.order_by("position"))
    staying = [place for place in places if place.pk not in leaving]
    if (people, support_workers) == (booking.places, booking.support_workers) and staying == places:
        return booking
    if people < max(1, len(staying)):
        raise BookingRefused("This booking has changed since the page was opened. Please look at it and say it again.")
    _refuse_too_many(date, booking, people, support_workers, by)
    names = [place.name for place in staying] + [""] * (people - len(staying))
    held = held_already(date, booking.email, booking.phone, names, booking.contact_name)
    if held and held.pk != booking.pk:
        raise BookingRefused(SAME_PEOPLE)

    before = {"places": (booking.places, people), "support_workers": (booking.support_workers, support_workers)}
    _seat(booking, places, staying, people)
    booking.places, booking.support_workers = people, support_workers
    booking.coming_key = coming_key(names, booking.contact_name)
    booking.save(update_fields=["places", "support_workers", "coming_key"])
    date.refresh_from_db(fields=waiting_list.COUNTED)
    audit.record(by, "changed the number of places", booking, changes=before, note=audit.notes(date, note))
    state = booking.state
    waiting_list.settle(date)
    booking.refresh_from_db(fields=["state", "offer_ends_at"])
    if booking.state == state:  # who asks for fewer may have an offer now, which has a mail of its own
        emails.number_changed(booking, is_told=is_told or by is None)
    return booking


def _refuse_what_is_over(date: WorkshopDate, booking: Booking, by: User | None) -> None:
    if booking.offer_has_ended:
        raise BookingRefused("Our offer has ended. You can ask for a place again.")
    if not booking.is_active:
        raise BookingRefused("This booking is cancelled.")
    if date.has_ended() or (by is None and date.has_started()):
        raise BookingRefused(f"This workshop {'is over' if date.has_ended() else 'has already started'}.")


def _refuse_too_many(date: WorkshopDate, booking: Booking, people: int, support: int, by: User | None) -> None:
    if people <= booking.places and people + support <= booking.places + booking.support_workers:
        return
    if refusal := why_refused(date, people, support, by):
        raise BookingRefused(f"{refusal} {KEEPS}")
    if booking.is_waiting:
        # The places asked for since would come before others who asked earlier; support workers are no choice.
        if people > booking.places and booking.waiting_behind().exists():
            raise NoRoom("Others have asked since you did, so the places you add now cannot come before theirs.")
    elif not date.has_room_instead_of(booking, people, support):
        raise NoRoom("There are not so many places free.")
    elif _others_could_have_them(date, booking, people, support):
        raise NoRoom("Others are waiting for the places that are free.")


def _others_could_have_them(date: WorkshopDate, booking: Booking, people: int, support: int) -> bool:
    waiting = date.bookings.waiting_in_order()
    if date.ordinary_taken_with(booking, people, support) <= date.ordinary_taken:
        # Only places held back for support workers: those who come with none cannot have them.
        waiting = waiting.filter(support_workers__gt=0)
    if not date.fill_gaps:
        return waiting.exists()
    return any(date.has_room_for(other.places, other.support_workers) for other in waiting)


def _seat(booking: Booking, places: list[Place], staying: list[Place], people: int) -> None:
    """One place for each person, counted from one without a gap."""
    Place.objects.filter(pk__in=[place.pk for place in places if place not in staying]).delete()
    for position, place in enumerate(staying, start=1):
        if place.position != position:
            place.position = position
            place.save(update_fields=["position"])
    for position in range(len(staying) + 1, people + 1):
        Place.objects.create(booking=booking, position=position)


@activity
def move_to_date(
    booking: Booking, to: WorkshopDate, *, by: User | None = None, note: str = "", is_told: bool = False
) -> Booking:
    """Move a booking to another date of the same workshop: the same booking, reference and link, a place there.

    Only where a newcomer would have a place at once. Places that become free are offered; what was arranged for needs
    is to be checked again. Raises BookingRefused, or NoRoom; then nothing is lost here.
    """
    # In the order of keys, or two who change places with each other would wait for each other.
    dates = [locking.lock_date(date_id) for date_id in sorted({booking.date_id, to.pk})]
    booking = Booking.objects.select_related("date").get(pk=booking.pk)
    if booking.date_id == to.pk:
        return booking
    if booking.date_id not in [date.pk for date in dates]:
        raise locking.Busy(locking.MOVED_MEANWHILE)
    old, booking = waiting_list.settled_booking(booking)
    new = waiting_list.settled(to.pk)
    _refuse_what_is_over(old, booking, by)
    if new.workshop_id != old.workshop_id:
        raise BookingRefused("That date belongs to another workshop.")
    if refusal := why_refused(new, booking.places, booking.support_workers, by):
        raise BookingRefused(f"{refusal} {KEEPS}")
    names = [place.name for place in booking.people.order_by("position")]
    if held_already(new, booking.email, booking.phone, names, booking.contact_name):
        raise BookingRefused("You have a booking for the same people on that date. Cancel one of the two first.")
    if not waiting_list.may_take(new, booking.places, booking.support_workers):
        raise NoRoom("That date has no place for you now.")

    booking.date = new
    booking.reminded_of = booking.reminded_a_week_before_of = None
    booking.asked_again_at = booking.still_coming_at = None
    booking.save(update_fields=["date", *FORGOTTEN_BY_MOVING])
    waiting_list.move(booking, Booking.State.CONFIRMED, by=by)
    needs.check_again(booking)
    emails.moved(booking, old, is_told=is_told or by is None)
    audit.record(by, "moved to another date", booking, changes={"date": (old, new)}, note=note)
    old.refresh_from_db(fields=waiting_list.COUNTED)
    waiting_list.settle(old)
    return booking


FORGOTTEN_BY_MOVING = ["reminded_of", "reminded_a_week_before_of", "asked_again_at", "still_coming_at"]


def other_dates(booking: Booking) -> list[tuple[WorkshopDate, bool]]:
    """The other dates of the workshop that are open, and whether this booking could move there now."""
    dates = booking.date.workshop.dates.published().upcoming().exclude(pk=booking.date_id)
    return [
        (date, waiting_list.may_take(date, booking.places, booking.support_workers))
        for date in dates
        if date.is_open_for_booking()
    ]


@activity
def hand_over(
    booking: Booking,
    *,
    contact_name: str,
    email: str = "",
    phone: str = "",
    support_workers: int = 0,
    by: User | None = None,
    note: str = "",
    is_told: bool = False,
) -> Booking:
    """Give a place to somebody else, who gets a link and a reference of their own.

    What the former contact told about anybody is deleted, and their link ends. Only a place can be handed over: a
    turn on the waiting list is nobody's to give. Raises BookingRefused.
    """
    date, booking = waiting_list.settled_booking(booking)
    _refuse_what_is_over(date, booking, by)
    if not booking.has_a_place:
        raise BookingRefused("Only a place can be handed over. Whoever waits keeps their own turn.")
    if support_workers > booking.support_workers:
        raise BookingRefused("More support workers are for your colleague to ask for.")
    giver = booking.contact_name
    # Before the contact changes: the words to the former one are about what was theirs.
    emails.handed_over(booking)

    # Their rows too, and with them the needs: a page opened before must not speak of whoever comes now.
    _seat(booking, list(booking.people.all()), [], booking.places)
    booking.repeats.all().delete()
    ring_list.finish(booking, by=by)
    booking.contact_name, booking.email, booking.phone = contact_name, email, phone
    booking.organisation = booking.reach_by = ""
    booking.needs_more_time, booking.wants_news_at = False, None
    booking.support_workers = support_workers
    booking.coming_key = _free_key(booking)
    booking.link_version += 1
    # The page after reserving, in the browser of the former contact, ends with their link.
    booking.request_id, booking.request_digest, booking.reference = uuid.uuid4(), "", unused_reference()
    booking.asked_again_at = booking.still_coming_at = None
    booking.save()
    date.refresh_from_db(fields=waiting_list.COUNTED)
    emails.handed_to_you(booking, giver=giver, is_told=is_told)
    audit.record(
        by,
        "handed over",
        booking,
        changes=dict.fromkeys(("contact_name", "email", "phone"), (None, None)),
        note=audit.notes(date, note),
    )
    waiting_list.settle(date)
    return booking


def _free_key(booking: Booking) -> str:
    """Who is coming, for a contact who may have a booking on this date: whoever hands over must not learn that."""
    if held_already(booking.date, booking.email, booking.phone, [], booking.contact_name) in (None, booking):
        return coming_key([], booking.contact_name)
    return coming_key([f"{booking.contact_name} {uuid.uuid4().hex}"], "")


@activity
def send_link(booking: Booking, *, by: User, note: str = "") -> Booking:
    """Write to somebody how their booking stands, with their link. Raises BookingRefused."""
    date, booking = waiting_list.settled_booking(booking)
    if not booking.email:
        raise BookingRefused("They have no e-mail. Print the letter instead.")
    if not booking.is_still_to_come:
        raise BookingRefused("There is nothing left to change: the booking is cancelled, or the workshop is over.")
    emails.own_links([booking])
    audit.record(by, "sent the link again", booking, note=audit.notes(date, note))
    return booking
