"""Who gets a place that becomes free: offers in the order of asking, and what becomes of them.

The date is locked first, then `settle` does what is due by the clock. A job only makes it prompt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import closed_days, emails, locking, needs, reaching, ring_list
from .locking import BookingRefused, Busy, activity
from .models import Booking, RingTask, WorkshopDate
from .models.dates import COUNTED

State = Booking.State

LAPSED_IN_WORDS = "Did not answer in time. They can still have a place if one is free and nobody waits."
TOO_LATE = "Our offer has ended, and the place has gone to somebody else. You can ask for a place again."


def settled(date_id: int) -> WorkshopDate:
    """The date, locked, after everything that was due by the clock: every activity begins with it."""
    date = locking.lock_date(date_id)
    settle(date)
    return date


@activity
def settle_date(date_id: int) -> None:
    """Do what is due on one date, by itself: for jobs."""
    settled(date_id)


def settled_booking(booking: Booking) -> tuple[WorkshopDate, Booking]:
    """The booking as it stands now, its date locked and settled; bookings never change without that lock."""
    date = settled(booking.date_id)
    return date, _as_it_stands(booking, date)


def _as_it_stands(booking: Booking, date: WorkshopDate) -> Booking:
    booking = Booking.objects.get(pk=booking.pk)
    if booking.date_id != date.pk:
        raise Busy(locking.MOVED_MEANWHILE)
    booking.date = date
    return booking


def settle(date: WorkshopDate, *, spare: Booking | None = None, is_told: bool = False) -> None:
    """Release places held back until now, end overdue offers (but not `spare`), offer what is free; lock first.

    `is_told`: whoever is offered a place reads it in a mail about something else, and gets none for it alone. Costs
    nothing while nothing is due: the database keeps the first end of an offer beside the counters.
    """
    if date.release_is_due():
        date.support_is_released = True
        date.save(update_fields=["support_is_released"])
        audit.record(None, "released the support places", date, by_itself=True)
    end_overdue_offers(date, spare=spare)
    _offer_free_places(date, is_told)


def end_overdue_offers(date: WorkshopDate, *, spare: Booking | None = None) -> None:
    if date.has_overdue_offers():
        for booking in date.bookings.overdue().exclude(pk=spare.pk if spare else None):
            _end_offer(booking)


def _offer_free_places(date: WorkshopDate, is_told: bool) -> None:
    if not date.waiting or date.ordinary_left == 0 or not date.may_offer():
        return
    # A few rows at a time: on a busy date hundreds wait, and mostly the first decides.
    for booking in date.bookings.waiting_in_order().iterator(chunk_size=10):
        if date.ordinary_left == 0:
            return
        if date.has_room_for(booking.places, booking.support_workers):
            offer(booking, is_told=is_told)
        elif not date.fill_gaps:
            return


def offer(booking: Booking, *, is_told: bool = False) -> None:
    """Hold the places for somebody and ask whether they want them; again, if whom to ask or by when has changed.

    Whoever has no e-mail, or would have less than three working days, is rung; until that is done no clock runs.
    """
    is_rung = _hold(booking)
    if not is_told:
        emails.offer(booking, is_rung=is_rung)
    note = f"{booking.date}: staff ring" if is_rung else f"{booking.date}: to be answered by {booking.answer_by}"
    audit.record(None, "offered a place", booking, note=note, by_itself=True)


def _hold(booking: Booking) -> bool:
    """Until they have had time to answer; whether staff ring them."""
    deadline = _deadline(booking) if booking.email else None
    move(booking, State.OFFERED, offer_ends_at=deadline or booking.date.closes_at)
    if deadline is None:
        ring_list.add(booking, RingTask.Why.OFFER)
    return deadline is None


def ring_about_offer(booking: Booking) -> None:
    """The mail about it did not arrive: like for people without e-mail no clock runs before staff have reached them."""
    if not ring_list.waits_for_a_call(booking):
        move(booking, State.OFFERED, offer_ends_at=booking.date.closes_at)
        ring_list.add(booking, RingTask.Why.OFFER)
        audit.record(
            None, "asked staff to ring about the offer", booking, note="the mail did not arrive", by_itself=True
        )


def _deadline(booking: Booking) -> datetime | None:
    return closed_days.kind_deadline(
        timezone.now(), closes_at=booking.date.closes_at, needs_more_time=booking.needs_more_time
    )


def _end_offer(booking: Booking) -> None:
    if ring_list.waits_for_a_call(booking):
        # Nobody has reached them, so it was no fault of theirs.
        take_back(booking, note="nobody had reached them")
        return
    move(booking, State.LAPSED)
    needs.forget(booking)
    emails.offer_lapsed(booking)
    audit.record(None, "offer lapsed", booking, note=str(booking.date), by_itself=True)


def take_back(booking: Booking, *, note: str) -> None:
    """An offer that cannot go on, through no fault of theirs: they keep their old place in the queue."""
    move(booking, State.WAITING)
    audit.record(None, "offer taken back", booking, note=note, by_itself=True)


def move(booking: Booking, state: str, *, offer_ends_at: datetime | None = None, by: User | None = None) -> None:
    """Into another state, with what the database counts anew. Whatever there was to tell before is overtaken."""
    booking.state, booking.offer_ends_at = state, offer_ends_at
    booking.state_changed_at = timezone.now()
    booking.save(update_fields=["state", "offer_ends_at", "state_changed_at"])
    booking.date.refresh_from_db(fields=COUNTED)
    ring_list.finish(booking, by=by)


def may_take(date: WorkshopDate, places: int, support_workers: int) -> bool:
    """Whether a newcomer gets these places at once: only if there is room, and nobody waits who could have them."""
    if not date.has_room_for(places, support_workers):
        return False
    if not date.fill_gaps:
        return not date.waiting
    return not any(date.has_room_for(b.places, b.support_workers) for b in date.bookings.waiting_in_order())


# What people and staff do


@activity
def accept(booking: Booking, *, by: User | None = None, note: str = "") -> Booking:
    """Say yes to an offer. After its end only if there is room and nobody waits. Raises BookingRefused.

    Saying yes twice changes and mails nothing more.
    """
    date = locking.lock_date(booking.date_id)
    booking = _as_it_stands(booking, date)
    # Theirs is looked at last: whoever says yes a minute late, when nobody else waits, loses nothing.
    settle(date, spare=booking)
    booking = _as_it_stands(booking, date)
    if booking.has_a_place:
        return booking
    if refusal := _why_not_theirs(booking, by):
        raise BookingRefused(refusal)
    was_late = booking.offer_has_ended
    move(booking, State.CONFIRMED, by=by)
    emails.booking_made(booking)
    action = "accepted the offer late" if was_late else "accepted the offer"
    audit.record(by, action, booking, note=audit.notes(date, note))
    return booking


def may_accept_late(booking: Booking) -> bool:
    """Whether saying yes after the end of an offer would work now."""
    date = booking.date
    if not booking.offer_has_ended or not date.may_offer() or date.waiting:
        return False
    # An offer that nobody has ended yet still holds its places.
    return booking.state == State.OFFERED or date.has_room_for(booking.places, booking.support_workers)


def _why_not_theirs(booking: Booking, by: User | None) -> str:
    date = booking.date
    if booking.is_offered:
        return ""
    if booking.is_waiting:
        return "There is no place for you yet. We offer places in the order in which people asked."
    if not booking.offer_has_ended:
        return "This booking is cancelled."
    if date.is_cancelled or date.has_ended() or (by is None and not date.may_offer()):
        return "Our offer has ended, and booking for this date has closed. Please ring us."
    if date.waiting:
        return TOO_LATE
    if booking.state == State.LAPSED:
        if not date.has_room_for(booking.places, booking.support_workers):
            return TOO_LATE
        if booking.of_the_same_people().exists():
            return "You have asked for a place again since. Please use the link in the newest mail."
    return ""


@activity
def reached(booking: Booking, *, by: User) -> Booking:
    """Staff have told somebody of the offer, who wants to think about it: from now on the clock runs."""
    date, booking = settled_booking(booking)
    if not booking.is_offered:
        raise BookingRefused(f"{booking} has no offer now.")
    if not ring_list.waits_for_a_call(booking):
        return booking
    move(booking, State.OFFERED, offer_ends_at=_deadline(booking) or date.closes_at, by=by)
    audit.record(by, "reached them by telephone", booking, note=f"to be answered by {booking.answer_by}")
    return booking


@activity
def give_place(booking: Booking, *, by: User, is_told: bool = False) -> Booking:
    """Give somebody who waits their places at once, for instance from the ring list. Raises BookingRefused.

    While free places are still offered by themselves only to the first in order; afterwards staff ring down the list,
    and the log says how many who asked earlier were passed over. `is_told`: nobody need ring those without e-mail.
    """
    date, booking = settled_booking(booking)
    if booking.has_a_place:
        return booking
    if not booking.is_waiting:
        raise BookingRefused(f"{booking} is not waiting.")
    if not date.is_still_to_come:
        raise BookingRefused("This date is cancelled or over.")
    if date.is_postponed:
        raise BookingRefused("This date is postponed: places are given again once it has a new time.")
    earlier = booking.waiting_before().count()
    if earlier and date.may_offer():
        raise BookingRefused(f"{earlier} asked earlier: places are offered in order until booking closes.")
    if not date.has_room_for(booking.places, booking.support_workers):
        who = f"{booking} asks" if earlier else f"{booking} is first and asks"
        raise BookingRefused(f"{who} for {_asked_for(booking)}; {_free(date)}.")
    give(booking, by=by, is_told=is_told)
    note = f"{date}: {earlier} who asked earlier passed over" if earlier else str(date)
    audit.record(by, "gave a place from the waiting list", booking, note=note)
    return booking


def give(booking: Booking, *, by: User | None = None, is_told: bool = False) -> None:
    """The place is theirs, and a mail says so. Whether it is their turn is asked before."""
    move(booking, State.CONFIRMED, by=by)
    emails.place_given(booking, is_told=is_told)


@activity
def date_changed(date: WorkshopDate) -> None:
    """After staff changed a date: no offer goes on past the end of booking, and places that became free are offered."""
    date = locking.lock_date(date.pk)
    for booking in date.bookings.offered():
        if not refit(booking):
            continue
        if booking.is_offered:
            emails.offer(booking, is_rung=ring_list.waits_for_a_call(booking))
        else:
            emails.offer_taken_back(booking)
    settle(date)


def refit(booking: Booking) -> bool:
    """Let an offer go on neither past the end of booking nor where nothing is offered; lock the date first.

    Whether it has another end now, or none, and the person has to hear of it.
    """
    date = booking.date
    is_untold = ring_list.waits_for_a_call(booking)
    if not date.may_offer() and (is_untold or booking.is_offered):
        take_back(booking, note="nothing is offered on this date now")
        return not is_untold or bool(booking.email)
    if is_untold:
        before, booking.offer_ends_at = booking.offer_ends_at, date.closes_at
        booking.save(update_fields=["offer_ends_at"])
        date.refresh_from_db(fields=COUNTED)
        # Near the workshop people are written to as well as rung, and have read by when to answer.
        return bool(booking.email) and before != booking.offer_ends_at
    if booking.is_offered and booking.offer_ends_at > date.closes_at:
        _hold(booking)
        return True
    return False


# The clock


def due() -> list[int]:
    """Dates on which something is due by the clock, or a place is free and somebody waits who could have it."""
    now = timezone.now()
    scheduled = Q(state=WorkshopDate.State.SCHEDULED)
    overdue = Q(first_offer_ends_at__lte=now)
    release = scheduled & Q(release_support_at__lte=now, support_is_released=False)
    by_the_clock = WorkshopDate.objects.filter(overdue | release).values_list("pk", flat=True)
    with_a_queue = WorkshopDate.objects.filter(scheduled, waiting__gt=0, starts_at__gt=now).with_room()
    return sorted({*by_the_clock, *_whose_turn_has_come(date for date in with_a_queue if date.may_offer())})


def _whose_turn_has_come(dates: Iterable[WorkshopDate]) -> set[int]:
    """Those of the dates where the first who waits fits, or anybody where gaps are filled."""
    by_pk = {date.pk: date for date in dates}
    waiting = Booking.objects.filter(date__in=by_pk, state=State.WAITING)
    first = waiting.order_by("date_id", "queued_at", "pk").distinct("date_id")
    anybody = waiting.filter(date__fill_gaps=True)
    return {
        booking.date_id
        for booking in [*first, *anybody]
        if by_pk[booking.date_id].has_room_for(booking.places, booking.support_workers)
    }


def settle_due() -> int:
    """Do what is due on every date; on how many."""
    dates = due()
    for date_id in dates:
        # Busy: many are reserving there at this moment, and each of them settles it too.
        with contextlib.suppress(Busy):
            settle_date(date_id)
    return len(dates)


def dates_to_ring_for() -> list[WorkshopDate]:
    """Dates where booking has closed, places are free and somebody waits: staff ring down the list."""
    now = timezone.now()
    closed = Q(booking_closes_at__lte=now) | Q(starts_at__lte=now)
    dates = WorkshopDate.objects.upcoming().filter(closed, state=WorkshopDate.State.SCHEDULED, waiting__gt=0)
    return list(dates.with_room())


# The queue explains itself


@dataclass(frozen=True)
class Entry:
    """One in the queue, as staff see it: why they were or were not offered a place, and what can be done."""

    booking: Booking
    number: int | None
    why: str
    is_to_be_rung: bool = False
    can_be_given: bool = False

    @property
    def reach(self) -> str:
        """As they asked for; where there is no time for a mail, by telephone if that is possible."""
        is_urgent = self.is_to_be_rung or self.can_be_given
        return (is_urgent and reaching.by_telephone(self.booking)) or reaching.first(self.booking)


def explained(date: WorkshopDate) -> list[Entry]:
    """Everybody with an offer, everybody who waits, in order, and those whose offer has ended."""
    entries = [_offered_entry(booking) for booking in date.bookings.offered().prefetch_related("ring_tasks")]
    blocked_by: Booking | None = None
    for number, booking in enumerate(date.bookings.waiting_in_order(), start=1):
        entries.append(_waiting_entry(date, booking, number, blocked_by))
        if blocked_by is None and not date.has_room_for(booking.places, booking.support_workers):
            blocked_by = booking
    lapsed = date.bookings.filter(state=State.LAPSED).order_by("queued_at", "pk")
    return entries + [Entry(booking, None, LAPSED_IN_WORDS) for booking in lapsed]


def _offered_entry(booking: Booking) -> Entry:
    is_to_be_rung = any(task.why == RingTask.Why.OFFER and task.done_at is None for task in booking.ring_tasks.all())
    if booking.offer_has_ended:
        return Entry(booking, None, f"Had an offer until {booking.answer_by}; it is just ending.")
    if is_to_be_rung:
        reason = "the workshop is near" if booking.email else "they have no e-mail"
        return Entry(booking, None, f"Place held for them. Ring them: {reason}. No clock runs yet.", is_to_be_rung=True)
    return Entry(booking, None, f"Offered. They have until {booking.answer_by} to answer.")


def _waiting_entry(date: WorkshopDate, booking: Booking, number: int, blocked_by: Booking | None) -> Entry:
    has_room = date.has_room_for(booking.places, booking.support_workers)
    if date.is_postponed:
        return Entry(booking, number, "The date is postponed: places are offered again once it has a new time.")
    if not date.may_offer():
        why = "Booking has closed: ring them, in order." if has_room else f"Booking has closed; {_free(date)}."
        return Entry(booking, number, why, can_be_given=has_room and date.is_still_to_come)
    if date.ordinary_left == 0:
        return Entry(booking, number, "Not offered: no place is free.")
    if not has_room:
        passed = " Smaller groups may fill the gap." if date.fill_gaps else ""
        return Entry(booking, number, f"Not offered: asks for {_asked_for(booking)}; {_free(date)}.{passed}")
    if blocked_by and not date.fill_gaps:
        return Entry(
            booking, number, f"Would fit, but {blocked_by} asked earlier, for {_asked_for(blocked_by)}, and goes first."
        )
    return Entry(booking, number, "Their turn: the offer goes out within a minute.")


def _free(date: WorkshopDate) -> str:
    return f"only {date.ordinary_left} ordinary and {date.support_left} support places are free"


def _asked_for(booking: Booking) -> str:
    people = "1 place" if booking.places == 1 else f"{booking.places} places"
    if not booking.support_workers:
        return people
    return f"{people} and {booking.support_workers} for support workers"
