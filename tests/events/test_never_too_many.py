"""Never one person too many: the control shows that the race is real, then each guard holds alone, then both."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from events import bookings, locking, waiting_list
from events.models import Booking, WorkshopDate
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_date

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ATTEMPTS, PLACES = 16, 48, 20


def in_threads(attempt):
    """Run `attempt(number)` ATTEMPTS times in THREADS threads that start together; what came of each."""
    outcomes, barrier = [], threading.Barrier(THREADS)

    def work(first):
        try:
            barrier.wait()
            for number in range(first, ATTEMPTS, THREADS):
                try:
                    outcomes.append(attempt(number))
                except (IntegrityError, OperationalError) as error:
                    outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(first,)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def people_with_a_place(date):
    return sum(b.places + b.support_workers for b in Booking.objects.filter(date=date).holding_a_place())


def reserve(date):
    return lambda number: book(date, f"Person {number}").state


@pytest.fixture
def no_lock(monkeypatch):
    """The date is read as it is and not locked; a moment passes, as in a busy process."""

    def only_read(date_id):
        date = WorkshopDate.objects.select_related("workshop", "venue").get(pk=date_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")
        return date

    monkeypatch.setattr(locking, "lock_date", only_read)


@pytest.fixture
def no_guard_in_the_database():
    """The counters are still kept, but the CHECK that refuses is gone."""
    constraint = next(c for c in WorkshopDate._meta.constraints if c.name == "date_is_not_oversold")
    with connection.schema_editor() as editor:
        editor.remove_constraint(WorkshopDate, constraint)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_booking CASCADE")
        cursor.execute("UPDATE events_workshopdate SET places = places")
    with connection.schema_editor() as editor:
        editor.add_constraint(WorkshopDate, constraint)


def test_without_both_guards_the_race_oversells(no_lock, no_guard_in_the_database):
    date = create_date(places=PLACES)

    in_threads(reserve(date))

    assert people_with_a_place(date) > PLACES


def test_the_lock_alone_never_oversells(no_guard_in_the_database):
    date = create_date(places=PLACES)

    outcomes = in_threads(reserve(date))

    assert people_with_a_place(date) == PLACES
    assert outcomes.count(Booking.State.WAITING) == ATTEMPTS - PLACES


def test_the_database_alone_never_oversells(no_lock):
    date = create_date(places=PLACES)

    in_threads(reserve(date))

    assert people_with_a_place(date) == PLACES


def test_both_guards_never_oversell_and_refuse_nobody():
    date = create_date(places=PLACES)

    outcomes = in_threads(reserve(date))

    assert people_with_a_place(date) == PLACES
    assert sorted(outcomes) == [Booking.State.CONFIRMED] * PLACES + [Booking.State.WAITING] * (ATTEMPTS - PLACES)
    date.refresh_from_db()
    assert (date.ordinary_taken, date.waiting) == (PLACES, ATTEMPTS - PLACES)


def test_groups_with_support_workers_never_oversell():
    date = create_date(places=PLACES, support_places=4)

    in_threads(lambda n: book(date, f"Person {n}", people=1 + n % 3, support_workers=n % 2).state)

    date.refresh_from_db()
    assert date.ordinary_taken <= PLACES - 4
    assert date.support_taken <= 4
    assert people_with_a_place(date) == date.ordinary_taken + date.support_taken


def test_a_double_click_in_parallel_is_one_booking():
    date, request_id = create_date(places=PLACES), uuid.uuid4()

    found = in_threads(lambda number: book(date, "Ann", request_id=request_id).pk)

    assert len(set(found)) == 1
    assert Booking.objects.count() == 1


def test_cancelling_and_reserving_at_once_returns_each_place_once():
    date = create_date(places=THREADS)
    held = [book(date, f"Early {number}") for number in range(THREADS)]

    def attempt(number):
        if number < THREADS:
            return bookings.cancel(held[number]).state
        return book(date, f"Late {number}").state

    in_threads(attempt)

    date.refresh_from_db()
    assert date.taken == people_with_a_place(date) <= THREADS
    assert Booking.objects.filter(state=Booking.State.CANCELLED).count() == THREADS


def test_cancelling_accepting_refusing_and_reserving_at_once_offers_each_place_once_and_in_order():
    date = create_date(places=THREADS)
    held = [book(date, f"Early {number}") for number in range(THREADS)]
    queue = [book(date, f"Waiting {number}") for number in range(THREADS)]

    def attempt(number):
        turn, kind = divmod(number, 3)
        if kind == 0:
            return bookings.cancel(held[turn]).state
        if kind == 1:
            return answered(queue[turn], yes=turn % 2)
        return book(date, f"Late {number}").state

    in_threads(attempt)

    date.refresh_from_db()
    assert date.taken == people_with_a_place(date) == THREADS
    by_turn = list(date.bookings.exclude(contact_name__startswith="Early").order_by("queued_at", "pk"))
    first_waiting = next(n for n, booking in enumerate(by_turn) if booking.is_waiting)
    assert not [booking for booking in by_turn[first_waiting:] if booking.holds_a_place]
    offers = OutgoingMail.objects.filter(template="events/email/offer").values_list("recipient", flat=True)
    assert len(offers) == len(set(offers)) >= THREADS


def answered(booking, *, yes):
    """Their answer, if they have anything to answer yet."""
    try:
        return waiting_list.accept(booking).state if yes else bookings.cancel(booking).state
    except bookings.BookingRefused:
        return booking.state


def test_many_workers_that_notice_overdue_offers_at_once_end_each_once(time_machine):
    date = create_date(places=PLACES)
    held = [book(date, f"Early {number}") for number in range(PLACES)]
    for number in range(2 * PLACES):
        book(date, f"Waiting {number}")
    for booking in held:
        bookings.cancel(booking)
    time_machine.move_to(date.starts_at - timedelta(days=7))

    in_threads(lambda number: waiting_list.settle_due())

    mails = OutgoingMail.objects.filter(template="events/email/offer_lapsed").values_list("recipient", flat=True)
    assert len(mails) == len(set(mails)) == PLACES
    states = list(Booking.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["cancelled"] * PLACES + ["lapsed"] * PLACES + ["offered"] * PLACES


# The database holds against every way of writing


def oversell_by_save(date):
    booking = date.bookings.get(state=Booking.State.WAITING)
    booking.state = Booking.State.CONFIRMED
    booking.save()


def oversell_by_update(date):
    date.bookings.update(state=Booking.State.CONFIRMED)


def oversell_by_offers(date):
    date.bookings.filter(state=Booking.State.WAITING).update(state=Booking.State.OFFERED, offer_ends_at=date.starts_at)


def oversell_by_bulk_create(date):
    Booking.objects.bulk_create(
        [
            Booking(
                date=date, reference="99999999", state="confirmed", contact_name="x", email="x@example.org",
                coming_key="x", places=1,
            )
        ]
    )  # fmt: skip


def oversell_by_raw_sql(date):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_booking SET places = 9 WHERE date_id = %s AND state = 'confirmed'", [date.pk])


def oversell_by_lowering_places(date):
    date.places = 0
    date.save()


def oversell_by_moving_a_booking(date):
    other = create_date(places=1, starts_at=date.starts_at)
    book(other, "Zoe")
    Booking.objects.filter(date=other).update(date=date)


def oversell_by_lying_counters(date):
    WorkshopDate.objects.filter(pk=date.pk).update(ordinary_taken=0)
    date.bookings.update(state=Booking.State.CONFIRMED)


@pytest.mark.parametrize(
    "oversell",
    [
        oversell_by_save,
        oversell_by_update,
        oversell_by_offers,
        oversell_by_bulk_create,
        oversell_by_raw_sql,
        oversell_by_lowering_places,
        oversell_by_moving_a_booking,
        oversell_by_lying_counters,
    ],
)
def test_the_database_refuses(oversell):
    date = create_date(places=1)
    book(date, "Ann")
    book(date, "Bob")

    with pytest.raises(IntegrityError, match="date_is_not_oversold"), transaction.atomic():
        oversell(date)

    date.refresh_from_db()
    assert (date.places, date.taken, date.waiting) == (1, 1, 1)


def test_a_stale_save_of_the_date_heals_the_counters():
    date = create_date(places=5)
    stale = WorkshopDate.objects.get(pk=date.pk)
    book(date, "Ann")

    stale.area = "Leeds"
    stale.save()

    assert (stale.ordinary_taken, WorkshopDate.objects.get(pk=date.pk).ordinary_taken) == (1, 1)


def test_deleting_and_moving_bookings_recounts_both_dates():
    here, there = create_date(places=5), create_date(places=5)
    ann, bob = book(here, "Ann"), book(here, "Bob")

    ann.delete()
    here.refresh_from_db()
    assert here.ordinary_taken == 1
    Booking.objects.filter(pk=bob.pk).update(date=there)

    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.ordinary_taken, there.ordinary_taken) == (0, 1)


def test_repeatable_read_does_not_oversell_either():
    date = create_date(places=PLACES)

    def attempt(number):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            Booking.objects.create(
                date=date, reference=f"{number:08d}", state=Booking.State.CONFIRMED, contact_name="x",
                email=f"{number}@example.org", coming_key="x", places=1,
            )  # fmt: skip

    in_threads(attempt)

    assert people_with_a_place(date) <= PLACES


def test_a_date_locked_for_long_is_answered_with_a_sentence_in_time(monkeypatch):
    monkeypatch.setattr(locking, "LOCK_TIMEOUT", "100ms")
    date = create_date()
    locked, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            WorkshopDate.objects.select_for_update().get(pk=date.pk)
            locked.set()
            done.wait()
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    try:
        with pytest.raises(bookings.Busy, match="Nothing is lost"):
            book(date, "Ann")
    finally:
        done.set()
        holder.join()
    assert book(date, "Ann").state == Booking.State.CONFIRMED
