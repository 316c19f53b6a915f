"""The organisers' morning mail: on working days, once, in counts, about nobody by name, and none without news."""

from datetime import date as Day
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from events import bookings, closed_days, jobs, morning, ring_list, waiting_list
from events.bookings import Person
from events.models import AccessNeed, Booking, ClosedDay
from sharedlives.foundation import mail
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_workshop
from tests.server import all_at_once

pytestmark = pytest.mark.django_db

# A Tuesday, a working morning after a working day.
MORNING = "2019-10-15T09:15+01:00"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def olive():
    user = create_user(email="olive@example.org", name="Olive")
    user.groups.add(Group.objects.get(name="Workshop organisers"))
    return user


def at(text):
    return time_machine.travel(datetime.fromisoformat(text), tick=False)


def coming(**fields):
    return create_date(starts_at=datetime.fromisoformat("2019-12-02T11:00+00:00"), **fields)


def run(minute=MORNING):
    with at(minute):
        jobs.write_to_organisers(0)


def mornings():
    return list(OutgoingMail.objects.filter(template="events/email/morning").order_by("pk"))


def subjects():
    return [row.subject for row in mornings()]


def test_organisers_read_in_the_morning_what_is_new(olive):
    with at("2019-10-14T15:00+01:00"):
        date = coming(places=2)
        book(date, "Ann Merrow")
        book(date, "Bob Marsh", support_workers=1)
        book(date, "Cat Lamb")

    run()

    [row] = mornings()
    assert (row.recipient, row.subject) == ("olive@example.org", "This morning: 3 new bookings")
    assert row.text.startswith("This morning: 3 new bookings.\n")
    for body in (row.text, row.html):
        assert "3 new, 1 of 2 places taken, 2 waiting" in body
        assert f"https://www.example.org/admin/events/workshopdate/{date.pk}/change/" in body


def test_the_morning_mail_holds_nothing_about_anybody(olive):
    with at("2019-10-14T15:00+01:00"):
        date = coming()
        book(
            date, "Ann Merrow", email="ann.merrow@example.net", phone="0151 496 0044", organisation="Larks",
            people=[Person(name="Tib", access="A ramp, please", dietary="No nuts")],
        )  # fmt: skip
        book(date, "Phil Hollow", email="", phone="0151 496 0045")

    run()

    [row] = mornings()
    for body in (row.subject, row.text, row.html):
        for secret in ("Merrow", "ann.merrow", "0044", "Larks", "Tib", "ramp", "nuts", "Hollow", "0045"):
            assert secret not in body
    assert "1 need unanswered" in row.text


def test_everything_there_is_to_do_stands_in_it(olive):
    with at("2019-10-14T15:00+01:00"):
        date = coming(places=1)
        first = book(date, "Ann")
        book(date, "Bob")
        bookings.cancel(first)  # Bob is offered the place
        caller = book(date, "Phil", email="", phone="0151 496 0045")
        ring_list.add(caller, "changed")
        create_date(starts_at=datetime.fromisoformat("2019-10-29T11:00+00:00"), area="Birmingham city centre")
        coming(workshop=create_workshop(title="Without an end"), places=None)
        OutgoingMail.objects.filter(recipient="bob@example.org").update(
            state="bounced", lost_at=datetime.fromisoformat("2019-10-14T16:00+01:00")
        )

    run()

    [row] = mornings()
    lost = OutgoingMail.objects.filter(state="bounced").count()
    assert row.subject == (
        f"This morning: 2 new bookings, 1 person to ring, {lost} mails that did not arrive, 1 venue still to be found"
    )
    assert "2 new, 1 of 1 places taken, 1 waiting, 1 offer open." in row.text
    for words in (
        "Whom to ring today",
        "people do not know where yet",
        "Birmingham city centre",
        "mails failed or came",
    ):
        assert words in row.text
        assert words in row.html
    assert "No number of places is set" in row.text
    assert "Without an end" in row.text
    # The list of mails is closed to her: no link that leads nowhere.
    assert "outgoingmail" not in row.text + row.html


