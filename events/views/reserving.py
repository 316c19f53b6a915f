"""Reserving, and the page after it."""

import uuid

from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sharedlives.foundation import limits, links

from .. import bookings, corrections, rush
from ..bookings import BookingRefused
from ..forms import AddressForm, asked_for_another_number, reservation_forms
from ..models import MOST_PEOPLE, Booking, RepeatedRequest
from .own_links import link_has_ended, read_link
from .workshops import public_dates

# High enough for a care home's shared address, whose residents book one after the other.
RESERVATIONS = {"limit": 100, "seconds": 600}
# Each reservation is a mail, and anybody can type anybody's address. High enough for a home with one inbox for all.
MAILS_TO_ONE = {"limit": 50, "seconds": 24 * 60 * 60}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reserve_place(request, slug, date_slug):
    public = public_dates(slug, date_slug)
    form, people = reservation_forms(request)
    status = 200
    if request.method == "POST" and not asked_for_another_number(request):
        try:
            if people.is_valid() & form.is_valid() and not form.asks_once_more():
                limits.hit("reserve", limits.client_address(request), **RESERVATIONS)
                # The key is enough: the activity reads the date once it has locked it.
                date = get_object_or_404(public.select_related(None).only("pk"))
                count_mail_to(form.cleaned_data["email"])
                reserved = bookings.reserve(date, **form.reservation())
                rush.note(date, limits.client_address(request))
                return redirect("events:booking_made", links.sign("made", reserved.request.request_id.hex))
        except BookingRefused as refusal:
            form.add_error(None, str(refusal))
        except limits.TooMany as too_many:
            form.add_error(None, "Many places were reserved from where you are, or for this address. Please ring us.")
            status, retry_after = 429, too_many.retry_after
    date = get_object_or_404(public)
    context = {
        "date": date,
        "form": form,
        "people": people,
        "most_people": MOST_PEOPLE,
        "refusal": date.why_closed(),
        "is_untouched": request.method != "POST",
    }
    response = render(request, "events/reserve_place.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(retry_after)
    return response


def count_mail_to(email):
    """Before anybody looks who has booked, so that the limit tells nothing either."""
    if email:
        limits.hit("mail to", limits.mailbox(email), **MAILS_TO_ONE)


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_made(request, token):
    """What came of a request, for the browser that made it; a mistyped address can be put right here."""
    (request_hex,) = read_link(request, "made", token)
    made = _request(uuid.UUID(hex=request_hex))
    if made is None:  # the place was handed over, or what we knew of them is deleted
        return link_has_ended(request)
    booking = made.as_booking() if isinstance(made, RepeatedRequest) else made
    form = AddressForm(request.POST or None, initial={"email": booking.email})
    if request.method == "POST" and form.is_valid():
        limits.hit("reserve", limits.client_address(request), **RESERVATIONS)
        count_mail_to(form.cleaned_data["email"])
        try:
            reserved = corrections.correct_address(made, email=form.cleaned_data["email"])
        except BookingRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            return redirect("events:booking_made", links.sign("made", reserved.request.request_id.hex))
    context = {"booking": booking, "date": booking.date, "form": form}
    context["may_correct"] = booking.is_still_to_come and corrections.may_correct_address(made)
    return render(request, "events/booking_made.html", context)


def _request(request_id):
    made = Booking.objects.filter(request_id=request_id).select_related("date__workshop", "date__venue").first()
    repeats = RepeatedRequest.objects.select_related("booking__date__workshop", "booking__date__venue", "asked_date")
    return made or repeats.filter(request_id=request_id).first()
