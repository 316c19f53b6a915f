"""Access needs as tasks: when they are due, who sees to them, what the person hears; their words stay inside."""

from datetime import date as Day
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from events import bookings, changing_dates, closed_days, needs, waiting_list
from events.bookings import Person
from events.models import AccessNeed, ClosedDay, WorkshopDate
from sharedlives.foundation.models import AuditEntry
from sharedlives.foundation.spoken import LONDON
from tests.factories import book, create_charity, create_date, create_user

pytestmark = pytest.mark.django_db

State = AccessNeed.State


def need_of(booking, position=1):
    return AccessNeed.objects.get(place__booking=booking, place__position=position)


def told(date, name="Ann", **fields):
    """Somebody who told what they need."""
    return need_of(book(date, name, people=[Person(name, access="a ramp")], **fields))


def at_noon(day):
    return datetime.combine(day, datetime.min.time().replace(hour=12), LONDON)


def arrange(need, **fields):
    AccessNeed.objects.filter(pk=need.pk).update(state=State.ARRANGED, **fields)


# When they are due


@pytest.mark.parametrize(
    ("workshop", "due"),
    [
        ("2019-12-09", "2019-09-16"),  # far away: an answer is owed within ten working days
        ("2019-10-01", "2019-09-16"),
        ("2019-09-30", "2019-09-16"),  # both ways lead to the same day
        ("2019-09-27", "2019-09-13"),  # ten working days before
        ("2019-09-24", "2019-09-10"),
        ("2019-09-10", "2019-09-03"),  # too near for that: the next open day
        ("2019-09-03", "2019-09-02"),  # tomorrow: today
        ("2019-09-02", "2019-09-02"),
    ],
)
def test_a_need_told_on_a_monday_is_due_in_time_to_arrange_it(monkeypatch, workshop, due):
    ClosedDay.objects.all().delete()
    monkeypatch.setattr(closed_days, "today", lambda: Day(2019, 9, 2))
    date = WorkshopDate(starts_at=at_noon(Day.fromisoformat(workshop)))

    assert needs.due_on(date) == Day.fromisoformat(due)


def test_days_on_which_the_office_is_closed_do_not_count(monkeypatch):
    monkeypatch.setattr(closed_days, "today", lambda: Day(2019, 12, 20))

    # Christmas, the week after, New Year: the next open day is the 23rd, and only nine more come before the workshop.
    assert needs.due_on(WorkshopDate(starts_at=at_noon(Day(2020, 1, 10)))) == Day(2019, 12, 23)
    assert needs.due_on(WorkshopDate(starts_at=at_noon(Day(2020, 3, 10)))) == Day(2020, 1, 13)


def test_a_need_is_due_by_itself_when_it_is_told():
    date = create_date()
    need = told(date)

    assert (need.state, need.due_on, need.owner, need.arrangement) == (State.TO_DO, needs.due_on(date), None, "")


# Checked again


def test_other_times_and_venues_set_each_need_back_with_a_new_due_day():
    date = create_date(starts_at=at_noon(closed_days.today() + timedelta(days=90)))
    ann, bob = told(date), told(date, "Bob")
    elsewhere = told(create_date(area="Leeds"))
    arrange(ann)
    arrange(elsewhere)

    date.starts_at = at_noon(closed_days.today() + timedelta(days=1))
    date.ends_at = None
    date.save()
    count = needs.check_again(date)

    for need in (ann, bob, elsewhere):
        need.refresh_from_db()
    assert count == 2
    assert (ann.state, bob.state, elsewhere.state) == (State.CHECK_AGAIN, State.CHECK_AGAIN, State.ARRANGED)
    assert ann.due_on == bob.due_on == closed_days.today()


def test_a_booking_on_another_date_has_its_needs_checked_again():
    near, far = create_date(), create_date(starts_at=at_noon(closed_days.today() + timedelta(days=200)))
    ann, bob = told(near), told(near, "Bob")
    arrange(ann, due_on=Day(2019, 1, 1), arrangement="a ramp is hired")
    arrange(bob)
    booking = ann.place.booking
    booking.date = far
    booking.save()

    assert needs.check_again(booking) == 1

    ann.refresh_from_db()
    bob.refresh_from_db()
    assert (ann.state, ann.due_on, ann.arrangement) == (State.CHECK_AGAIN, needs.due_on(far), "a ramp is hired")
    assert bob.state == State.ARRANGED
    logged = AuditEntry.objects.get(action="set the needs to be checked again")
    assert (logged.actor_name, logged.object_type) == ("the site", "events.place")


def test_new_words_keep_what_is_arranged_and_are_checked_against_it():
    need = told(create_date())
    colleague = create_user()
    arrange(need, owner=colleague, arrangement="a ramp is hired", due_on=Day(2019, 1, 1))

    needs.replace_need(need.place, Person(access="a ramp and a lift"))

    need.refresh_from_db()
    assert (need.access, need.state, need.owner) == ("a ramp and a lift", State.CHECK_AGAIN, colleague)
    assert need.arrangement == "a ramp is hired"
    assert need.due_on == needs.due_on(need.place.booking.date)


