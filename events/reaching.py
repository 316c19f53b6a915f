"""How to reach somebody: the way they asked for first, then every other that would work."""

from __future__ import annotations

import re
from typing import NamedTuple

from .models import Booking
from .models.bookings import phone_key

ReachBy = Booking.ReachBy
MOBILE = "07"


class Way(NamedTuple):
    """`number` as it is shown, `url` for the device to dial or write to."""

    words: str
    number: str
    url: str
    is_asked_for: bool


def ways(booking: Booking) -> list[Way]:
    """None of them is asked for where that way is lacking: nobody can be texted at an e-mail address."""
    found = _by_mail(booking) | _by_telephone(booking)
    ordered = sorted(found, key=lambda way: way != booking.reach_by)  # stable: the others keep their order
    return [Way(*found[way], is_asked_for=way == booking.reach_by) for way in ordered]


def first(booking: Booking) -> str:
    """'Text 07700 900123': the best way, in words."""
    return next((f"{way.words} {way.number}" for way in ways(booking)), "-")


def by_telephone(booking: Booking) -> str:
    """The best way that is no mail; empty where there is none."""
    calls = [way for way in ways(booking) if not way.url.startswith("mailto:")]
    return next((f"{way.words} {way.number}" for way in calls), "")


def _by_mail(booking: Booking) -> dict[str, tuple[str, str, str]]:
    return {ReachBy.EMAIL: ("Write to", booking.email, f"mailto:{booking.email}")} if booking.email else {}


def _by_telephone(booking: Booking) -> dict[str, tuple[str, str, str]]:
    number = dialled(booking.phone)
    if not number:
        return {}
    found: dict[str, tuple[str, str, str]] = {ReachBy.PHONE: ("Ring", booking.phone, f"tel:{number}")}
    if number.startswith(MOBILE) or booking.reach_by == ReachBy.TEXT:
        found[ReachBy.TEXT] = ("Text", booking.phone, f"sms:{number}")
    if booking.reach_by == ReachBy.RELAY:
        # 18001 is what they dial to ring us; whoever speaks and hears dials 18002 to reach them.
        found[ReachBy.RELAY] = ("Ring through Relay UK", f"18002 {booking.phone}", f"tel:18002{number}")
    return found


def dialled(phone: str) -> str:
    """A number as a telephone dials it, without an extension: '01514960000', '+35312345678'; empty if there is none."""
    without_extension = re.split(r"[a-z#]", phone.strip(), maxsplit=1, flags=re.IGNORECASE)[0]
    digits = phone_key(without_extension)
    is_abroad = without_extension.startswith(("+", "00")) and not without_extension.startswith(("+44", "0044"))
    return f"+{digits}" if digits and is_abroad else digits
