"""Calendar files (RFC 5545) for the dates of workshops."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from sharedlives.foundation import links, spoken
from sharedlives.foundation.models import Charity

from .models import WorkshopDate
from .models.dates import WorkshopDateQuerySet

CONTENT_TYPE = "text/calendar; charset=utf-8"
# How often calendars that subscribed are asked to look again (RFC 7986, 5.7; the second name is Outlook's).
LOOK_AGAIN = timedelta(hours=6)
# What RFC 5545 section 3.3.11 does not allow within text.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def date_calendar(date: WorkshopDate) -> str:
    """The .ics file of one date. Holds nothing about anybody, and the same bytes until the date changes."""
    calendar = _calendar()
    calendar.add_component(_event(date))
    return calendar.to_ical().decode()


def feed(dates: WorkshopDateQuerySet, *, about: str, address: str) -> str:
    """What calendars subscribe to: `dates` (their `for_calendars`), named by what they are `about`; `address` is its
    own path. The same bytes until one of them changes, comes or goes."""
    calendar, charity = _calendar(), Charity.current()
    name = _clean(f"{about}, {charity.name}")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/London")
    calendar.add("source", charity.site_address + address, parameters={"value": "URI"})
    calendar.add("refresh-interval", LOOK_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", LOOK_AGAIN)
    for date in dates:
        calendar.add_component(_event(date))
    return calendar.to_ical().decode()


def subscribe_address(path: str) -> str:
    """The address that asks a phone or a computer to subscribe instead of reading once."""
    return re.sub("^https?:", "webcal:", links.absolute(path))


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//sharedlives//Workshops//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_london())
    return calendar


def _event(date: WorkshopDate) -> Event:
    event = Event()
    title = _clean(date.workshop.title)
    event.add("uid", date.calendar_uid)
    event.add("sequence", date.calendar_sequence)
    event.add("dtstamp", date.told_calendars_at)
    event.add("last-modified", date.told_calendars_at)
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
