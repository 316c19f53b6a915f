"""The desk's pages of dates."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from sharedlives.foundation import spoken
from sharedlives.foundation.admin import AuditedModelAdmin

from . import announcing, bookings, needs, waiting_list
from .bookings import BookingRefused
from .copying_admin import CopiesDates
from .forms import OneLineField
from .lists_admin import DateSheets
from .mail_preview_admin import MailPreviews
from .message_admin import WritesToPeople
from .models import WorkshopDate


class DraftOrScheduled:
    """For a form of dates: cancelling tells people, so it has a button of its own and is no choice here."""

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "state":
            kwargs["choices"] = [
                choice for choice in WorkshopDate.State.choices if choice[0] != WorkshopDate.State.CANCELLED
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


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
        if self.value() == "all":
            return queryset
        is_to_come = Q(starts_at__gt=timezone.now()) | Q(state=WorkshopDate.State.POSTPONED)
        return (
            queryset.exclude(is_to_come).order_by("-starts_at", "-pk") if self.value() else queryset.filter(is_to_come)
        )


@admin.register(WorkshopDate)
class WorkshopDateAdmin(CopiesDates, WritesToPeople, MailPreviews, DateSheets, DraftOrScheduled, AuditedModelAdmin):
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
        ("Where", {"fields": ["mode", ("venue", "area"), "join_link", "join_note"]}),
        ("Places", {"fields": [("places", "support_places", "overbook"), "release_support_at", "so_far"]}),
        ("Booking", {"fields": [("booking_opens_at", "booking_closes_at"), "fill_gaps"]}),
        ("Those who asked for new dates", {"fields": ["tells_subscribers", "announcement"]}),
        (
            "Access on this date",
            {
                "fields": [
                    ("bsl", "captions", "hearing_loop"),
                    ("breaks", "quiet_room", "easy_read"),
                    "access_provision",
                    ("access_contact_name", "access_contact_phone", "access_contact_email"),
                ]
            },
        ),
    ]

    @admin.display(description="when", ordering="starts_at")
    def when(self, date):
        return f"{spoken.short_day(date.starts_at)}, {spoken.time(date.starts_at)}"

    @admin.display(description="place")
    def place_label(self, date):
        return date.place_label

    @admin.display(description="taken")
    def taken_of_places(self, date):
        return how_full(date)

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

    @admin.display(description="told")
    def announcement(self, date):
        return announcing.outlook(date) if date.pk else "-"

    def get_readonly_fields(self, request, obj=None):
        if obj and obj.is_cancelled:
            return [field for _title, options in self.fieldsets for field in _flat(options["fields"])]
        # Once released the places may be anybody's, so they can no longer be held back.
        released = ["support_places", "release_support_at"] if obj and obj.support_is_released else []
        by_the_site = ["so_far", "announcement"]
        return [*by_the_site, "workshop", *released] if obj else by_the_site

    def get_object(self, request, object_id, from_field=None):
        if request.method == "POST" and connection.in_atomic_block:
            # Locked for the whole save, so that nobody reserves between the check and the writing.
            WorkshopDate.objects.select_for_update(no_key=True).filter(pk=number(object_id)).first()
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
        date = WorkshopDate.objects.filter(pk=number(object_id)).first()
        shows_queue = date is not None and request.user.has_perm("events.view_booking")
        shows_messages = request.user.has_perm("events.view_datemessage")
        return super().change_view(
            request,
            object_id,
            form_url,
            {
                "entries": waiting_list.explained(date) if shows_queue else [],
                "may_write": request.user.has_perm("events.mail_workshopdate"),
                "written": date.messages.select_related("sent_by") if date and shows_messages else [],
                "may_cancel": request.user.has_perm("events.cancel_workshopdate"),
                "may_give_place": request.user.has_perm("events.change_booking"),
                "may_reserve": request.user.has_perm("events.add_booking"),
                "may_export": request.user.has_perm("events.export_booking"),
                "unanswered_needs": needs.open_sentence(date) if date else "",
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


def how_full(date):
    return f"{date.taken} of {'any number' if date.places is None else date.places}"


def _flat(fields):
    return [name for field in fields for name in (field if isinstance(field, tuple) else [field])]


def number(text):
    return int(text) if str(text).isdecimal() and len(text) < 20 else None
