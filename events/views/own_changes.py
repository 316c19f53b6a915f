"""Changing one's own booking: for how many, on which date, in whose name; and a link that was lost."""

from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from sharedlives.foundation import limits, links

from .. import changing_bookings, lost_links
from ..bookings import BookingRefused
from ..changing_bookings_forms import HandOverForm, LostLinkForm, NumberForm, OtherDateForm
from .own_links import link_has_ended, own_booking
from .reserving import RESERVATIONS, count_mail_to

# Each is a mail, and anybody can type anybody's address.
LOST_LINKS = {"limit": 20, "seconds": 600}
LOST_LINKS_OF_ONE = {"limit": 5, "seconds": 24 * 60 * 60}
TOO_OFTEN = "This was asked for many times from where you are, or for this address. Please ring us."


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_places(request, token):
    booking = own_booking(request, token)
    if booking is None:
        return link_has_ended(request)
    form = NumberForm(booking, request.POST or None)
    refusal = None
    if form.is_valid():
        try:
            changing_bookings.change_number(booking, **form.numbers())
        except BookingRefused as error:
            refusal = error
        else:
            return redirect("events:booking_detail", token)
    context = {"booking": booking, "date": booking.date, "token": token, "form": form, "refusal": refusal}
    return render(request, "events/booking_places.html", context)


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_move(request, token):
    booking = own_booking(request, token)
    if booking is None:
        return link_has_ended(request)
    if request.POST.get("date") == str(booking.date_id):
        return redirect("events:booking_detail", token)  # a second press: they are there already
    dates = changing_bookings.other_dates(booking)
    form = OtherDateForm(dates, request.POST or None)
    refusal = None
    if form.is_valid():
        try:
            changing_bookings.move_to_date(booking, form.cleaned_data["date"])
        except BookingRefused as error:
            refusal = error
        else:
            return redirect("events:booking_detail", token)
    context = {"booking": booking, "date": booking.date, "token": token, "form": form, "refusal": refusal}
    context["full_dates"] = [date for date, has_room in dates if not has_room]
    context["any_room"] = any(has_room for _date, has_room in dates)
    return render(request, "events/booking_move.html", context)


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_hand_over(request, token):
    booking = own_booking(request, token)
    if booking is None:
        return link_has_ended(request)
    form = HandOverForm(booking, request.POST or None)
    refusal, retry_after = None, 0
    if form.is_valid():
        try:
            limits.hit("reserve", limits.client_address(request), **RESERVATIONS)
            count_mail_to(form.cleaned_data["email"])
            changing_bookings.hand_over(booking, **form.contact())
            return redirect("events:booking_handed_over")
        except BookingRefused as error:
            refusal = error
        except limits.TooMany as too_many:
            form.add_error(None, TOO_OFTEN)
            retry_after = too_many.retry_after
    context = {"booking": booking, "date": booking.date, "token": token, "form": form, "refusal": refusal}
    return _answer(request, "events/booking_hand_over.html", context, retry_after)


@links.private_page
@require_safe
def booking_handed_over(request):
    """After it, for whoever has no booking any more; holds nothing about anybody."""
    return render(request, "events/booking_handed_over.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lost_link(request):
    """One answer for everybody; who has booked is looked up by a job."""
    form = LostLinkForm(request.POST or None)
    retry_after = 0
    if form.is_valid():
        address = form.cleaned_data["email"]
        try:
            limits.hit("lost link", limits.client_address(request), **LOST_LINKS)
            limits.hit("lost link of", address.lower(), **LOST_LINKS_OF_ONE)
            lost_links.ask_for(address)
            return redirect("events:lost_link_sent")
        except limits.TooMany as too_many:
            form.add_error(None, TOO_OFTEN)
            retry_after = too_many.retry_after
    return _answer(request, "events/lost_link.html", {"form": form}, retry_after)


@require_safe
def lost_link_sent(request):
    return render(request, "events/lost_link_sent.html")


def _answer(request, template, context, retry_after):
    """The page; where a limit is passed it says when to try again, and what was typed is kept."""
    response = render(request, template, context, status=429 if retry_after else 200)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response
