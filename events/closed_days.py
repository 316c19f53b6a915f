"""On which days the office answers its phone, and by when an offer has to be answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date as Day
from datetime import datetime, time, timedelta
from itertools import islice, takewhile

import holidays
from django.utils import timezone

from sharedlives.foundation.spoken import LONDON

from .models import ClosedDay

WORKING_DAYS = 3
WORKING_DAYS_WITH_MORE_TIME = 6
CHRISTMAS_WEEK = "Christmas week"


def usual(years: Iterable[int]) -> dict[Day, str]:
    """The bank holidays of England, and the working days between Christmas and New Year, when few offices answer."""
    years = list(years)
    days = dict(holidays.country_holidays("GB", subdiv="ENG", years=years).items())
    for year in years:
        for number in range(27, 32):
            day = Day(year, 12, number)
            if day.weekday() < 5:
                days.setdefault(day, CHRISTMAS_WEEK)
    return {day: name for day, name in days.items() if day.year in years}


def fill(today: Day, model: type[ClosedDay] = ClosedDay) -> int:
    """Write the usual closed days of this year and the next two into the list; how many are new.

    What staff have entered or unticked stays as it is. `model` is for the migration that fills the list first.
    """
    days = usual(range(today.year, today.year + 3))
    known = set(model.objects.filter(day__in=days).values_list("day", flat=True))
    new = [model(day=day, name=name) for day, name in sorted(days.items()) if day not in known]
    return len(model.objects.bulk_create(new, ignore_conflicts=True))


def names(days: Iterable[Day]) -> dict[Day, str]:
    """Which of these are in the list of closed days, or usual ones that the list has not yet; and why closed."""
    days = set(days)
    listed = {row.day: row for row in ClosedDay.objects.filter(day__in=days)}
    unlisted = {day: name for day, name in usual({day.year for day in days}).items() if day not in listed}
    closed = {day: row.name for day, row in listed.items() if row.is_closed}
    return {day: name for day, name in (unlisted | closed).items() if day in days}


def next_open_day(day: Day) -> Day:
    """`day` itself if the office answers its phone then, or the first day after on which it does."""
    return next(_open_days(day))


def open_days_until(day: Day, *, at_most: int) -> list[Day]:
    """The days after today and before `day` on which the office answers its phone; no more of them than asked for."""
    return list(islice(takewhile(lambda open_day: open_day < day, _open_days(today() + timedelta(days=1))), at_most))


def last_open_day(day: Day) -> Day:
    """`day` itself if the office answers its phone then, or the last day before on which it does."""
    return max(takewhile(lambda open_day: open_day <= day, _open_days(day - timedelta(days=30))), default=day)


def kind_deadline(now: datetime, *, closes_at: datetime, needs_more_time: bool = False) -> datetime | None:
    """By when somebody to whom we write `now` has to answer: noon of the third working day, never past closing.

    Noon of the sixth, or closing if that is sooner, for those who need more time. None when the workshop is too near
    for three working days: then staff ring.
    """
    days = _open_days(now.astimezone(LONDON).date() + timedelta(days=1))
    noons = [_noon(next(days)) for _ in range(WORKING_DAYS_WITH_MORE_TIME)]
    if noons[WORKING_DAYS - 1] > closes_at:
        return None
    return min(noons[-1], closes_at) if needs_more_time else noons[WORKING_DAYS - 1]


def today() -> Day:
    return timezone.localdate(timezone=LONDON)


def _noon(day: Day) -> datetime:
    return datetime.combine(day, time(12), LONDON)


def _open_days(first: Day) -> Iterator[Day]:
    """Mondays to Fridays from `first` on, without closed days. The list in the database overrules what is usual."""
    while True:
        days = [first + timedelta(days=number) for number in range(30)]
        listed = dict(ClosedDay.objects.filter(day__in=days).values_list("day", "is_closed"))
        unlisted = usual({days[0].year, days[-1].year})
        yield from (day for day in days if day.weekday() < 5 and not listed.get(day, day in unlisted))
        first = days[-1] + timedelta(days=1)
