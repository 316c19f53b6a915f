"""A link that was lost, sent again to the address under which somebody has booked.

Whoever asks learns nothing of it: asking is the same work for every address, and the job that looks up who has booked
is given a keyed hash, so that no address stands in the table of jobs.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.crypto import salted_hmac

from . import emails
from .models import Booking, WorkshopDate


def ask_for(address: str) -> None:
    from .jobs import send_lost_links

    send_lost_links.defer(digest=digest_of(address))


@transaction.atomic
def send(digest: str) -> int:
    """Mail the links to all bookings still to come under one address, in one mail; how many there are."""
    upcoming = WorkshopDate.objects.upcoming()
    coming = Booking.objects.active().filter(date__in=upcoming.order_by().values("pk")).exclude(email="")
    addresses = coming.order_by("email").values_list("email", flat=True).distinct()
    same = [address for address in addresses.iterator() if digest_of(address) == digest]
    bookings = list(
        coming.filter(email__in=same)
        .select_related("date__workshop", "date__venue")
        .order_by("date__starts_at", "created_at", "pk")
    )
    if bookings:
        emails.own_links(bookings)
    return len(bookings)


def digest_of(address: str) -> str:
    return salted_hmac("events.lost_link", address.lower(), algorithm="sha256").hexdigest()
