"""Telling people who asked to hear of new dates: in the morning, one mail to each with all that is new to them.

Nothing is sent within an hour of a date being seen, so that a slip can be corrected. Every call goes on where the last
one ended, however it ended: opening a round and telling one person are transactions of their own.
"""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Max, Q
from django.db.models.functions import Lower
from django.utils import timezone

from sharedlives.foundation import audit, spoken
from sharedlives.foundation.spoken import LONDON

from . import closed_days, emails
from .models import Subscription, WorkshopDate

BEGINS, ENDS = time(10), time(18)
TIME_TO_CORRECT = timedelta(hours=1)
LOOKS_EVERY = timedelta(minutes=10)
# An advisory lock of PostgreSQL's, by a number that nothing else here uses.
ROUND = 2819


def tell_subscribers() -> int:
    """Note which dates became ready, and between ten and six tell people of those that were in time; mails written."""
    now = timezone.now()
    _note_what_is_ready(now)
    begins, ends = (datetime.combine(closed_days.today(), at, LONDON) for at in (BEGINS, ENDS))
    if not begins <= now < ends:
        return 0
    _open_round(ready_by=begins - TIME_TO_CORRECT)
    last_round = WorkshopDate.objects.aggregate(last=Max("announced_at"))["last"]
    return sum(_tell(email, last_round) for email in _not_told_yet(last_round)) if last_round else 0


def _note_what_is_ready(now: datetime) -> None:
    ready = WorkshopDate.objects.to_look_forward_to().filter(announced_at=None)
    ready.filter(ready_since=None).update(ready_since=now)
    noted = WorkshopDate.objects.filter(announced_at=None, ready_since__isnull=False)
    noted.exclude(pk__in=ready.values("pk")).update(ready_since=None)


@transaction.atomic
def _open_round(*, ready_by: datetime) -> None:
    """Settle which dates are told of now, and note on each to how many people."""
    with connection.cursor() as cursor:
        # One round after the other, or an earlier one could appear after people were told of a later one.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROUND])
    now = timezone.now()
    dates = WorkshopDate.objects.to_look_forward_to().filter(announced_at=None, ready_since__lte=ready_by)
    # Locked, or one that a colleague takes off at this moment would be noted as told of.
    for date in dates.select_for_update(no_key=True, of=("self",)).select_related("workshop").order_by("pk"):
        people = Subscription.objects.confirmed().covering(date.workshop).people()
        WorkshopDate.objects.filter(pk=date.pk).update(announced_at=now, announced_to=people)
        audit.record(None, "announced", date, note=f"to {people} people who asked for new dates", by_itself=True)


def _not_told_yet(last_round: datetime) -> list[str]:
    waiting = Subscription.objects.confirmed().not_told_of(last_round)
    return list(waiting.values_list(Lower("email"), flat=True).distinct().order_by(Lower("email")))


@transaction.atomic
def _tell(email: str, last_round: datetime) -> int:
    """One mail with all that is new to one person, if anything is."""
    own = Subscription.objects.confirmed().of(email).not_told_of(last_round)
    subscriptions = list(own.select_for_update(of=("self",)).select_related("workshop").order_by("pk"))
    if not subscriptions:
        return 0  # told by another process, or they left
    new = Q()
    for subscription in subscriptions:
        since = Q(announced_at__gt=subscription.heard_up_to, announced_at__lte=last_round)
        new |= since & Q(workshop=subscription.workshop_id) if subscription.workshop_id else since
    dates = list(WorkshopDate.objects.to_look_forward_to().filter(new).in_order())
    Subscription.objects.filter(pk__in=[each.pk for each in subscriptions]).update(told_at=last_round)
    if dates:
        emails.new_dates(subscriptions[0], dates)
    return 1 if dates else 0


def begin_again(date: WorkshopDate) -> None:
    """It is postponed: if the round has not reached everybody yet, all hear of it with its new time. Lock it first."""
    people = Subscription.objects.confirmed().covering(date.workshop)
    if date.announced_at and people.not_told_of(date.announced_at).exists():
        date.ready_since = date.announced_at = date.announced_to = None
        date.save(update_fields=["ready_since", "announced_at", "announced_to"])


def outlook(date: WorkshopDate) -> str:
    """What staff read about it on the page of a date: when people were or will be told, and how many."""
    if date.announced_at and date.announced_to is None:
        return "Nobody is told: it was there before people could ask."
    if date.announced_at:
        return f"{_people(date.announced_to)} told on {spoken.day(date.announced_at)}."
    if not WorkshopDate.objects.to_look_forward_to().filter(pk=date.pk).exists():
        return "Nobody is told while it cannot be seen and reserved, or if you untick it here."
    people = Subscription.objects.confirmed().covering(date.workshop).people()
    return f"Goes out on {spoken.day(_next_round(date))} at {BEGINS.hour}am to {_people(people)}."


def _next_round(date: WorkshopDate) -> datetime:
    ready = (date.ready_since or timezone.now() + LOOKS_EVERY) + TIME_TO_CORRECT
    first_day = max(ready.astimezone(LONDON).date(), closed_days.today())
    return next(at for at in _rounds(first_day) if at >= ready)


def _rounds(day: Day):
    while True:
        yield datetime.combine(day, BEGINS, LONDON)
        day += timedelta(days=1)


def _people(number: int | None) -> str:
    return "1 person" if number == 1 else f"{number} people"
