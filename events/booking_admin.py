"""The desk's pages of bookings: for whoever rings."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from sharedlives.foundation import mail, spoken
from sharedlives.foundation.admin import AuditedModelAdmin, ReadOnly

from . import bookings, corrections, ring_list
from .bookings import BookingRefused
from .changing_bookings_admin import ChangesByPhone
from .changing_bookings_forms import AskedForm
from .date_admin import number
from .forms import StaffPeopleFormSet, StaffReservationForm, asked_for_another_number, reservation_forms
from .lists_admin import TakesListsOut
from .long_lists import KeysFirst
from .models import Booking, Place, RepeatedRequest, WorkshopDate
from .waiting_list_admin import QueueButtons, back_to, how_they_hear

# Dates to choose from at once.
FEW = 50


class PlaceInline(ReadOnly, admin.TabularInline):
    model = Place
    template = "admin/events/booking/_lines.html"
    extra = 0
    fields = ["position", "name"]
    verbose_name_plural = "who is coming"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("booking")  # each row names it


class RepeatInline(PlaceInline):
    model = RepeatedRequest
    fields = ["created_at", "reference_in_words", "differs", "asked_for"]
    readonly_fields = ["created_at", "reference_in_words", "differs", "asked_for"]
    verbose_name_plural = "asked again under the same contact and names (the booking above is the one that counts)"

    @admin.display(description="reference")
    def reference_in_words(self, repeat):
        return repeat.spoken_reference

    @admin.display(description="asked for")
    def asked_for(self, repeat):
        asked = repeat.details
        words = [f"{len(asked['people'])} people, {asked['support_workers']} support workers"]
        words += [asked["contact_name"], asked["phone"], asked["organisation"]]
        if asked.get("reach_by"):
            words.append(f"reach them {Booking.ReachBy(asked['reach_by']).label.lower()}")
        if asked["wants_news"]:
            words.append("wants news of other workshops")
        if asked["told_needs"]:
            words.append("wrote about needs, which were not kept: please ask")
        return "; ".join(word for word in words if word)


class DateToComeFilter(admin.SimpleListFilter):
    """All, unless somebody asks: whoever rings about last month is found as well."""

    title = "date"
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("to-come", "Still to come"), ("over", "Over")]

    def queryset(self, request, queryset):
        dates = WorkshopDate.objects.upcoming().order_by()
        if self.value() == "to-come":
            return queryset.filter(date__in=dates)
        return queryset.exclude(date__in=dates) if self.value() == "over" else queryset


@admin.register(Booking)
class BookingAdmin(TakesListsOut, ChangesByPhone, QueueButtons, AuditedModelAdmin):
    # The person's own page acts in their name; the desk has its own buttons, which the log tells apart.
    view_on_site = False
    list_display = [
        "reference_in_words",
        "contact_name",
        "on_date",
        "state",
        "places",
        "support_workers",
        "created_at",
    ]
    list_filter = [DateToComeFilter, "state", "reach_by", "channel", "created_at"]
    list_select_related = ["date__workshop", "date__venue"]
    # Which show the box; what is found by it is for `Booking.objects.matching` to say.
    search_fields = ["reference"]
    search_help_text = "Reference, phone number, or words of a name, an e-mail address or an organisation."
    paginator = KeysFirst
    show_full_result_count = False
    inlines = [PlaceInline, RepeatInline]
    change_form_template = "admin/events/booking/change_form.html"
    fieldsets = [
        (None, {"fields": ["reference_in_words", "date", "state", "queue"]}),
        ("Contact", {"fields": ["contact_name", "email", "phone", "reach_by", "organisation", "needs_more_time"]}),
        ("Places", {"fields": ["places", "support_workers", "needs"]}),
        ("How it was made", {"classes": ["collapse"], "fields": ["channel", "created_at", "wants_news_at", "mails"]}),
    ]
    readonly_fields = [
        "reference_in_words", "date", "state", "queue", "places", "support_workers", "needs", "channel", "created_at",
        "wants_news_at", "mails",
    ]  # fmt: skip

    def has_delete_permission(self, request, obj=None):
        return False

    def lookup_allowed(self, lookup, value, request):
        return lookup == "date__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request, queryset, search_term):
        return queryset.matching(search_term), False

    @admin.display(description="reference", ordering="reference")
    def reference_in_words(self, booking):
        return booking.spoken_reference

    @admin.display(description="date", ordering="date__starts_at")
    def on_date(self, booking):
        return f"{spoken.short_day(booking.date.starts_at)}, {booking.date.place_label}"

    @admin.display(description="place on the waiting list")
    def queue(self, booking):
        if booking.is_offered and ring_list.waits_for_a_call(booking):
            return "a place is held for them; no time runs until they have been rung"
        if booking.is_offered:
            return f"offered, to be answered by {booking.answer_by}"
        return booking.queue_words if booking.is_waiting else "-"

    @admin.display(description="access and food")
    def needs(self, booking):
        # That somebody told something is not told to all: the needs have their own permission and page.
        return format_html(
            '<a href="{}?place__booking__id__exact={}">For the access needs team</a>',
            reverse("admin:events_accessneed_changelist"),
            booking.pk,
        )

    @admin.display(description="mails")
    def mails(self, booking):
        rows = [
            (row.template.rpartition("/")[2].replace("_", " "), row.get_state_display().lower(), row.last_error)
            for row in mail.about(booking)[:20]
        ]
        return format_html_join(mark_safe("<br>"), "{}: {} {}", rows) or "none"

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/cancel/", site(require_POST(self.cancel_view)), name="events_booking_cancel"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        booking = Booking.objects.filter(pk=number(object_id)).select_related("date").first()
        buttons = {
            "is_to_be_rung": booking and booking.is_offered and ring_list.waits_for_a_call(booking),
            "lost_mail": booking and booking.email and mail.lost(booking, to=booking.email),
            "can_be_given": booking and booking.is_waiting and not booking.date.may_offer(),
            "asked": AskedForm(tells=bool(booking and not booking.email)),
        }
        return super().change_view(request, object_id, form_url, buttons | (extra_context or {}))

    def cancel_view(self, request, pk):
        if not request.user.has_perm("events.change_booking"):
            raise PermissionDenied
        booking = get_object_or_404(Booking, pk=pk)
        is_told, asked = "told" in request.POST, AskedForm(request.POST)
        # One press says no to an offer: that is done on the phone.
        note = asked.how()["note"] if asked.is_valid() else "by phone"
        try:
            booking = bookings.cancel(booking, by=request.user, note=note, is_told=is_told)
        except BookingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{booking} is cancelled. {how_they_hear(booking, is_told=is_told)}".strip())
        return back_to(request, booking)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except BookingRefused as refusal:
            messages.error(request, f"Nothing was saved. {refusal}")
            return redirect("admin:events_booking_change", object_id)

    def save_model(self, request, obj, form, change):
        corrections.correct_contact(
            Booking.objects.get(pk=obj.pk),
            by=request.user,
            seen=number(request.POST.get("seen")),
            **{name: getattr(obj, name) for name in corrections.CONTACT},
        )
        if form.initial["email"].lower() != obj.email.lower():
            mailed = (
                " A mail with a new one goes to the corrected address." if obj.email and obj.is_still_to_come else ""
            )
            messages.info(request, f"The old link has ended.{mailed}")

    def add_view(self, request, form_url="", extra_context=None):
        """Reserving for somebody on the phone: first the date, then the same questions as on the site."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "title": "Reserve for somebody", "opts": self.opts}
        coming = WorkshopDate.objects.published().upcoming().taking_place()
        if "date" not in request.GET:
            return self._choose_date(request, coming, context)
        date = get_object_or_404(coming, pk=number(request.GET["date"]))
        form, people = reservation_forms(request, StaffReservationForm, StaffPeopleFormSet)
        is_sent = request.method == "POST" and not asked_for_another_number(request)
        if is_sent and people.is_valid() & form.is_valid():
            try:
                reserved = bookings.reserve(date, by=request.user, **form.reservation())
            except BookingRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                return self._reserved(request, reserved)
        return TemplateResponse(
            request, "admin/events/booking/reserve.html", context | {"date": date, "form": form, "people": people}
        )

    def _choose_date(self, request, coming, context):
        dates = self.admin_site.get_model_admin(WorkshopDate)
        found = dates.get_search_results(request, coming, request.GET.get("q", "").replace("\0", "")[:100])[0]
        shown = list(found[: FEW + 1])
        context |= {"dates": shown[:FEW], "are_more": len(shown) > FEW, "q": request.GET.get("q", "")}
        return TemplateResponse(request, "admin/events/booking/choose_date.html", context)

    def _reserved(self, request, reserved):
        booking = reserved.booking
        if reserved.request != booking:
            messages.warning(
                request, f"They hold {booking} already; what you typed is kept below it, and nothing has changed."
            )
        elif booking.has_a_place:
            messages.success(request, f"They have a place. Reference: {booking.spoken_reference}.")
        else:
            messages.success(
                request,
                f"They are {booking.queue_words} on the waiting list. Reference: {booking.spoken_reference}.",
            )
        if not booking.email:
            letter = reverse("admin:events_booking_letter", args=[booking.pk])
            messages.info(request, format_html('If they want it on paper: <a href="{}">print the letter</a>.', letter))
        return HttpResponseRedirect(reverse("admin:events_booking_change", args=[booking.pk]))
