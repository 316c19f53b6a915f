"""Sheets to print for one date: who is at the door, what the day needs in counts, and what the kitchen is told."""

import re

import pytest
from django.urls import reverse

from events import bookings, sheets
from events.bookings import Person
from events.models import AccessNeed, Booking
from sharedlives.foundation.models import AuditEntry
from tests.events.test_arranging import TEAM
from tests.events.test_desk import ORGANISER
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db

MAY_EXPORT = [*ORGANISER, "events.export_booking"]


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def desk(client):
    client.force_login(create_user(email="olive@example.org", name="Olive", permissions=MAY_EXPORT))
    return client


@pytest.fixture
def team(client):
    client.force_login(create_user(email="nora@example.org", name="Nora", permissions=[*MAY_EXPORT, *TEAM]))
    return client


def door(date):
    return reverse("admin:events_workshopdate_door", args=[date.pk])


def summary(date):
    return reverse("admin:events_workshopdate_summary", args=[date.pk])


def contacts(rows):
    return [row.booking.contact_name for row in rows]


# The door


def test_the_door_lists_by_name_and_keeps_offers_and_the_waiting_list_apart():
    date = create_date(places=4)
    for name in ("zoe", "Élan", "Ann", "eve"):
        book(date, name)
    for name in ("Walt", "Abe"):
        book(date, name)
    bookings.cancel(date.bookings.get(contact_name="zoe"))

    listed = sheets.door_list(date)

    assert contacts(listed.expected) == ["Ann", "Élan", "eve"]
    assert contacts(listed.offered) == ["Walt"]
    assert contacts(listed.waiting) == ["Abe"]


def test_an_offer_that_has_ended_is_nobody_at_the_door():
    date = create_date()
    booking = book(date, "Ann")
    Booking.objects.filter(pk=booking.pk).update(state="offered", offer_ends_at=booking.created_at)

    assert sheets.door_list(date) == sheets.DoorList([], [], [])


def test_each_person_and_each_support_worker_has_a_box():
    date = create_date()
    book(date, "Ann", people=[Person("Ann"), Person(), Person("Bea")], support_workers=2)
    book(date, "Cal")

    ann, cal = sheets.door_list(date).expected

    assert ann.boxes == ["Ann", "person 2", "Bea", "support worker", "support worker"]
    assert cal.boxes == ["Cal"]


def test_the_sheet_says_where_one_is_and_whom_to_ring(desk):
    workshop = create_workshop(title="A day", contact_name="Olive", contact_phone="0151 496 0009")
    date = create_date(workshop=workshop, venue=create_venue())
    book(date, "Ann", phone="0151 496 0000", organisation="A home", people=2, support_workers=1)
    response = desk.get(door(date))

    for words in (
        "<h1>A day</h1>",
        "Questions: Olive, <strong>0151 496 0009</strong>",
        "ring <strong>999</strong> and say: Friends House, Euston Road, London NW1 2BJ",
        "Expected: 2 people and 1 support worker",
        "0151 496 0000",
        "A home",
        date.bookings.get().spoken_reference,
    ):
        assert shows(response, words), words
    assert response.content.decode().count('class="box"') == 3
    assert response.content.decode().count('class="empty"') == 6


def test_a_postponed_date_says_so_at_the_door(desk):
    assert shows(desk.get(door(create_date(state="postponed"))), "This date is postponed.")


def test_the_door_is_for_those_who_may_take_lists_out(client):
    date = create_date()
    client.force_login(create_user(email="ned@example.org", permissions=ORGANISER))
    assert client.get(door(date)).status_code == 403
    client.logout()
    assert client.get(door(date)).url.startswith("/admin/login/")


# Counts


def test_counts_are_of_those_who_come_have_an_offer_and_wait():
    date = create_date(places=4)
    book(date, "Ann", people=2, support_workers=1)
    book(date, "Bob")
    for name in ("Cal", "Dot"):
        book(date, name, people=2)
    bookings.cancel(date.bookings.get(contact_name="Ann"))

    assert sheets.people_counts(date) == [
        {"state": "Has a place", "bookings": 1, "people": 1, "support_workers": 0},
        {"state": "Has an offer", "bookings": 1, "people": 2, "support_workers": 0},
        {"state": "Waiting", "bookings": 1, "people": 2, "support_workers": 0},
    ]
    assert sheets.eating(date) == {"people": 3, "support_workers": 0}


