"""Offers: who gets them, by when they are to be answered, and what becomes of them."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from events import bookings, changing_dates, corrections, jobs, waiting_list
from events.bookings import BookingRefused, Person
from events.models import AccessNeed, Booking, RingTask, WorkshopDate
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import book, create_date, create_user

pytestmark = pytest.mark.django_db

WAITING, OFFERED, CONFIRMED, CANCELLED, LAPSED = (
    Booking.State.WAITING,
    Booking.State.OFFERED,
    Booking.State.CONFIRMED,
    Booking.State.CANCELLED,
    Booking.State.LAPSED,
)
MONDAY = datetime.fromisoformat("2019-09-30T10:00+01:00")
THURSDAY_NOON = datetime.fromisoformat("2019-10-03T12:00+01:00")
WORKSHOP = datetime.fromisoformat("2019-10-28T11:00+00:00")


@pytest.fixture(autouse=True)
def clock(time_machine):
    """A Monday, four weeks before the workshop. Move it with `clock.move_to(...)`."""
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


@pytest.fixture
def staff():
    return create_user()


def full_date(*waiting, places=1, **fields):
    """A date whose places `Holder 0`, `Holder 1` ... have, and behind them those who wait: names, or (name, people)."""
    date = create_date(starts_at=WORKSHOP, places=places, **fields)
    holders = [book(date, f"Holder {number}") for number in range(date.ordinary_left)]
    queue = [book(date, one) if isinstance(one, str) else book(date, one[0], people=one[1]) for one in waiting]
    return date, holders, queue


def states(*names):
    """How the bookings of these contacts stand, the newest of each."""
    found = dict(Booking.objects.order_by("pk").values_list("contact_name", "state"))
    return [found[name] for name in names]


def mails(name):
    return [m.template.rpartition("/")[2] for m in OutgoingMail.objects.order_by("pk") if name.lower() in m.recipient]


# Offering


def test_a_place_that_becomes_free_is_offered_to_the_first_who_asked():
    date, (holder,), (ann, _bob) = full_date("Ann", "Bob")

    bookings.cancel(holder)

    assert states("Ann", "Bob") == [OFFERED, WAITING]
    ann.refresh_from_db()
    assert ann.offer_ends_at == THURSDAY_NOON
    assert mails("ann") == ["booking_waiting", "offer"]
    mail = OutgoingMail.objects.get(template="events/email/offer")
    assert mail.text.startswith("We have a place for you. Tell us by Thursday 3 October, 12 noon.\n")
    assert "<h1>We have a place for you. Tell us by Thursday 3 October, 12 noon.</h1>" in mail.html
    entry = AuditEntry.objects.get(action="offered a place")
    assert (entry.actor, entry.actor_name) == (None, "the site")


def test_an_offer_holds_its_place_and_newcomers_wait():
    date, (holder,), _queue = full_date("Ann")
    bookings.cancel(holder)

    newcomer = book(date, "Zoe")

    date.refresh_from_db()
    assert newcomer.state == WAITING
    assert (date.taken, date.waiting, date.places_left) == (1, 1, 0)


def test_a_group_at_the_head_waits_for_enough_places_and_nobody_overtakes_it():
    date, holders, _queue = full_date(("Ann", 2), "Bob", places=2)

    bookings.cancel(holders[0])
    assert states("Ann", "Bob") == [WAITING, WAITING]

    bookings.cancel(holders[1])
    assert states("Ann", "Bob") == [OFFERED, WAITING]


def test_where_staff_let_smaller_groups_fill_gaps_the_next_who_fits_is_offered_the_place():
    date, holders, _queue = full_date(("Ann", 2), ("Bob", 2), "Cat", places=2, fill_gaps=True)

    bookings.cancel(holders[0])

    assert states("Ann", "Bob", "Cat") == [WAITING, WAITING, OFFERED]


def test_where_gaps_are_filled_a_newcomer_takes_only_what_nobody_who_waits_could_have():
    date, holders, _queue = full_date(("Ann", 2), places=2, fill_gaps=True)
    bookings.cancel(holders[0])
    date.refresh_from_db()
    assert date.places_left == 1

    assert book(date, "Zoe").state == CONFIRMED
    assert book(date, "Yan").state == WAITING


@pytest.mark.parametrize("fill_gaps", [False, True])
def test_whom_staff_enter_after_closing_does_not_overtake_those_on_the_ring_list(staff, fill_gaps):
    date, (holder,), _queue = full_date("Ann", fill_gaps=fill_gaps)
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())
    bookings.cancel(holder)

    assert book(date, "Zoe", by=staff).state == WAITING


def test_people_and_their_support_workers_are_offered_places_together():
    date = create_date(starts_at=WORKSHOP, places=3, support_places=1)
    first = book(date, "First", support_workers=1)
    book(date, "Second")
    ann = book(date, "Ann", support_workers=1)
    bob = book(date, "Bob")

    bookings.cancel(first)

    assert states("Ann", "Bob") == [OFFERED, WAITING]
    date.refresh_from_db()
    assert (date.ordinary_taken, date.support_taken) == (2, 1)
    bookings.cancel(ann)
    bob.refresh_from_db()
    assert bob.state == OFFERED


def test_who_comes_with_a_support_worker_is_not_offered_a_place_for_one():
    date, holders, _queue = full_date(places=2)
    book(date, "Ann", support_workers=1)
    book(date, "Bob")

    bookings.cancel(holders[0])
    assert states("Ann", "Bob") == [WAITING, WAITING]
    bookings.cancel(holders[1])
    assert states("Ann", "Bob") == [OFFERED, WAITING]


def test_support_places_are_for_everybody_from_the_chosen_time_on(clock):
    release_at = WORKSHOP - timedelta(days=7)
    date, _holders, _queue = full_date("Ann", "Bob", places=3, support_places=1, release_support_at=release_at)
    clock.move_to(release_at - timedelta(seconds=1), tick=False)
    waiting_list.settle_due()
    assert states("Ann", "Bob") == [WAITING, WAITING]

    clock.move_to(release_at, tick=False)
    waiting_list.settle_due()

    assert states("Ann", "Bob") == [OFFERED, WAITING]
    date.refresh_from_db()
    assert (date.ordinary_taken, date.ordinary_left, date.support_left) == (3, 0, 0)


def test_a_support_place_that_somebody_has_is_not_released(clock):
    release_at = WORKSHOP - timedelta(days=7)
    date = create_date(starts_at=WORKSHOP, places=3, support_places=1, release_support_at=release_at)
    book(date, "Holder", people=2, support_workers=1)
    book(date, "Ann")

    clock.move_to(release_at, tick=False)
    waiting_list.settle_due()

    assert states("Ann") == [WAITING]
    date.refresh_from_db()
    assert (date.support_is_released, date.ordinary_taken, date.ordinary_left) == (True, 3, 0)


def test_a_released_place_is_shown_and_taken_at_once_though_no_job_has_run(clock):
    release_at = WORKSHOP - timedelta(days=7)
    date, _holders, _queue = full_date(places=3, support_places=1, release_support_at=release_at)
    assert WorkshopDate.objects.get(pk=date.pk).places_left == 0

    clock.move_to(release_at, tick=False)

    assert WorkshopDate.objects.get(pk=date.pk).places_left == 1
    assert book(date, "Zoe").state == CONFIRMED


def test_who_needs_more_time_gets_more():
    date, (holder,), _queue = full_date()
    book(date, "Ann", needs_more_time=True)

    bookings.cancel(holder)

    assert Booking.objects.get(contact_name="Ann").answer_by == "Tuesday 8 October, 12 noon"


@pytest.mark.parametrize("fields", [{"state": "cancelled"}, {"booking_closes_at": MONDAY}, {"starts_at": MONDAY}])
def test_nothing_is_offered_for_a_date_that_is_cancelled_or_closed(fields):
    date, (holder,), _queue = full_date("Ann")
    WorkshopDate.objects.filter(pk=date.pk).update(ends_at=None, **fields)

    bookings.cancel(holder, by=create_user())
    waiting_list.settle_due()

    assert states("Ann") == [WAITING]


def test_a_place_left_free_by_whatever_else_is_offered_by_the_job():
    date, _holders, _queue = full_date("Ann")
    WorkshopDate.objects.filter(pk=date.pk).update(places=2)

    jobs.settle_waiting_lists(timestamp=0)

    assert states("Ann") == [OFFERED]


def test_the_job_touches_nothing_where_nothing_is_due():
    full_date("Ann")
    other, (holder,), _queue = full_date(("Bob", 1))
    bookings.cancel(holder)

    assert waiting_list.due() == []


def test_the_job_passes_by_a_date_whose_next_group_does_not_fit_unless_gaps_are_filled(django_assert_num_queries):
    date, (holder, _other), _queue = full_date(("Ann", 2), ("Bob", 2), places=2)
    bookings.cancel(holder)
    third, (held, _other), _queue = full_date(("Cat", 2), ("Dan", 1), places=2, area="Leeds")
    bookings.cancel(held)

    with django_assert_num_queries(4):
        assert waiting_list.due() == []
    WorkshopDate.objects.update(fill_gaps=True)
    assert waiting_list.due() == [third.pk]


def test_whom_staff_enter_after_booking_has_closed_does_not_get_what_somebody_who_waits_could_have(clock, staff):
    date, holders, _queue = full_date(("Ann", 2), "Bob", places=2, fill_gaps=True)
    clock.move_to(date.closes_at + timedelta(minutes=1), tick=False)
    bookings.cancel(holders[0], by=staff)

    assert states("Ann", "Bob") == [WAITING, WAITING]
    assert book(date, "Zoe", by=staff).state == WAITING
    assert book(date, "Yve", people=2, by=staff).state == WAITING


@pytest.mark.parametrize("places", [None, 3, 4, 5])
@pytest.mark.parametrize("fields", [{}, {"support_places": 1}, {"overbook": 1}, {"support_places": 2, "overbook": 1}])
@pytest.mark.parametrize("released", [False, True])
def test_many_dates_and_one_agree_whether_an_ordinary_place_is_free(places, fields, released):
    date = create_date(starts_at=WORKSHOP, places=places, support_is_released=released, **fields)
    while date.ordinary_left not in (None, 0):
        assert list(WorkshopDate.objects.with_room()) == [date]
        book(date, f"Person {date.ordinary_taken}")
        date.refresh_from_db()

    assert WorkshopDate.objects.with_room().exists() == (places is None)


# Saying yes and no


def test_saying_yes_twice_is_one_place_and_one_mail():
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)

    waiting_list.accept(ann)
    waiting_list.accept(ann)

    assert states("Ann") == [CONFIRMED]
    assert mails("ann") == ["booking_waiting", "offer", "booking_confirmed"]
    assert OutgoingMail.objects.latest("pk").calendar


def test_saying_no_offers_the_place_to_the_next_and_deletes_the_needs():
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", people=[Person("Ann", access="a ramp")])
    book(date, "Bob")
    bookings.cancel(holder)

    bookings.cancel(ann)

    assert states("Ann", "Bob") == [CANCELLED, OFFERED]
    assert not AccessNeed.objects.exists()
    assert OutgoingMail.objects.get(
        template="events/email/booking_cancelled", recipient="ann@example.org"
    ).text.startswith("You have said no to our offer. Thank you for telling us.")
    assert AuditEntry.objects.filter(action="said no to the offer").count() == 1


def test_leaving_the_head_of_the_queue_lets_the_next_who_fits_have_the_place():
    date, holders, (pair, _bob) = full_date(("Ann", 2), "Bob", places=2)
    bookings.cancel(holders[0])

    bookings.cancel(pair)

    assert states("Bob") == [OFFERED]
    last = OutgoingMail.objects.filter(recipient="ann@example.org").latest("pk")
    assert "You have left the waiting list." in last.text


def test_nobody_takes_a_place_that_was_not_offered():
    _date, _holders, (ann,) = full_date("Ann")

    with pytest.raises(BookingRefused, match="no place for you yet"):
        waiting_list.accept(ann)
    bookings.cancel(ann)
    with pytest.raises(BookingRefused, match="cancelled"):
        waiting_list.accept(ann)


# Lapsing


def test_an_offer_that_nobody_answers_goes_to_the_next(clock):
    date, (holder,), _queue = full_date()
    book(date, "Ann", people=[Person("Ann", access="a ramp")])
    book(date, "Bob")
    bookings.cancel(holder)

    clock.move_to(THURSDAY_NOON - timedelta(seconds=1), tick=False)
    jobs.settle_waiting_lists(timestamp=0)
    assert states("Ann", "Bob") == [OFFERED, WAITING]

    clock.move_to(THURSDAY_NOON, tick=False)
    jobs.settle_waiting_lists(timestamp=0)
    jobs.settle_waiting_lists(timestamp=0)

    assert states("Ann", "Bob") == [LAPSED, OFFERED]
    assert mails("ann") == ["booking_waiting", "offer", "offer_lapsed"]
    assert not AccessNeed.objects.exists()
    assert Booking.objects.get(contact_name="Bob").answer_by == "Tuesday 8 October, 12 noon"


def test_an_overdue_offer_counts_as_ended_though_no_job_has_run(clock):
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    clock.move_to(THURSDAY_NOON, tick=False)

    ann.refresh_from_db()
    date = WorkshopDate.objects.get(pk=date.pk)
    assert (ann.is_offered, ann.offer_has_ended) == (False, True)
    assert (date.places_left, date.availability_sentence) == (1, "1 place left")
    assert book(date, "Zoe").state == CONFIRMED
    assert states("Ann") == [LAPSED]


def test_a_late_yes_works_if_there_is_room_and_nobody_waits(clock):
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", people=[Person("Ann", access="a ramp")])
    bookings.cancel(holder)
    clock.move_to(THURSDAY_NOON + timedelta(minutes=1), tick=False)

    ann.refresh_from_db()
    assert waiting_list.may_accept_late(ann)
    waiting_list.accept(ann)

    assert states("Ann") == [CONFIRMED]
    assert "offer_lapsed" not in mails("ann")
    assert AccessNeed.objects.exists()  # a minute late, and nothing is lost


def test_a_late_yes_never_overtakes_those_who_wait(clock):
    date, (holder,), (ann, _bob) = full_date("Ann", "Bob")
    bookings.cancel(holder)
    book(date, "Cat")
    clock.move_to(THURSDAY_NOON, tick=False)

    ann.refresh_from_db()
    assert not waiting_list.may_accept_late(ann)
    with pytest.raises(BookingRefused, match="gone to somebody else"):
        waiting_list.accept(ann)
    waiting_list.settle_due()
    with pytest.raises(BookingRefused, match="gone to somebody else"):
        waiting_list.accept(ann)
    assert states("Ann", "Bob", "Cat") == [LAPSED, OFFERED, WAITING]


def test_a_late_yes_after_the_offer_was_ended_takes_a_place_that_is_free(clock, staff):
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    clock.move_to(THURSDAY_NOON, tick=False)
    waiting_list.settle_due()

    waiting_list.accept(ann, by=staff)

    assert states("Ann") == [CONFIRMED]
    assert AuditEntry.objects.get(action="accepted the offer late").actor == staff


def test_a_late_yes_finds_no_room_when_the_place_was_taken_meanwhile(clock):
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    clock.move_to(THURSDAY_NOON, tick=False)
    book(date, "Zoe")

    with pytest.raises(BookingRefused, match="gone to somebody else"):
        waiting_list.accept(ann)


def test_a_late_yes_after_booking_has_closed_is_for_staff_to_hear(clock, staff):
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    clock.move_to(WORKSHOP - timedelta(minutes=1), tick=False)
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())

    with pytest.raises(BookingRefused, match="Please ring us"):
        waiting_list.accept(ann)
    assert waiting_list.accept(ann, by=staff).state == CONFIRMED


def test_who_has_asked_again_since_does_not_get_two_places_by_a_late_yes(clock):
    date, holders, (ann,) = full_date("Ann", places=2)
    bookings.cancel(holders[0])
    clock.move_to(THURSDAY_NOON, tick=False)
    assert book(date, "Ann").state == CONFIRMED
    bookings.cancel(holders[1])

    with pytest.raises(BookingRefused, match="newest mail"):
        waiting_list.accept(ann)


# The telephone


def test_without_e_mail_no_clock_runs_until_staff_have_reached_the_person(clock, staff):
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", email="", phone="0151 496 0000")
    book(date, "Bob")
    bookings.cancel(holder)
    task = RingTask.objects.get()
    assert (task.booking, task.why, str(task.due_on)) == (ann, "offer", "2019-09-30")

    clock.move_to(MONDAY + timedelta(days=14), tick=False)
    waiting_list.settle_due()
    assert states("Ann") == [OFFERED]

    waiting_list.reached(ann, by=staff)
    waiting_list.reached(ann, by=staff)
    ann.refresh_from_db()
    assert ann.answer_by == "Thursday 17 October, 12 noon"

    clock.move_to(ann.offer_ends_at, tick=False)
    waiting_list.settle_due()
    assert states("Ann", "Bob") == [LAPSED, OFFERED]
    assert [(t.booking, t.why, t.done_at is None) for t in RingTask.objects.order_by("pk")] == [
        (ann, "offer", False),
        (ann, "lapsed", True),
    ]


def test_noting_again_that_somebody_was_reached_gives_them_no_more_time(clock, staff):
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", email="", phone="0151 496 0000")
    bookings.cancel(holder)
    until = waiting_list.reached(ann, by=staff).offer_ends_at
    clock.move_to(MONDAY + timedelta(days=1), tick=False)

    assert waiting_list.reached(ann, by=staff).offer_ends_at == until
    assert AuditEntry.objects.filter(action="reached them by telephone").count() == 1


def test_when_the_workshop_is_near_staff_ring_and_the_mail_says_so(clock):
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", phone="0151 496 0000")
    clock.move_to("2019-10-24T10:00+01:00", tick=False)  # Thursday; the workshop is on Monday

    bookings.cancel(holder)

    ann.refresh_from_db()
    assert (ann.state, ann.offer_ends_at) == (OFFERED, WORKSHOP)
    assert RingTask.objects.get().booking == ann
    assert "We also try to ring you on 0151 496 0000." in OutgoingMail.objects.get(template="events/email/offer").text


def test_who_could_not_be_told_in_time_keeps_their_place_in_the_queue(clock, staff):
    date, (holder,), _queue = full_date(booking_closes_at=WORKSHOP - timedelta(hours=24))
    ann = book(date, "Ann", email="", phone="0151 496 0000")
    bob = book(date, "Bob")
    bookings.cancel(holder)

    clock.move_to(date.closes_at, tick=False)
    waiting_list.settle_due()

    assert states("Ann", "Bob") == [WAITING, WAITING]
    assert waiting_list.dates_to_ring_for() == [date]
    assert waiting_list.give_place(ann, by=staff).state == CONFIRMED
    assert waiting_list.dates_to_ring_for() == []
    with pytest.raises(BookingRefused, match="is first and asks for 1 place"):
        waiting_list.give_place(bob, by=staff)


def test_a_call_is_due_on_the_next_day_on_which_somebody_is_in(clock):
    date, (holder,), _queue = full_date()
    book(date, "Ann", email="", phone="0151 496 0000")
    clock.move_to("2019-10-05T10:00+01:00", tick=False)  # a Saturday

    bookings.cancel(holder)

    assert str(RingTask.objects.get().due_on) == "2019-10-07"


def test_a_task_is_done_when_what_was_to_tell_is_overtaken(staff):
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", email="", phone="0151 496 0000")
    bookings.cancel(holder)

    waiting_list.accept(ann, by=staff)

    task = RingTask.objects.get()
    assert (task.done_by, task.done_at is None) == (staff, False)


def test_cancelling_the_date_asks_staff_to_ring_those_without_e_mail(staff):
    date, _holders, _queue = full_date("Bob")
    ann = book(date, "Ann", email="", phone="0151 496 0000")

    changing_dates.cancel_date(date, by=staff)

    assert [(task.booking, task.why) for task in RingTask.objects.all()] == [(ann, "date cancelled")]
    assert not Booking.objects.active().exists()


# Changes while an offer stands


def test_a_corrected_address_begins_the_offer_anew(clock):
    date, (holder,), _queue = full_date()
    ann = book(date, "Ann", email="ann@exmaple.org")
    bookings.cancel(holder)
    clock.move_to(MONDAY + timedelta(hours=23), tick=False)

    corrections.correct_address(ann, email="ann@example.org")

    ann.refresh_from_db()
    assert (ann.state, ann.answer_by) == (OFFERED, "Friday 4 October, 12 noon")
    assert mails("ann@example.org") == ["offer"]


def test_who_says_on_the_phone_that_they_need_more_time_gets_it(staff):
    _date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    contact = {"contact_name": "Ann", "email": "ann@example.org", "phone": "", "organisation": ""}

    corrections.correct_contact(ann, **contact, needs_more_time=True, by=staff)

    ann.refresh_from_db()
    assert ann.answer_by == "Tuesday 8 October, 12 noon"
    assert mails("ann") == ["booking_waiting", "offer", "offer"]


def test_nobody_is_offered_a_place_a_moment_before_the_date_is_cancelled(clock, staff):
    date, (holder,), _queue = full_date("Ann", "Bob")
    bookings.cancel(holder)
    clock.move_to(THURSDAY_NOON, tick=False)

    changing_dates.cancel_date(date, by=staff)

    assert (mails("ann")[2:], mails("bob")[1:]) == (["date_cancelled"], ["date_cancelled"])


def test_taking_the_address_off_makes_the_offer_a_call(staff):
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)

    corrections.correct_contact(
        ann, contact_name="Ann", email="", phone="0151 496 0000", organisation="", needs_more_time=False, by=staff
    )

    ann.refresh_from_db()
    assert (ann.state, ann.offer_ends_at) == (OFFERED, date.closes_at)
    assert RingTask.objects.get(done_at=None).booking == ann


def test_no_offer_goes_on_past_a_closing_that_was_brought_forward():
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=THURSDAY_NOON - timedelta(days=1))

    waiting_list.date_changed(date)

    ann.refresh_from_db()
    assert ann.offer_ends_at == THURSDAY_NOON - timedelta(days=1)
    assert RingTask.objects.get().booking == ann  # too near now, so staff ring


def test_who_reserves_again_while_a_place_is_held_for_them_and_others_are_free_has_said_yes():
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)
    WorkshopDate.objects.filter(pk=date.pk).update(places=5)

    book(date, "Ann")

    assert states("Ann") == [CONFIRMED]
    assert mails("ann")[-2:] == ["booking_confirmed", "booking_reserved_again"]


def test_who_reserves_again_on_a_full_date_is_told_by_mail_that_an_offer_waits():
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)

    again = bookings.reserve(date, contact_name="Ann", email="ann@example.org")

    assert again.request.as_booking().state == WAITING  # as a stranger would be told
    assert "We have a place for you. Tell us by Thursday 3 October, 12 noon." in OutgoingMail.objects.latest("pk").text
    assert states("Ann") == [OFFERED]


def test_the_same_people_get_no_second_entry_while_they_have_an_offer():
    date, (holder,), (ann,) = full_date("Ann")
    bookings.cancel(holder)

    assert book(date, "Ann") == ann


# The database


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "offered", "offer_ends_at": None},
        {"state": "waiting", "offer_ends_at": THURSDAY_NOON},
        {"state": "confirmed", "offer_ends_at": THURSDAY_NOON},
    ],
)
def test_the_database_wants_a_deadline_for_offers_and_for_nothing_else(fields):
    _date, _holders, (ann,) = full_date("Ann", places=5)
    ann.state = WAITING

    with pytest.raises(IntegrityError, match="booking_has_a_deadline_while_offered"), transaction.atomic():
        Booking.objects.filter(pk=ann.pk).update(**fields)


def test_the_database_counts_offers_as_taken_and_keeps_the_first_end():
    date, holders, (ann, bob) = full_date("Ann", "Bob", places=2)
    for holder in holders:
        bookings.cancel(holder)

    date.refresh_from_db()
    assert (date.ordinary_taken, date.first_offer_ends_at) == (2, THURSDAY_NOON)
    Booking.objects.filter(pk=bob.pk).update(offer_ends_at=MONDAY)
    date.refresh_from_db()
    assert date.first_offer_ends_at == MONDAY
    with pytest.raises(IntegrityError, match="date_is_not_oversold"), transaction.atomic():
        WorkshopDate.objects.filter(pk=date.pk).update(places=1)
    with pytest.raises(IntegrityError, match="ring_task_is_open_once"), transaction.atomic():
        RingTask.objects.bulk_create(RingTask(booking=ann, why="offer", due_on="2019-10-01") for _ in range(2))
