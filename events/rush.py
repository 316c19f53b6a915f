"""An unusual rush on one date: staff are told of it once, and nobody is ever refused for it.

Programs come from thousands of addresses, so no limit holds them; a newsletter or a tweet looks the same. Only people
can tell, so people are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from sharedlives.foundation import limits, mail

from . import emails
from .models import WorkshopDate

WINDOW = timedelta(minutes=10)
UNUSUAL = 30  # requests for one date in that time
# A rush that goes on is told of again.
TOLD_FOR = timedelta(hours=6)


@dataclass(frozen=True)
class Rush:
    date: WorkshopDate
    since: datetime
    requests: int
    networks: int

    @property
    def minutes(self) -> int:
        """How long it has taken, as one says it; a window that is over counts whole."""
        return max(1, min(timezone.now() - self.since, WINDOW) // timedelta(minutes=1))


def note(date: WorkshopDate, address: str) -> None:
    """One more request for this date, from that network: one small row, outside the date's lock."""
    limits.note(date, address, seconds=int(WINDOW.total_seconds()))


def rushes(*, within: timedelta) -> list[Rush]:
    """The busiest stretch of each date that had a rush, the newest first."""
    noted = limits.noted(WorkshopDate, since=timezone.now() - within, at_least=UNUSUAL)
    busiest = {one.pk: one for one in sorted(noted, key=lambda one: one.times)}
    dates = WorkshopDate.objects.in_order().in_bulk(busiest)
    found = [Rush(dates[one.pk], one.since, one.times, one.keys) for one in busiest.values() if one.pk in dates]
    return sorted(found, key=lambda rush: rush.since, reverse=True)


def tell() -> None:
    """Write to the charity's mailbox about each rush that it has not been told of: the mail itself says whether."""
    for rush in rushes(within=2 * WINDOW):
        told = mail.about(rush.date).filter(template=emails.RUSH, created_at__gt=timezone.now() - TOLD_FOR)
        if not told.exists():
            emails.rush(rush.date, requests=rush.requests, minutes=rush.minutes, networks=rush.networks)
