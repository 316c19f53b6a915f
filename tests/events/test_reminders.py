"""Who is reminded of a workshop, and when: once, at 9am in wall time, however often or late the job runs."""

from datetime import date as Day
from datetime import datetime, timedelta

import pytest
import time_machine

from events import bookings, emails, jobs, reminders, ring_list, waiting_list
from events.models import ClosedDay, RingTask, WorkshopDate
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import book, create_charity, create_date, create_venue, create_workshop
from tests.server import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def moment(text):
    return datetime.fromisoformat(text)


def at(text):
    return time_machine.travel(moment(text), tick=False)


def reminded(booking=None):
    """To whom reminders went, in order."""
    mails = OutgoingMail.objects.filter(template="events/email/reminder").order_by("pk")
    return [mail.recipient for mail in mails]


def to_ring():
    return [task.booking.contact_name for task in RingTask.objects.filter(why="reminder", done_at=None)]


def booked_early(starts, **fields):
    """Somebody who reserved six weeks before."""
    starts = moment(starts)
    with time_machine.travel(starts - timedelta(days=42), tick=False):
        date = create_date(starts_at=starts, **fields)
        return book(date, "Ann")


@pytest.mark.parametrize(
    ("starts", "still_silent", "reminds"),
    [
        ("2019-10-28T11:00+00:00", "2019-10-26T08:59:59+01:00", "2019-10-26T09:00+01:00"),  # clocks go back between
        ("2019-10-27T11:00+00:00", "2019-10-25T08:59:59+01:00", "2019-10-25T09:00+01:00"),  # on the very day
        ("2019-10-29T11:00+00:00", "2019-10-27T08:59:59+00:00", "2019-10-27T09:00+00:00"),  # reminded on that day
        ("2020-03-30T11:00+01:00", "2020-03-28T08:59:59+00:00", "2020-03-28T09:00+00:00"),  # clocks go forward
        ("2020-03-31T11:00+01:00", "2020-03-29T08:59:59+01:00", "2020-03-29T09:00+01:00"),
        ("2020-01-01T11:00+00:00", "2019-12-30T08:59:59+00:00", "2019-12-30T09:00+00:00"),  # over the year's end
        ("2020-03-02T11:00+00:00", "2020-02-29T08:59:59+00:00", "2020-02-29T09:00+00:00"),  # on a leap day
        ("2020-03-01T11:00+00:00", "2020-02-28T08:59:59+00:00", "2020-02-28T09:00+00:00"),
        (
            "2019-07-02T00:30+01:00",
            "2019-06-30T08:59:59+01:00",
            "2019-06-30T09:00+01:00",
        ),  # 11.30pm the day before, UTC
    ],
)
def test_everybody_with_a_place_is_reminded_at_nine_in_the_morning_two_days_before(starts, still_silent, reminds):
    booked_early(starts)

    with at(still_silent):
        jobs.remind_people(0)
    assert reminded() == []

    with at(reminds):
        jobs.remind_people(0)
    assert reminded() == ["ann@example.org"]


def test_a_reminder_goes_out_once_however_often_the_job_runs_and_late_rather_than_never():
    booked_early("2019-10-28T11:00+00:00")

    for minute in ("2019-10-27T03:17+00:00", "2019-10-27T03:22+00:00", "2019-10-28T10:59+00:00"):
        with at(minute):
            jobs.remind_people(0)

    assert reminded() == ["ann@example.org"]
    assert AuditEntry.objects.filter(action="reminded people").count() == 1


def test_nobody_is_reminded_of_what_has_begun():
    booked_early("2019-10-28T11:00+00:00")

    with at("2019-10-28T11:00+00:00"):
        jobs.remind_people(0)

    assert reminded() == []


@pytest.mark.parametrize("state", ["cancelled", "postponed"])
def test_nobody_is_reminded_of_what_does_not_take_place(state):
    booking = booked_early("2019-10-28T11:00+00:00")
    WorkshopDate.objects.filter(pk=booking.date_id).update(state=state)

    with at("2019-10-26T10:00+01:00"):
        jobs.remind_people(0)

    assert reminded() == []


def test_only_those_with_a_place_are_reminded():
    booking = booked_early("2019-10-28T11:00+00:00", places=2)
    with at("2019-10-01T10:00+01:00"):
        cancelled = book(booking.date, "Bob")
        book(booking.date, "Cat")
        bookings.cancel(cancelled)  # Cat is offered the place
        book(booking.date, "Dan")  # and waits

    with at("2019-10-26T10:00+01:00"):
        jobs.remind_people(0)

    assert reminded() == ["ann@example.org"]


@pytest.mark.parametrize(
    ("booked", "is_reminded"),
    [
        ("2019-10-25T09:00+01:00", True),  # a day before the reminder goes out
        ("2019-10-25T09:01+01:00", False),
        ("2019-10-26T15:00+01:00", False),
        ("2019-10-28T10:00+00:00", False),
    ],
)
def test_whoever_has_just_been_told_that_they_have_a_place_is_not_reminded(booked, is_reminded):
    date = create_date(starts_at=moment("2019-10-28T11:00+00:00"))
    with at(booked):
        book(date, "Bob")

    with at("2019-10-28T10:59+00:00"):
        jobs.remind_people(0)

    assert reminded() == (["bob@example.org"] if is_reminded else [])