def test_who_may_see_the_mails_that_were_lost_has_a_link_to_them(olive):
    olive.groups.add(Group.objects.get(name="Office managers"))
    with at("2019-10-14T15:00+01:00"):
        book(coming(), "Bob")
        OutgoingMail.objects.update(state="bounced", lost_at=timezone.now())

    run()

    [row] = mornings()
    assert all("outgoingmail/?went=lost" in half for half in (row.text, row.html))


def test_a_postponed_date_whose_day_has_passed_and_needs_that_are_late_are_to_do(olive):
    with at("2019-09-02T15:00+01:00"):
        create_date(starts_at=datetime.fromisoformat("2019-10-14T11:00+01:00"), area="Leeds", state="postponed")
        book(coming(), "Ann", people=[Person(access="A ramp"), Person(dietary="No nuts")])
        AccessNeed.objects.filter(access="A ramp").update(due_on=Day(2019, 10, 14))
        AccessNeed.objects.filter(dietary="No nuts").update(due_on=Day(2019, 10, 15))

    run()

    [row] = mornings()
    assert row.subject == "This morning: 2 access needs unanswered, 1 of them late, 1 new time still to be set"
    for body in (row.text, row.html):
        assert "Postponed, the old day has passed" in body
        assert "Leeds, Monday 14 October 2019" in body


def test_on_a_morning_without_news_there_is_no_mail(olive):
    with at("2019-09-02T15:00+01:00"):
        book(coming(), "Ann")

    run()

    assert mornings() == []


def test_what_was_told_one_morning_is_no_news_the_next(olive):
    with at("2019-10-14T15:00+01:00"):
        date = coming()
        book(date, "Ann")
    run()
    run("2019-10-16T09:15+01:00")
    assert len(mornings()) == 1

    with at("2019-10-16T09:16+01:00"):
        book(date, "Bob")
    run("2019-10-16T09:20+01:00")
    assert len(mornings()) == 1
    run("2019-10-17T09:15+01:00")
    assert subjects()[1] == "This morning: 1 new booking"


@pytest.mark.parametrize(
    "minute",
    [
        "2019-10-15T09:14+01:00",  # too early
        "2019-10-15T12:00+01:00",  # no morning any more
        "2019-10-19T09:30+01:00",  # Saturday
        "2019-10-20T09:30+01:00",
        "2019-12-25T09:30+00:00",
        "2019-12-30T09:30+00:00",  # the week after Christmas
        "2020-01-01T09:30+00:00",
    ],
)
def test_nobody_gets_a_morning_mail_outside_working_mornings(olive, minute):
    with time_machine.travel(datetime.fromisoformat(minute) - timedelta(hours=2), tick=False):
        book(create_date(), "Ann")

    run(minute)

    assert mornings() == []


def test_after_days_on_which_the_office_was_closed_all_that_is_new_since_is_told(olive):
    ClosedDay.objects.update_or_create(day=Day(2019, 10, 14), defaults={"name": "Moving house", "is_closed": True})
    for minute in ("2019-10-11T09:20+01:00", "2019-10-13T12:00+01:00", "2019-10-15T09:10+01:00"):
        with at(minute):
            book(coming(workshop=create_workshop(title=minute, slug=f"w{minute[8:10]}")), "Ann")

    run()

    assert subjects() == ["This morning: 3 new bookings"]


@pytest.mark.parametrize(
    ("morning_of", "is_written"),
    [
        ("2019-10-28T09:14+00:00", False),
        ("2019-10-28T09:15+00:00", True),  # the Monday after the clocks went back
        ("2020-03-30T09:14+01:00", False),
        ("2020-03-30T09:15+01:00", True),
        ("2020-01-02T09:15+00:00", True),
        ("2020-03-02T09:15+00:00", True),
    ],
)
def test_the_time_is_that_of_the_clock_on_the_wall(olive, morning_of, is_written):
    with time_machine.travel(datetime.fromisoformat(morning_of) - timedelta(hours=3), tick=False):
        book(create_date(), "Ann")

    run(morning_of)

    assert bool(mornings()) is is_written


def test_a_morning_that_the_job_missed_is_told_of_on_the_next(olive):
    with at("2019-10-14T15:00+01:00"):
        book(coming(), "Ann")
    run()
    with at("2019-10-15T15:00+01:00"):
        book(coming(), "Bob")

    run("2019-10-17T11:50+01:00")  # on Wednesday no worker ran, and on Thursday one did late

    assert subjects()[1] == "This morning: 1 new booking"


