"""A rush on one date: staff hear of it once, nobody is refused, nobody waits longer than must be."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import bookings, jobs, rush
from events.models import Booking, RepeatedRequest
from sharedlives.foundation import limits
from sharedlives.foundation.models import LimitCount, OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_workshop
from tests.server import all_at_once, answers

pytestmark = pytest.mark.django_db

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture(autouse=True)
def _charity():
    create_charity()


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def requests(date, number, *, networks=None):
    for n in range(number):
        rush.note(date, f"198.51.100.{n % (networks or number)}")


def told():
    return list(OutgoingMail.objects.filter(template="events/email/rush").order_by("pk"))


def test_a_rush_is_told_to_the_charity_once_with_counts_and_the_way_to_its_bookings(clock):
    date = create_date(workshop=create_workshop(title="Planning together"))
    clock.shift(timedelta(minutes=4))
    requests(date, rush.UNUSUAL + 5, networks=7)

    jobs.tell_of_rushes(0)
    clock.shift(timedelta(minutes=1))
    requests(date, 10)
    jobs.tell_of_rushes(0)

    [mail] = told()
    assert mail.recipient == "office@example.org"
    assert mail.subject == f"Many people are reserving at once: {date}"
    assert mail.text.startswith(f"35 reservations came in 4 minutes for one date: {date}.")
    assert "They came from 7 networks. Nobody was refused" in mail.text
    assert f"https://www.example.org/admin/events/booking/?date__id__exact={date.pk}" in mail.text


def test_as_many_over_a_day_or_over_several_dates_are_no_rush(clock):
    dates = [create_date(area=f"Town {n}") for n in range(3)]
    for date in dates:
        requests(date, rush.UNUSUAL - 1)
    clock.shift(rush.WINDOW)
    requests(dates[0], rush.UNUSUAL - 1)

    jobs.tell_of_rushes(0)

    assert told() == []
    assert rush.rushes(within=timedelta(days=1)) == []


def test_a_rush_that_goes_on_or_comes_again_is_told_again_after_six_hours(clock):
    date = create_date()
    for hours in (0, 5, 2):
        clock.shift(timedelta(hours=hours))
        requests(date, rush.UNUSUAL)
        jobs.tell_of_rushes(0)

    assert len(told()) == 2


def test_without_a_mailbox_only_the_desk_tells(clock):
    create_charity(email="")
    requests(create_date(), rush.UNUSUAL)

    jobs.tell_of_rushes(0)

    assert told() == []
    assert len(rush.rushes(within=timedelta(days=1))) == 1


def test_the_desk_tells_of_the_busiest_stretch_of_each_date_since_yesterday(client, clock):
    quiet, busy = create_date(area="Leeds"), create_date(area="York")
    requests(quiet, 3)
    requests(busy, rush.UNUSUAL)
    clock.shift(rush.WINDOW)
    requests(busy, rush.UNUSUAL + 9, networks=3)
    clock.shift(timedelta(hours=1))
    client.force_login(create_user(is_staff=True, permissions=["events.view_booking"]))

    page = client.get("/admin/").content.decode()

    assert page.count("An unusual rush on") == 1
    assert "39 reservations in 10 minutes, from 3 networks" in page
    assert f"/admin/events/booking/?date__id__exact={busy.pk}" in page
    clock.shift(timedelta(days=1))
    assert "An unusual rush on" not in client.get("/admin/").content.decode()


def test_who_may_not_see_bookings_is_not_told(client, clock):
    requests(create_date(), rush.UNUSUAL)
    client.force_login(create_user(is_staff=True, permissions=["events.view_workshop"]))

    assert "An unusual rush on" not in client.get("/admin/").content.decode()


def test_nobody_is_refused_however_many_come(client, settings, clock):
    settings.TRUSTED_PROXY_COUNT = 1
    date = create_date(places=2)

    for n in range(rush.UNUSUAL + 3):
        sent = answers(_stamp(client, date), f"Person {n}")
        assert client.post(date.get_reserve_url(), sent, headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code == 302

    [found] = rush.rushes(within=timedelta(hours=1))
    assert (found.date, found.requests, found.networks) == (date, rush.UNUSUAL + 3, rush.UNUSUAL + 3)
    assert Booking.objects.count() == rush.UNUSUAL + 3


def _stamp(client, date):
    return client.get(date.get_reserve_url()).context["form"]["stamp"].value()


def test_watching_for_a_rush_costs_one_small_statement(django_assert_num_queries):
    date = create_date()

    with django_assert_num_queries(1):
        rush.note(date, "198.51.100.7")


def test_what_is_noted_holds_no_address_and_is_gone_with_the_other_counts():
    date = create_date()
    with time_machine.travel(timezone.now() - timedelta(days=1, minutes=11)):
        rush.note(date, "198.51.100.7")

    row = str(LimitCount.objects.values().get())
    assert "198.51" not in row
    assert f"events.workshopdate:{date.pk}" in row

    limits.forget_old_counts()
    assert not LimitCount.objects.exists()


def test_a_date_that_was_deleted_since_is_passed_over(clock):
    date = create_date()
    requests(date, rush.UNUSUAL)
    date.delete()

    assert rush.rushes(within=timedelta(days=1)) == []


# --- The same at the same moment ----------------------------------------------------------------------------------


def reserve_at_once(date, number, *, request_ids):
    """So many reserve at the same moment, all of them for Ann, with the request ids given in turn."""
    return all_at_once(
        number,
        lambda n: bookings.reserve(
            date, contact_name="Ann", email="ann@example.org", request_id=request_ids[n % len(request_ids)]
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_the_same_moment_are_one_booking():
    results = reserve_at_once(create_date(), 8, request_ids=[uuid.uuid4()])

    booking = Booking.objects.get()
    assert [reserved.request for reserved in results] == [booking] * 8
    assert RepeatedRequest.objects.count() == 0
    assert OutgoingMail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_that_repeat_a_booking_are_one_repeated_request():
    date = create_date()
    booking = book(date, "Ann")

    results = reserve_at_once(date, 8, request_ids=[uuid.uuid4()])

    repeat = RepeatedRequest.objects.get()
    assert [reserved.request for reserved in results] == [repeat] * 8
    assert Booking.objects.get() == booking


@pytest.mark.django_db(transaction=True)
def test_the_same_person_in_eight_tabs_at_the_same_moment_holds_one_booking_and_nothing_is_swallowed():
    results = reserve_at_once(create_date(), 8, request_ids=[uuid.uuid4() for _ in range(8)])

    booking = Booking.objects.get()
    assert {reserved.booking for reserved in results} == {booking}
    assert RepeatedRequest.objects.count() == 7
    assert len({reserved.request.request_id for reserved in results}) == 8


def test_a_reference_that_is_taken_is_not_given_again(monkeypatch):
    date = create_date()
    first = book(date, "Ann")
    references = iter([first.reference, "00000042"])
    monkeypatch.setattr(bookings, "new_reference", lambda: next(references))

    assert book(date, "Bob").reference == "00000042"


@pytest.mark.parametrize("places", [1, 20], ids=["waiting", "with a place"])
def test_while_the_date_is_locked_few_statements_make_a_booking(places):
    """What holds the lock holds up everybody: what needs no lock is asked before, or not at all."""
    date = create_date(places=places)
    book(date, "Ann")

    with CaptureQueriesContext(connection) as queries:
        book(date, "Bob")

    statements = [query["sql"] for query in queries.captured_queries]
    [locked_at] = [number for number, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql]
    # The booking, its people, the mail, its job, the log, and the end of the transaction.
    assert len(statements[locked_at + 1 :]) == 6


def test_the_mail_tells_a_newcomer_where_in_the_queue_they_stand():
    date = create_date(places=1)
    for name in ("Ann", "Bob"):
        book(date, name)

    waiting = book(date, "Cat")

    assert waiting.queue_words == "2nd of 2"
    assert "2nd of 2" in OutgoingMail.objects.latest("pk").text
