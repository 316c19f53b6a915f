"""Whatever a person's own link does, done at the desk for somebody who rings or writes."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from . import changing_bookings, corrections, erasing, needs
from .bookings import BookingRefused
from .changing_bookings_forms import (
    AskedForm,
    DeskHandOverForm,
    DeskNeedForm,
    DeskNumberForm,
    DeskOtherDateForm,
    NamesForm,
)
from .models import Booking
from .waiting_list_admin import how_they_hear


class ChangesByPhone:
    """For the admin of bookings."""

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/names/", site(self.names_view), name="events_booking_names"),
            path("<int:pk>/needs/<int:person>/", site(self.need_view), name="events_booking_need"),
            path("<int:pk>/places/", site(self.number_view), name="events_booking_places"),
            path("<int:pk>/move/", site(self.move_view), name="events_booking_move"),
            path("<int:pk>/hand-over/", site(self.hand_over_view), name="events_booking_hand_over"),
            path("<int:pk>/link/", site(require_POST(self.link_view)), name="events_booking_link"),
            path("<int:pk>/erase/", site(self.erase_view), name="events_booking_erase"),
            path("<int:pk>/letter/", site(require_safe(self.letter_view)), name="events_booking_letter"),
            *super().get_urls(),
        ]

    def erase_view(self, request, pk):
        """Asks first, and says what goes: it cannot be undone."""
        if not request.user.has_perm("events.delete_booking"):
            raise PermissionDenied
        booking = get_object_or_404(Booking.objects.select_related("date"), pk=pk)
        if request.method == "POST":
            erased = erasing.erase(booking, by=request.user)
            messages.success(request, f"Erased. Bookings that nobody can be found behind any more: {erased}.")
            return redirect("admin:events_booking_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Erase this person",
            "opts": self.opts,
            "booking": booking,
            "bookings": erasing.of_the_same_contact(booking),
        }
        return TemplateResponse(request, "admin/events/booking/erase.html", context)

    def names_view(self, request, pk):
        booking = _to_change(request, pk)
        form = NamesForm(booking, request.POST or None)
        return self._change(
            request,
            booking,
            form,
            AskedForm(request.POST or None),
            act=lambda **how: corrections.correct_names(booking, form.names(), by=request.user, **how),
            title="Who is coming",
            press="Save the names",
        )

    def need_view(self, request, pk, person):
        """Needs told anew by phone. Whoever may not see needs does not learn here whether any were told before."""
        booking = _to_change(request, pk)
        place = booking.people.filter(pk=person).first()
        if place is None:
            raise Http404
        place.booking = booking
        # To remove them nothing has to be filled in.
        form = DeskNeedForm(None if "remove" in request.POST else request.POST or None)
        asked = AskedForm(request.POST or None)
        if "remove" in request.POST and asked.is_valid():
            return self._do(request, booking, lambda: needs.remove_need(place, by=request.user, **asked.how()), REMOVED)
        return self._change(
            request,
            booking,
            form,
            asked,
            act=lambda **how: needs.replace_need(place, form.person(), by=request.user, **how),
            title=f"Access and food: {place.name or f'person {place.position}'}",
            press="Keep this",
            intro="What you write takes the place of anything told before.",
            may_remove=True,
        )

    def number_view(self, request, pk):
        booking = _to_change(request, pk)
        form = DeskNumberForm(booking, request.POST or None)
        return self._change(
            request,
            booking,
            form,
            AskedForm(request.POST or None, tells=not booking.email),
            act=lambda **how: changing_bookings.change_number(booking, **form.numbers(), by=request.user, **how),
            title="Change the number of places",
            hears=True,
            press="Change the number",
            intro="Needs of whoever drops out are deleted at once, and places that become free go to the waiting list.",
        )

    def move_view(self, request, pk):
        booking = _to_change(request, pk)
        dates = changing_bookings.other_dates(booking)
        any_room = any(has_room for _date, has_room in dates)
        form = DeskOtherDateForm(dates, request.POST or None)
        return self._change(
            request,
            booking,
            form,
            AskedForm(request.POST or None, tells=not booking.email),
            act=lambda **how: changing_bookings.move_to_date(
                booking, form.cleaned_data["date"], by=request.user, **how
            ),
            title="Move to another date",
            hears=True,
            press="Move the booking" if any_room else "",
            intro=KEEP_BOTH if any_room else f"No other date of this workshop has room for them now. {KEEP_BOTH}",
        )

    def hand_over_view(self, request, pk):
        booking = _to_change(request, pk)
        form = DeskHandOverForm(booking, request.POST or None)
        return self._change(
            request,
            booking,
            form,
            AskedForm(request.POST or None, tells=True),
            act=lambda **how: changing_bookings.hand_over(booking, **form.contact(), by=request.user, **how),
            title="Hand over to a colleague",
            hears=True,
            press="Hand over",
            intro="Address, names and needs of whoever hands over are deleted, and their link ends. The other has the"
            " place, with a link and a reference of their own. This cannot be undone.",
        )

    def link_view(self, request, pk):
        booking = _to_change(request, pk)
        return self._do(
            request,
            booking,
            lambda: changing_bookings.send_link(booking, by=request.user, note="by phone"),
            f"A mail with the link goes to {booking.email}.",
        )

    def letter_view(self, request, pk):
        """All that a mail would say, to be printed and posted."""
        if not request.user.has_perm("events.view_booking"):
            raise PermissionDenied
        booking = _booking(pk)
        context = {"booking": booking, "date": booking.date, "today": timezone.now()}
        return TemplateResponse(request, "events/letter.html", context)

    def _change(self, request, booking, form, asked, *, act, title, press, intro="", hears=False, may_remove=False):
        # A list, so that both are checked and show their own errors.
        if request.method == "POST" and False not in [form.is_valid(), asked.is_valid()]:
            try:
                changed = act(**asked.how()) or booking
            except BookingRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                how = how_they_hear(changed, is_told=asked.is_told()) if hears else ""
                messages.success(request, f"Saved. {how}".strip())
                return redirect("admin:events_booking_change", booking.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "booking": booking,
            "date": booking.date,
            "form": form,
            "asked": asked,
            "press": press,
            "intro": intro,
            "may_remove": may_remove,
        }
        return TemplateResponse(request, "admin/events/booking/change.html", context)

    def _do(self, request, booking, act, done):
        try:
            act()
        except BookingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done)
        return redirect("admin:events_booking_change", booking.pk)


KEEP_BOTH = (
    "Whoever moves keeps reference and link. Where there is no room, or others wait, reserve for them there as well,"
    " and cancel here once they have a place."
)
REMOVED = "Whatever was told about needs is removed."


def _booking(pk):
    return get_object_or_404(Booking.objects.select_related("date__workshop", "date__venue"), pk=pk)


def _to_change(request, pk):
    if not request.user.has_perm("events.change_booking"):
        raise PermissionDenied
    return _booking(pk)
