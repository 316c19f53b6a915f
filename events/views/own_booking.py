"""A person's own page: what they have, and what they can change about it."""

from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from sharedlives.foundation import links

from .. import bookings, changing_dates, corrections, needs, waiting_list
from ..bookings import BookingRefused
from ..forms import NameForm, NeedForm
from .own_links import link_has_ended, own_booking


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_detail(request, token):
    """A person's own page: GET shows, POST says yes to an offer or that they still come, or gives up what they have."""
    booking = own_booking(request, token)
    if booking is None:
        return link_has_ended(request)
    refusal = ""
    if request.method == "POST":
        try:
            _answered(request, booking)
        except BookingRefused as error:
            refusal = str(error)
        else:
            return redirect(request.path)
    people = booking.people.select_related("need").order_by("position")
    context = {
        "booking": booking,
        "date": booking.date,
        "token": token,
        "people": [(place, getattr(place, "need", None)) for place in people],
        "refusal": refusal,
        "asks_to_cancel": "cancel" in request.GET,
        "may_accept_late": waiting_list.may_accept_late(booking),
    }
    return render(request, "events/booking_detail.html", context)


def _answered(request, booking):
    if "accept" in request.POST:
        waiting_list.accept(booking)
    elif "still_coming" in request.POST:
        changing_dates.still_comes(booking)
    else:
        bookings.cancel(booking)


def _all_valid(forms):
    # A list, so that every form is checked and shows its own errors.
    return False not in [form.is_valid() for form in forms]


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_names(request, token):
    booking = own_booking(request, token)
    if booking is None:
        return link_has_ended(request)
    people = list(booking.people.order_by("position"))
    forms = {
        place.pk: NameForm(request.POST or None, prefix=str(place.pk), initial={"name": place.name}) for place in people
    }
    refusal = ""
    if request.method == "POST" and _all_valid(forms.values()):
        try:
            corrections.correct_names(booking, _sent_names(forms))
        except BookingRefused as error:
            refusal = str(error)
        else:
            return redirect("events:booking_detail", token)
    context = {"booking": booking, "date": booking.date, "token": token, "refusal": refusal}
    errors = sum(len(form.errors) for form in forms.values())
    context["names"] = {"forms": list(forms.values()), "total_error_count": errors}
    return render(request, "events/booking_names.html", context)


def _sent_names(forms):
    """By key of the place; whoever was added since the page was opened keeps their name."""
    return {key: form.cleaned_data["name"] for key, form in forms.items() if form.add_prefix("name") in form.data}


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_need(request, token, person):
    """What one person needs, told anew or removed; what was told before is never shown (links get forwarded)."""
    booking = own_booking(request, token)
    if booking is None:
        return link_has_ended(request)
    # By key: when somebody drops out the others move up, and a page opened before must not speak of another.
    place = get_object_or_404(booking.people.all(), pk=person)
    place.booking = booking
    form = NeedForm(request.POST if "keep" in request.POST else None)
    refusal = ""
    try:
        if "remove" in request.POST:
            needs.remove_need(place)
            return redirect("events:booking_detail", token)
        if form.is_valid():
            needs.replace_need(place, form.person())
            return redirect("events:booking_detail", token)
    except BookingRefused as error:
        refusal = str(error)
    context = {"booking": booking, "date": booking.date, "token": token, "place": place, "form": form}
    context |= {"has_need": hasattr(place, "need"), "refusal": refusal}
    return render(request, "events/booking_need.html", context)
