"""The desk of the access needs team, which has permissions of its own."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from sharedlives.foundation import mail, spoken
from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.models import AuditEntry

from . import arranging, closed_days, needs, reaching
from .locking import BookingRefused
from .long_lists import KeysFirst
from .models import AccessNeed, WorkshopDate
from .need_forms import NeedTaskForm, team

State = AccessNeed.State


class DateFilter(admin.RelatedOnlyFieldListFilter):
    def field_choices(self, field, request, model_admin):
        shown = model_admin.get_queryset(request).values(f"{self.field_path}__pk")
        return [(date.pk, str(date)) for date in WorkshopDate.objects.in_order().filter(pk__in=shown)]


class ToDoFilter(admin.SimpleListFilter):
    """Those that wait for an answer, unless somebody asks for others."""

    title = "how it stands"
    parameter_name = "stands"

    def lookups(self, request, model_admin):
        return [("late", "Late"), *State.choices, ("all", "All")]

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        return [everything | {"display": "Still to do"}, *others]

    def queryset(self, request, queryset):
        if self.value() == "late":
            return queryset.late(closed_days.today())
        if self.value() in State.values:
            return queryset.filter(state=self.value())
        return queryset if self.value() == "all" else queryset.unanswered()


class WhoseFilter(admin.SimpleListFilter):
    title = "who sees to it"
    parameter_name = "whose"

    def lookups(self, request, model_admin):
        others = team().exclude(pk=request.user.pk)
        return [("mine", "Mine"), ("nobody", "Nobody yet"), *((str(user.pk), str(user)) for user in others)]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(owner=request.user)
        if self.value() == "nobody":
            return queryset.filter(owner=None)
        is_known = self.value() in dict(self.lookup_choices)
        return queryset.filter(owner_id=int(self.value())) if is_known else queryset


@admin.register(AccessNeed)
class AccessNeedAdmin(AuditedModelAdmin):
    list_display = ["due", "person", "date", "state", "owner", "way"]
    list_display_links = ["due", "person"]
    list_select_related = ["place__booking__date__workshop", "place__booking__date__venue", "owner"]
    list_filter = [ToDoFilter, WhoseFilter, ("place__booking__date", DateFilter)]
    paginator = KeysFirst
    actions = ["take", "arranged", "cannot_yet"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).in_order()

    def lookup_allowed(self, lookup, value, request):
        return lookup == "place__booking__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="due", ordering="due_on")
    def due(self, need):
        return due_in_words(need)

    @admin.display(description="for whom", ordering="place__name")
    def person(self, need):
        return need.person

    @admin.display(description="date", ordering="place__booking__date__starts_at")
    def date(self, need):
        date = need.place.booking.date
        return f"{spoken.short_day(date.starts_at)}, {date.place_label}"

    @admin.display(description="reach them")
    def way(self, need):
        ways = reaching.ways(need.place.booking)
        return format_html('<a href="{}">{} {}</a>', ways[0].url, ways[0].words, ways[0].number) if ways else "-"

    # One need

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """What they told and what the date offers, how to reach them, and what is done about it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        need = self.get_object(request, object_id)
        if need is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = NeedTaskForm(request.POST or None, need=need)
        if request.method == "POST":
            if not self.has_change_permission(request, need):
                raise PermissionDenied
            try:
                if "remove" in request.POST:
                    return self._remove(request, need)
                if form.is_valid():
                    messages.success(request, self._act(request, need, form.cleaned_data))
                    return redirect("admin:events_accessneed_change", need.pk)
            except BookingRefused as refusal:
                form.add_error(None, str(refusal))
            need = self.get_object(request, object_id) or need
        return TemplateResponse(request, "admin/events/accessneed/task.html", self._context(request, need, form))

    def _remove(self, request, need):
        needs.remove_need(need.place, by=request.user)
        messages.success(request, "Removed, with everything that was noted about it.")
        return redirect("admin:events_accessneed_changelist")

    def _act(self, request, need, changes):
        """Keep what was typed and do what the button says; in words."""
        if "take" in request.POST:
            changes["owner"] = request.user
        for button, state in (("arranged", State.ARRANGED), ("cannot_yet", State.CANNOT_YET)):
            if button in request.POST:
                changes["state"] = state
        need = arranging.see_to(need, by=request.user, seen=request.POST.get("seen", ""), **changes)
        if "write" in request.POST:
            arranging.write_to_them(need, by=request.user)
            return f"A mail goes to {need.place.booking.email}. It says nothing of what they need."
        if "told" in request.POST:
            arranging.told_them(need, by=request.user)
            return "Noted that you told them."
        return f"Saved: {need.get_state_display().lower()}."

    def _context(self, request, need, form):
        booking = need.place.booking
        return {
            **self.admin_site.each_context(request),
            "title": f"What {need.person} needs",
            "opts": self.opts,
            "original": need,
            "need": need,
            "booking": booking,
            "date": booking.date,
            "due": due_in_words(need),
            "ways": reaching.ways(booking),
            "form": form,
            "may_change": self.has_change_permission(request, need),
            "can_be_told": need.is_arranged or need.state == State.CANNOT_YET,
            "written": mail.about(booking).filter(template="events/email/answer").first(),
            "entries": what_was_done(need)[:10],
        }

    def history_view(self, request, object_id, extra_context=None):
        need = self.get_object(request, object_id)
        entries = {"entries": what_was_done(need)[:200]} if need else {}
        return super().history_view(request, object_id, entries | (extra_context or {}))

    # Several

    @admin.action(description="I take them on", permissions=["change"])
    def take(self, request, queryset):
        return self._see_to_several(request, queryset, owner=request.user)

    @admin.action(description="Arranged", permissions=["change"])
    def arranged(self, request, queryset):
        return self._see_to_several(request, queryset, state=State.ARRANGED)

    @admin.action(description="Cannot yet: talk to them", permissions=["change"])
    def cannot_yet(self, request, queryset):
        return self._see_to_several(request, queryset, state=State.CANNOT_YET)

    def _see_to_several(self, request, queryset, **changes):
        try:
            done = arranging.see_to_several(queryset, by=request.user, **changes)
        except BookingRefused as refusal:
            messages.error(request, f"Nothing was changed. {refusal}")
        else:
            messages.success(request, f"{done} need{'' if done == 1 else 's'} changed.")
        return []  # each is in the log already


def due_in_words(need):
    if need.due_on is None:
        return "No day yet"
    today = closed_days.today()
    if need.due_on == today and not need.is_arranged:
        return "Today"
    day = f"{need.due_on:%a} {need.due_on.day} {need.due_on:%b %Y}"
    return f"Late: {day}" if need.due_on < today and not need.is_arranged else day


def what_was_done(need):
    """Beside the place, so that it outlives words that replace others."""
    return AuditEntry.objects.filter(object_type="events.place", object_id=str(need.place_id))
