import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import bookings, changing_dates, corrections, needs, waiting_list
from events.bookings import Person
from events.forms import new_stamp
from events.models import AccessNeed, Booking, RepeatedRequest, RingTask, WorkshopDate
from events.views import own_links, reserving
from sharedlives.foundation import links
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def answers(*, people=1, stamp=None, **fields):
    """What a browser sends from the reserve page, as somebody called Ann would fill it in."""
    sent = {
        "stamp": stamp or new_stamp(),
        "contact_name": "Ann",
        "email": "ann@example.org",
        "phone": "",
        "organisation": "",
        "support_workers": "0",
        "people-TOTAL_FORMS": people,
        "people-INITIAL_FORMS": "0",
    }
    for number in range(people):
        sent |= {f"people-{number}-name": "", f"people-{number}-access": "", f"people-{number}-dietary": ""}
    return sent | fields


def reserve(client, date, **fields):
    return client.post(date.get_reserve_url(), answers(**fields))


def title(response):
    return re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1].strip()


def shows(response, text):
    return text in " ".join(response.content.decode().split())


# Reading


def test_lists_show_published_dates_that_are_still_to_come_in_order(client):
    later = create_date(area="Leeds", starts_at=timezone.now() + timedelta(days=60))
    sooner = create_date(area="York")
    over = create_date(area="Bath", starts_at=timezone.now() - timedelta(days=3))
    draft = create_date(area="Hull", state="draft")
    hidden = create_date(area="Ely", workshop=create_workshop(title="Hidden", is_published=False))

    response = client.get(reverse("events:workshop_list"))

    assert list(response.context["dates"]) == [sooner, later]
    for date in (over, draft, hidden):
        assert date.area not in response.content.decode()


def test_a_cancelled_date_stays_visible_and_says_so(client):
    date = create_date()
    changing_dates.cancel_date(date, by=create_user())

    response = client.get(date.get_absolute_url())

    assert shows(response, "This date is cancelled.")
    assert date.get_reserve_url() not in response.content.decode()


def test_a_date_that_is_cancelled_or_over_promises_nothing_more(client):
    cancelled = create_date(mode="hybrid")
    ann = book(cancelled, "Ann")
    changing_dates.cancel_date(cancelled, by=create_user())
    over = create_date(mode="hybrid", starts_at=timezone.now() - timedelta(days=3))
    promises = ["We will tell everybody", "How to join", "We will only use", "Share with a colleague"]
    assert all(shows(client.get(create_date(mode="hybrid").get_absolute_url()), promise) for promise in promises)

    for date in (cancelled, over):
        page = client.get(date.get_absolute_url())
        assert not [promise for promise in promises if shows(page, promise)]
    mail = OutgoingMail.objects.filter(recipient=ann.email).latest("pk")
    assert "as soon as the venue is confirmed" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("way", "words"),
    [("", "ring you"), ("phone", "ring you"), ("text", "text you"), ("relay", "ring you through Relay UK")],
)
def test_who_has_no_e_mail_reads_that_we_reach_them_as_they_asked(client, way, words):
    date = create_date(places=1)
    book(date, "Bob")
    assert shows(client.get(date.get_reserve_url()), "or ring you if you have no e-mail")
    asked = {"email": "", "phone": "07700 900123", "reach_by": way}

    # And so does whoever asks a second time, or the page would tell who has booked.
    for _ in range(2):
        response = client.post(date.get_reserve_url(), answers(stamp=new_stamp(), **asked), follow=True)

        assert shows(response, f"When it is your turn we {words}, and nobody")
        assert shows(response, f"We {words} on <strong")
        assert not shows(response, "we write to you")
    assert RepeatedRequest.objects.exists()


@pytest.mark.parametrize("hide", [{"state": "draft"}, {"workshop__is_published": False}])
def test_what_is_not_published_does_not_exist_for_the_public(client, hide):
    date = create_date(state=hide.get("state", "scheduled"))
    if "workshop__is_published" in hide:
        date.workshop.is_published = False
        date.workshop.save()
    for address in (date.get_absolute_url(), date.get_reserve_url(), date.get_calendar_url()):
        assert client.get(address).status_code == 404


