"""Changing one's own booking, on the pages under one's own link."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from events import bookings
from events.models import AccessNeed, Booking, WorkshopDate
from events.views import own_changes
from sharedlives.foundation import links
from sharedlives.foundation.models import OutgoingMail
from tests.events.test_changing_bookings import group, keys, mailed, names, now, two_dates
from tests.events.test_pages import reserve, shows, title
from tests.factories import book, create_charity, create_date

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def page(booking, name):
    return f"{booking.get_absolute_url()}{name}/"


def number(*, shown=1, more=0, support=0, leaving=()):
    return {"shown": shown, "more": more, "support_workers": support, "leaving": leaving}


def colleague(name="Bob", **fields):
    return {"contact_name": name, "email": f"{name.lower()}@example.org", "phone": ""} | fields


def test_the_own_page_leads_to_each_change(client):
    booking = book(create_date(), "Ann")

    response = client.get(booking.get_absolute_url())

    for name in ("places", "move", "hand-over"):
        assert shows(response, f'href="{page(booking, name)}"')


def test_somebody_drops_out_and_a_second_press_is_no_mistake(client):
    booking = group(create_date(), "Ann", "Bob", "Cat")
    sent = number(shown=3, leaving=keys(booking, "Bob"))

    for _ in range(2):
        response = client.post(page(booking, "places"), sent, follow=True)
        assert title(response).startswith("You have 2 places.")

    assert names(booking) == [(1, "Ann"), (2, "Cat")]
    assert mailed("booking_number_changed").count() == 1


def test_a_page_opened_before_somebody_dropped_out_gives_nobody_the_name_or_the_needs_of_another(client):
    booking = group(create_date(), "Ann", "Bob", "Cat")
    ann, bob, cat = (place.pk for place in booking.people.order_by("position"))
    client.post(page(booking, "places"), number(shown=3, leaving=[bob]))

    client.post(page(booking, "names"), {f"{ann}-name": "Ann", f"{bob}-name": "Bob", f"{cat}-name": "Cath"})
    told = {"keep": "1", "access": "XYZZY", "answering_for": "self", "keep_needs": "on"}
    gone = client.post(page(booking, f"needs/{bob}"), told)

    assert names(booking) == [(1, "Ann"), (2, "Cath")]
    assert gone.status_code == 404
    assert not AccessNeed.objects.filter(access="XYZZY").exists()


def test_whoever_was_added_since_the_page_was_opened_keeps_their_name(client):
    booking = group(create_date(), "Ann", "Bob")
    ann, bob = (place.pk for place in booking.people.order_by("position"))

    client.post(page(booking, "names"), {f"{ann}-name": "Anna"})

    assert names(booking) == [(1, "Anna"), (2, "Bob")]


@pytest.mark.parametrize(("people", "sent"), [(2, {"leaving": "all but one"}), (9, {"more": 1})])
def test_a_second_press_is_no_mistake_at_either_end(client, people, sent):
    booking = book(create_date(), "Ann", people=people)
    if "leaving" in sent:
        sent = {"leaving": [booking.people.last().pk]}

    for _ in range(2):
        client.post(page(booking, "places"), number(shown=people, **sent))

    assert now(booking).places == (1 if "leaving" in sent else 10)


def test_more_people_and_support_workers_come(client):
    booking = book(create_date(), "Ann")

    client.post(page(booking, "places"), number(more=2, support=1))

    assert (now(booking).places, now(booking).support_workers) == (3, 1)


def test_in_two_tabs_the_older_page_is_refused_in_words(client):
    booking = group(create_date(), "Ann", "Bob")
    client.post(page(booking, "places"), number(shown=2, more=2))

    response = client.post(page(booking, "places"), number(shown=2, more=1))

    assert shows(response, "This booking has changed since the page was opened.")
    assert title(response).startswith("Error: ")
    assert now(booking).places == 4


def test_whoever_cannot_have_more_keeps_what_they_have_and_sees_another_way(client):
    date = create_date(places=2)
    booking, _other = book(date, "Ann"), book(date, "Bob")

    response = client.post(page(booking, "places"), number(more=1))

    assert shows(response, "There are not so many places free. You keep what you have.")
    assert shows(response, f'<a href="{date.get_reserve_url()}">join the waiting list</a>, as a request of their own.')
    assert '<option value="1" selected>' in response.content.decode()
    assert now(booking).places == 1

    # Which works under the same contact, once the others are named.
    reserve(client, date, **{"people-0-name": "Cat"})
    assert set(Booking.objects.filter(contact_name="Ann").values_list("state", flat=True)) == {"confirmed", "waiting"}


def test_nobody_takes_everybody_off(client):
    booking = group(create_date(), "Ann", "Bob")

    response = client.post(page(booking, "places"), number(shown=2, leaving=keys(booking, "Ann", "Bob")))

    assert shows(response, "Somebody has to come. If nobody can, cancel the booking instead.")
    assert now(booking).places == 2


def test_the_other_dates_with_and_without_room_are_shown(client):
    york, leeds = two_dates(places=1)
    booking = book(york, "Ann")
    hull = create_date(workshop=york.workshop, area="Hull", places=1)
    book(hull, "Bob")
    draft = create_date(workshop=york.workshop, area="Ely", state="draft")

    response = client.get(page(booking, "move"))

    assert shows(response, f'value="{leeds.pk}"')
    assert shows(response, f'<a href="{hull.get_reserve_url()}">join the waiting list')
    assert draft.area not in response.content.decode()


def test_a_booking_moves_and_a_second_press_is_no_mistake(client):
    york, leeds = two_dates()
    booking = book(york, "Ann")

    for _ in range(2):
        response = client.post(page(booking, "move"), {"date": leeds.pk}, follow=True)
        assert shows(response, f"{leeds.workshop.title}, {leeds.when}")

    assert response.redirect_chain[-1][0] == booking.get_absolute_url()
    assert mailed("booking_moved").count() == 1


def test_a_date_that_is_full_by_then_is_refused_and_the_place_kept(client):
    york, leeds = two_dates(places=1)
    booking = book(york, "Ann")
    client.get(page(booking, "move"))
    book(leeds, "Bob")

    response = client.post(page(booking, "move"), {"date": leeds.pk})

    assert shows(response, "That date has no place for you now. You keep what you have.")
    assert now(booking).date == york


@pytest.mark.parametrize("junk", ["", "0", "x", "٣", "9" * 30, "\0"])
def test_a_date_that_was_not_shown_is_refused(client, junk):
    york, _leeds = two_dates()
    booking = book(york, "Ann")

    response = client.post(page(booking, "move"), {"date": junk})

    assert title(response).startswith("Error: ")
    assert now(booking).date == york


def test_a_place_is_handed_over_and_the_old_link_ends_everywhere(client):
    booking = group(create_date(), "Ann")
    made = reverse("events:booking_made", args=[links.sign("made", booking.request_id.hex)])

    response = client.post(page(booking, "hand-over"), colleague(), follow=True)

    assert shows(response, "Your colleague has your place now")
    assert "Bob" not in response.content.decode()
    for old in (booking.get_absolute_url(), page(booking, "hand-over"), page(booking, "places"), made):
        ended = client.get(old)
        assert ended.status_code == 410
        assert shows(ended, reverse("events:lost_link"))
    assert client.post(page(booking, "hand-over"), colleague("Cat")).status_code == 410
    assert now(booking).contact_name == "Bob"
    assert shows(client.get(now(booking).get_absolute_url()), "Person 1 (name to follow)")


def test_whoever_is_to_come_instead_must_be_reachable_and_has_a_name_only(client):
    booking = book(create_date(), "Ann")

    nobody = client.post(page(booking, "hand-over"), colleague(email=""))
    link = client.post(page(booking, "hand-over"), colleague("https://evil.example"))

    assert shows(nobody, "Give an e-mail address or a phone number")
    assert shows(link, "Write a name only, without a web address.")
    assert now(booking).contact_name == "Ann"


def test_whoever_waits_reads_why_a_turn_is_not_handed_over(client):
    date = create_date(places=1)
    _holder, booking = book(date, "Holder"), book(date, "Ann")

    assert shows(client.get(page(booking, "hand-over")), "a turn on the waiting list is for who has waited")
    assert shows(client.post(page(booking, "hand-over"), colleague()), "Only a place can be handed over.")


def test_handing_over_is_limited_like_every_mail_that_anybody_can_cause(client, monkeypatch):
    monkeypatch.setitem(own_changes.RESERVATIONS, "limit", 0)
    booking = book(create_date(), "Ann")

    response = client.post(page(booking, "hand-over"), colleague())

    assert (response.status_code, "Retry-After" in response) == (429, True)
    assert shows(response, 'value="bob@example.org"')
    assert now(booking).contact_name == "Ann"


@pytest.mark.parametrize("name", ["places", "move", "hand-over"])
def test_pages_of_what_is_over_say_how_it_stands(client, name):
    cancelled = bookings.cancel(book(create_date(), "Ann"))
    started = book(create_date(), "Bob")
    WorkshopDate.objects.filter(pk=started.date_id).update(starts_at=timezone.now())

    for booking, words in ((cancelled, "Your booking is cancelled."), (started, "You have a place.")):
        response = client.get(page(booking, name))
        assert shows(response, words)
        assert '<form method="post"' not in response.content.decode().split("<footer")[0]


@pytest.mark.parametrize("name", ["places", "move", "hand-over"])
def test_a_forged_link_opens_none_of_it(client, name):
    booking = book(create_date(), "Ann")
    forged = booking.get_absolute_url().replace(f"{booking.pk}-1", f"{booking.pk}-2")

    assert client.get(f"{forged}{name}/").status_code == 404
    assert client.post(f"{forged}{name}/", {"more": "1"}).status_code == 404


JUNK = ["", "-1", "٣", "²", "NaN", str(2**63), "9" * 400, "\0", "<img src=x onerror=alert(1)>", "a" * 5000]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("field", ["shown", "more", "support_workers", "leaving"])
def test_junk_in_the_number_is_an_error_in_words(client, field, junk):
    booking = group(create_date(), "Ann", "Bob")

    response = client.post(page(booking, "places"), number(shown=2, support=1) | {field: junk})

    assert b"<img src=x" not in response.content
    if response.status_code == 200:
        assert title(response).startswith("Error: ")
        assert now(booking).support_workers == 0
    assert now(booking).places == 2


def test_opening_the_pages_of_the_new_mails_changes_nothing(client):
    york, leeds = two_dates()
    booking = group(york, "Ann", "Bob")
    client.post(page(booking, "places"), number(shown=2, more=1))
    client.post(page(booking, "move"), {"date": leeds.pk})
    client.post(page(booking, "hand-over"), colleague())
    texts = " ".join(mail.text + mail.html for mail in OutgoingMail.objects.all())
    addresses = set(re.findall(r"https://www\.example\.org(/[^\s\"<]*)", texts))
    assert now(booking).get_absolute_url() in addresses
    before = list(Booking.objects.values()), OutgoingMail.objects.count()

    for address in addresses:
        for method in (client.get, client.head):
            assert method(address).status_code in (200, 410)

    assert (list(Booking.objects.values()), OutgoingMail.objects.count()) == before


# How shall we reach you?


@pytest.mark.parametrize(
    ("reach_by", "contact", "words"),
    [
        ("text", {"phone": ""}, "Give the phone number that we should use."),
        ("relay", {"phone": ""}, "Give the phone number that we should use."),
        ("email", {"email": "", "phone": "0151 496 0007"}, "Give the e-mail address that we should write to."),
        ("pigeon", {}, "Select a valid choice."),
    ],
)
def test_a_way_to_be_reached_needs_what_it_takes(client, reach_by, contact, words):
    response = reserve(client, create_date(), reach_by=reach_by, **contact)

    assert shows(response, words)
    assert not Booking.objects.exists()


def test_how_somebody_wants_to_be_reached_is_kept(client):
    date = create_date()

    reserve(client, date, reach_by="relay", phone="0151 496 0007")
    reserve(client, date, email="bob@example.org")

    assert list(Booking.objects.order_by("pk").values_list("reach_by", flat=True)) == ["relay", ""]


# Sharing


def test_a_date_is_shared_by_its_plain_address(client):
    date = create_date()
    booking = book(date, "Ann")
    made = reverse("events:booking_made", args=[links.sign("made", booking.request_id.hex)])

    for address in (date.get_absolute_url(), booking.get_absolute_url(), made):
        html = client.get(address).content.decode()
        section = re.search(r'aria-labelledby="share">(.*?)</section>', html, re.DOTALL)[1]
        assert f'<span class="share__address">https://www.example.org{date.get_absolute_url()}</span>' in section
        assert 'href="mailto:?subject=Shared%20Lives%20where%20you%20are&amp;body=' in section
        assert "/bookings/" not in section


def test_the_invitation_says_what_when_and_where(client):
    date = create_date(area="Birmingham & city centre")

    html = client.get(date.get_absolute_url()).content.decode()

    body = re.search(r"body=([^\"]+)\"", html)[1]
    assert body.endswith(f"https%3A%2F%2Fwww.example.org{date.get_absolute_url()}".replace("/", "%2F"))
    assert "Birmingham%20%26%20city%20centre" in body
    assert len(body) < 1500
