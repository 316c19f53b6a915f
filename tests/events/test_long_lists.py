"""The desk's lists when there are many dates and bookings."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events import booking_admin
from events.bookings import Person
from events.models import Booking
from tests.events.test_desk import ORGANISER
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user, create_workshop

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    create_charity()
    client.force_login(create_user(permissions=ORGANISER, is_staff=True))
    return client


def names(response):
    return [booking.contact_name for booking in response.context["cl"].result_list]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ann", ["Dan", "Ann Merrow"]),
        ("merrow ann", ["Ann Merrow"]),
        ("ann nobody", []),
        ("LANTERN", ["Cat"]),
        ("zoe", ["Cat"]),
        ("dan.ny@example", ["Dan"]),
        ("0151 496 0102", ["Ben"]),
        ("+44 (0)151 496-0102", ["Ben"]),
        ("496 01", ["Ben"]),
        ("%", []),
    ],
)
def test_a_booking_is_found_by_what_somebody_says_on_the_phone(desk, typed, found):
    date = create_date()
    book(date, "Ann Merrow")
    book(date, "Ben", email="", phone="0151 4960102")
    book(date, "Cat", organisation="The Lantern", people=[Person("Cat"), Person("Zoe"), Person("Zoebel")])
    book(date, "Dan", email="dan.ny@example.org", organisation="Annexe")

    response = desk.get(reverse("admin:events_booking_changelist"), {"q": typed})

    assert names(response) == found


@pytest.mark.parametrize("piece", [slice(0, 8), slice(0, 4), slice(0, 7)])
def test_a_booking_is_found_by_its_reference_in_any_spacing_and_by_that_of_a_repeat(desk, piece):
    date = create_date()
    ann = book(date, "Ann")
    book(date, "Ben")
    book(date, "Ann", organisation="told again")
    Booking.objects.filter(contact_name="Ben").update(reference="00000000")
    ann.repeats.update(reference="77777777")

    for reference in (ann.reference, "77777777"):
        typed = reference[piece]
        response = desk.get(reverse("admin:events_booking_changelist"), {"q": f"{typed[:4]} {typed[4:]}"})
        assert names(response) == ["Ann"]


def test_every_page_of_the_bookings_shows_its_own_in_order(desk, monkeypatch):
    monkeypatch.setattr(admin.site.get_model_admin(Booking), "list_per_page", 2)
    date = create_date()
    for number in range(5):
        book(date, f"Person {number}")
    address = reverse("admin:events_booking_changelist")

    pages = [names(desk.get(address, {"p": page})) for page in (1, 2, 3)]
    assert pages == [["Person 4", "Person 3"], ["Person 2", "Person 1"], ["Person 0"]]
    assert names(desk.get(address, {"o": "1", "p": "2"})) == ["Person 2", "Person 3"]


def test_reserving_at_the_desk_offers_the_next_dates_and_finds_the_others(desk, monkeypatch):
    monkeypatch.setattr(booking_admin, "FEW", 2)
    dates = [create_date(area=area) for area in ("Leeds", "Hull", "York")]
    create_date(area="Derby", workshop=create_workshop(title="Plain words"))
    address = reverse("admin:events_booking_add")

    def offered(**query):
        return [date.area for date in desk.get(address, query).context["dates"]]

    assert offered() == ["Leeds", "Hull"]
    assert shows(desk.get(address), "Only the next 2 are shown")
    assert offered(q="york") == ["York"]
    assert offered(q="plain") == ["Derby"]
    assert shows(desk.get(address, {"q": "nowhere"}), "Nothing is found by these words.")
    assert offered(q="\0york") == ["York"]
    assert desk.get(address, {"date": dates[2].pk}).status_code == 200


def test_the_page_of_a_date_takes_the_same_queries_for_a_short_queue_and_a_long_one(desk, long_memory):
    def queries(people):
        date = create_date(places=1)
        for number in range(people):
            book(date, f"Person {number}")
        address = reverse("admin:events_workshopdate_change", args=[date.pk])
        desk.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert len(desk.get(address).context["entries"]) == people - 1
        return len(captured)

    assert queries(8) == queries(3)