def test_a_date_shows_when_where_and_what_is_known_about_access(client):
    venue = create_venue(step_free="yes", hearing_loop="no")
    date = create_date(venue=venue, places=3)
    book(date, "Ann")

    response = client.get(date.get_absolute_url())

    assert shows(response, "2 places left")
    assert shows(response, "<dt>Step-free from the street</dt> <dd>Yes</dd>")
    assert shows(response, "<dt>Hearing loop</dt> <dd>No</dd>")
    assert shows(response, "<dt>Blue Badge parking</dt> <dd>Not known yet</dd>")
    assert shows(response, "0151 496 0001")


def test_a_venue_of_which_nothing_is_known_says_so_in_one_sentence(client):
    response = client.get(create_date(venue=create_venue()).get_absolute_url())

    assert shows(response, "We do not know yet how accessible it is.")
    assert not shows(response, "Not known yet")


def test_a_date_without_venue_end_or_limit_never_says_none(client):
    date = create_date(area="Birmingham city centre", ends_at=None, places=None)

    for address in (
        date.get_absolute_url(),
        date.get_reserve_url(),
        date.get_calendar_url(),
        date.workshop.get_absolute_url(),
    ):
        assert "None" not in client.get(address).content.decode()
    assert shows(client.get(date.get_absolute_url()), "The venue is to be confirmed.")


def test_reading_pages_set_no_cookie(client):
    date = create_date()
    for address in (reverse("events:workshop_list"), date.workshop.get_absolute_url(), date.get_absolute_url()):
        assert client.get(address).cookies == {}


@pytest.mark.parametrize("page", ["workshop_list", "workshop_detail"])
def test_lists_take_the_same_queries_for_one_date_and_for_three(client, page, django_assert_num_queries):
    workshop = create_workshop()
    address = reverse("events:workshop_list") if page == "workshop_list" else workshop.get_absolute_url()
    expected = 3 if page == "workshop_list" else 5
    create_date(workshop=workshop, venue=create_venue())
    client.get(address)
    with django_assert_num_queries(expected):
        client.get(address)
    for number in range(2):
        create_date(workshop=workshop, venue=create_venue(name=f"Venue {number}"))
    with django_assert_num_queries(expected):
        client.get(address)


# Reserving


def test_reserving_leads_to_a_page_that_is_the_whole_confirmation(client):
    date = create_date(venue=create_venue())

    response = client.post(date.get_reserve_url(), answers(), follow=True)

    booking = Booking.objects.get()
    assert title(response).startswith("You have a place.")
    for text in ("ann@example.org", booking.spoken_reference, "Friends House", "Wrong? Correct it now", "Ada Cess"):
        assert shows(response, text)
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_reserving_on_a_full_date_says_plainly_that_one_waits(client):
    date = create_date(places=1)
    book(date, "Bob")

    assert shows(client.get(date.get_reserve_url()), "Join the waiting list")
    response = client.post(date.get_reserve_url(), answers(), follow=True)

    assert title(response).startswith("You are waiting for a place.")


def test_a_double_click_and_a_reload_make_one_booking_and_one_page(client):
    date, stamp = create_date(), new_stamp()

    first, second = (reserve(client, date, stamp=stamp) for _ in range(2))

    assert first.url == second.url
    assert Booking.objects.count() == 1


def test_the_answer_is_alike_whether_or_not_the_address_has_booked(client):
    date = create_date(places=20)
    known = client.post(date.get_reserve_url(), answers(), follow=True)
    again = client.post(date.get_reserve_url(), answers(), follow=True)

    booking, repeat = Booking.objects.get(), RepeatedRequest.objects.get()

    def neutral(response, reference):
        page = response.content.decode().replace(reference, "REFERENCE")
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)

    assert known.status_code == again.status_code
    assert neutral(known, booking.spoken_reference) == neutral(again, repeat.spoken_reference)


def test_the_page_of_a_repeated_request_shows_what_was_typed_and_nothing_of_the_booking_held(client):
    date = create_date()
    held = book(date, "Ann", people=3, organisation="The Lantern", support_workers=2, phone="0151 496 0007")

    response = client.post(date.get_reserve_url(), answers(), follow=True)

    assert title(response).startswith("You have a place.")
    for text in ("The Lantern", "support worker", "0151 496 0007", held.spoken_reference):
        assert not shows(response, text)