def test_who_got_their_place_from_the_waiting_list_yesterday_is_not_reminded():
    booking = booked_early("2019-10-28T11:00+00:00", places=1)
    with at("2019-10-02T10:00+01:00"):
        late = book(booking.date, "Bob")
    with at("2019-10-25T12:00+01:00"):
        bookings.cancel(booking)
        waiting_list.accept(late)

    with at("2019-10-26T10:00+01:00"):
        jobs.remind_people(0)

    assert reminded() == []


def test_a_workshop_may_remind_a_week_before_as_well():
    booking = booked_early("2019-10-28T11:00+00:00", workshop=create_workshop(reminds_a_week_before=True))

    def runs(minute):
        with at(minute):
            jobs.remind_people(0)
        return len(reminded())

    assert runs("2019-10-21T08:59+01:00") == 0
    assert [runs("2019-10-21T09:00+01:00"), runs("2019-10-21T09:05+01:00")] == [1, 1]
    assert [runs("2019-10-26T08:59+01:00"), runs("2019-10-26T09:00+01:00"), runs("2019-10-27T09:00+00:00")] == [1, 2, 2]
    booking.refresh_from_db()
    assert booking.reminded_of == booking.reminded_a_week_before_of == booking.date.starts_at


def test_a_week_that_the_job_slept_through_brings_one_reminder_and_not_two():
    booked_early("2019-10-28T11:00+00:00", workshop=create_workshop(reminds_a_week_before=True))

    for minute in ("2019-10-26T10:00+01:00", "2019-10-26T10:05+01:00"):
        with at(minute):
            jobs.remind_people(0)

    assert len(reminded()) == 1


def test_a_workshop_that_moves_is_one_to_be_reminded_of_again():
    booking = booked_early("2019-10-28T11:00+00:00")
    with at("2019-10-26T10:00+01:00"):
        jobs.remind_people(0)
    with at("2019-10-27T10:00+00:00"):
        date = booking.date
        date.starts_at, date.ends_at = moment("2019-11-11T11:00+00:00"), None
        date.save()
        jobs.remind_people(0)
    assert len(reminded()) == 1

    with at("2019-11-09T09:00+00:00"):
        jobs.remind_people(0)
    assert len(reminded()) == 2


def test_who_has_only_a_phone_is_rung_on_the_last_day_on_which_somebody_is_in_the_office():
    ClosedDay.objects.update_or_create(day=Day(2019, 10, 25), defaults={"name": "Moving house", "is_closed": True})
    with at("2019-09-16T10:00+01:00"):
        date = create_date(starts_at=moment("2019-10-28T11:00+00:00"))  # two days before is a Saturday
        book(date, "Phil", email="", phone="0151 496 0002")
        book(date, "Ann")

    with at("2019-10-24T08:59+01:00"):
        jobs.remind_people(0)
    assert to_ring() == []
    for minute in ("2019-10-24T09:00+01:00", "2019-10-24T09:05+01:00", "2019-10-25T12:00+01:00"):
        with at(minute):
            jobs.remind_people(0)

    assert (to_ring(), reminded()) == (["Phil"], [])
    assert RingTask.objects.get().due_on == Day(2019, 10, 24)
    with at("2019-10-26T09:00+01:00"):
        RingTask.objects.update(done_at=moment("2019-10-24T10:00+01:00"))
        jobs.remind_people(0)
    assert (to_ring(), reminded()) == ([], ["ann@example.org"])


def test_over_christmas_whoever_has_only_a_phone_is_rung_before_the_office_closes():
    with at("2019-12-02T10:00+00:00"):
        date = create_date(starts_at=moment("2020-01-02T11:00+00:00"))
        book(date, "Phil", email="", phone="0151 496 0002")

    with at("2019-12-24T09:00+00:00"):
        jobs.remind_people(0)

    assert to_ring() == ["Phil"]


def test_the_reminder_says_when_where_and_how_to_say_no_and_opening_that_changes_nothing(client):
    venue = create_venue(travel="Two minutes from Euston station.")
    booking = booked_early(
        "2019-10-28T11:00+00:00",
        venue=venue,
        workshop=create_workshop(sign_off="See you there", contact_name="Olive", contact_email="olive@example.org"),
        captions=True,
    )

    with at("2019-10-26T09:00+01:00"):
        jobs.remind_people(0)
        mail = OutgoingMail.objects.get(template="events/email/reminder")
        cannot_come = f"https://www.example.org{booking.get_absolute_url()}?cancel#cancel"
        page = client.get(f"{booking.get_absolute_url()}?cancel")

    assert mail.text.startswith("Your workshop is on Monday 28 October 2019, and you have a place.\n")
    assert mail.reply_to == "olive@example.org"
    for body in (mail.text, mail.html):
        for words in ("Friends House", "Two minutes from Euston", "Live captions", "See you there", "Olive"):
            assert words in body
        assert cannot_come in body
    assert "<details open>" in page.content.decode()
    booking.refresh_from_db()
    assert booking.has_a_place


