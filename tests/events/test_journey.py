"""Promises about everything together: what opening links does, what sending forms twice does, and when mail exists."""

import re
import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from events import (
    announcing,
    bookings,
    changing_bookings,
    changing_dates,
    emails,
    lost_links,
    reminders,
    subscriptions,
    waiting_list,
)
from events.forms import new_stamp
from events.models import Booking, RepeatedRequest, Subscription, WorkshopDate
from events.what_changed import Facts
from sharedlives.foundation.models import OutgoingMail
from tests.events.test_pages import reserve
from tests.factories import book, create_charity, create_date, create_user, create_venue

ROOT = Path(__file__).parent.parent.parent
MONDAY = datetime.fromisoformat("2019-09-30T10:00+01:00")
WORKSHOP = datetime.fromisoformat("2019-10-28T11:00+00:00")
ADDRESS = re.compile(r"https://www\.example\.org(/[^\s\"<>]*)")


# Opening links


@pytest.mark.django_db
def test_whoever_opens_every_link_of_every_mail_changes_nothing_at_all(time_machine):
    """As scanners do before the person: every address of every kind of mail we send to people."""
    time_machine.move_to(MONDAY, tick=False)
    everything_that_people_get_mail_about(time_machine)
    mails = OutgoingMail.objects.all()
    kinds = {path.name.removesuffix(".subject.txt") for path in (ROOT / "templates/events/email").glob("*.subject.txt")}
    # These two are told to staff, whose pages ask them to sign in.
    assert {mail.template.rpartition("/")[2] for mail in mails} == kinds - {"rush", "morning"}
    paths = {unescape(path) for mail in mails for path in ADDRESS.findall(mail.text + mail.html + mail.unsubscribe_url)}
    pages = {path.split("/")[1] for path in paths}
    assert pages >= {"bookings", "new-dates", "workshops"}
    before = everything()

    for _ in range(2):
        for path in sorted(paths):
            assert Client().get(path).status_code in (200, 410), path
            assert Client().head(path).status_code in (200, 410), path

    assert everything() == before


def everything_that_people_get_mail_about(clock):
    create_charity()
    staff = create_user()
    date = create_date(starts_at=WORKSHOP, places=3)
    other = create_date(workshop=date.workshop, starts_at=WORKSHOP + timedelta(days=1), places=6, area="Leeds")
    ann, ben, cat = (book(date, name) for name in ("Ann", "Ben", "Cat"))
    dan, eve, fay, gil = (book(date, name) for name in ("Dan", "Eve", "Fay", "Gil"))  # they wait
    book(date, "Ann", organisation="told again")
    bookings.cancel(ann)  # Dan has an offer ...
    Booking.objects.filter(pk=dan.pk).update(offer_ends_at=timezone.now())
    waiting_list.settle_due()  # ... which ends, and Eve has one
    waiting_list.accept(eve)
    changing_bookings.move_to_date(ben, other)  # Fay has an offer
    changing_bookings.hand_over(Booking.objects.get(pk=ben.pk), contact_name="Hal", email="hal@example.org")
    ivy = book(other, "Ivy", people=2)
    changing_bookings.change_number(ivy, people=1, leaving=[ivy.people.last().pk], support_workers=0)
    kit = book(other, "Kit")
    waiting_list.take_back(Booking.objects.get(pk=fay.pk), note="")
    emails.offer_taken_back(Booking.objects.get(pk=fay.pk))
    emails.place_given(cat)
    emails.message(cat, subject="Lunch", text="There is soup.")
    emails.answer(cat, is_arranged=True)
    changing_dates.change_date(date, replace(Facts.of(date), venue=create_venue(), area=""), by=staff, asks_again=True)
    changing_dates.ask_once_more(WorkshopDate.objects.get(pk=date.pk), by=staff)
    lost_links.send(lost_links.digest_of("cat@example.org"))
    for email in ("lou@example.org", "mia@example.org"):
        subscriptions.ask(email)
    subscriptions.confirm(Subscription.objects.get(email="mia@example.org"))
    subscriptions.ask("mia@example.org")
    clock.move_to(MONDAY + timedelta(days=1, hours=1), tick=False)
    create_date(workshop=date.workshop, starts_at=WORKSHOP + timedelta(days=40), area="York")
    for hours in (2, 24):
        clock.move_to(MONDAY + timedelta(days=1, hours=hours), tick=False)
        announcing.tell_subscribers()
    clock.move_to(WORKSHOP - timedelta(days=1, hours=20), tick=False)
    reminders.remind_due()
    changing_dates.postpone_date(WorkshopDate.objects.get(pk=other.pk), by=staff)
    assert Booking.objects.get(pk=kit.pk).has_a_place
    changing_dates.cancel_date(WorkshopDate.objects.get(pk=date.pk), by=staff)
    assert gil.date == date