def test_the_answer_is_alike_on_a_full_date_too(client):
    date = create_date(places=1)
    book(date, "Ann")
    known = client.post(date.get_reserve_url(), answers(), follow=True)
    unknown = client.post(date.get_reserve_url(), answers(email="other@example.org"), follow=True)

    assert title(known) == title(unknown)
    assert title(known).startswith("You are waiting for a place.")
    assert shows(known, "If you have a place already from an earlier booking, you keep it")
    # Once the person has cancelled, it is no secret on their own page.
    bookings.cancel(Booking.objects.get(email="ann@example.org"))
    assert title(client.get(known.redirect_chain[0][0])).startswith("Your booking is cancelled.")


def test_a_direct_post_to_a_closed_date_tells_nobody_who_has_booked(client):
    date = create_date()
    book(date, "Ann")
    WorkshopDate.objects.update(booking_closes_at=timezone.now())

    assert reserve(client, date).status_code == reserve(client, date, email="other@example.org").status_code == 200
    assert OutgoingMail.objects.count() == 1


def test_errors_are_told_first_and_beside_the_field_and_nothing_typed_is_lost(client):
    date = create_date()

    response = reserve(
        client, date, email="not an address", organisation="The Lantern", people=2, **{"people-1-name": "Bob"}
    )

    assert title(response).startswith("Error: ")
    assert shows(response, 'href="#id_email"')
    for value in ("not an address", "The Lantern", "Bob"):
        assert shows(response, f'value="{value}"')
    assert not Booking.objects.exists()


def test_an_e_mail_or_a_phone_number_is_needed(client):
    date = create_date()
    response = reserve(client, date, email="")
    assert shows(response, "Give an e-mail address or a phone number")

    response = client.post(date.get_reserve_url(), answers(email="", phone="0151 496 0000"), follow=True)

    assert title(response).startswith("You have a place.")
    assert not OutgoingMail.objects.exists()


def test_another_person_can_be_added_without_javascript_and_nothing_typed_is_lost(client):
    date = create_date()

    response = reserve(
        client, date, add_person="1", email="half an addr", **{"people-0-name": "Ann", "people-0-access": "a ramp"}
    )

    assert shows(response, "Person 2")
    for text in ('value="half an addr"', 'value="Ann"', "a ramp</textarea>"):
        assert shows(response, text)
    assert not title(response).startswith("Error")
    assert not Booking.objects.exists()


def test_people_without_a_name_or_needs_count_as_people(client):
    reserve(client, create_date(), people=3)

    assert Booking.objects.get().places == 3


def test_needs_are_kept_only_with_a_tick_of_their_own(client):
    date = create_date()
    needs = {"people-0-access": "a ramp", "people-0-answering_for": "self"}

    refused = reserve(client, date, **needs)
    assert shows(refused, "Tick this so that we may keep what you wrote")
    assert not AccessNeed.objects.exists()

    reserve(client, date, keep_needs="on", **needs)
    assert AccessNeed.objects.get().access == "a ramp"


def test_needs_ask_who_is_answering(client):
    response = reserve(client, create_date(), keep_needs="on", **{"people-0-access": "a ramp"})

    assert shows(response, "Tell us whether you are answering for yourself or for somebody else.")


def test_news_are_only_for_those_who_asked(client):
    date = create_date()
    reserve(client, date)
    reserve(client, date, contact_name="Bob", wants_news="on")

    asked = dict(Booking.objects.values_list("contact_name", "wants_news_at"))
    assert (asked["Ann"], asked["Bob"] is not None) == (None, True)


@pytest.mark.parametrize(
    "state",
    [{"state": "cancelled"}, {"starts_at": timezone.now() - timedelta(days=9)}, {"booking_closes_at": timezone.now()}],
)
def test_a_direct_post_to_a_closed_date_is_refused_with_the_reason_and_keeps_the_text(client, state):
    date = create_date(**state)

    response = reserve(client, date, organisation="The Lantern")

    assert response.status_code == 200
    assert shows(response, date.why_closed())
    assert shows(response, 'value="The Lantern"')
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    "number", ["-1", "1e309", "9223372036854775808", "٣", "²", "NaN", "5000", "", "\0", "1" * 5000]
)
def test_odd_numbers_are_a_form_error(client, number):
    date = create_date()

    for response in (
        reserve(client, date, support_workers=number),
        reserve(client, date, **{"people-TOTAL_FORMS": number}),
        reserve(client, date, add_person="1", **{"people-TOTAL_FORMS": number}),
    ):
        assert response.status_code == 200
    assert not Booking.objects.exists()


HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}",
    "%(x)s {0.__class__}",
    "a\r\nBcc: victim@example.org",
    "\0",
    "%ff",
    "'; DROP TABLE events_booking; --",
    "=HYPERLINK(1)",
    "\u202egnp.exe",
    "A" * 100_000,
    "٣",
    "\ufffe",
    "<!--",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "field", ["contact_name", "email", "phone", "organisation", "stamp", "people-0-name", "people-0-access"]
)
def test_hostile_values_neither_break_nor_run(client, field, value):
    date = create_date()

    response = client.post(date.get_reserve_url(), answers(**{field: value}), follow=True)

    assert response.status_code in (200, 400)
    page = response.content.decode()
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_an_address_longer_than_the_database_keeps_is_a_form_error(client):
    date, long = create_date(), "a" * 250 + "@example.org"
    page = reserve(client, date).url

    for response in (reserve(client, date, email=long), client.post(page, {"email": long})):
        assert shows(response, "Ensure this value has at most 254 characters")


def test_bytes_that_are_no_text_are_no_error_of_ours(client):
    sent = urlencode(answers(contact_name="NAME")).replace("NAME", "%ED%A0%80%FF%FE%00")
    response = client.post(create_date().get_reserve_url(), sent, content_type="application/x-www-form-urlencoded")

    assert response.status_code in (200, 302, 400)


def test_a_name_with_line_breaks_stays_on_one_line_of_the_mail(client):
    reserve(
        client,
        create_date(workshop=create_workshop(title="Two\r\nBcc: x@example.org")),
        contact_name="Ann\r\nBcc: x@example.org",
    )

    mail = OutgoingMail.objects.get()
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert Booking.objects.get().contact_name == "Ann Bcc: x@example.org"


def test_a_broken_stamp_asks_to_press_again_and_then_works(client):
    date = create_date()

    response = reserve(client, date, stamp="tampered")
    assert shows(response, "Please press the button again.")
    fresh = re.search(r'name="stamp" value="([^"]+)"', response.content.decode())[1]

    assert reserve(client, date, stamp=fresh).status_code == 302


def test_many_reservations_from_one_address_are_slowed_in_words_and_lose_nothing(client, monkeypatch):
    monkeypatch.setitem(reserving.RESERVATIONS, "limit", 1)
    date = create_date()
    reserve(client, date)

    response = reserve(client, date, contact_name="Bob", organisation="The Lantern")

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert shows(response, 'value="The Lantern"')
    assert shows(response, "0151 496 0000")


def test_nobody_can_have_somebody_else_mailed_without_end(client, monkeypatch):
    monkeypatch.setitem(reserving.MAILS_TO_ONE, "limit", 2)
    date = create_date()
    page = reserve(client, date, email="stranger@example.net").url

    statuses = [
        reserve(client, date, contact_name="Bob", email="ann@example.org").status_code,
        reserve(client, date, contact_name="Cat", email="ANN+1@example.org").status_code,
        reserve(client, date, contact_name="Dan", email="ann+2@example.org").status_code,
        client.post(page, {"email": "ann+3@example.org"}).status_code,
        reserve(client, date, contact_name="Eve", email="eve@example.org").status_code,
    ]

    assert statuses == [302, 302, 429, 429, 302]
    assert OutgoingMail.objects.filter(recipient__istartswith="ann").count() == 2


@pytest.mark.parametrize("field", ["contact_name", "people-0-name"])
@pytest.mark.parametrize("name", ["Win at https://evil.example", "See WWW.evil.example", "evil.example/win"])
def test_a_name_cannot_carry_a_link_into_a_mail(client, field, name):
    response = reserve(client, create_date(), **{field: name})

    assert shows(response, "Write a name only, without a web address.")
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("name", ["J. R. Hartley", "Anne-Marie O'Neill", "Zoë Ng (she/her)", "Dr.Lee", "李小龙"])
def test_names_are_as_people_have_them(client, name):
    assert reserve(client, create_date(), contact_name=name).status_code == 302