@pytest.mark.parametrize(("mode", "in_mail"), [("online", True), ("hybrid", True), ("in person", False)])
def test_who_has_a_place_online_is_told_how_to_join(mode, in_mail):
    booking = booked_early(
        "2019-10-28T11:00+00:00",
        mode=mode,
        area="" if mode == "online" else "London",
        join_link="https://meet.example.org/kind-places",
        join_note="Or dial 0151 496 0003.",
    )

    with at("2019-10-26T09:00+01:00"):
        jobs.remind_people(0)

    mail = OutgoingMail.objects.get(template="events/email/reminder")
    for body in (mail.text, mail.html):
        assert ("https://meet.example.org/kind-places" in body) is in_mail
        assert ("Or dial 0151 496 0003." in body) is in_mail
    assert booking.has_a_place


@pytest.mark.parametrize("state", ["waiting", "offered", "cancelled"])
def test_nobody_without_a_place_learns_how_to_join(state):
    date = create_date(mode="online", area="", places=1, join_link="https://meet.example.org/x", join_note="Dial in")
    first = book(date, "Ann")
    OutgoingMail.objects.all().delete()
    book(date, "Bob")
    if state != "waiting":
        bookings.cancel(first)  # and Bob is offered the place

    for mail in OutgoingMail.objects.all():
        for body in (mail.subject, mail.text, mail.html, mail.calendar):
            assert "meet.example.org" not in body
            assert "Dial in" not in body


def test_a_worker_killed_between_two_people_reminds_both_once(monkeypatch):
    booking = booked_early("2019-10-28T11:00+00:00")
    with at("2019-10-01T10:00+01:00"):
        book(booking.date, "Bob")
    write = emails.reminder

    def killed_at_the_second(booking):
        if booking.contact_name == "Bob":
            raise SystemExit
        write(booking)

    with at("2019-10-26T09:00+01:00"):
        with monkeypatch.context() as patched:
            patched.setattr(emails, "reminder", killed_at_the_second)
            with pytest.raises(SystemExit):
                jobs.remind_people(0)
        assert reminded() == []

        jobs.remind_people(0)

    assert reminded() == ["ann@example.org", "bob@example.org"]


def test_more_people_than_one_lock_should_hold_are_reminded_in_pieces(monkeypatch):
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    booking = booked_early("2019-10-28T11:00+00:00")
    with at("2019-10-01T10:00+01:00"):
        for name in ("Bob", "Cat", "Dan", "Eve"):
            book(booking.date, name)

    with at("2019-10-26T09:00+01:00"):
        assert reminders.remind(booking.date_id) == 2
        assert reminders.remind_due() == 3


def test_one_date_that_fails_holds_up_no_other(monkeypatch):
    first = booked_early("2019-10-28T11:00+00:00")
    with at("2019-10-01T10:00+01:00"):
        book(create_date(starts_at=moment("2019-10-28T12:00+00:00")), "Bob")
    write = emails.reminder

    def fails_for_the_first(booking):
        if booking.pk == first.pk:
            raise RuntimeError("broken")
        write(booking)

    monkeypatch.setattr(emails, "reminder", fails_for_the_first)
    with at("2019-10-26T09:00+01:00"):
        jobs.remind_people(0)

    assert reminded() == ["bob@example.org"]


@pytest.mark.django_db(transaction=True)
def test_the_job_run_eight_times_at_once_reminds_each_person_once():
    with at("2019-09-16T10:00+01:00"):
        date = create_date(starts_at=moment("2019-10-28T11:00+00:00"))
        for name in ("Ann", "Bob", "Cat"):
            book(date, name)
        book(date, "Phil", email="", phone="0151 496 0002")

    with at("2019-10-26T09:00+01:00"):
        all_at_once(8, lambda n: reminders.remind_due())

    assert sorted(reminded()) == ["ann@example.org", "bob@example.org", "cat@example.org"]
    assert to_ring() == ["Phil"]


def test_nobody_is_to_be_rung_about_what_has_begun_or_is_over():
    with at("2019-09-16T10:00+01:00"):
        date = create_date(starts_at=moment("2019-10-28T11:00+00:00"))
        booking = book(date, "Phil", email="", phone="0151 496 0002")
        for why in ("reminder", "message", "mail came back", "date cancelled"):
            ring_list.add(booking, why)

    def still_to_do(minute):
        with at(minute):
            jobs.remind_people(0)
        return sorted(RingTask.objects.filter(done_at=None).values_list("why", flat=True))

    everything = ["date cancelled", "mail came back", "message", "reminder"]
    assert still_to_do("2019-10-28T10:59+00:00") == everything
    assert still_to_do("2019-10-28T11:00+00:00") == everything[:3]
    assert still_to_do("2019-10-28T15:00+00:00") == ["date cancelled"]
