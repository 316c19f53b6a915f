"""Dates online: who is told how to join, and where."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events import bookings, waiting_list
from events.models import WorkshopDate
from sharedlives.foundation import links
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue

pytestmark = pytest.mark.django_db

LINK, NOTE = "https://meet.example.org/secret", "Dial 1234"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def online(**fields):
    return create_date(mode="online", area="", join_link=LINK, join_note=NOTE, **fields)


def page_of(client, booking):
    return client.get(booking.get_absolute_url()).content.decode()


def tells(text):
    return [LINK in text, NOTE in text]


def test_whoever_has_a_place_finds_the_way_in_on_their_own_page_and_in_their_mail(client):
    booking = book(online(), "Ann")

    page = page_of(client, booking)
    assert tells(page) == [True, True]
    assert "once you have a place" not in page
    mail = OutgoingMail.objects.get()
    assert tells(mail.text) == tells(mail.html) == [True, True]
    assert tells(mail.calendar) == [False, False]


def test_in_both_ways_people_find_the_venue_and_the_way_in(client):
    booking = book(create_date(mode="hybrid", venue=create_venue(), join_link=LINK), "Ann")

    page = page_of(client, booking)

    assert LINK in page
    assert "Euston Road" in page


def test_whoever_waits_is_offered_a_place_or_gave_it_back_finds_no_way_in(client):
    date = online(places=1)
    ann, bob, cat = book(date, "Ann"), book(date, "Bob"), book(date, "Cat")
    bookings.cancel(ann)
    for booking in (ann, bob, cat):
        booking.refresh_from_db()
    assert (bob.is_offered, cat.is_waiting) == (True, True)

    for booking in (ann, bob, cat):
        assert tells(page_of(client, booking)) == [False, False]
    others = OutgoingMail.objects.exclude(recipient=ann.email)
    assert others.count() >= 3
    for mail in [*others, OutgoingMail.objects.filter(recipient=ann.email).latest("pk")]:
        assert tells(mail.text + mail.html + mail.calendar) == [False, False]

    waiting_list.accept(bob)
    bob.refresh_from_db()
    assert tells(page_of(client, bob)) == [True, True]


def test_the_page_after_reserving_does_not_tell_it_for_whoever_typed_an_address_sees_that_page(client):
    booking = book(online(), "Ann")

    page = client.get(reverse("events:booking_made", args=[links.sign("made", booking.request_id.hex)]))

    assert tells(page.content.decode()) == [False, False]


@pytest.mark.parametrize("state", ["cancelled", "postponed"])
def test_there_is_nothing_to_join_while_a_date_does_not_take_place(client, state):
    date = online()
    booking = book(date, "Ann")
    date.state = state
    date.save()

    assert tells(page_of(client, booking)) == [False, False]


def test_there_is_nothing_to_join_once_it_is_over(client):
    date = online()
    booking = book(date, "Ann")
    date.starts_at, date.ends_at = (timezone.now() - timedelta(days=days) for days in (2, 1))
    date.save()

    assert tells(page_of(client, booking)) == [False, False]


def test_a_letter_tells_how_to_join_only_while_there_is_something_to_join(client):
    client.force_login(create_user(is_superuser=True))
    booking = book(online(), "Ann")
    letter = reverse("admin:events_booking_letter", args=[booking.pk])
    assert tells(client.get(letter).content.decode()) == [True, True]

    WorkshopDate.objects.update(state=WorkshopDate.State.POSTPONED)

    assert tells(client.get(letter).content.decode()) == [False, False]


def test_a_link_that_follows_is_promised(client):
    booking = book(create_date(mode="online", area=""), "Ann", by=create_user())

    assert "The link to join will be here before the day." in page_of(client, booking)


def test_a_date_in_person_speaks_of_no_joining(client):
    assert "How to join" not in page_of(client, book(create_date(), "Ann"))