# Correcting the address


def made_page(client, date, **fields):
    return reserve(client, date, **fields).url


def test_a_mistyped_address_is_put_right_on_the_page_after_reserving(client):
    page = made_page(client, create_date(), email="ann@exmaple.org")

    response = client.post(page, {"email": "ann@example.org"}, follow=True)

    assert shows(response, '<p class="big">ann@example.org</p>')
    assert [mail.recipient for mail in OutgoingMail.objects.order_by("pk")] == ["ann@exmaple.org", "ann@example.org"]


def test_a_wrong_correction_is_an_error_and_changes_nothing(client):
    page = made_page(client, create_date())

    response = client.post(page, {"email": "nonsense"})

    assert title(response).startswith("Error: ")
    assert Booking.objects.get().email == "ann@example.org"


def test_correcting_to_the_address_of_somebody_who_has_booked_shows_and_opens_nothing_of_theirs(client):
    date = create_date()
    held = book(date, "Ann", organisation="The Lantern")
    page = made_page(client, date, email="stranger@example.net")
    free = client.post(page, {"email": "nobody@example.org"}, follow=True)
    taken = client.post(page, {"email": "ann@example.org"}, follow=True)

    assert free.redirect_chain == taken.redirect_chain == [(page, 302)]
    texts = [re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode()) for answer in (free, taken)]
    assert texts[0].replace("nobody@", "ann@") == texts[1]
    assert "The Lantern" not in texts[1]

    client.post(page, {"email": "stranger@example.net"})
    held.refresh_from_db()
    assert (held.email, held.is_active, held.link_version) == ("ann@example.org", True, 1)


def test_the_page_after_reserving_corrects_nothing_after_a_day(client):
    page = made_page(client, create_date())
    Booking.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert not shows(client.get(page), "Wrong? Correct it now")
    assert shows(client.post(page, {"email": "other@example.org"}), "That is too long ago to be corrected here.")
    assert Booking.objects.get().email == "ann@example.org"


def test_one_form_sent_for_two_dates_reserves_on_both(client):
    stamp = new_stamp()
    for area in ("York", "Leeds"):
        assert reserve(client, create_date(area=area), stamp=stamp).status_code == 302

    assert Booking.objects.count() == 2


# The booking's own page


def test_the_own_page_shows_the_booking_and_never_the_needs(client):
    booking = book(create_date(venue=create_venue()), "Ann", people=[Person("Anna", access="XYZZY")])

    response = client.get(booking.get_absolute_url())

    assert shows(response, "You have a place.")
    assert shows(response, "Anna")
    assert shows(response, "we have a note of needs")
    assert not shows(response, "XYZZY")
    assert response["Cache-Control"] == "no-store, private"
    assert response["Referrer-Policy"] == "same-origin"


def test_somebody_who_waits_sees_their_number_in_the_queue(client):
    date = create_date(places=1)
    book(date, "Ann")
    book(date, "Bob")
    cat = book(date, "Cat")

    assert shows(
        client.get(cat.get_absolute_url()), "You are 2nd of 2. We offer places in the order in which people asked."
    )


def test_cancelling_needs_a_post_and_happens_once(client):
    booking = book(create_date(), "Ann")

    client.get(booking.get_absolute_url() + "?cancel")
    assert Booking.objects.get().is_active

    for _ in range(2):
        response = client.post(booking.get_absolute_url(), follow=True)
        assert shows(response, "Your booking is cancelled.")
    assert OutgoingMail.objects.filter(template="events/email/booking_cancelled").count() == 1


def offered(name="Ann", **fields):
    """Somebody who waited and has an offer now."""
    date = create_date(places=1)
    holder = book(date, "Holder")
    booking = book(date, name, **fields)
    bookings.cancel(holder)
    booking.refresh_from_db()
    return booking


def test_an_offer_is_said_yes_to_on_the_own_page_by_a_press_and_not_by_opening_it(client):
    booking = offered()

    response = client.get(booking.get_absolute_url() + "?accept=1")
    assert title(response).startswith(f"We have a place for you. Tell us by {booking.answer_by}.")
    assert shows(response, "Yes, I take the place")
    assert Booking.objects.get(pk=booking.pk).state == "offered"

    for _ in range(2):
        response = client.post(booking.get_absolute_url(), {"accept": "1"}, follow=True)
        assert title(response).startswith("You have a place.")
    confirmed = OutgoingMail.objects.filter(template="events/email/booking_confirmed")
    assert confirmed.filter(recipient="ann@example.org").count() == 1