def test_new_words_that_nobody_has_seen_to_stay_to_be_done():
    need = told(create_date())
    consented_at = need.consented_at

    needs.replace_need(need.place, Person(dietary="no nuts"))

    need.refresh_from_db()
    assert (need.access, need.dietary, need.state) == ("", "no nuts", State.TO_DO)
    assert need.consented_at > consented_at


# What is left to do


def test_what_is_arranged_over_or_postponed_is_not_left_to_do():
    date, over = create_date(), create_date(area="Leeds")
    postponed = create_date(area="York")
    for name in ("Ann", "Bob", "Cal"):
        told(date, name)
    told(over)
    told(postponed)
    arrange(need_of(date.bookings.get(contact_name="Bob")))
    AccessNeed.objects.filter(place__booking__contact_name="Cal").update(due_on=Day(2019, 1, 1), state="cannot yet")
    long_ago = at_noon(closed_days.today() - timedelta(days=3))
    WorkshopDate.objects.filter(pk=over.pk).update(starts_at=long_ago, ends_at=None)
    WorkshopDate.objects.filter(pk=postponed.pk).update(state="postponed")

    assert needs.open_counts(date) == needs.open_counts() == (2, 1)
    assert needs.open_counts(over) == needs.open_counts(postponed) == (0, 0)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (9, "2 needs unanswered, 9 days left"),
        (1, "2 needs unanswered, 1 day left"),
        (0, "2 needs unanswered, it is today"),
    ],
)
def test_a_date_says_how_many_needs_wait_and_how_long(days, words):
    date = create_date(starts_at=at_noon(closed_days.today() + timedelta(days=60)))
    told(date)
    told(date, "Bob")
    soon = datetime.combine(closed_days.today() + timedelta(days=days), datetime.max.time(), LONDON)
    WorkshopDate.objects.filter(pk=date.pk).update(starts_at=soon, ends_at=None)
    date.refresh_from_db()

    assert needs.open_sentence(date) == words

    arrange(need_of(date.bookings.get(contact_name="Bob")))
    assert needs.open_sentence(date) == words.replace("2 needs", "1 need")
    arrange(need_of(date.bookings.get(contact_name="Ann")))
    assert needs.open_sentence(date) == ""


# Forgetting


def everything_kept():
    """Every row of every table that could hold words: the log, mails, jobs, sessions, and all the others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in cursor.fetchall()]
        kept = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            kept[table] = " ".join(row for (row,) in cursor.fetchall())
    return kept


def holding(words):
    return {table for table, text in everything_kept().items() if words in text}


def journey(client, date):
    """All that can happen to a need: told on the site, replaced, seen to by the team, told of, looked up."""
    booking = book(date, "Ann", people=[Person("Ann", access="XYZZY ramp", dietary="XYZZY vegan")])
    address = f"{booking.get_absolute_url()}needs/{booking.people.get().pk}/"
    client.post(address, {"keep": "1", "access": "XYZZY lift", "answering_for": "self", "keep_needs": "on"})
    need = need_of(booking)
    team = create_user(
        email="nora@example.org",
        permissions=["events.view_accessneed", "events.change_accessneed", "events.view_workshopdate"],
    )
    client.force_login(team)
    page = f"/admin/events/accessneed/{need.pk}/change/"
    for button in ("save", "arranged", "write", "cannot_yet", "told", "take"):
        client.post(page, {button: "1", "arrangement": f"XYZZY {button}", "owner": "", "due_on": "2019-10-01"})
    client.get(page)
    client.get(f"/admin/events/accessneed/?q=XYZZY&place__booking__id__exact={booking.pk}")
    client.post(f"/admin/events/workshopdate/{date.pk}/summary/", {"lines": "XYZZY vegan"})
    needs.check_again(date)
    client.get(booking.get_absolute_url())
    return booking


def test_words_of_needs_stand_in_one_table_and_nowhere_else(client):
    create_charity()
    journey(client, create_date())

    assert holding("XYZZY") == {"events_accessneed"}
    assert "nora@example.org" in everything_kept()["foundation_user"], "or the search would find nothing anywhere"


@pytest.mark.parametrize("how", ["cancelled", "lapsed", "date cancelled", "taken back", "14 days after"])
def test_nothing_of_a_need_survives(client, how):
    create_charity()
    date = create_date()
    booking = journey(client, date)
    assert holding("XYZZY")

    if how == "cancelled":
        bookings.cancel(booking)
    elif how == "lapsed":
        waiting_list.move(booking, "offered", offer_ends_at=timezone.now() - timedelta(minutes=1))
        waiting_list.settle_date(date.pk)
    elif how == "date cancelled":
        changing_dates.cancel_date(date, by=create_user())
    elif how == "taken back":
        client.post(f"/admin/events/accessneed/{need_of(booking).pk}/change/", {"remove": "1"})
    else:
        long_ago = timezone.now() - timedelta(days=14, hours=5)
        WorkshopDate.objects.filter(pk=date.pk).update(starts_at=long_ago, ends_at=long_ago + timedelta(hours=4))
        needs.forget_old_needs()

    assert holding("XYZZY") == set()
