"""The desk's pages of dates."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from sharedlives.foundation import spoken
from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.seen_version import SeenVersionAdminMixin, SeenVersionForm

from . import announcing, needs, waiting_list
from .changing_dates_admin import ChangesDates
from .copying_admin import CopiesDates
from .lists_admin import DateSheets
from .mail_preview_admin import MailPreviews
from .message_admin import WritesToPeople
from .models import WorkshopDate
from .what_changed import FACTS


class DraftOrScheduled:
    """For a form of dates: to cancel or postpone tells people, so these have buttons of their own and are no choice."""

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "state":
            states = WorkshopDate.State
            kwargs["choices"] = [(state.value, state.label) for state in (states.DRAFT, states.SCHEDULED)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


OVER = "over"


class WhenFilter(admin.SimpleListFilter):
    """Dates still to come, unless somebody asks for others: that is what the desk works with."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [(OVER, "Over"), ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "Still to come"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        to_come = WorkshopDate.objects.upcoming().order_by()
        return queryset.exclude(pk__in=to_come) if self.value() == OVER else queryset.filter(pk__in=to_come)


class DateForm(SeenVersionForm):
    """Refuses to overwrite a colleague's work, and to change when or where a date is without telling those who have
    booked it since the page was opened."""

    def clean(self):
        data = super().clean()
        if self.instance.pk and {*FACTS, "state"} & set(self.changed_data) and self.instance.is_told_of():
            raise ValidationError(
                "Nothing is saved: people have booked this date. Use “Change time or place”, which tells them."
            )
        return data


@admin.register(WorkshopDate)
class WorkshopDateAdmin(
    ChangesDates,
    CopiesDates,
    WritesToPeople,
    MailPreviews,
    DateSheets,
    DraftOrScheduled,
    SeenVersionAdminMixin,  # locked for the whole save, so that nobody reserves between the check and the writing
    AuditedModelAdmin,
):
    form = DateForm
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

    def get_ordering(self, request):
        # Of what is over the last comes first: it is the one somebody looks for.
        return ["-starts_at", "-pk"] if request.GET.get(WhenFilter.parameter_name) == OVER else self.ordering

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
        by_the_site = ["so_far", "announcement"]
        if not obj:
            return by_the_site
        # Once released the places may be anybody's, so they can no longer be held back.
        released = ["support_places", "release_support_at"] if obj.support_is_released else []
        # What was typed before somebody booked is not dropped unseen: the form says why it cannot be saved.
        told = [*FACTS, "state"] if obj.is_told_of() and "starts_at_0" not in request.POST else []
        return [*by_the_site, "workshop", *released, *told]

    def save_model(self, request, obj, form, change):
        if change and "starts_at" in form.changed_data and obj.state == WorkshopDate.State.SCHEDULED:
            # Nobody has booked, but it stood in search engines.
            obj.previous_starts_at = form.initial["starts_at"]
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
                "may_give_place": request.user.has_perm("events.change_booking"),
                "may_reserve": request.user.has_perm("events.add_booking"),
                "may_export": request.user.has_perm("events.export_booking"),
                "unanswered_needs": needs.open_sentence(date) if date else "",
                **(self.about_changes(request, date) if date else {}),
                **(extra_context or {}),
            },
        )


def how_full(date):
    return f"{date.taken} of {'any number' if date.places is None else date.places}"


def _flat(fields):
    return [name for field in fields for name in (field if isinstance(field, tuple) else [field])]


def number(text):
    return int(text) if str(text).isdecimal() and len(text) < 20 else None