def test_an_offer_is_said_no_to_on_the_own_page(client):
    booking = offered()

    response = client.post(booking.get_absolute_url(), follow=True)

    assert title(response).startswith("Your booking is cancelled.")
    assert Booking.objects.get(pk=booking.pk).state == "cancelled"


def test_the_page_of_an_offer_that_has_ended_says_what_can_still_be_done(client):
    booking = offered()
    Booking.objects.filter(pk=booking.pk).update(offer_ends_at=timezone.now() - timedelta(minutes=1))
    page = booking.get_absolute_url()

    response = client.get(page)
    assert title(response).startswith("Our offer of a place has ended.")
    assert shows(response, "The place is still free and nobody waits, so you can have it.")

    bob = book(booking.date, "Bob")
    assert bob.state == "confirmed"
    response = client.get(page)
    assert not shows(response, "still free")
    assert shows(response, f'<a href="{booking.date.get_reserve_url()}">ask for a place again</a>')
    assert shows(client.post(page, {"accept": "1"}), "Our offer has ended, and the place has gone to somebody else.")

    WorkshopDate.objects.filter(pk=booking.date_id).update(booking_closes_at=timezone.now())
    assert shows(client.get(page), "Please ring us: perhaps a place is free.")


def test_the_page_after_reserving_shows_an_offer_made_since(client):
    booking = offered()

    response = client.get(reverse("events:booking_made", args=[links.sign("made", booking.request_id.hex)]))

    assert shows(response, f"We have a place for you. Tell us by {booking.answer_by}.")
    assert shows(response, "The mail holds your own link, to say yes or no.")


@pytest.mark.parametrize("state", ["waiting", "offered", "lapsed", "cancelled"])
def test_yes_to_what_was_never_offered_or_is_over_is_no_error(client, state):
    booking = offered()
    ends_at = booking.offer_ends_at if state == "offered" else None
    Booking.objects.filter(pk=booking.pk).update(state=state, offer_ends_at=ends_at)

    assert client.post(booking.get_absolute_url(), {"accept": "1"}, follow=True).status_code == 200


def test_what_is_to_be_put_right_is_listed_in_the_order_of_the_page(client):
    told = {"people-0-access": "A ramp", "contact_name": ""}
    page = client.post(create_date().get_reserve_url(), answers(stamp=new_stamp(), **told)).content.decode()

    listed = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert listed == ["id_contact_name", "id_people-0-answering_for_0", "id_keep_needs"]
    assert sorted(listed, key=lambda field: page.index(f'id="{field}"')) == listed


def test_a_name_that_cannot_be_is_said_above_the_form_and_kept(client):
    booking = book(create_date(), "Ann", people=2)
    first, second = booking.people.order_by("position")
    address = f"{booking.get_absolute_url()}names/"

    response = client.post(address, {f"{first.pk}-name": "Ann", f"{second.pk}-name": "www.example.org/win"})

    assert title(response).startswith("Error: Correct names")
    assert shows(response, f'<li><a href="#id_{second.pk}-name"><strong>First name</strong>')
    assert shows(response, 'value="www.example.org/win"')


def test_names_are_corrected(client):
    booking = book(create_date(), "Ann", people=2)
    names = booking.get_absolute_url() + "names/"

    ann, bob = booking.people.values_list("pk", flat=True)
    client.post(names, {f"{ann}-name": "Ann", f"{bob}-name": "Bob"})

    assert list(booking.people.values_list("name", flat=True)) == ["Ann", "Bob"]


def test_needs_are_replaced_and_removed_and_never_shown_again(client):
    booking = book(create_date(), "Ann", people=[Person("Ann", access="XYZZY")])
    need = f"{booking.get_absolute_url()}needs/{booking.people.first().pk}/"

    assert not shows(client.get(need), "XYZZY")
    refused = client.post(need, {"keep": "1", "access": "a ramp", "answering_for": "self"})
    assert shows(refused, "Tick this so that we may keep what you wrote.")
    assert AccessNeed.objects.get().access == "XYZZY"
    client.post(need, {"keep": "1", "access": "a ramp", "answering_for": "self", "keep_needs": "on"})
    assert AccessNeed.objects.get().access == "a ramp"
    client.post(need, {"remove": "1"})
    assert not AccessNeed.objects.exists()


