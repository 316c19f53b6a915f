"""The mails about bookings, each from three template files; written in the transaction that causes them."""

from __future__ import annotations

from sharedlives.foundation import links, mail

from .calendar import date_calendar
from .models import Booking


def booking_made(booking: Booking) -> None:
    _send("booking_confirmed" if booking.has_a_place else "booking_waiting", booking, with_calendar=booking.has_a_place)


def reserved_again(booking: Booking) -> None:
    _send("booking_reserved_again", booking)


def place_given(booking: Booking) -> None:
    _send("booking_place_given", booking, with_calendar=True)


def booking_cancelled(booking: Booking, *, by_staff: bool) -> None:
    _send("booking_cancelled", booking, by_staff=by_staff)


def date_cancelled(booking: Booking, reason: str, *, had_a_place: bool) -> None:
    # Only who has the entry in their calendar needs it taken out.
    _send("date_cancelled", booking, with_calendar=had_a_place, reason=reason, had_a_place=had_a_place)


def _send(name: str, booking: Booking, *, with_calendar: bool = False, **more: object) -> None:
    if not booking.email:
        return
    date = booking.date
    mail.send(
        f"events/email/{name}",
        to=booking.email,
        about=booking,
        calendar=date_calendar(date) if with_calendar else "",
        context={
            "contact_name": booking.contact_name,
            "reference": booking.spoken_reference,
            "workshop": date.workshop.title,
            "when": date.when,
            "where": date.where,
            "venue_is_known": date.venue_id is not None,
            "travel": date.venue.travel if date.venue else "",
            "access_provision": date.access_provision,
            "date_url": links.absolute(date.get_absolute_url()),
            "workshop_url": links.absolute(date.workshop.get_absolute_url()),
            "booking_url": links.absolute(booking.get_absolute_url()),
            "names": [place.name for place in booking.people.all() if place.name],
            "places": booking.places,
            "support_workers": booking.support_workers,
            "place_in_queue": booking.place_in_queue() if booking.is_waiting else 0,
            **more,
        },
    )
