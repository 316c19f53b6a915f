"""Workshops and their dates, for everybody."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .. import calendar
from ..models import Workshop, WorkshopDate


@require_safe
def workshop_list(request):
    dates = WorkshopDate.objects.published().upcoming()
    return render(request, "events/workshop_list.html", {"dates": dates})


@require_safe
def workshop_detail(request, slug):
    workshop = get_object_or_404(Workshop.objects.published(), slug=slug)
    dates = workshop.dates.published().upcoming()
    return render(request, "events/workshop_detail.html", {"workshop": workshop, "dates": dates})


def public_date(slug, date_slug):
    dates = WorkshopDate.objects.published().in_order()
    return get_object_or_404(dates, workshop__slug=slug, slug=date_slug)


@require_safe
def date_detail(request, slug, date_slug):
    return render(request, "events/date_detail.html", {"date": public_date(slug, date_slug)})


@require_safe
def date_calendar(request, slug, date_slug):
    date = public_date(slug, date_slug)
    response = HttpResponse(calendar.date_calendar(date), content_type=calendar.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{date.slug}.ics"'
    response["Last-Modified"] = f"{date.calendar_changed_at:%a, %d %b %Y %H:%M:%S} GMT"
    return response