@pytest.mark.parametrize(
    ("fields", "role", "gets_it"),
    [
        ({}, "Workshop organisers", True),
        ({}, "Read only", False),
        ({}, "Publishers", False),
        ({"is_superuser": True}, None, False),
        ({"is_superuser": True}, "Workshop organisers", True),
        ({"is_active": False}, "Workshop organisers", False),
        ({"is_staff": False}, "Workshop organisers", False),
    ],
)
def test_who_gets_it(fields, role, gets_it):
    user = create_user(**fields)
    if role:
        user.groups.add(Group.objects.get(name=role))
    with at("2019-10-14T15:00+01:00"):
        book(coming(), "Ann")

    run()

    assert [row.recipient for row in mornings()] == ([user.email] if gets_it else [])


def test_a_right_of_ones_own_counts_and_two_ways_to_it_bring_one_mail(olive):
    create_user(email="pat@example.org", permissions=["events.change_booking"])
    olive.user_permissions.set(Group.objects.get(name="Workshop organisers").permissions.all())
    with at("2019-10-14T15:00+01:00"):
        book(coming(), "Ann")

    run()

    assert sorted(row.recipient for row in mornings()) == ["olive@example.org", "pat@example.org"]


def test_a_cancelled_booking_is_no_news(olive):
    with at("2019-10-14T15:00+01:00"):
        bookings.cancel(book(coming(), "Ann"))

    run()

    assert mornings() == []


def test_a_call_due_later_is_not_for_this_morning(olive):
    with at("2019-09-02T15:00+01:00"):
        booking = book(coming(), "Phil", email="", phone="0151 496 0045")
        task = ring_list.add(booking, "changed")
        task.due_on = Day(2019, 10, 16)
        task.save()

    run()
    assert mornings() == []
    run("2019-10-16T09:15+01:00")
    assert subjects() == ["This morning: 1 person to ring"]


def test_an_overdue_offer_is_not_open(olive):
    with at("2019-10-07T15:00+01:00"):
        date = coming(places=1)
        first = book(date, "Ann")
        late = book(date, "Bob")
        bookings.cancel(first)
    with at("2019-10-14T15:00+01:00"):
        assert Booking.objects.get(pk=late.pk).offer_has_ended
        book(coming(workshop=create_workshop(title="Other")), "Cat")

    run()

    assert "offer open" not in mornings()[0].text
    with at(MORNING):
        assert waiting_list.settle_due() == 1


def test_many_dates_stand_in_a_mail_that_can_still_be_read(olive):
    with at("2019-10-14T15:00+01:00"):
        workshop = create_workshop()
        for number in range(45):
            book(coming(workshop=workshop, area=f"Town {number}"), "Ann")

    run()

    [row] = mornings()
    assert row.text.count("1 new, ") == 40
    assert "And 5 more:" in row.text


def test_a_report_takes_the_same_queries_for_one_date_and_for_three(django_assert_max_num_queries):
    now = datetime.fromisoformat("2019-10-15T12:00+01:00")

    def queries():
        with at("2019-10-15T12:00+01:00"), django_assert_max_num_queries(20) as captured:
            morning.report_of(since=now - timedelta(days=1), until=now)
        return len(captured)

    with at("2019-10-15T11:00+01:00"):
        closed_days.today()
        book(coming(), "Ann")
        with_one = queries()
        book(coming(area="York"), "Bob")
        book(coming(area="Hull"), "Cat")

    assert queries() == with_one


@pytest.mark.django_db(transaction=True)
def test_the_job_run_eight_times_at_once_writes_one_mail(olive):
    with at("2019-10-14T15:00+01:00"):
        book(coming(), "Ann")

    with at(MORNING):
        all_at_once(8, lambda n: morning.write_to_organisers())

    assert len(mornings()) == 1


def test_a_morning_mail_that_comes_back_disturbs_nobody(olive):
    with at("2019-10-14T15:00+01:00"):
        book(coming(), "Ann")
    run()
    [row] = mornings()
    OutgoingMail.objects.filter(pk=row.pk).update(state="failed")

    mail.tell_that_it_did_not_arrive(row.pk)
