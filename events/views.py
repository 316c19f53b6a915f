import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from sharedlives.foundation import limits, links

from . import bookings, calendar, corrections, needs, waiting_list
from .bookings import BookingRefused
from .forms import AddressForm, NameForm, NeedForm, asked_for_another_number, reservation_forms
from .models import MOST_PEOPLE, Booking, RepeatedRequest, Workshop, WorkshopDate

# High enough for a care home's shared address, whose residents book one after the other.
RESERVATIONS = {"limit": 100, "seconds": 600}
# Each reservation is a mail, and anybody can type anybody's address. High enough for a home with one inbox for all.
MAILS_TO_ONE = {"limit": 50, "seconds": 24 * 60 * 60}
BROKEN_LINKS = {"limit": 60, "seconds": 600}


@require_safe
def workshop_list(request):
    dates = WorkshopDate.objects.published().upcoming()
    return render(request, "events/workshop_list.html", {"dates": dates})


@require_safe
def workshop_detail(request, slug):
    workshop = get_object_or_404(Workshop.objects.published(), slug=slug)
    dates = workshop.dates.published().upcoming()
    return render(request, "events/workshop_detail.html", {"workshop": workshop, "dates": dates})


def _public_date(slug, date_slug):
    dates = WorkshopDate.objects.published().in_order()
    return get_object_or_404(dates, workshop__slug=slug, slug=date_slug)


@require_safe
def date_detail(request, slug, date_slug):
    return render(request, "events/date_detail.html", {"date": _public_date(slug, date_slug)})


@require_safe
def date_calendar(request, slug, date_slug):
    date = _public_date(slug, date_slug)
    response = HttpResponse(calendar.date_calendar(date), content_type=calendar.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{date.slug}.ics"'
    response["Last-Modified"] = f"{date.calendar_changed_at:%a, %d %b %Y %H:%M:%S} GMT"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reserve_place(request, slug, date_slug):
    date = _public_date(slug, date_slug)
    form, people = reservation_forms(request)
    status = 200
    if request.method == "POST" and not asked_for_another_number(request):
        try:
            limits.hit("reserve", limits.client_address(request), **RESERVATIONS)
            if people.is_valid() & form.is_valid():
                _count_mail_to(form.cleaned_data["email"])
                reserved = bookings.reserve(date, **form.reservation())
                return redirect("events:booking_made", links.sign("made", reserved.request.request_id.hex))
        except BookingRefused as refusal:
            form.add_error(None, str(refusal))
        except limits.TooMany as too_many:
            form.is_valid()
            form.add_error(None, "Many places were reserved from where you are, or for this address. Please ring us.")
            status, retry_after = 429, too_many.retry_after
    response = render(
        request,
        "events/reserve_place.html",
        {"date": date, "form": form, "people": people, "most_people": MOST_PEOPLE, "refusal": date.why_closed()},
        status=status,
    )
    if status == 429:
        response["Retry-After"] = str(retry_after)
    return response


def _count_mail_to(email):
    """Before anybody looks who has booked, so that the limit tells nothing either."""
    if email:
        name, _at, host = email.lower().rpartition("@")
        limits.hit("mail to", f"{name.partition('+')[0]}@{host}", **MAILS_TO_ONE)


def _read_link(request, purpose, token):
    """The parts of a signed link. Whoever tries many broken ones is slowed; all broken ones look the same."""
    try:
        return links.read(purpose, token)
    except links.BadLink as error:
        limits.hit("broken link", limits.client_address(request), **BROKEN_LINKS)
        raise Http404 from error


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_made(request, token):
    """What came of a request, for the browser that made it; a mistyped address can be put right here."""
    (request_hex,) = _read_link(request, "made", token)
    made = _request(uuid.UUID(hex=request_hex))
    booking = made.as_booking() if isinstance(made, RepeatedRequest) else made
    form = AddressForm(request.POST or None, initial={"email": booking.email})
    if request.method == "POST" and form.is_valid():
        limits.hit("reserve", limits.client_address(request), **RESERVATIONS)
        _count_mail_to(form.cleaned_data["email"])
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
    return made or get_object_or_404(
        RepeatedRequest.objects.select_related("booking__date__workshop", "booking__date__venue"),
        request_id=request_id,
    )


def _own_booking(request, token):
    """The booking behind a person's link, or None where the link has ended."""
    pk, version = _read_link(request, "booking", token)
    booking = get_object_or_404(Booking.objects.select_related("date__workshop", "date__venue"), pk=pk)
    return booking if str(booking.link_version) == version else None


def _link_has_ended(request):
    return render(request, "events/link_ended.html", status=410)


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_detail(request, token):
    """A person's own page: GET shows, POST says yes to an offer, or gives up what they have."""
    booking = _own_booking(request, token)
    if booking is None:
        return _link_has_ended(request)
    refusal = ""
    if request.method == "POST":
        try:
            waiting_list.accept(booking) if "accept" in request.POST else bookings.cancel(booking)
        except BookingRefused as error:
            refusal = str(error)
        else:
            return redirect(request.path)
    people = booking.people.select_related("need").order_by("position")
    context = {
        "booking": booking,
        "date": booking.date,
        "token": token,
        "people": [(place, hasattr(place, "need")) for place in people],
        "refusal": refusal,
        "asks_to_cancel": "cancel" in request.GET,
        "may_accept_late": waiting_list.may_accept_late(booking),
    }
    return render(request, "events/booking_detail.html", context)


def _all_valid(forms):
    # A list, so that every form is checked and shows its own errors.
    return False not in [form.is_valid() for form in forms]


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_names(request, token):
    booking = _own_booking(request, token)
    if booking is None:
        return _link_has_ended(request)
    people = list(booking.people.order_by("position"))
    forms = [
        NameForm(request.POST or None, prefix=str(place.position), initial={"name": place.name}) for place in people
    ]
    refusal = ""
    if request.method == "POST" and _all_valid(forms):
        try:
            corrections.correct_names(booking, [form.cleaned_data["name"] for form in forms])
        except BookingRefused as error:
            refusal = str(error)
        else:
            return redirect("events:booking_detail", token)
    context = {"booking": booking, "date": booking.date, "token": token, "forms": forms, "refusal": refusal}
    return render(request, "events/booking_names.html", context)


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_need(request, token, position):
    """What one person needs, told anew or removed; what was told before is never shown (links get forwarded)."""
    booking = _own_booking(request, token)
    if booking is None:
        return _link_has_ended(request)
    place = get_object_or_404(booking.people.all(), position=position)
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
