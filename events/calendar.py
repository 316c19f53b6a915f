"""Calendar files (RFC 5545) for the dates of workshops."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from sharedlives.foundation import links, spoken
from sharedlives.foundation.models import Charity

from .models import WorkshopDate
from .models.dates import WorkshopDateQuerySet

CONTENT_TYPE = "text/calendar; charset=utf-8"
# To be raised when this module writes feeds in another way: calendars that have one are to get the new one.
WRITTEN_AS = 1
# How often calendars that subscribed are asked to look again (RFC 7986, 5.7; the second name is Outlook's).
LOOK_AGAIN = timedelta(hours=6)
# What RFC 5545 section 3.3.11 does not allow within text.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Entry(NamedTuple):
    """What a calendar is told of one date."""

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    summary: str
    status: str
    location: str
    description: str
    url: str


def date_calendar(date: WorkshopDate) -> str:
    """The .ics file of one date. Holds nothing about anybody, and the same bytes until the date changes."""
    return _with_entries(_calendar(), [date])


def feed_stamp(dates: WorkshopDateQuerySet, *, about: str) -> str:
    """Another one whenever the feed is; asking for it costs a small part of writing the feed."""
    known = [WRITTEN_AS, dates.stamp(), _name(about), Charity.current().site_address]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32]


def feed(dates: WorkshopDateQuerySet, *, about: str, address: str) -> str:
    """What calendars subscribe to: `dates` (their `for_calendars`), named by what they are `about`; `address` is its
    own path. The same bytes until one of them changes, comes or goes."""
    calendar, charity, name = _calendar(), Charity.current(), _name(about)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/London")
    calendar.add("source", charity.site_address + address, parameters={"value": "URI"})
    calendar.add("refresh-interval", LOOK_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", LOOK_AGAIN)
    return _with_entries(calendar, dates)


def _name(about: str) -> str:
    return _clean(f"{about}, {Charity.current().name}")


def _with_entries(calendar: Calendar, dates: Iterable[WorkshopDate]) -> str:
    # The last one: names may hold anything.
    begins, *end = calendar.to_ical().decode().rpartition("END:VCALENDAR")
    return "".join([begins, *(_written(_entry(date)) for date in dates), *end])


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


def _entry(date: WorkshopDate) -> Entry:
    title = _clean(date.workshop.title)
    # Postponed: taken out, for an entry at the wrong time misleads; the new time brings it back, the SEQUENCE higher.
    why_off = "CANCELLED" if date.is_cancelled else "POSTPONED" if date.is_postponed else ""
    return Entry(
        uid=date.calendar_uid,
        sequence=date.calendar_sequence,
        changed_at=date.told_calendars_at,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        summary=f"{why_off}: {title}" if why_off else title,
        status="CANCELLED" if why_off else "CONFIRMED",
        location=_clean(date.where),
        description=_clean(date.workshop.summary),
        url=links.absolute(date.get_absolute_url()),
    )


# Remembered, for writing is what costs: a feed of 2,000 dates is asked for by hundreds of calendars.
@functools.lru_cache(maxsize=4096)
def _written(entry: Entry) -> str:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.starts_at.astimezone(spoken.LONDON))
    if entry.ends_at:
        event.add("dtend", entry.ends_at.astimezone(spoken.LONDON))
    event.add("summary", entry.summary)
    event.add("status", entry.status)
    event.add("location", entry.location)
    event.add("description", entry.description)
    event.add("url", entry.url)
    return event.to_ical().decode()


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
