"""The queue under anything that people, staff and the clock may do, in any order."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from events import bookings, changing_bookings, waiting_list
from events.bookings import BookingRefused
from events.models import Booking, RingTask, WorkshopDate
from tests.factories import book, create_date, create_user

pytestmark = pytest.mark.django_db

MONDAY = datetime.fromisoformat("2019-10-14T10:00+01:00")
HOLDS = ("offered", "confirmed")


class Queue(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.clock = time_machine.travel(MONDAY, tick=False)
        self.traveller = self.clock.start()
        self.staff = create_user()
        self.date = create_date(starts_at=MONDAY + timedelta(days=14, hours=2), places=5, support_places=1)
        self.other = create_date(
            workshop=self.date.workshop, area="Leeds", starts_at=MONDAY + timedelta(days=21), places=4
        )
        self.people = 0
        self.is_settled = True
        self.before = {}

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    # What may happen

    def done(self, activity, *args, **kwargs):
        """Whatever is done settles the date, unless it is refused and nothing happens at all."""
        self.before = self.states()
        try:
            with transaction.atomic():
                result = activity(*args, **kwargs)
        except BookingRefused:
            assert self.states() == self.before
            return None
        self.is_settled = True
        self.offers_left_in_order(given=activity is waiting_list.give_place)
        return result

    @rule(people=st.integers(1, 3), support=st.integers(0, 2), by_phone=st.booleans(), more_time=st.booleans())
    def request(self, people, support, by_phone, more_time):
        self.people += 1
        booking = self.done(
            book,
            self.date,
            f"Person {self.people}",
            people=people,
            support_workers=support,
            needs_more_time=more_time,
            **({"email": "", "phone": f"0151 496 {self.people:04}"} if by_phone else {}),
        )
        if booking and booking.state == "confirmed":
            self.nobody_was_overtaken()

    @rule(data=st.data())
    @precondition(lambda self: self.some("offered", "lapsed"))
    def accept(self, data):
        booking = data.draw(st.sampled_from(self.some("offered", "lapsed")))
        was_late = booking.offer_has_ended
        if self.done(waiting_list.accept, booking) and was_late:
            self.nobody_was_overtaken(strictly=True)

    @rule(data=st.data())
    @precondition(lambda self: self.some("waiting", "offered", "confirmed"))
    def cancel(self, data):
        self.done(bookings.cancel, data.draw(st.sampled_from(self.some("waiting", "offered", "confirmed"))))

    @rule(people=st.integers(1, 3), data=st.data())
    def request_there(self, people, data):
        """On the other date of the workshop, from where people come over and to where they go."""
        self.people += 1
        self.done(
            book, self.other, f"Person {self.people}", people=people, support_workers=data.draw(st.integers(0, 1))
        )

    @rule(people=st.integers(1, 4), support=st.integers(0, 3), data=st.data())
    @precondition(lambda self: self.some("waiting", "offered", "confirmed"))
    def change_number(self, people, support, data):
        booking = data.draw(st.sampled_from(self.some("waiting", "offered", "confirmed")))
        leaving = [place.pk for place in booking.people.order_by("-position")[: max(0, booking.places - people)]]
        had, held = booking.places, self.needed(self.some(*HOLDS))
        changed = self.done(
            changing_bookings.change_number, booking, people=people, support_workers=support, leaving=leaving
        )
        if not changed:
            return
        assert (changed.places, changed.support_workers) == (people, support) == self.counted(changed)
        if booking.state in HOLDS and self.needed(self.some(*HOLDS)) > held:
            self.nobody_was_overtaken()
        if booking.state == "waiting" and people > had:
            assert booking.pk == max((b.queued_at, b.pk) for b in [*self.queue(), changed])[1] or not self.queue()

    @rule(data=st.data())
    @precondition(lambda self: self.some("waiting", "offered", "confirmed"))
    def move_there(self, data):
        booking = data.draw(st.sampled_from(self.some("waiting", "offered", "confirmed")))
        if moved := self.done(changing_bookings.move_to_date, booking, self.other):
            assert (moved.state, moved.date_id) == ("confirmed", self.other.pk)
            assert not self.some("waiting", date=self.other)

    @rule(data=st.data())
    @precondition(lambda self: self.some("waiting", "offered", "confirmed", date=self.other))
    def come_over(self, data):
        booking = data.draw(st.sampled_from(self.some("waiting", "offered", "confirmed", date=self.other)))
        if self.done(changing_bookings.move_to_date, booking, self.date):
            self.nobody_was_overtaken()

    @rule(data=st.data())
    @precondition(lambda self: self.some("waiting", "offered", "confirmed"))
    def hand_over(self, data):
        booking = data.draw(st.sampled_from(self.some("waiting", "offered", "confirmed")))
        self.people += 1
        to = {"contact_name": f"Person {self.people}", "email": f"person.{self.people}@example.org"}
        if given := self.done(changing_bookings.hand_over, booking, **to):
            assert (booking.state, given.places) == ("confirmed", booking.places)

    @rule(data=st.data())
    @precondition(lambda self: self.some("offered"))
    def reach(self, data):
        self.done(waiting_list.reached, data.draw(st.sampled_from(self.some("offered"))), by=self.staff)

    @rule(data=st.data())
    @precondition(lambda self: self.some("waiting"))
    def give(self, data):
        self.done(waiting_list.give_place, data.draw(st.sampled_from(self.some("waiting"))), by=self.staff)

    @rule(hours=st.integers(1, 72), a_job_runs=st.booleans())
    def time_passes(self, hours, a_job_runs):
        self.traveller.shift(timedelta(hours=hours))
        self.is_settled = False
        if a_job_runs:
            self.before = self.states()
            waiting_list.settle_due()
            self.is_settled = True
            self.offers_left_in_order()

    @rule(more=st.integers(-2, 2))
    def resize(self, more):
        date = WorkshopDate.objects.get(pk=self.date.pk)
        date.places = max(2, date.places + more)
        if date._ordinary_taken() <= date._ordinary_places():
            date.save()
            self.done(waiting_list.date_changed, date)

    @rule(may=st.booleans())
    def fill_gaps(self, may):
        WorkshopDate.objects.filter(pk=self.date.pk).update(fill_gaps=may)
        self.done(waiting_list.date_changed, self.date)

    @rule(hours=st.integers(1, 24 * 14))
    def release(self, hours):
        at = self.date.starts_at - timedelta(hours=hours)
        WorkshopDate.objects.filter(pk=self.date.pk, support_is_released=False).update(release_support_at=at)
        self.is_settled = False

    # What must hold

    @invariant()
    def the_counters_of_the_other_date_are_too(self):
        other, held = WorkshopDate.objects.get(pk=self.other.pk), self.some(*HOLDS, date=self.other)
        assert other.taken == sum(b.places + b.support_workers for b in held) <= other.places
        assert other.waiting == len(self.some("waiting", date=self.other))

    @invariant()
    def the_counters_are_the_sum_and_within_the_limit(self):
        date, held = self.now(), self.some(*HOLDS)
        people, support = sum(b.places for b in held), sum(b.support_workers for b in held)
        assert date.ordinary_taken + date.support_taken == people + support
        assert date.waiting == len(self.some("waiting"))
        assert self.needed(held) <= date.places - self.held_back()
        assert date.first_offer_ends_at == min((b.offer_ends_at for b in self.some("offered")), default=None)

    @invariant()
    def nobody_who_fits_waits_while_a_place_is_free(self):
        date = self.now()
        if self.is_settled and date.may_offer():
            queue = self.queue() if date.fill_gaps else self.queue()[:1]
            assert not [booking for booking in queue if self.fits(booking)]

    @invariant()
    def no_offer_is_overdue_or_past_closing_once_settled(self):
        for booking in self.some("offered"):
            assert booking.offer_ends_at <= self.date.closes_at
            assert booking.is_offered or not self.is_settled

    @invariant()
    def a_call_is_open_only_for_somebody_with_an_offer(self):
        calls = RingTask.objects.filter(why="offer", done_at=None).values_list("booking__state", flat=True)
        assert set(calls) <= {"offered"}

    @invariant()
    def every_entry_is_explained(self):
        date = self.now()
        assert [entry.booking for entry in waiting_list.explained(date) if entry.number] == self.queue()

    def offers_left_in_order(self, *, given=False):
        """Nobody who was passed over could have had the place."""
        if given:
            return
        moved = [b for b in self.some(*HOLDS) if self.before.get(b.pk, "waiting") == "waiting" and b.pk in self.before]
        last = max(((b.queued_at, b.pk) for b in moved), default=None)
        if last:
            passed_over = [b for b in self.queue() if (b.queued_at, b.pk) < last and self.before.get(b.pk) == "waiting"]
            assert not passed_over or (self.now().fill_gaps and not any(self.fits(b) for b in passed_over))

    def nobody_was_overtaken(self, *, strictly=False):
        queue = self.queue()
        assert not queue or (not strictly and self.now().fill_gaps and not any(self.fits(b) for b in queue))

    # Reckoned anew, without the code under test

    def now(self):
        return WorkshopDate.objects.get(pk=self.date.pk)

    def states(self):
        return dict(Booking.objects.values_list("pk", "state"))

    def some(self, *states, date=None):
        on_date = Booking.objects.filter(date=date or self.date).select_related("date").order_by("queued_at", "pk")
        return [booking for booking in on_date if booking.state in states]

    def counted(self, booking):
        return booking.people.count(), Booking.objects.get(pk=booking.pk).support_workers

    def queue(self):
        return self.some("waiting")

    def held_back(self):
        date = self.now()
        return 0 if date.support_is_released else date.support_places

    def needed(self, held):
        support = sum(b.support_workers for b in held)
        return sum(b.places for b in held) + max(0, support - self.held_back())

    def fits(self, booking):
        return self.needed([*self.some(*HOLDS), booking]) <= self.now().places - self.held_back()


def test_the_queue_is_fair_whatever_happens():
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
