"""A mail about a booking that did not arrive: staff ring, and the clock of an offer stands still."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events import bookings, corrections, waiting_list
from events.models import Booking, RingTask
from sharedlives.foundation import bounces, jobs, mail
from sharedlives.foundation.models import OutgoingMail
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user
from tests.foundation import reports
from tests.foundation.test_mail import server  # noqa: F401

pytestmark = pytest.mark.django_db

PHONE = "0151 496 0009"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def come_back(booking, template=None):
    """Its newest mail goes out and comes back, and the job that tells the booking runs."""
    rows = mail.about(booking)
    row = rows.filter(template=f"events/email/{template}").first() if template else rows.first()
    OutgoingMail.objects.filter(pk=row.pk).update(state="sent")
    bounces.receive(reports.postfix(row.message_id))
    jobs.tell_that_it_did_not_arrive(row.pk)
    return row


def to_ring():
    return [(task.booking.contact_name, str(task.why)) for task in RingTask.objects.filter(done_at=None).order_by("pk")]


def test_whoever_cannot_be_reached_by_mail_is_rung():
    booking = book(create_date(), "Ann", phone=PHONE)

    come_back(booking)

    assert to_ring() == [("Ann", "mail came back")]


def test_each_mail_that_comes_back_asks_for_the_same_call():
    booking = book(create_date(), "Ann", phone=PHONE)
    book(booking.date, "Ann", phone=PHONE)  # again: a second mail

    come_back(booking, "booking_confirmed")
    come_back(booking, "booking_reserved_again")

    assert to_ring() == [("Ann", "mail came back")]


def test_a_mail_refused_at_once_asks_for_a_call_too(server):  # noqa: F811
    booking = book(create_date(), "Ann", phone=PHONE)
    row = mail.about(booking).get()
    server.answer_to_recipient = "550 no such mailbox"

    mail.deliver(row.pk)
    jobs.tell_that_it_did_not_arrive(row.pk)

    assert to_ring() == [("Ann", "mail came back")]


@pytest.mark.parametrize(
    ("why", "spoil"),
    [
        ("there is no number", lambda b: Booking.objects.filter(pk=b.pk).update(phone="", phone_key="")),
        ("they have cancelled", lambda b: bookings.cancel(b)),
        ("the workshop is over", lambda b: _move(b, timezone.now() - timedelta(days=2))),
        ("the address is corrected", lambda b: Booking.objects.filter(pk=b.pk).update(email="right@example.org")),
    ],
)
def test_nobody_is_rung_where(why, spoil):
    booking = book(create_date(), "Ann", phone=PHONE)
    spoil(booking)

    come_back(booking, "booking_confirmed")

    assert to_ring() == []


def _move(booking, starts_at):
    booking.date.starts_at, booking.date.ends_at = starts_at, starts_at + timedelta(hours=4)
    booking.date.save()


def test_an_offer_that_did_not_arrive_waits_for_a_call_and_no_clock_runs():
    date = create_date(places=1)
    first = book(date, "Ann")
    booking = book(date, "Bob", phone=PHONE)
    bookings.cancel(first)

    come_back(booking, "offer")

    booking.refresh_from_db()
    assert to_ring() == [("Bob", "offer")]
    assert booking.offer_ends_at == date.closes_at

    waiting_list.reached(booking, by=create_user())
    booking.refresh_from_db()
    assert booking.offer_ends_at < date.closes_at


def test_a_report_that_comes_after_staff_have_reached_them_leaves_the_clock_running():
    date = create_date(places=1)
    first = book(date, "Ann")
    booking = book(date, "Bob", email="bob@example.org", phone=PHONE)
    bookings.cancel(first)
    come_back(booking, "offer")
    waiting_list.reached(booking, by=create_user())
    booking.refresh_from_db()
    deadline = booking.offer_ends_at
    OutgoingMail.objects.update(state="sent")

    come_back(booking, "offer")

    booking.refresh_from_db()
    assert booking.offer_ends_at == deadline
    assert to_ring() == [("Bob", "mail came back")]


def test_a_corrected_address_ends_the_call():
    booking = book(create_date(), "Ann", phone=PHONE)
    come_back(booking)

    corrections.correct_address(booking, email="right@example.org")

    assert to_ring() == []


def test_the_page_of_the_booking_says_that_mails_come_back_and_whom_to_ring(client):
    booking = book(create_date(), "Ann", phone=PHONE)
    client.force_login(create_user(permissions=["events.view_booking", "events.change_booking"]))
    page = reverse("admin:events_booking_change", args=[booking.pk])
    assert not shows(client.get(page), "did not arrive")

    come_back(booking)

    response = client.get(page)
    assert shows(response, "Our last mail to ann@example.org did not arrive")
    assert shows(response, f"Ring {PHONE}, and correct the address below.")
    assert shows(response, "User unknown in virtual mailbox table")


def test_a_mail_about_nothing_that_is_here_any_more_disturbs_nobody():
    row = OutgoingMail.objects.create(
        template="x", about="events.booking:999999", recipient="a@example.org", message_id="<x@y>", state="failed"
    )

    jobs.tell_that_it_did_not_arrive(row.pk)
    OutgoingMail.objects.update(about="")
    jobs.tell_that_it_did_not_arrive(row.pk)
    jobs.tell_that_it_did_not_arrive(0)

    assert to_ring() == []
