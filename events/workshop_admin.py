"""The desk's pages of workshops and venues."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from sharedlives.foundation import spoken
from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.audited_admin import CalmFields
from sharedlives.foundation.picture_fields import PicksPictures
from sharedlives.foundation.rich_text_admin import RichTextAdminMixin
from sharedlives.foundation.seen_version import SeenVersionAdminMixin, SeenVersionForm

from .copying_admin import CopiesWorkshops
from .date_admin import DraftOrScheduled, how_full
from .mail_preview_admin import MailPreviews
from .models import Subscription, Venue, Workshop, WorkshopDate


class DateInline(CalmFields, DraftOrScheduled, admin.StackedInline):
    model = WorkshopDate
    extra = 0
    show_change_link = True
    can_delete = False
    autocomplete_fields = ["venue"]
    fields = [("starts_at", "ends_at"), ("mode", "venue", "area"), ("places", "support_places"), "state"]
    verbose_name = "new date"
    verbose_name_plural = "add dates"

    def get_queryset(self, request):
        return super().get_queryset(request).none()


@admin.register(Workshop)
class WorkshopAdmin(
    CopiesWorkshops, MailPreviews, PicksPictures, RichTextAdminMixin, SeenVersionAdminMixin, AuditedModelAdmin
):
    form = SeenVersionForm
    list_display = ["title", "is_published", "next_date", "all_dates"]
    list_filter = ["is_published"]
    search_fields = ["title", "summary"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [DateInline]
    change_form_template = "admin/events/workshop/change_form.html"
    fieldsets = [
        ("What it is", {"fields": ["title", "summary", "picture", "description", "audience", "partners", "cost"]}),
        (
            "Mails and questions",
            {
                "description": "Our mails about its dates end with this, and answers to them go to this mailbox.",
                "fields": ["sign_off", ("contact_name", "contact_phone", "contact_email"), "reminds_a_week_before"],
            },
        ),
        ("On the site", {"fields": ["is_published", "slug"]}),
        ("Its dates", {"fields": ["its_dates", "who_hears"]}),
    ]
    readonly_fields = ["its_dates", "who_hears"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("dates__venue")

    @admin.display(description="dates")
    def its_dates(self, workshop):
        if not workshop.pk:
            return "Add them below; each then has a page of its own."
        rows = [
            (reverse("admin:events_workshopdate_change", args=[date.pk]), date.when, date.place_label, how_full(date))
            for date in workshop.dates.all()
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}, {}</a>: {}', rows) or "none yet"

    @admin.display(description="hear of new dates")
    def who_hears(self, workshop):
        if not workshop.pk:
            return "-"
        confirmed = Subscription.objects.confirmed()
        return f"{confirmed.covering(workshop).people()} people; {confirmed.covering(None).people()} of all workshops"

    @admin.display(description="next date")
    def next_date(self, workshop):
        now = timezone.now()
        dates = [date for date in workshop.dates.all() if date.starts_at > now and not date.is_off]
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
class VenueAdmin(SeenVersionAdminMixin, AuditedModelAdmin):
    form = SeenVersionForm
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
