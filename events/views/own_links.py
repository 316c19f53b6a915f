"""The signed links that people have, and those that do not work."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render

from sharedlives.foundation import limits, links

from ..models import Booking

BROKEN_LINKS = {"limit": 60, "seconds": 600}


def read_link(request, purpose, token):
    """The parts of a signed link. Whoever tries many broken ones is slowed; all broken ones look the same."""
    try:
        return links.read(purpose, token)
    except links.BadLink as error:
        limits.hit("broken link", limits.client_address(request), **BROKEN_LINKS)
        raise Http404 from error


def own_booking(request, token):
    """The booking behind a person's link, or None where the link has ended."""
    pk, version = read_link(request, "booking", token)
    booking = get_object_or_404(Booking.objects.select_related("date__workshop", "date__venue"), pk=pk)
    return booking if str(booking.link_version) == version else None


def link_has_ended(request):
    return render(request, "events/link_ended.html", status=410)
