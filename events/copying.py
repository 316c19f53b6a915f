"""Copies of workshops and dates, and dates by rule: planned in wall time, shown in words, and only then stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date as Day
from datetime import datetime, time, timedelta
from itertools import islice

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone

from sharedlives.foundation import audit, slugs, spoken, wall_clock
from sharedlives.foundation.models import User
from sharedlives.foundation.spoken import LONDON

from . import closed_days
from .models import Workshop, WorkshopDate
from .models.dates import LENGTH_WHEN_UNKNOWN, calendar_uid
from .models.workshops import RESERVED_SLUGS

MOST_DATES = 60
# What belongs to one date alone: its address, what calendars know of it, its counts, what people were told.
OWN = frozenset(
    "id slug state calendar_uid calendar_sequence calendar_changed_at ordinary_taken support_taken waiting"
    " first_offer_ends_at support_is_released fill_gaps previous_starts_at ready_since announced_at announced_to"
    " join_link".split()
)
DOES_NOT_TAKE_PLACE = [WorkshopDate.State.CANCELLED, WorkshopDate.State.POSTPONED]
# They keep their distance in days to the start, and their time on the clock.
SHIFTED = ("booking_opens_at", "booking_closes_at", "release_support_at")


class Rule(TextChoices):
    WEEKLY = "weekly", "Every week"
    FORTNIGHTLY = "fortnightly", "Every second week"
    MONTHLY_BY_WEEKDAY = "weekday of month", "Every month on the same weekday, like the first Tuesday"
    MONTHLY_BY_DAY = "day of month", "Every month on the same day, like the 5th"


@dataclass
class Planned:
    """A date that may come to be. `key` tells it from the others; `refusal` says why it cannot be."""

    key: str
    pattern: WorkshopDate
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    day: Day | None = None
    refusal: str = ""
    notes: list[str] = field(default_factory=list)
    # Whether staff would most likely leave it out.
    is_doubtful: bool = False

    @property
    def words(self) -> str:
        if self.starts_at:
            return f"{spoken.day(self.starts_at)}, {spoken.hours(self.starts_at, self.ends_at)}"
        return f"{self.day:%A} {self.day.day} {self.day:%B %Y}" if self.day else ""


def days_by_rule(rule: str, first: Day, *, times: int | None = None, until: Day | None = None) -> list[Day]:
    """The days from `first` on, so many or up to a last one. Raises ValidationError where they are too many.

    A month that has no such day is left out. The fifth weekday of a month stands for its last.
    """
    limits = {"dtstart": datetime.combine(first, time()), "count": times}
    limits["until"] = datetime.combine(until, time()) if until else None
    days = rrule(**_RULES[Rule(rule)](first), **limits)
    found = [moment.date() for moment in islice(days, MOST_DATES + 1)]
    if len(found) > MOST_DATES:
        raise ValidationError(f"That is more than {MOST_DATES} dates. Choose an earlier last day.")
    return found


def _same_weekday_of_month(first: Day) -> dict:
    number = (first.day - 1) // 7 + 1
    return {"freq": MONTHLY, "byweekday": weekday(first.weekday(), number if number < 5 else -1)}


_RULES = {
    Rule.WEEKLY: lambda first: {"freq": WEEKLY},
    Rule.FORTNIGHTLY: lambda first: {"freq": WEEKLY, "interval": 2},
    Rule.MONTHLY_BY_WEEKDAY: _same_weekday_of_month,
    Rule.MONTHLY_BY_DAY: lambda first: {"freq": MONTHLY, "bymonthday": first.day},
}


def plan(
    pattern: WorkshopDate, days: Iterable[Day], *, starts: time, ends: time | None, ends_days_later: int = 0
) -> list[Planned]:
    """One date like `pattern` on each day, at these times on UK clocks."""
    planned = [
        _planned(day.isoformat(), pattern, day, starts, ends, day + timedelta(days=ends_days_later))
        for day in sorted(set(days))
    ]
    return _annotated(planned)


def plan_copies(dates: Sequence[WorkshopDate], first_day: Day) -> list[Planned]:
    """The dates of one workshop again, in the same pattern of days, the earliest on `first_day`."""
    dates = sorted(dates, key=lambda date: (date.starts_at, date.pk))
    shift = first_day - _local(dates[0].starts_at).date() if dates else timedelta()
    planned = []
    for date in dates:
        starts, ends = _local(date.starts_at), _local(date.ends_at) if date.ends_at else None
        last_day = (ends or starts).date() + shift
        day = starts.date() + shift
        planned.append(_planned(str(date.pk), fresh(date), day, starts.time(), ends.time() if ends else None, last_day))
    return _annotated(planned)


def _planned(key: str, pattern: WorkshopDate, day: Day, starts: time, ends: time | None, last_day: Day) -> Planned:
    planned = Planned(key, pattern, day=day)
    try:
        planned.starts_at = _moment(day, starts, planned.notes)
        planned.ends_at = _moment(last_day, ends, planned.notes) if ends else None
    except ValidationError as skipped:
        planned.starts_at = None
        planned.refusal = skipped.messages[0]
        return planned
    if planned.starts_at <= timezone.now():
        planned.refusal = "This moment has passed."
    elif planned.ends_at and planned.ends_at <= planned.starts_at:
        planned.refusal = "The end must be after the start."
    return planned


def _moment(day: Day, at: time, notes: list[str]) -> datetime:
    moment, comes_twice = wall_clock.first_moment(day, at)
    if comes_twice:
        notes.append(f"{spoken.time(moment)} comes twice that night, for the clocks go back: the first one is meant.")
    return moment


def _annotated(planned: list[Planned]) -> list[Planned]:
    """With what staff should know of each before they make it."""
    closed = closed_days.names(each.day for each in planned if each.day)
    possible = [each for each in planned if each.starts_at and not each.refusal]
    known = _dates_around(possible)
    for each in possible:
        if each.day in closed:
            each.notes.append(f"The office is closed: {closed[each.day] or 'see the list of closed days'}.")
            each.is_doubtful = True
        for date in known:
            if _is_in_the_way(each, date):
                each.notes.append(f"{date.workshop} is there at that time already: {date.when}.")
                each.is_doubtful = True
    return planned


def _dates_around(planned: list[Planned]) -> list[WorkshopDate]:
    """Dates of the same workshops or at the same venues, some of which may be in the way."""
    if not planned:
        return []
    starts = [each.starts_at for each in planned if each.starts_at]
    same = Q(workshop__in={each.pattern.workshop_id for each in planned})
    same |= Q(venue__in={each.pattern.venue_id for each in planned} - {None})
    around = Q(starts_at__gt=min(starts) - timedelta(days=14), starts_at__lt=max(starts) + timedelta(days=14))
    return list(WorkshopDate.objects.filter(same, around).exclude(state__in=DOES_NOT_TAKE_PLACE).in_order())


def _is_in_the_way(planned: Planned, date: WorkshopDate) -> bool:
    pattern = planned.pattern
    at_the_venue = date.venue_id is not None and date.venue_id == pattern.venue_id
    same = at_the_venue or (date.workshop_id == pattern.workshop_id and date.place_label == pattern.place_label)
    if not (same and planned.starts_at):
        return False
    ends = planned.ends_at or planned.starts_at + LENGTH_WHEN_UNKNOWN
    return date.starts_at < ends and planned.starts_at < (date.ends_at or date.starts_at + LENGTH_WHEN_UNKNOWN)


def fresh(date: WorkshopDate) -> WorkshopDate:
    """A draft like `date`, not stored, without what belongs to that one alone."""
    fields = [f.attname for f in WorkshopDate._meta.concrete_fields if f.attname not in OWN]
    return WorkshopDate(**{name: getattr(date, name) for name in fields})


@transaction.atomic
def make_dates(
    planned: Sequence[Planned], *, like: WorkshopDate | None, request_id: uuid.UUID, by: User
) -> list[WorkshopDate]:
    """Store what was planned. `like` is the date copied. What the same request has made already is not made again."""
    if not planned:
        return []
    # One after the other, so that a second press finds what the first has made, and each gets an address of its own.
    Workshop.objects.select_for_update(no_key=True).get(pk=planned[0].pattern.workshop_id)
    return [date for each in planned if (date := _make(each, like, request_id, by))]


def _make(planned: Planned, like: WorkshopDate | None, request_id: uuid.UUID, by: User) -> WorkshopDate | None:
    if planned.starts_at is None or planned.refusal:
        return None
    uid = calendar_uid(uuid.uuid5(request_id, f"{planned.key} {planned.starts_at.isoformat()}"))
    if WorkshopDate.objects.filter(calendar_uid=uid).exists():
        return None
    pattern = planned.pattern
    date = fresh(pattern)
    date.state, date.join_link, date.calendar_uid = pattern.state, pattern.join_link, uid
    days = (_local(planned.starts_at).date() - _local(pattern.starts_at).date()) if pattern.starts_at else timedelta()
    date.starts_at, date.ends_at = planned.starts_at, planned.ends_at
    for name in SHIFTED:
        if moment := getattr(pattern, name):
            setattr(date, name, wall_clock.later(moment, days))
    date.save()
    audit.record(by, "added", date, note=f"like that of {spoken.day(like.starts_at)}" if like else "by rule")
    return date


def _local(moment: datetime) -> datetime:
    return moment.astimezone(LONDON)


def free_title(workshop: Workshop) -> str:
    """ "Garden (copy)", or "Garden (copy 2)" where that is taken."""
    longest = (Workshop._meta.get_field("title").max_length or 0) - 12
    taken = set(Workshop.objects.values_list("title", flat=True))
    titles = (f"{workshop.title[:longest]} (copy{f' {number}' if number > 1 else ''})" for number in range(1, 10_000))
    return next(title for title in titles if title not in taken)


@transaction.atomic
def copy_workshop(
    workshop: Workshop, *, title: str, planned: Sequence[Planned] = (), shown_at: datetime, by: User
) -> Workshop:
    """A workshop like this one, not published, with the planned dates as drafts. A form shown at one time makes one."""
    Workshop.objects.select_for_update(no_key=True).get(pk=workshop.pk)
    if made := Workshop.objects.filter(title=title, created_at__gte=shown_at).first():
        return made
    not_copied = {"id", "title", "slug", "is_published", "created_at", "calendar_changed_at", "search_vector"}
    fields = [f.attname for f in Workshop._meta.concrete_fields if f.attname not in not_copied]
    copy = Workshop(**{name: getattr(workshop, name) for name in fields})
    copy.title = title
    longest = Workshop._meta.get_field("slug").max_length or 0
    copy.slug = slugs.free(title, Workshop.objects, otherwise="workshop", longest=longest, reserved=RESERVED_SLUGS)
    copy.save()
    audit.record(by, "added", copy, note=f"a copy of {workshop}")
    for each in planned:
        each.pattern.workshop = copy
    for each in planned:
        _make(each, None, uuid.uuid4(), by)
    return copy
