"""Lists that leave the site from the desk: to a file, to the door, to the kitchen."""

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_POST, require_safe

from sharedlives.foundation import audit, spoken

from . import closed_days, exports, needs, sheets
from .models import WorkshopDate

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(request, bookings, *, of, about, note=""):
    """A list as a file, in the log with how many: who took what out of the site can be asked later."""
    if not request.user.has_perm("events.export_booking"):
        raise PermissionDenied
    kind = "xlsx" if "xlsx" in request.POST else "csv"
    count = bookings.count()
    audit.record(request.user, "took a list out of the site", about, note=f"{count} bookings as {kind}{note}")
    name = get_valid_filename(f"bookings {of}.{kind}")
    if kind == "xlsx":
        return FileResponse(exports.xlsx_file(bookings), as_attachment=True, filename=name, content_type=XLSX)
    return StreamingHttpResponse(
        exports.csv_parts(bookings),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)},
    )


class TakesListsOut:
    """For the admin of bookings: the list as it is narrowed now, as a file."""

    change_list_template = "admin/events/booking/change_list.html"

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.export_view))
        return [path("export/", view, name="events_booking_export"), *super().get_urls()]

    def export_view(self, request):
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            messages.error(request, "The list could not be narrowed like that. Nothing was taken out.")
            return redirect("admin:events_booking_changelist")
        # What was searched for may be a name, so only that something was.
        narrowed = ", narrowed" if changelist.query or changelist.has_active_filters else ""
        return export(request, changelist.queryset, of=closed_days.today(), about=request.user, note=narrowed)

    def changelist_view(self, request, extra_context=None):
        may = {"may_export": request.user.has_perm("events.export_booking")}
        return super().changelist_view(request, may | (extra_context or {}))


class FoodForm(forms.Form):
    lines = forms.CharField(
        label="What the kitchen should know, one thing on each line",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
        help_text="As people wrote it, without names. Take out what tells who it is or why: “no nuts” is enough.",
    )


class DateSheets:
    """For the admin of dates: the list for the door, the summary, the caterer's sheet and the bookings as a file."""

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/export/", site(require_POST(self.export_view)), name="events_workshopdate_export"),
            path("<int:pk>/door/", site(require_safe(self.door_view)), name="events_workshopdate_door"),
            path("<int:pk>/summary/", site(self.summary_view), name="events_workshopdate_summary"),
            *super().get_urls(),
        ]

    def export_view(self, request, pk):
        """Everybody who comes, has an offer or waits."""
        date = self._date(pk)
        day = f"{date.starts_at.astimezone(spoken.LONDON):%Y-%m-%d}"
        active = date.bookings.active().order_by("state", "queued_at", "pk")
        return export(request, active, of=f"{date.place_label} {day}", about=date)

    def door_view(self, request, pk):
        if not request.user.has_perm("events.export_booking"):
            raise PermissionDenied
        date = self._date(pk)
        context = {"date": date, "door": sheets.door_list(date), "empty_lines": range(6)}
        return TemplateResponse(request, "admin/events/workshopdate/door.html", context)

    def summary_view(self, request, pk):
        """Counts for everybody who may see dates; what people need, without names, for the needs team alone."""
        sees_needs = request.user.has_perm("events.view_accessneed")
        if not (sees_needs or request.user.has_perm("events.view_workshopdate")):
            raise PermissionDenied
        date = self._date(pk)
        if request.method == "POST":
            if not sees_needs:
                raise PermissionDenied
            form = FoodForm(request.POST)
            if form.is_valid():
                return self._food_sheet(request, date, form.cleaned_data["lines"])
        else:
            form = FoodForm(initial={"lines": sheets.food_lines(date)}) if sees_needs else None
        context = {
            **self.admin_site.each_context(request),
            "title": "Access and food",
            "opts": self.opts,
            "date": date,
            "counts": sheets.people_counts(date),
            "unanswered": needs.open_sentence(date),
            "form": form,
        }
        if sees_needs:
            context |= {
                "needs": sheets.needs_counts(date),
                "access": sheets.wordings(date, "access"),
                "are_few": sheets.eating(date)["people"] < sheets.FEW,
            }
        return TemplateResponse(request, "admin/events/workshopdate/summary.html", context)

    def _food_sheet(self, request, date, lines):
        lines = [line.strip() for line in lines.splitlines() if line.strip()]
        audit.record(request.user, "made the caterer's sheet", date, note=f"{len(lines)} lines")
        context = {"date": date, "lines": lines, **sheets.eating(date)}
        return TemplateResponse(request, "admin/events/workshopdate/food.html", context)

    def _date(self, pk):
        return get_object_or_404(WorkshopDate.objects.in_order(), pk=pk)