def everything():
    """Every row of every table, as a hash."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t")
            (found[table],) = cursor.fetchone()
    return found


# The last place


@pytest.mark.django_db(transaction=True)
def test_of_eight_people_for_one_place_one_has_it_and_seven_wait_and_nobody_sees_an_error():
    date, outcomes = create_date(places=1), []

    at_once(*(lambda number=number: outcomes.append(book(date, f"Person {number}").state) for number in range(8)))

    assert sorted(outcomes) == ["confirmed"] + ["waiting"] * 7
    assert [booking.queue_words for booking in date.bookings.waiting_in_order()][0::6] == ["1st of 7", "7th of 7"]


def at_once(*acts):
    barrier, errors = threading.Barrier(len(acts)), []

    def work(act):
        try:
            barrier.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


# The same form again


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_many_times_in_parallel_is_one_booking_one_mail_and_one_page():
    create_charity()
    date, stamp, pages = create_date(), new_stamp(was_asked=True), []

    at_once(*[lambda: pages.append(reserve(Client(), date, stamp=stamp).url)] * 6)

    assert len(set(pages)) == 1
    assert (Booking.objects.count(), RepeatedRequest.objects.count(), OutgoingMail.objects.count()) == (1, 0, 1)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_sent_at_once_are_one_booking_and_a_request_that_is_kept():
    create_charity()
    date, pages = create_date(), []
    stamps = [new_stamp(was_asked=True) for _ in range(2)]

    at_once(*(lambda stamp=stamp: pages.append(reserve(Client(), date, stamp=stamp).url) for stamp in stamps))

    assert len(set(pages)) == 2
    assert (Booking.objects.count(), RepeatedRequest.objects.count()) == (1, 1)
    for page in pages:
        assert b"You have a place" in Client().get(page).content


@pytest.mark.django_db
def test_after_back_the_same_form_is_the_same_booking_and_another_name_another_one(client):
    create_charity()
    date, stamp = create_date(), new_stamp(was_asked=True)
    first = reserve(client, date, stamp=stamp).url
    client.get(first)

    again = reserve(client, date, stamp=stamp).url
    other = reserve(client, date, stamp=stamp, contact_name="Ben").url
    other_again = reserve(client, date, stamp=stamp, contact_name="Ben").url

    assert (first, other) == (again, other_again)
    assert sorted(Booking.objects.values_list("contact_name", flat=True)) == ["Ann", "Ben"]
    assert not RepeatedRequest.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["accept", "cancel"])
def test_an_answer_sent_twice_or_from_two_tabs_counts_once(client, answer):
    create_charity()
    date = create_date(places=1)
    holder, ann = book(date, "Holder"), book(date, "Ann")
    bookings.cancel(holder)
    mails = OutgoingMail.objects.count()

    for browser in (client, client, Client()):
        browser.post(ann.get_absolute_url(), {answer: "1"})

    assert OutgoingMail.objects.count() == mails + 1
    assert Booking.objects.get(pk=ann.pk).state == ("confirmed" if answer == "accept" else "cancelled")


# Mail


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_written_if_and_only_if_what_it_tells_of_has_happened():
    create_charity()
    date = create_date(places=1)

    with transaction.atomic():
        book(date, "Ann")
        assert kept() == (1, 1, 1)
        assert in_another_connection("SELECT count(*) FROM foundation_outgoingmail") == 0
        transaction.set_rollback(True)
    assert kept() == (0, 0, 0)

    book(date, "Ann")
    assert kept() == (1, 1, 1)
    with pytest.raises(bookings.BookingRefused):
        bookings.reserve(date, contact_name="Ben", email="ben@example.org", people=[bookings.Person()] * 3)
    assert kept() == (1, 1, 1)


def kept():
    """Bookings, mails, and jobs that deliver mail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%deliver_mail'")
        (jobs,) = cursor.fetchone()
    return Booking.objects.count(), OutgoingMail.objects.count(), jobs


def in_another_connection(sql):
    found = []

    def ask():
        with connection.cursor() as cursor:
            cursor.execute(sql)
            found.extend(cursor.fetchone())

    at_once(ask)
    return found[0]


@pytest.mark.django_db
def test_nothing_is_doubled_by_a_request_id_that_somebody_makes_up():
    date, request_id = create_date(), uuid.uuid4()

    for name in ("Ann", "Ben"):
        book(date, name, request_id=request_id)

    assert Booking.objects.count() == 2
