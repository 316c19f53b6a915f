from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from sharedlives.foundation import mail, spoken
from sharedlives.foundation.admin import AuditedModelAdmin, ReadOnly, ReadOnlyAdmin
from sharedlives.foundation.audited_admin import CalmAutocomplete
from sharedlives.foundation.rich_text_admin import RichTextAdminMixin

from . import bookings, corrections, ring_list, waiting_list
from .bookings import BookingRefused
from .forms import OneLineField, StaffReservationForm, asked_for_another_number, reservation_forms
from .models import AccessNeed, Booking, Place, RepeatedRequest, Venue, Workshop, WorkshopDate
from .waiting_list_admin import QueueButtons, back_to, how_they_hear


class DraftOrScheduled:
    """For a form of dates: cancelling tells people, so it has a button of its own and is no choice here."""

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "state":
            kwargs["choices"] = [
                choice for choice in WorkshopDate.State.choices if choice[0] != WorkshopDate.State.CANCELLED
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class DateInline(CalmAutocomplete, DraftOrScheduled, admin.StackedInline):
    model = WorkshopDate
    extra = 0
    show_change_link = True
    can_delete = False
    autocomplete_fields = ["venue"]
    fields = [("starts_at", "ends_at"), ("venue", "area"), ("places", "support_places"), "state"]
    verbose_name = "new date"
    verbose_name_plural = "add dates"

    def get_queryset(self, request):
        return super().get_queryset(request).none()


@admin.register(Workshop)
class WorkshopAdmin(RichTextAdminMixin, AuditedModelAdmin):
    list_display = ["title", "is_published", "next_date", "all_dates"]
    list_filter = ["is_published"]
    search_fields = ["title", "summary"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [DateInline]
    fieldsets = [
        ("What it is", {"fields": ["title", "summary", "description", "audience", "partners", "cost"]}),
        ("On the site", {"fields": ["is_published", "slug"]}),
        ("Its dates", {"fields": ["its_dates"]}),
    ]
    readonly_fields = ["its_dates"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("dates__venue")

    @admin.display(description="dates")
    def its_dates(self, workshop):
        if not workshop.pk:
            return "Add them below; each then has a page of its own."
        rows = [
            (reverse("admin:events_workshopdate_change", args=[date.pk]), date.when, date.place_label, _how_full(date))
            for date in workshop.dates.all()
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}, {}</a>: {}', rows) or "none yet"

    @admin.display(description="next date")
    def next_date(self, workshop):
        now = timezone.now()
        dates = [date for date in workshop.dates.all() if date.starts_at > now and not date.is_cancelled]
        return f"{spoken.day(dates[0].starts_at)}, {dates[0].place_label}" if dates else "none"

    @admin.display(description="dates")
    def all_dates(self, workshop):
        address = reverse("admin:events_workshopdate_changelist")
        return format_html(
            '<a href="{}?workshop__id__exact={}&amp;when=all">{} in all</a>',
            address,
            workshop.pk,
            len(workshop.dates.all()),
        )


@admin.register(Venue)
class VenueAdmin(AuditedModelAdmin):
    list_display = ["name", "town", "postcode", "step_free", "hearing_loop", "access_checked_on"]
    list_filter = ["town"]
    search_fields = ["name", "town", "postcode"]
    fieldsets = [
        (None, {"fields": ["name", "street", "town", "postcode", "map_url", "travel"]}),
        (
            "Access",
            {
                "description": "Leave “Not known yet” until somebody has asked: people plan their day by this.",
                "fields": [*Venue.ACCESS_FACTS, "access_note", "access_checked_on"],
            },
        ),
    ]


class WhenFilter(admin.SimpleListFilter):
    """Dates still to come, unless somebody asks for others: that is what the desk works with."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("over", "Over"), ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "Still to come"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "over":
            return queryset.filter(starts_at__lte=timezone.now()).order_by("-starts_at", "-pk")
        return queryset if self.value() == "all" else queryset.filter(starts_at__gt=timezone.now())


@admin.register(WorkshopDate)
class WorkshopDateAdmin(DraftOrScheduled, AuditedModelAdmin):
    list_display = ["when", "place_label", "workshop", "taken_of_places", "waiting", "state", "all_bookings"]
    list_display_links = ["when"]
    list_filter = [WhenFilter, "state", "workshop"]
    list_select_related = ["workshop", "venue"]
    search_fields = ["workshop__title", "venue__name", "venue__town", "area"]
    ordering = ["starts_at", "pk"]
    autocomplete_fields = ["workshop", "venue"]
    change_form_template = "admin/events/workshopdate/change_form.html"
    fieldsets = [
        ("What and when", {"fields": ["workshop", "state", ("starts_at", "ends_at")]}),
        ("Where", {"fields": [("venue", "area")]}),
        ("Places", {"fields": [("places", "support_places", "overbook"), "release_support_at", "so_far"]}),
        ("Booking", {"fields": [("booking_opens_at", "booking_closes_at"), "fill_gaps"]}),
        ("Access on this date", {"fields": ["access_provision"]}),
    ]

    @admin.display(description="when", ordering="starts_at")
    def when(self, date):
        return f"{spoken.short_day(date.starts_at)}, {spoken.time(date.starts_at)}"

    @admin.display(description="place")
    def place_label(self, date):
        return date.place_label

    @admin.display(description="taken")
    def taken_of_places(self, date):
        return _how_full(date)

    @admin.display(description="bookings")
    def all_bookings(self, date):
        return format_html(
            '<a href="{}?date__id__exact={}">see</a>', reverse("admin:events_booking_changelist"), date.pk
        )

    @admin.display(description="so far")
    def so_far(self, date):
        if date.pk is None:
            return "-"
        released = "; the support places are released" if date.support_is_released else ""
        return (
            f"{date.ordinary_taken} ordinary and {date.support_taken} support places taken or offered,"
            f" {date.waiting} waiting{released}"
        )

    def get_readonly_fields(self, request, obj=None):
        if obj and obj.is_cancelled:
            return [field for _title, options in self.fieldsets for field in _flat(options["fields"])]
        # Once released the places may be anybody's, so they can no longer be held back.
        released = ["support_places", "release_support_at"] if obj and obj.support_is_released else []
        return ["so_far", "workshop", *released] if obj else ["so_far"]

    def get_object(self, request, object_id, from_field=None):
        if request.method == "POST" and connection.in_atomic_block:
            # Locked for the whole save, so that nobody reserves between the check and the writing.
            WorkshopDate.objects.select_for_update(no_key=True).filter(pk=_number(object_id)).first()
        return super().get_object(request, object_id, from_field)

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/cancel/", site(self.cancel_view), name="events_workshopdate_cancel"),
            *super().get_urls(),
        ]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        waiting_list.date_changed(obj)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        date = WorkshopDate.objects.filter(pk=_number(object_id)).first()
        shows_queue = date is not None and request.user.has_perm("events.view_booking")
        return super().change_view(
            request,
            object_id,
            form_url,
            {
                "entries": waiting_list.explained(date) if shows_queue else [],
                "may_cancel": request.user.has_perm("events.cancel_workshopdate"),
                "may_give_place": request.user.has_perm("events.change_booking"),
                "may_reserve": request.user.has_perm("events.add_booking"),
                **(extra_context or {}),
            },
        )

    def cancel_view(self, request, pk):
        """Asks first, and says whom it will tell."""
        if not request.user.has_perm("events.cancel_workshopdate"):
            raise PermissionDenied
        date = get_object_or_404(WorkshopDate.objects.in_order(), pk=pk)
        if request.method == "POST":
            reason = OneLineField(required=False).clean(request.POST.get("reason", ""))[:500]
            try:
                told = bookings.cancel_date(date, by=request.user, reason=reason)
            except BookingRefused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(
                    request, f"The date is cancelled. {told} bookings ended; a mail goes to each that has one."
                )
            return redirect("admin:events_workshopdate_change", pk)
        counts = date.bookings.active().aggregate(
            bookings=Count("pk"), by_mail=Count("pk", filter=~Q(email="")), by_phone=Count("pk", filter=Q(email=""))
        )
        context = {
            **self.admin_site.each_context(request),
            "title": "Cancel this date",
            "opts": self.opts,
            "date": date,
        }
        return TemplateResponse(request, "admin/events/workshopdate/cancel.html", context | counts)


def _how_full(date):
    return f"{date.taken} of {'any number' if date.places is None else date.places}"


def _flat(fields):
    return [name for field in fields for name in (field if isinstance(field, tuple) else [field])]


def _number(text):
    return int(text) if str(text).isdecimal() and len(text) < 20 else None


class PlaceInline(ReadOnly, admin.TabularInline):
    model = Place
    extra = 0
    fields = ["position", "name"]
    verbose_name_plural = "who is coming"


class RepeatInline(PlaceInline):
    model = RepeatedRequest
    fields = ["created_at", "spoken_reference", "differs", "asked_for"]
    readonly_fields = ["created_at", "spoken_reference", "differs", "asked_for"]
    verbose_name_plural = "asked again under the same contact and names (the booking above stands)"

    @admin.display(description="asked for")
    def asked_for(self, repeat):
        asked = repeat.details
        words = [f"{len(asked['people'])} people, {asked['support_workers']} support workers"]
        words += [asked["contact_name"], asked["phone"], asked["organisation"]]
        if asked["wants_news"]:
            words.append("wants news of other workshops")
        if asked["told_needs"]:
            words.append("wrote about needs, which were not kept: please ask")
        return "; ".join(word for word in words if word)


@admin.register(Booking)
class BookingAdmin(QueueButtons, AuditedModelAdmin):
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
    list_filter = ["state", "channel", "created_at"]
    list_select_related = ["date__workshop", "date__venue"]
    search_fields = [
        "reference",
        "contact_name",
        "email",
        "phone_key",
        "organisation",
        "people__name",
        "repeats__reference",
    ]
    show_full_result_count = False
    inlines = [PlaceInline, RepeatInline]
    change_form_template = "admin/events/booking/change_form.html"
    fieldsets = [
        (None, {"fields": ["reference_in_words", "date", "state", "queue"]}),
        ("Contact", {"fields": ["contact_name", "email", "phone", "organisation", "needs_more_time"]}),
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
        # A reference is read aloud in two fours.
        joined = search_term.replace(" ", "")
        return super().get_search_results(request, queryset, joined if joined.isdecimal() else search_term)

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
            '<a href="{}?place__booking__id__exact={}">Needs (own permission)</a>',
            reverse("admin:events_accessneed_changelist"),
            booking.pk,
        )

    @admin.display(description="mails")
    def mails(self, booking):
        return (
            "; ".join(
                f"{row.template.rpartition('/')[2]}: {row.get_state_display()}" for row in mail.about(booking)[:20]
            )
            or "none"
        )

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/cancel/", site(require_POST(self.cancel_view)), name="events_booking_cancel"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        booking = Booking.objects.filter(pk=_number(object_id)).select_related("date").first()
        buttons = {
            "is_to_be_rung": booking and booking.is_offered and ring_list.waits_for_a_call(booking),
            "can_be_given": booking and booking.is_waiting and not booking.date.may_offer(),
        }
        return super().change_view(request, object_id, form_url, buttons | (extra_context or {}))

    def cancel_view(self, request, pk):
        if not request.user.has_perm("events.change_booking"):
            raise PermissionDenied
        booking = get_object_or_404(Booking, pk=pk)
        try:
            booking = bookings.cancel(booking, by=request.user)
        except BookingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{booking} is cancelled. {how_they_hear(booking)}")
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
        coming = WorkshopDate.objects.published().upcoming().exclude(state=WorkshopDate.State.CANCELLED)
        if "date" not in request.GET:
            return TemplateResponse(request, "admin/events/booking/choose_date.html", context | {"dates": coming})
        date = get_object_or_404(coming, pk=_number(request.GET["date"]))
        form, people = reservation_forms(request, StaffReservationForm)
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
        return HttpResponseRedirect(reverse("admin:events_booking_change", args=[booking.pk]))


class DateFilter(admin.RelatedOnlyFieldListFilter):
    def field_choices(self, field, request, model_admin):
        shown = model_admin.get_queryset(request).values(f"{self.field_path}__pk")
        return [(date.pk, str(date)) for date in WorkshopDate.objects.in_order().filter(pk__in=shown)]


@admin.register(AccessNeed)
class AccessNeedAdmin(ReadOnlyAdmin):
    list_display = ["date", "place", "is_for_somebody_else"]
    list_select_related = ["place__booking__date__workshop", "place__booking__date__venue"]
    list_filter = [("place__booking__date", DateFilter)]
    fields = ["date", "place", "name", "access", "dietary", "is_for_somebody_else", "consented_at"]
    readonly_fields = ["date", "name"]

    def lookup_allowed(self, lookup, value, request):
        return lookup == "place__booking__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="date")
    def date(self, need):
        return need.place.booking.date

    @admin.display(description="first name")
    def name(self, need):
        return need.place.name or need.place.booking.contact_name
