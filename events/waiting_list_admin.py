"""The waiting list at the desk: whom to ring, when nobody answers the phone, and the buttons beside a queue."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from sharedlives.foundation import spoken
from sharedlives.foundation.admin import AuditedModelAdmin, ReadOnlyAdmin

from . import changing_dates, closed_days, reaching, ring_list, waiting_list
from .bookings import BookingRefused
from .models import Booking, ClosedDay, RingTask


class QueueButtons:
    """For the admin of bookings: what staff do with somebody in the queue, each by one press and in the log."""

    ACTS = {
        "accept": (waiting_list.accept, "{who} has the place now. {told}"),
        "reached": (waiting_list.reached, "Noted. {who} has until {until} to answer."),
        "give": (waiting_list.give_place, "{who} has the place now. {told}"),
        "coming": (changing_dates.still_comes, "Noted: {who} can still come."),
    }

    def get_urls(self):
        return [
            path(
                f"<int:pk>/{act}/",
                self.admin_site.admin_view(require_POST(self.act_view)),
                {"act": act},
                name=f"events_booking_{act}",
            )
            for act in self.ACTS
        ] + super().get_urls()

    def act_view(self, request, pk, act):
        if not request.user.has_perm("events.change_booking"):
            raise PermissionDenied
        function, words = self.ACTS[act]
        # Whoever says yes does so on the phone; whoever is given a place may not know of it yet.
        by_phone = {"note": "by phone"}
        how = {"accept": by_phone, "coming": by_phone, "give": {"is_told": "told" in request.POST}}.get(act, {})
        booking = get_object_or_404(Booking, pk=pk)
        try:
            booking = function(booking, by=request.user, **how)
        except BookingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            who = f"{booking.contact_name} ({booking})"
            messages.success(
                request,
                words.format(
                    who=who,
                    told=how_they_hear(booking, is_told=act == "accept" or how.get("is_told", False)),
                    until=booking.answer_by,
                ).strip(),
            )
        return back_to(request, booking)


def back_to(request, booking):
    """The page on which the button was pressed: that of the date, or of the booking."""
    if request.POST.get("back") == "date":
        return redirect("admin:events_workshopdate_change", booking.date_id)
    return redirect("admin:events_booking_change", booking.pk)


def how_they_hear(booking, *, is_told):
    """`is_told`: whoever has no e-mail knows already, for instance because they are on the phone."""
    if booking.email:
        return "They are told by mail."
    return "" if is_told else f"They are on the list of people to ring: {reaching.by_telephone(booking)}."


class OpenFilter(admin.SimpleListFilter):
    """Those still to be rung, unless somebody asks for others."""

    title = "done"
    parameter_name = "done"

    def lookups(self, request, model_admin):
        return [("yes", "Done"), ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "Still to do"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.filter(done_at__isnull=False)
        return queryset if self.value() == "all" else queryset.filter(done_at=None)


@admin.register(RingTask)
class RingTaskAdmin(ReadOnlyAdmin):
    list_display = ["due", "person", "number", "what", "on_date", "is_done"]
    list_display_links = None
    list_filter = [OpenFilter, "why"]
    list_select_related = ["booking__date__workshop", "booking__date__venue", "done_by"]
    ordering = ["due_on", "created_at", "pk"]
    fields = ["person", "number", "why", "due_on", "is_done"]
    readonly_fields = ["person", "number", "is_done"]
    actions = ["told"]
    change_list_template = "admin/events/ringtask/change_list.html"

    def get_actions(self, request):
        return super().get_actions(request) if request.user.has_perm("events.change_booking") else {}

    def changelist_view(self, request, extra_context=None):
        dates = {"dates": waiting_list.dates_to_ring_for()}
        return super().changelist_view(request, dates | (extra_context or {}))

    @admin.display(description="due", ordering="due_on")
    def due(self, task):
        today = closed_days.today()
        if task.due_on == today:
            return "Today"
        day = f"{task.due_on:%A} {task.due_on.day} {task.due_on:%B}"
        return f"Late: {day}" if task.due_on < today and task.done_at is None else day

    @admin.display(description="whom")
    def person(self, task):
        address = reverse("admin:events_booking_change", args=[task.booking_id])
        return format_html('<a href="{}">{}</a>', address, task.booking.contact_name)

    @admin.display(description="number")
    def number(self, task):
        return reaching.by_telephone(task.booking) or f"no number: write to {task.booking.email}"

    @admin.display(description="what to tell", ordering="why")
    def what(self, task):
        if not task.words:
            return format_html("{}<br>“{}”", task.get_why_display(), task.to_say)
        return format_html(
            '{}<details><summary>What to say</summary><p class="mail-text">{}</p></details>',
            task.get_why_display(),
            task.words,
        )

    @admin.display(description="about")
    def on_date(self, task):
        date = task.booking.date
        return f"{date.workshop}, {date.place_label}, {spoken.short_day(date.starts_at)}"

    @admin.display(description="done")
    def is_done(self, task):
        return f"{spoken.short_day(task.done_at)}, {task.done_by or 'overtaken'}" if task.done_at else "not yet"

    @admin.action(description="I have told them")
    def told(self, request, queryset):
        open_tasks = list(queryset.filter(done_at=None).select_related("booking"))
        for task in open_tasks:
            ring_list.told(task, by=request.user)
        if any(task.why == RingTask.Why.OFFER for task in open_tasks):
            messages.warning(request, "For an offer open the person's booking: it asks what they answered.")
        return [task for task in open_tasks if task.done_at]


@admin.register(ClosedDay)
class ClosedDayAdmin(AuditedModelAdmin):
    list_display = ["in_words", "name", "is_closed"]
    list_filter = ["is_closed"]
    date_hierarchy = "day"
    fields = ["day", "name", "is_closed"]

    @admin.display(description="day", ordering="day")
    def in_words(self, day):
        return str(day)
