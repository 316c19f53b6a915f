"""A link that was lost: one answer for everybody, and one mail to whoever has booked."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events import bookings, lost_links
from events.jobs import send_lost_links
from events.models import WorkshopDate
from events.views import own_changes
from tests.events.test_changing_bookings import BY_PHONE, mailed
from tests.events.test_pages import shows, title
from tests.factories import book, create_charity, create_date

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def ask(client, email, **more):
    return client.post(reverse("events:lost_link"), {"email": email}, **more)


def jobs():
    """The arguments of the jobs that look up who has booked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%%send_lost_links' ORDER BY id")
        return [json.loads(args) for (args,) in cursor.fetchall()]


def work():
    return [lost_links.send(**args) for args in jobs()]


def test_one_mail_lists_the_links_to_all_that_is_still_to_come(client):
    first, second, gone = create_date(area="York"), create_date(area="Leeds", places=1), create_date(area="Bath")
    place, over = book(first, "Ann"), book(gone, "Ann")
    book(second, "Holder")
    waiting = book(second, "Ann", email="ANN@example.org")
    cancelled = bookings.cancel(book(create_date(area="Hull"), "Ann"))
    others = book(first, "Bob")
    WorkshopDate.objects.filter(pk=gone.pk).update(
        starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now() - timedelta(days=1)
    )

    ask(client, "Ann@example.org")
    assert work() == [2]

    mail = mailed("own_links").get()
    assert mail.text.startswith("Here are the links to your 2 bookings.")
    for booking, words in ((place, "You have a place."), (waiting, "You are waiting for a place.")):
        for body in (mail.text, mail.html):
            assert booking.get_absolute_url() in body
            assert words in body
    for booking in (over, cancelled, others):
        assert booking.get_absolute_url() not in mail.text


def test_everybody_is_answered_alike_by_the_same_work(client):
    book(create_date(), "Ann")
    seen = []
    for email in ("warm@example.org", "ann@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            response = ask(client, email)
        shown = client.get(response.url)
        statements = [query["sql"].split(" VALUES")[0][:60] for query in queries]
        seen.append((response.status_code, response.url, shown.content, statements))

    assert seen[1] == seen[2]
    assert shows(shown, "If there are bookings under this address")
    assert not mailed("own_links").exists()
    assert work() == [0, 1, 0]
    assert mailed("own_links").count() == 1


def test_no_address_stands_in_the_table_of_jobs(client):
    ask(client, "ann@example.org")

    (args,) = jobs()
    assert "ann" not in str(args)


def test_whoever_gave_only_a_phone_number_is_told_to_ring(client):
    book(create_date(), "Ann", **BY_PHONE)

    assert shows(
        client.get(reverse("events:lost_link")), "If you gave us only a phone number, there is no link: ring us"
    )


@pytest.mark.parametrize(
    "junk", ["", "x", "a@b", "a\r\nBcc: b@c.d@example.org", "٣@", "a" * 400 + "@example.org", "\0"]
)
def test_what_is_no_address_is_an_error_and_stays_in_the_box(client, junk):
    response = ask(client, junk)

    assert title(response).startswith("Error: ")
    assert jobs() == []


@pytest.mark.parametrize("limit", ["LOST_LINKS", "LOST_LINKS_OF_ONE"])
def test_who_asks_too_often_or_for_one_address_is_slowed_and_their_words_are_kept(client, monkeypatch, limit):
    monkeypatch.setitem(getattr(own_changes, limit), "limit", 1)
    ask(client, "nobody@example.org")

    response = ask(client, "NOBODY@example.org")

    assert (response.status_code, "Retry-After" in response) == (429, True)
    assert shows(response, 'value="NOBODY@example.org"')
    assert shows(response, "Please ring us.")
    assert len(jobs()) == 1


def test_the_page_is_linked_where_people_look_for_it(client):
    date = create_date()
    booking = book(date, "Ann")
    ended = booking.get_absolute_url()
    booking.link_version += 1
    booking.save()

    for page in (date.get_absolute_url(), date.workshop.get_absolute_url(), reverse("events:workshop_list"), ended):
        assert shows(client.get(page), f'href="{reverse("events:lost_link")}"')


def test_the_job_does_it():
    booking = book(create_date(), "Ann")
    send_lost_links(digest=lost_links.digest_of("ann@example.org"))

    assert booking.get_absolute_url() in mailed("own_links").get().text
