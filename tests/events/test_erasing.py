"""Forgetting a person who asks for it: nothing of them is left, and every count is right."""

import pytest
from django.db import connection
from django.urls import reverse

from events import erasing, subscriptions
from events.bookings import Person
from events.checking import findings
from events.models import Booking, Subscription
from tests.factories import book, create_charity, create_date, create_user

pytestmark = pytest.mark.django_db

SECRETS = ("Canary Ann", "canary@example.org", "lip speaker", "Birdcage", "Tweety")


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def everything():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')
            found.append(cursor.fetchone()[0] or "")
    return "\n".join(found)


def full_dates():
    """Two dates of one place each: she has the first, and waits for the second."""
    first, second = create_date(places=1), create_date(places=1, area="Leeds")
    people = [Person(name="Tweety", access="a lip speaker")]
    held = book(
        first, "Canary Ann", email="canary@example.org", people=people, organisation="Birdcage", wants_news=True
    )
    bob = book(first, "Bob")
    book(second, "Holder")
    book(second, "Canary Ann", email="Canary@example.org", people=people)
    book(second, "Canary Ann", email="canary@example.org", people=people)  # and asked again
    subscriptions.ask("canary@example.org")
    return first, second, held, bob


def test_nothing_of_the_person_is_left_and_the_counts_are_right():
    first, second, held, bob = full_dates()
    link = held.get_absolute_url()
    assert all(secret in everything() for secret in SECRETS)

    assert erasing.erase(held, by=create_user()) == 2

    left = everything()
    assert [secret for secret in SECRETS if secret.lower() in left.lower()] == []
    assert not Subscription.objects.exists()
    bob.refresh_from_db()
    assert bob.is_offered  # her place goes to the next
    for date in (first, second):
        date.refresh_from_db()
    assert (first.ordinary_taken, first.waiting, second.ordinary_taken, second.waiting) == (1, 0, 1, 0)
    assert Booking.objects.filter(contact_name=erasing.ERASED).count() == 2
    assert Booking.objects.get(pk=held.pk).get_absolute_url() != link
    assert list(findings()) == []


def test_what_is_over_stays_counted(time_machine):
    date = create_date(places=5)
    ann = book(date, "Canary Ann", email="canary@example.org", people=2)
    time_machine.move_to(date.ends_at)

    erasing.erase(ann, by=create_user())

    ann.refresh_from_db()
    assert (ann.state, ann.places, ann.people.count()) == ("confirmed", 2, 2)
    date.refresh_from_db()
    assert date.ordinary_taken == 2


def test_others_who_share_nothing_with_them_stay():
    date = create_date(places=5)
    ann = book(date, "Canary Ann", email="", phone="0151 496 0001")
    wren = book(date, "Wren", email="", phone="0151 496 0002")

    assert erasing.erase(ann, by=create_user()) == 1

    wren.refresh_from_db()
    assert (wren.contact_name, wren.state) == ("Wren", "confirmed")


def test_the_desk_asks_first_and_only_those_with_the_right(client):
    ann = book(create_date(), "Canary Ann", email="canary@example.org")
    address = reverse("admin:events_booking_erase", args=[ann.pk])
    client.force_login(create_user(permissions=["events.view_booking", "events.change_booking"]))
    assert client.get(address).status_code == client.post(address).status_code == 403

    may = create_user(email="may@example.org", permissions=["events.view_booking", "events.delete_booking"])
    client.force_login(may)
    assert "It is still to come: it ends" in client.get(address).content.decode()
    assert Booking.objects.get().contact_name == "Canary Ann"
    client.post(address)
    assert Booking.objects.get().contact_name == erasing.ERASED
