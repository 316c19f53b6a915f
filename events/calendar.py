"""Calendar files (RFC 5545) for the dates of workshops."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from sharedlives.foundation import links, spoken
from sharedlives.foundation.models import Charity

from .models import WorkshopDate

CONTENT_TYPE = "text/calendar; charset=utf-8"
# What RFC 5545 section 3.3.11 does not allow within text.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def date_calendar(date: WorkshopDate) -> str:
    """The .ics file of one date. Holds nothing about anybody, and the same bytes until the date changes."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{_clean(Charity.current().name)}//Workshops//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_london())
    calendar.add_component(_event(date))
    return calendar.to_ical().decode()


def _event(date: WorkshopDate) -> Event:
    event = Event()
    title = _clean(date.workshop.title)
    event.add("uid", date.calendar_uid)
    event.add("sequence", date.calendar_sequence)
    event.add("dtstamp", date.calendar_changed_at)
    event.add("last-modified", date.calendar_changed_at)
    event.add("dtstart", date.starts_at.astimezone(spoken.LONDON))
    if date.ends_at:
        event.add("dtend", date.ends_at.astimezone(spoken.LONDON))
    # Postponed: taken out, for an entry at the wrong time misleads; the new time brings it back, SEQUENCE being higher.
    why_off = "CANCELLED" if date.is_cancelled else "POSTPONED" if date.is_postponed else ""
    event.add("summary", f"{why_off}: {title}" if why_off else title)
    event.add("status", "CANCELLED" if why_off else "CONFIRMED")
    event.add("location", _clean(date.where))
    event.add("description", _clean(date.workshop.summary))
    event.add("url", links.absolute(date.get_absolute_url()))
    return event


@functools.cache
def _london() -> Timezone:
    """The rule for Europe/London, which has stood since 1996 (docs/decisions/0012-calendar-files.md)."""
    zone = Timezone()
    zone.add("tzid", "Europe/London")
    for part, name, begins, month, before, after in (
        (TimezoneDaylight(), "BST", datetime(1996, 3, 31, 1), 3, timedelta(0), timedelta(hours=1)),
        (TimezoneStandard(), "GMT", datetime(1996, 10, 27, 2), 10, timedelta(hours=1), timedelta(0)),
    ):
        part.add("dtstart", begins)
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1SU"})
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", name)
        zone.add_component(part)
    return zone


def _clean(text: str) -> str:
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
