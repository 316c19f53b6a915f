"""Changing, postponing and cancelling a date.

One transaction, the date locked: everybody concerned is told once, in words that fit what they have, and hears by
telephone what others read. What people are asked before it happens is in rehearsals.py.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max
from django.utils import timezone

from sharedlives.foundation import audit, spoken, wall_clock
from sharedlives.foundation.models import AuditEntry, User

from . import announcing, emails, locking, needs, reminders, ring_list, waiting_list
from .bookings import end
from .locking import BookingRefused, activity
from .models import Booking, RingTask, WorkshopDate
from .what_changed import FACTS, Facts, WhatChanged

State = WorkshopDate.State

ALWAYS_TOLD = "People travel by the time and the place: when these change everybody is told."


# By which mail, or which task to ring, people hear of it.
TELLING = {
    RingTask.Why.CHANGED: "events/email/date_changed",
    RingTask.Why.POSTPONED: "events/email/date_postponed",
    RingTask.Why.DATE_CANCELLED: "events/email/date_cancelled",
}


class Told(NamedTuple):
    """How many people hear of it, and how."""

    by_mail: int = 0
    to_ring: int = 0


@activity
def change_date(
    date: WorkshopDate,
    facts: Facts,
    *,
    by: User,
    explanation: str = "",
    asks_again: bool = False,
    is_quiet: bool = False,
    seen: str = "",
) -> Told:
    """Give a date another time, place or way to join; one that was postponed takes place again.

    `explanation` is one plain sentence for everybody. `asks_again`: people with a place are asked whether they can
    still come; silence keeps it. `is_quiet`: a correction nobody has to hear of, of the area or how to join alone.
    `seen` is the `version` on which it was decided. Doing it twice tells nobody twice. Raises BookingRefused.
    """
    date, before = _locked(date)
    if not date.is_still_to_come:
        raise BookingRefused("This date is cancelled or over, so it cannot be changed.")
    if not date.is_postponed and Facts.of(date) == facts:
        return Told()
    _refuse_if_overtaken(date, seen)
    waiting_list.end_overdue_offers(date)
    _write(date, facts)
    changed = WhatChanged(before, date)
    if changed.time and changed.differs("starts_at", "state") and date.starts_at <= timezone.now():
        raise BookingRefused("The new time has passed already.")
    if is_quiet:
        return _corrected_quietly(changed, by)
    offered = _offered(date)
    for booking in date.bookings.offered():
        waiting_list.refit(booking)
    if changed.time_or_place:
        needs.check_again(date)
        _forget_answers(date)
    waiting_list.settle(date, is_told=changed.time_or_place)
    if asks_again:
        _ask(date)

    def tell(booking: Booking) -> None:
        emails.date_changed(
            booking,
            changed,
            explanation,
            lost_offer=booking.pk in offered and booking.is_waiting,
            new_offer=booking.pk not in offered and booking.is_offered,
            asks_again=booking.is_asked_again,
        )

    told = _tell_all(date, RingTask.Why.CHANGED, tell, if_=changed.concerns)
    if changed.time:
        reminders.count_as_told(date)
    action = "set a new time" if changed.has_new_time else "changed the date"
    audit.record(by, action, date, changes=_for_the_log(changed), note=_in_numbers(told))
    return told


def _write(date: WorkshopDate, facts: Facts) -> None:
    before = date.starts_at
    for name in FACTS:
        setattr(date, name, getattr(facts, name))
    if date.state == State.POSTPONED:
        date.state = State.SCHEDULED
    if date.starts_at != before:
        date.previous_starts_at = before
        date.booking_closes_at = moved_along(date.booking_closes_at, before, date.starts_at)
        if not date.support_is_released:
            date.release_support_at = moved_along(date.release_support_at, before, date.starts_at)
    date.save()


def moved_along(moment: datetime | None, before: datetime, now: datetime) -> datetime | None:
    """What lies some days before a date stays so many days before it, at the same time by the clock on the wall."""
    if moment is None:
        return None
    days = now.astimezone(spoken.LONDON).date() - before.astimezone(spoken.LONDON).date()
    return wall_clock.later(moment, days)


def _corrected_quietly(changed: WhatChanged, by: User) -> Told:
    if not changed.may_be_quiet:
        raise BookingRefused(ALWAYS_TOLD)
    note = "a correction: nobody was told"
    audit.record(by, "corrected the date", changed.after, changes=_for_the_log(changed), note=note)
    return Told()


@activity
def postpone_date(date: WorkshopDate, *, by: User, reason: str = "", seen: str = "") -> Told:
    """Take a date off until it has a new time: people keep their places, and offers go back to their turn in the queue.

    Doing it twice tells nobody twice. Raises BookingRefused.
    """
    date, before = _locked(date)
    if date.is_postponed:
        return Told()
    _refuse_if_overtaken(date, seen)
    _refuse_to_take_off(date, "postpone")
    waiting_list.end_overdue_offers(date)
    date.state = State.POSTPONED
    date.save(update_fields=["state"])
    announcing.begin_again(date)
    offered = _offered(date)
    for booking in date.bookings.offered():
        waiting_list.take_back(booking, note="the date is postponed")
    # What was arranged was arranged for the old time.
    needs.check_again(date)
    _forget_answers(date)

    def tell(booking: Booking) -> None:
        emails.date_postponed(booking, reason, when=before.when, lost_offer=booking.pk in offered)

    told = _tell_all(date, RingTask.Why.POSTPONED, tell)
    audit.record(by, "postponed the date", date, note=_in_numbers(told))
    return told


@activity
def cancel_date(date: WorkshopDate, *, by: User, reason: str = "", seen: str = "") -> Told:
    """Cancel a date, end its bookings and tell everybody who held or awaited a place.

    `reason` is one plain sentence that goes into the mail. Doing it twice tells nobody twice. Raises BookingRefused.
    """
    # Not settled: nobody wants an offer a moment before the workshop is cancelled.
    date, _before = _locked(date)
    if date.is_cancelled:
        return Told()
    _refuse_if_overtaken(date, seen)
    _refuse_to_take_off(date, "cancel")
    date.state = State.CANCELLED
    date.save(update_fields=["state"])

    def tell(booking: Booking) -> None:
        had_a_place = booking.has_a_place
        end(booking, by=by)
        emails.date_cancelled(booking, reason, had_a_place=had_a_place)

    told = _tell_all(date, RingTask.Why.DATE_CANCELLED, tell)
    audit.record(by, "cancelled the date", date, note=_in_numbers(told))
    return told


def _refuse_to_take_off(date: WorkshopDate, what: str) -> None:
    if date.is_cancelled:
        raise BookingRefused("This date is cancelled.")
    if date.has_ended():
        raise BookingRefused(f"This date is over: there is nothing to {what}.")
    if date.state == State.DRAFT and not date.bookings.exists():
        # Cancelled and postponed dates are shown to everybody, and nobody has heard of this one.
        raise BookingRefused("Nobody can see this draft yet. Change or delete it instead.")


def _locked(date: WorkshopDate) -> tuple[WorkshopDate, WorkshopDate]:
    """The date, locked, and as it stood before."""
    date = locking.lock_date(date.pk)
    return date, copy.copy(date)


def _offered(date: WorkshopDate) -> set[int]:
    return set(date.bookings.offered().values_list("pk", flat=True))


def _tell_all(
    date: WorkshopDate,
    why: RingTask.Why,
    tell: Callable[[Booking], None],
    *,
    if_: Callable[[Booking], bool] = lambda booking: True,
) -> Told:
    # Whoever was not yet rung about an earlier change hears of this one instead.
    earlier = RingTask.objects.filter(booking__date=date, why__in=set(TELLING) - {why}, done_at=None)
    earlier.update(done_at=timezone.now())
    by_mail = to_ring = 0
    for booking in date.bookings.active().prefetch_related("people").order_by("pk"):
        booking.date = date
        if if_(booking):
            tell(booking)
            by_mail, to_ring = by_mail + bool(booking.email), to_ring + (not booking.email)
    return Told(by_mail, to_ring)


HOW_TO_JOIN = ("join_link", "join_note")


def _for_the_log(changed: WhatChanged) -> dict[str, tuple[object, object]]:
    """Without how to join, which is for those alone who have a place."""
    before, after = changed.before, changed.after
    names = [name for name in ("state", *FACTS) if changed.differs(name)]
    return {
        name: ("-", "changed") if name in HOW_TO_JOIN else (getattr(before, name), getattr(after, name))
        for name in names
    }


def _in_numbers(told: Told) -> str:
    return f"{told.by_mail} told by mail, {told.to_ring} to ring"


# Two colleagues at once


def version(date: WorkshopDate) -> str:
    """How the date stands, to know later whether somebody has changed it meanwhile."""
    # Moments as numbers: one moment can be written in several zones.
    ends_at = date.ends_at and date.ends_at.timestamp()
    when = [date.state, date.calendar_sequence, date.starts_at.timestamp(), ends_at]
    where = [date.mode, date.venue_id, date.area, date.join_link, date.join_note]
    return hashlib.sha256(json.dumps(when + where).encode()).hexdigest()[:16]


def _refuse_if_overtaken(date: WorkshopDate, seen: str) -> None:
    if not seen or seen == version(date):
        return
    last = AuditEntry.objects.filter(object_type=date._meta.label_lower, object_id=str(date.pk)).first()
    raise BookingRefused(
        f"{last.actor_name if last else 'Somebody'} changed this date{f' at {spoken.time(last.at)}' if last else ''},"
        " after you had opened it. Nothing of yours is saved and nobody was told. Look at it as it is now, and begin"
        " again."
    )


# "Can you still come?"


def _forget_answers(date: WorkshopDate) -> None:
    """They were about what was there before."""
    date.bookings.exclude(asked_again_at=None).update(asked_again_at=None, still_coming_at=None)


def _ask(date: WorkshopDate) -> None:
    """One moment for all who are asked together, which tells them from those of an earlier change."""
    have_a_place = date.bookings.filter(state=Booking.State.CONFIRMED)
    have_a_place.update(asked_again_at=timezone.now(), still_coming_at=None)


@activity
def still_comes(booking: Booking, *, by: User | None = None, note: str = "") -> Booking:
    """They were asked and say that they can still come. Saying so twice changes nothing more. Raises BookingRefused.

    Who cannot cancels their booking.
    """
    date, booking = waiting_list.settled_booking(booking)
    if not booking.has_a_place or date.is_off or date.has_ended():
        raise BookingRefused("This booking is cancelled, or the workshop does not take place then.")
    if not booking.is_asked_again:
        return booking
    booking.still_coming_at = timezone.now()
    booking.save(update_fields=["still_coming_at"])
    ring_list.finish(booking, by=by, about=[RingTask.Why.CHANGED])
    audit.record(by, "said they still come", booking, note=note)
    return booking


@activity
def ask_once_more(date: WorkshopDate, *, by: User) -> Told:
    """Write once more to those who have not answered, or have them rung. Raises BookingRefused when that was done."""
    date = locking.lock_date(date.pk)
    answers = Answers.to(date)
    if answers is None or not answers.silent or date.has_started():
        raise BookingRefused("There is nobody left to ask.")
    if not answers.can_ask_once_more:
        raise BookingRefused("They were asked twice already. Ring those you need to hear from.")
    for booking in answers.silent:
        booking.date = date
        # Who was not rung yet hears in that call what has changed as well.
        if booking.email or not ring_list.waits_for_a_call(booking, about=RingTask.Why.CHANGED):
            emails.still_coming(booking)
    by_mail = sum(bool(booking.email) for booking in answers.silent)
    told = Told(by_mail, len(answers.silent) - by_mail)
    audit.record(by, ASKED_TWICE, date, note=_in_numbers(told))
    return told


ASKED_TWICE = "asked once more who still comes"


class Answers(NamedTuple):
    """Who said what, of those who were asked together after the last change."""

    asked_at: datetime
    yes: list[Booking]
    no: list[Booking]
    silent: list[Booking]
    asked_twice_at: datetime | None

    @property
    def in_words(self) -> list[tuple[str, list[Booking]]]:
        return [("Yes", self.yes), ("No: their places went to the queue", self.no), ("No answer yet", self.silent)]

    @property
    def can_ask_once_more(self) -> bool:
        return bool(self.silent) and self.asked_twice_at is None

    @classmethod
    def to(cls, date: WorkshopDate) -> Answers | None:
        asked_at = date.bookings.aggregate(last=Max("asked_again_at"))["last"]
        if asked_at is None:
            return None
        asked = date.bookings.filter(asked_again_at=asked_at).order_by("contact_name", "pk")
        logged = AuditEntry.objects.filter(object_type=date._meta.label_lower, object_id=str(date.pk))
        twice = logged.filter(action=ASKED_TWICE, at__gte=asked_at).first()
        return cls(
            asked_at,
            yes=[booking for booking in asked if booking.has_a_place and booking.still_coming_at],
            no=[booking for booking in asked if not booking.has_a_place],
            silent=[booking for booking in asked if booking.has_a_place and not booking.still_coming_at],
            asked_twice_at=twice.at if twice else None,
        )
