"""Seven people, each from the first request to the day of the workshop; docs/organisers.md tells of them too."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from events import bookings, changing_dates, needs, reminders, waiting_list
from events.bookings import Person
from events.forms import new_stamp
from events.models import AccessNeed, Booking, RingTask
from events.what_changed import Facts
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue
from tests.rows import open_every_link_of_every_mail, rows

pytestmark = pytest.mark.django_db

MONDAY = datetime.fromisoformat("2019-09-30T10:00+01:00")
WORKSHOP = datetime.fromisoformat("2019-10-28T11:00+00:00")


@pytest.fixture(autouse=True)
def clock(time_machine):
    create_charity()
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


@pytest.fixture
def staff():
    return create_user(name="Olive Organiser")


def mails(booking):
    return [m.template.rpartition("/")[2] for m in OutgoingMail.objects.filter(recipient=booking.email).order_by("pk")]


def to_ring():
    return [(task.booking.contact_name, task.why) for task in RingTask.objects.filter(done_at=None).order_by("pk")]


def reserve(client, date, **typed):
    fields = {
        "stamp": new_stamp(was_asked=True),
        "contact_name": "Ann Ash",
        "email": "ann@example.org",
        "support_workers": "0",
        "people-TOTAL_FORMS": "1",
        "people-INITIAL_FORMS": "0",
    }
    return client.post(date.get_reserve_url(), fields | typed)


def test_somebody_who_only_has_a_phone(clock, staff):
    """Each thing that others read in a mail becomes a call, and no clock runs before they were reached."""
    date = create_date(starts_at=WORKSHOP, places=1, area="Birmingham city centre")
    holder = book(date, "Holder")
    wren = book(date, "Wren", email="", phone="0151 496 0102", by=staff, channel="phone")
    assert to_ring() == []  # she is on the phone, and hears it there

    bookings.cancel(holder)
    assert to_ring() == [("Wren", "offer")]
    clock.shift(14 * 24 * 3600)
    waiting_list.settle_due()
    wren.refresh_from_db()
    assert wren.is_offered  # nobody has reached her yet, so it was no fault of hers

    waiting_list.accept(wren, by=staff)
    assert to_ring() == []
    venue = create_venue(name="The Library", town="Birmingham")
    changing_dates.change_date(date, replace(Facts.of(date), venue=venue, area=""), by=staff)
    assert to_ring() == [("Wren", "changed")]
    assert "The Library" in RingTask.objects.get(done_at=None).words
    clock.move_to("2019-10-25T12:00+01:00")
    reminders.remind_due()
    assert ("Wren", "reminder") in to_ring()
    assert (
        OutgoingMail.objects.exclude(recipient="holder@example.org").exclude(recipient="office@example.org").count()
        == 0
    )


def test_somebody_with_two_support_workers():
    """Three people fit together or wait together; places held back for support are used first."""
    date = create_date(starts_at=WORKSHOP, places=6, support_places=2)
    others = [book(date, f"Person {number}") for number in range(4)]
    sam = book(date, "Sam", support_workers=2)
    newcomer = book(date, "Newcomer")
    assert (sam.state, newcomer.state) == ("waiting", "waiting")  # his own place is missing, and nobody overtakes him

    bookings.cancel(others[0])

    sam.refresh_from_db()
    newcomer.refresh_from_db()
    assert (sam.state, newcomer.state) == ("offered", "waiting")
    date.refresh_from_db()
    assert (date.ordinary_taken, date.support_taken) == (4, 2)


def test_a_couple_who_share_an_address(client):
    """Two bookings under one inbox, each with its own link; cancelling one leaves the other."""
    date = create_date(starts_at=WORKSHOP, places=2)
    reserve(client, date, contact_name="Pat Reed", email="home@example.org", **{"people-0-name": "Pat"})
    reserve(client, date, contact_name="Kim Reed", email="home@example.org", **{"people-0-name": "Kim"})
    pat, kim = Booking.objects.order_by("pk")
    assert (pat.state, kim.state) == ("confirmed", "confirmed")
    assert pat.get_absolute_url() != kim.get_absolute_url()

    client.post(pat.get_absolute_url())

    kim.refresh_from_db()
    assert kim.has_a_place


def test_a_double_clicker(client):
    """However often one form is sent, and in whatever tab, it is one booking and one mail."""
    date = create_date(starts_at=WORKSHOP, places=5)
    stamp = new_stamp(was_asked=True)
    pages = {reserve(client, date, stamp=stamp).url for _ in range(3)} | {reserve(Client(), date, stamp=stamp).url}

    assert len(pages) == 1
    assert mails(Booking.objects.get()) == ["booking_confirmed"]


def test_a_scanner_that_opens_every_link(clock, staff):
    """A mail program that fetches all addresses of all mails of a whole journey, twice, changes nothing."""
    date = create_date(starts_at=WORKSHOP, places=1, area="London")
    holder, ann = book(date, "Holder"), book(date, "Ann")
    bookings.cancel(holder)
    waiting_list.accept(ann)
    changing_dates.change_date(date, replace(Facts.of(date), venue=create_venue(), area=""), by=staff, asks_again=True)
    clock.move_to("2019-10-26T10:00+01:00")
    reminders.remind_due()
    before = rows()

    paths = open_every_link_of_every_mail()

    assert any(path.startswith("/bookings/") for path in paths)
    assert rows() == before


def test_a_forwarded_mail(client):
    """Whoever gets the link from somebody sees when and where, and never what that person needs."""
    date = create_date(starts_at=WORKSHOP)
    ann = book(date, "Ann", people=[Person(name="Ann", access="A lip speaker, please", dietary="No nuts")])

    page = client.get(ann.get_absolute_url()).content.decode()
    need_page = client.get(
        reverse("events:booking_need", args=[ann.get_absolute_url().split("/")[-2], ann.people.get().pk])
    )

    assert "lip speaker" not in page + need_page.content.decode()
    assert "nuts" not in page + need_page.content.decode()
    assert AccessNeed.objects.count() == 1
    needs.remove_need(ann.people.get())  # and Ann takes it back whenever she likes
    assert not AccessNeed.objects.exists()


def test_somebody_on_the_waiting_list_who_is_on_holiday_over_christmas(clock):
    """An offer of the last working day before Christmas waits until the office has been open for three days again."""
    clock.move_to("2026-12-23T15:00+00:00", tick=False)
    date = create_date(starts_at=datetime.fromisoformat("2027-02-01T11:00+00:00"), places=1)
    holder, priya = book(date, "Holder"), book(date, "Priya")
    bookings.cancel(holder)
    priya.refresh_from_db()
    # 24 December is a working day; then Christmas, its week and New Year's Day, on which nobody answers the phone.
    assert priya.answer_by == "Tuesday 5 January, 12 noon"

    clock.move_to("2027-01-04T09:00+00:00", tick=False)
    waiting_list.settle_due()
    waiting_list.accept(priya)

    priya.refresh_from_db()
    assert priya.has_a_place
