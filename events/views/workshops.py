"""Workshops and their dates, for everybody."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import conditional_page, require_safe

from sharedlives.foundation.models import Charity
from sharedlives.foundation.paging import page

from .. import calendar, structured_data
from ..models import Workshop, WorkshopDate
from ..towns import towns

DATES_ON_A_PAGE = 24
PAST_DATES_ON_A_PAGE = 50
PAST_DATES_OF_A_WORKSHOP = 5
POSTS_OF_A_WORKSHOP = 6


@require_safe
def workshop_list(request):
    dates = WorkshopDate.objects.published().upcoming()
    context = {"dates": page(request, dates, DATES_ON_A_PAGE), "towns": towns(dates)}
    return render(request, "events/workshop_list.html", context | _calendar_feed())


@require_safe
def town_detail(request, slug):
    """The dates in one place, and those that only take part online under "online"."""
    published = WorkshopDate.objects.published()
    with_dates = towns(published.upcoming())
    # One whose dates are all over keeps its page, for links to it stand elsewhere.
    town = _called(slug, with_dates) or _called(slug, towns(published))
    if town is None:
        raise Http404
    dates = page(request, published.upcoming().filter(town.has()), DATES_ON_A_PAGE)
    return render(request, "events/town_detail.html", {"town": town, "dates": dates, "towns": with_dates})


def _called(slug, towns):
    return next((town for town in towns if town.slug == slug), None)


@require_safe
def past_list(request):
    return _past(request, WorkshopDate.objects)


@require_safe
def workshop_past(request, slug):
    workshop = public_workshop(slug)
    return _past(request, workshop.dates, workshop=workshop)


def _past(request, dates, **context):
    dates = page(request, dates.published().past(), PAST_DATES_ON_A_PAGE)
    return render(request, "events/past_list.html", context | {"dates": dates})


@require_safe
def workshop_detail(request, slug):
    workshop = public_workshop(slug)
    published = workshop.dates.published()
    dates = page(request, published.upcoming(), DATES_ON_A_PAGE)
    past = list(published.past()[: PAST_DATES_OF_A_WORKSHOP + 1])
    context = {
        "workshop": workshop,
        "dates": dates,
        "past": past[:PAST_DATES_OF_A_WORKSHOP],
        "has_more_past": len(past) > PAST_DATES_OF_A_WORKSHOP,
        # Whoever announces a workshop knows it; the workshop knows nothing of who does.
        "posts": workshop.posts.published().for_lists().newest_first()[:POSTS_OF_A_WORKSHOP],
        "structured_data": structured_data.event_series(workshop, dates, Charity.current()),
    }
    return render(request, "events/workshop_detail.html", context | _calendar_feed(workshop))


def public_workshop(slug):
    return get_object_or_404(Workshop.objects.published().select_related("picture"), slug=slug)


def public_dates(slug, date_slug):
    """The one date at this address, or none."""
    dates = WorkshopDate.objects.published().filter(workshop__slug=slug, slug=date_slug)
    return dates.select_related("workshop__picture", "venue")


def public_date(slug, date_slug):
    return get_object_or_404(public_dates(slug, date_slug))


@require_safe
def date_detail(request, slug, date_slug):
    date = public_date(slug, date_slug)
    context = {"date": date, "structured_data": structured_data.event(date, Charity.current())}
    return render(request, "events/date_detail.html", context)


# --- Calendars --------------------------------------------------------------------------------------------------------


def _calendar_feed(workshop=None):
    """Where a calendar subscribes to all dates, or to those of one workshop."""
    path = (
        reverse("events:workshop_calendar", args=[workshop.slug]) if workshop else reverse("events:all_dates_calendar")
    )
    return {"subscribe_url": calendar.subscribe_address(path), "feed_path": path}


@require_safe
def all_dates_calendar(request):
    return _feed(request, WorkshopDate.objects, "Workshops")


@require_safe
def workshop_calendar(request, slug):
    workshop = public_workshop(slug)
    return _feed(request, workshop.dates, workshop.title)


def _feed(request, dates, about):
    dates = dates.published().for_calendars()
    # No Last-Modified: a date that leaves the feed leaves no moment behind.
    etag = quote_etag(calendar.feed_stamp(dates, about=about))
    response = get_conditional_response(request, etag=etag)
    if response is None:
        text = calendar.feed(dates, about=about, address=request.path)
        response = HttpResponse(text, content_type=calendar.CONTENT_TYPE)
    response["ETag"] = etag
    return response


@require_safe
@conditional_page
def date_calendar(request, slug, date_slug):
    date = public_date(slug, date_slug)
    response = HttpResponse(calendar.date_calendar(date), content_type=calendar.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{date.slug}.ics"'
    response["Last-Modified"] = http_date(date.told_calendars_at.timestamp())
    return response