def test_a_refusal_to_remove_needs_is_said(client, monkeypatch):
    def busy(place):
        raise bookings.Busy("Please try again.")

    monkeypatch.setattr(needs, "remove_need", busy)
    booking = book(create_date(), "Ann", people=[Person("Ann", access="a ramp")])

    response = client.post(f"{booking.get_absolute_url()}needs/{booking.people.first().pk}/", {"remove": "1"})

    assert response.status_code == 200
    assert shows(response, "Please try again.")


@pytest.mark.parametrize("path", ["needs/99999999/", "needs/0/", "needs/99999999999999999999/"])
def test_needs_of_nobody_do_not_exist(client, path):
    booking = book(create_date(), "Ann")

    assert client.get(booking.get_absolute_url() + path).status_code == 404


def test_an_ended_link_says_so(client):
    booking = book(create_date(), "Ann")
    old = booking.get_absolute_url()
    corrections.correct_address(booking, email="ann@example.com")

    for path in ("", "names/", "needs/1/"):
        response = client.get(old + path)
        assert response.status_code == 410
        assert shows(response, "This link has ended")
    client.post(old)
    assert Booking.objects.get().is_active


def test_all_broken_links_look_the_same_and_many_are_slowed(client, monkeypatch):
    monkeypatch.setitem(own_links.BROKEN_LINKS, "limit", 3)
    booking = book(create_date(), "Ann")
    good = booking.get_absolute_url().split("/")[2]
    forged = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace("-1:", "-2:"),
        links.sign("made", booking.pk, 1),
    ]

    pages = {client.get(f"/bookings/{token}/").content for token in forged}

    assert len(pages) == 1
    response = client.get("/bookings/nonsense/")
    assert response.status_code == 429
    assert "Retry-After" in response


def test_opening_every_link_of_every_mail_twice_changes_nothing(client):
    """Of a full journey: a place, the queue, an offer, one that lapsed, one refused, one accepted."""
    date = create_date(places=2)
    booking, other = (book(date, name, people=[Person(name, access="a ramp")]) for name in ("Ann", "Ben"))
    lapsed, refusing, accepting, offered, _waiting = (book(date, name) for name in ("Cat", "Dan", "Eve", "Fay", "Gil"))
    bookings.cancel(other)
    Booking.objects.filter(pk=lapsed.pk).update(offer_ends_at=timezone.now())
    waiting_list.settle_due()
    bookings.cancel(refusing)
    waiting_list.accept(accepting)
    bookings.cancel(accepting)
    assert sorted(Booking.objects.values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "cancelled",
        "confirmed",
        "lapsed",
        "offered",
        "waiting",
    ]
    assert {mail.template.rpartition("/")[2] for mail in OutgoingMail.objects.all()} >= {"offer", "offer_lapsed"}
    texts = " ".join(mail.text + mail.html for mail in OutgoingMail.objects.all())
    addresses = set(re.findall(r"https://www\.example\.org(/[^\s\"<]*)", texts))
    assert booking.get_absolute_url() in addresses
    before = _everything()

    for address in addresses:
        for _ in range(2):
            assert client.get(address).status_code == 200
            assert client.head(address).status_code == 200

    assert _everything() == before


def _everything():
    models = (Booking, WorkshopDate, AccessNeed, OutgoingMail, RingTask, AuditEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("method", ["put", "delete", "patch", "trace"])
def test_other_methods_are_refused(client, method):
    booking = book(create_date(), "Ann")
    for address in (booking.get_absolute_url(), booking.date.get_reserve_url(), booking.date.get_absolute_url()):
        assert getattr(client, method)(address).status_code == 405


def test_forms_need_a_token():
    booking = book(create_date(), "Ann")
    strict = Client(enforce_csrf_checks=True)

    for address in (booking.get_absolute_url(), booking.date.get_reserve_url()):
        response = strict.post(address, {"organisation": "The Lantern"})
        assert response.status_code == 403
    assert Booking.objects.get().is_active