def told_by_many(date):
    book(date, "Ann", people=[Person("Ann", access="Large print", dietary="vegan"), Person("Bea", dietary="No nuts")])
    book(date, "Cal", people=[Person("Cal", access="large  print", dietary="Vegan"), Person("Dot")])
    book(date, "Eve", people=[Person("Eve", access="a lift")])
    AccessNeed.objects.filter(place__name="Bea").update(state="arranged")
    AccessNeed.objects.filter(place__name="Eve").update(state="cannot yet")


def test_needs_are_counted_and_worded_without_names():
    date = create_date()
    told_by_many(date)

    assert sheets.needs_counts(date) == {"people": 4, "access": 3, "dietary": 3, "arranged": 1, "cannot_yet": 1}
    assert sheets.wordings(date, "access") == [(1, "a lift"), (2, "Large print")]
    assert sheets.food_lines(date) == "1 × No nuts\n2 × Vegan"


def test_the_kitchen_is_not_told_of_those_who_wait():
    date = create_date(places=1)
    book(date, "Ann")
    book(date, "Bob", people=[Person("Bob", dietary="vegan")])

    assert sheets.food_lines(date) == ""
    assert sheets.needs_counts(date)["dietary"] == 1


# Who sees what


def test_the_team_sees_the_words_and_organisers_counts_alone(client, team):
    date = create_date(captions=True)
    told_by_many(date)

    seen = team.get(summary(date))
    for words in ("2 × Large print", "1 × No nuts", "Live captions", "3 needs unanswered"):
        assert shows(seen, words), words
    for name in ("Ann", "Bea", "Cal", "Eve"):
        assert not re.search(rf"\b{name}\b", seen.content.decode()), name

    client.force_login(create_user(email="ned@example.org", permissions=ORGANISER))
    seen = client.get(summary(date))
    for words in (
        "Live captions",
        "3 needs unanswered",
        '<th scope="row">Has a place</th><td>3</td><td>5</td><td>0</td>',
    ):
        assert shows(seen, words), words
    for words in ("print", "nuts", "egan", "lift", "<dd>3</dd>", "caterer"):
        assert not shows(seen.content and seen, words), words
    assert client.post(summary(date), {"lines": "vegan"}).status_code == 403


def test_strangers_and_those_who_see_no_dates_see_nothing(client):
    date = create_date()
    assert client.get(summary(date)).url.startswith("/admin/login/")
    client.force_login(create_user(permissions=["blog.view_post"]))
    assert client.get(summary(date)).status_code == 403


def test_the_caterers_sheet_is_what_the_team_wrote_and_is_not_kept(team):
    date = create_date()
    told_by_many(date)

    response = team.post(summary(date), {"lines": "2 × vegan\r\n\r\n 1 × no nuts at all \r\n<b>x</b>"})

    for words in ("<li>2 × vegan</li><li>1 × no nuts at all</li><li>&lt;b&gt;x&lt;/b&gt;</li>", "5 people"):
        assert shows(response, words), words
    assert AuditEntry.objects.get(action="made the caterer's sheet").note == "3 lines"


def test_among_few_the_team_is_warned_that_a_line_tells_whose_it_is(team):
    date = create_date()
    book(date, "Ann", people=[Person("Ann", dietary="vegan")] + [Person()] * 3)
    assert shows(team.get(summary(date)), "So few people come")

    book(date, "Bob")
    assert not shows(team.get(summary(date)), "So few people come")


def test_too_long_a_sheet_is_refused_and_stays_typed(team):
    response = team.post(summary(create_date()), {"lines": "x" * 5001})

    assert shows(response, "x" * 5001)
    assert shows(response, "Please correct what is marked below")


@pytest.mark.parametrize("page", ["door", "summary"])
def test_no_sheet_for_everybody_holds_needs(desk, page):
    date = create_date()
    book(date, "Ann", people=[Person("Ann", access="XYZZY", dietary="XYZZY")])
    AccessNeed.objects.update(arrangement="XYZZY")

    response = desk.get(reverse(f"admin:events_workshopdate_{page}", args=[date.pk]))

    assert response.status_code == 200
    assert not shows(response, "XYZZY")


@pytest.mark.parametrize("page", ["door", "summary"])
def test_a_sheet_of_no_date_does_not_exist(team, page):
    for number in (0, 10**30):
        assert team.get(f"/admin/events/workshopdate/{number}/{page}/").status_code == 404
