"""Whatever a person's own link does, done at the desk for somebody who rings or writes."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from events import bookings, changing_bookings, changing_dates
from events.bookings import Person
from events.models import AccessNeed, Booking, RingTask, WorkshopDate
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.events.test_changing_bookings import BY_PHONE, group, keys, mailed, names, now, two_dates
from tests.events.test_desk import ORGANISER, press, said
from tests.events.test_pages import answers, shows
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def organiser():
    return create_user(email="olive@example.org", permissions=ORGANISER)


@pytest.fixture
def desk(client, organiser):
    client.force_login(organiser)
    return client


PAGES = ("names", "need", "places", "move", "hand_over")


def first(booking):
    """The key of the first person's place."""
    return booking.people.first().pk


def page(name, booking, person=None):
    more = [first(booking) if person is None else person] if name == "need" else []
    return reverse(f"admin:events_booking_{name}", args=[booking.pk, *more])


def send(desk, name, booking, asked="by phone", **sent):
    return desk.post(page(name, booking), {"asked": asked} | sent, follow=True)


def last_entry():
    return AuditEntry.objects.order_by("pk").last()


def test_the_page_of_a_booking_leads_to_all_that_its_own_link_does(desk):
    booking = group(create_date(), "Ann", "Bob")

    response = desk.get(page("change", booking))

    for name in PAGES:
        assert page(name, booking) in response.content.decode()
    for name in ("link", "letter", "cancel"):
        assert page(name, booking) in response.content.decode()


def test_names_are_corrected_by_phone(desk, organiser):
    booking = group(create_date(), "Ann", "Bob")

    anna, nobody = keys(booking, "Ann", "Bob")
    response = send(desk, "names", booking, **{f"name_{anna}": "Anna", f"name_{nobody}": ""})

    assert said(response) == ["Saved."]
    assert names(booking) == [(1, "Anna"), (2, "")]
    assert (last_entry().actor, last_entry().note) == (organiser, "by phone")
    assert shows(desk.get(page("names", booking)), 'value="Anna"')


def test_needs_are_told_anew_by_phone_without_anybody_seeing_the_old_ones(desk, organiser):
    booking = group(create_date(), "Ann")
    AccessNeed.objects.update(access="XYZZY")

    with_note = desk.get(page("need", booking))
    told = {"access": "a ramp", "dietary": "", "answering_for": "self"}
    refused = send(desk, "need", booking, **told)
    assert shows(refused, "Ask them, and tick this when they agree.")
    assert AccessNeed.objects.get().access == "XYZZY"
    saved = send(desk, "need", booking, keep_needs="on", **told)

    assert AccessNeed.objects.get().access == "a ramp"
    assert last_entry().actor == organiser
    for response in (with_note, refused, saved):
        assert "XYZZY" not in response.content.decode()

    removed = send(desk, "need", booking, remove="1")
    assert said(removed) == ["Whatever was told about needs is removed."]
    assert not AccessNeed.objects.exists()

    token = re.compile(r'csrfmiddlewaretoken" value="[^"]+"')
    without = desk.get(page("need", booking))
    assert token.sub("", without.content.decode()) == token.sub("", with_note.content.decode())


def test_the_number_is_changed_by_phone_and_who_rang_need_not_be_rung(desk):
    booking = group(create_date(), "Ann", "Bob", **BY_PHONE)
    sent = {"shown": "2", "leaving": keys(booking, "Bob"), "more": "0", "support_workers": "1"}

    response = send(desk, "places", booking, told="on", **sent)

    assert said(response) == ["Saved."]
    assert (now(booking).places, now(booking).support_workers) == (1, 1)
    assert not RingTask.objects.exists()
    assert last_entry().note.endswith("; by phone")


def test_what_was_asked_for_by_post_is_told_by_a_call_and_the_log_says_post(desk):
    booking = book(create_date(), "Ann", **BY_PHONE)

    response = send(desk, "places", booking, asked="by post", shown="1", more="6", support_workers="6")

    assert said(response) == ["Saved. They are on the list of people to ring: Ring 0151 496 0007."]
    assert (now(booking).places, now(booking).support_workers) == (7, 6)
    assert RingTask.objects.get().why == RingTask.Why.NUMBER
    assert last_entry().note.endswith("; by post")


def test_a_booking_is_moved_by_phone(desk):
    york, leeds = two_dates()
    booking = book(york, "Ann")

    response = send(desk, "move", booking, date=leeds.pk)

    assert said(response) == ["Saved. They are told by mail."]
    assert now(booking).date == leeds
    assert last_entry().action == "moved to another date"


def test_where_there_is_no_other_date_the_page_says_so(desk):
    response = desk.get(page("move", book(create_date(), "Ann")))

    assert shows(response, "No other date of this workshop has room for them now.")
    assert not shows(response, "Move the booking")


def test_a_place_is_handed_over_by_phone_to_somebody_without_e_mail(desk):
    booking = book(create_date(), "Ann")

    response = send(desk, "hand_over", booking, contact_name="Bob", phone="07700 900123")

    assert said(response) == ["Saved. They are on the list of people to ring: Ring 07700 900123."]
    assert now(booking).contact_name == "Bob"
    assert RingTask.objects.get().to_say.startswith("You have a place, handed over to you.")
    assert mailed("booking_handed_over").get().recipient == "ann@example.org"


@pytest.mark.parametrize(
    ("name", "sent", "words"),
    [
        ("places", {"shown": "1", "more": "3", "support_workers": "0"}, "There are not so many places free."),
        ("move", {"date": "full"}, "That date has no place for you now."),
        ("names", {"name": "Bob"}, "You have another booking for the same people on this date."),
    ],
)
def test_a_refusal_is_said_and_what_was_typed_stays(desk, name, sent, words):
    york, leeds = two_dates(places=4)
    booking = book(york, "Ann")
    book(york, "Ann", people=[Person("Bob")])
    book(leeds, "Other", people=4)

    response = send(
        desk,
        name,
        booking,
        **{
            f"name_{first(booking)}" if key == "name" else key: leeds.pk if value == "full" else value
            for key, value in sent.items()
        },
    )

    assert shows(response, words)
    assert shows(response, "Saved.") is False
    assert (now(booking).date, now(booking).places) == (york, 1)


def test_cancelling_says_whether_they_have_to_be_rung(desk):
    for told, hears in (("on", ""), ("", " They are on the list of people to ring: Ring 0151 496 0007.")):
        booking = book(create_date(), "Ann", **BY_PHONE)
        response = press(desk, "cancel", booking, asked="by post", **({"told": told} if told else {}))
        assert said(response) == [f"{booking} is cancelled.{hears}"]
        assert last_entry().note.endswith("; by post")
        assert booking.ring_tasks.filter(why="cancelled", done_at=None).exists() is (told == "")


def test_whoever_says_no_to_an_offer_on_the_phone_is_not_rung_again(desk):
    date = create_date(places=1)
    holder, booking = book(date, "Holder"), book(date, "Ann", **BY_PHONE)
    bookings.cancel(holder)

    shown = desk.get(page("change", booking)).content.decode()
    form = re.search(rf'action="{page("cancel", booking)}">(.*?)</form>', shown, re.DOTALL)[1]
    assert 'name="told" value="on"' in form
    press(desk, "cancel", booking, told="on")

    assert not RingTask.objects.filter(done_at=None).exists()


def test_the_link_is_sent_again_by_one_press(desk):
    booking = book(create_date(), "Ann")

    assert said(send(desk, "link", booking)) == ["A mail with the link goes to ann@example.org."]
    assert mailed("own_links").get().recipient == "ann@example.org"
    bookings.cancel(booking)
    assert said(send(desk, "link", booking))[0].startswith("There is nothing left to change")


def test_people_to_ring_are_reached_as_they_asked_and_the_list_says_what_to_say(desk, organiser):
    date = create_date()
    ann = book(date, "Ann", email="", phone="07700 900123", reach_by="text")
    bob = book(date, "Bob", email="", phone="0151 496 0008", reach_by="relay")
    bookings.cancel(ann, by=organiser)
    changing_bookings.change_number(bob, people=2, support_workers=0, by=organiser)

    response = desk.get(reverse("admin:events_ringtask_changelist"))

    assert shows(response, "Text 07700 900123")
    assert shows(response, "Ring through Relay UK 18002 0151 496 0008")
    assert shows(response, "“Your booking is cancelled. It is Shared Lives where you are, ")
    assert shows(response, "“You have 2 places. It is Shared Lives where you are, ")


def test_how_somebody_who_asked_again_wants_to_be_reached_is_read_at_the_desk(desk):
    booking = book(create_date(), "Ann")
    book(booking.date, "Ann", phone="07700 900123", reach_by="text")

    assert shows(desk.get(page("change", booking)), "reach them by text message")


# The letter


def letter(desk, booking):
    return " ".join(desk.get(page("letter", booking)).content.decode().split())


def test_the_letter_is_the_whole_confirmation(desk):
    workshop = create_workshop(contact_name="Olive", contact_phone="0151 496 0055", sign_off="See you soon")
    venue = create_venue(travel="Ten minutes from the station.", step_free="yes")
    date = create_date(
        workshop=workshop, venue=venue, hearing_loop=True, access_provision="A quiet corner.",
        access_contact_name="Mo", access_contact_phone="0161 496 0009",
    )  # fmt: skip
    booking = book(date, "Ann Other", people=2, support_workers=1, **BY_PHONE)

    text = letter(desk, booking)

    for words in (
        "<h1>You have 2 places.</h1>", '<p class="window">Ann Other</p>', date.when, date.where,
        "2, and 1 support worker", booking.spoken_reference, "Ring us on <strong>0151 496 0055</strong>",
        "Ten minutes from the station.", "Step-free from the street: yes", "Hearing loop", "A quiet corner.",
        "Mo will be glad to help.", "18001 0161 496 0009", "See you soon<br>Olive", "Dear Ann Other,",
    ):  # fmt: skip
        assert words in text, words
    assert "None" not in text


def test_the_letter_of_each_state_opens_with_how_it_stands(desk, organiser):
    date = create_date(places=1)
    holder, booking = book(date, "Holder"), book(date, "Ann", **BY_PHONE)

    waiting = letter(desk, booking)
    assert "<h1>You are waiting for a place.</h1>" in waiting
    assert "You are 1st of 1 on the waiting list." in waiting
    bookings.cancel(holder)
    offered = letter(desk, booking)
    assert f"<h1>We have a place for you. Tell us by {now(booking).answer_by}.</h1>" in offered
    assert "Please ring us and say yes or no." in offered
    changing_dates.cancel_date(date, by=organiser)
    cancelled = letter(desk, booking)
    assert "<h1>This workshop is cancelled.</h1>" in cancelled
    assert "To change or cancel" not in cancelled
    assert "<h1>Your booking is cancelled.</h1>" in letter(desk, bookings.cancel(book(create_date(), "Bob")))


def test_the_letter_tells_no_needs_and_is_kept_by_no_browser(desk):
    booking = book(create_date(), "Ann", people=[Person("Ann", access="XYZZY")], **BY_PHONE)

    response = desk.get(page("letter", booking))

    assert "XYZZY" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_after_reserving_for_somebody_without_e_mail_the_letter_is_one_press_away(desk):
    date = create_date()
    sent = answers(email="", phone="0151 496 0007", channel="post", reach_by="phone")

    response = desk.post(f"{reverse('admin:events_booking_add')}?date={date.pk}", sent, follow=True)

    booking = Booking.objects.get()
    assert page("letter", booking) in said(response)[1]
    assert booking.reach_by == "phone"


# Who may


@pytest.mark.parametrize("permissions", [[], ["events.view_booking"]])
def test_whoever_may_not_change_bookings_does_none_of_it(client, permissions):
    client.force_login(create_user(permissions=permissions))
    booking = group(create_date(), "Ann")
    before = list(Booking.objects.values())

    for name in (*PAGES, "link"):
        assert client.post(page(name, booking), {"asked": "by phone"}).status_code == 403
        if name != "link":
            assert client.get(page(name, booking)).status_code == 403
    assert client.get(page("letter", booking)).status_code == (200 if permissions else 403)
    assert list(Booking.objects.values()) == before


def test_strangers_are_asked_to_sign_in(client):
    booking = book(create_date(), "Ann")

    for name in (*PAGES, "letter"):
        assert client.get(page(name, booking)).url.startswith("/admin/login/")


JUNK = ["", "-1", "٣", "²", "NaN", str(2**63), "9" * 400, "\0", "<img src=x onerror=alert(1)>", "a" * 5000, "=1+1"]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_is_answered_in_words_and_changes_nothing(desk, junk):
    booking = group(create_date(), "Ann", "Bob")
    before = list(Booking.objects.values())
    fields = ("asked", "shown", "leaving", "more", "support_workers", "date", "contact_name", "email", "phone")

    for name in PAGES:
        if name != "names":
            response = desk.post(page(name, booking), dict.fromkeys(fields, junk))
            assert response.status_code == 200
            assert b"<img src=x" not in response.content
    for key in (0, 99999999):
        assert desk.get(page("need", booking, person=key)).status_code == 404
    assert list(Booking.objects.values()) == before


def test_pages_of_a_booking_that_is_not_there_do_not_exist(desk):
    for name in (*PAGES, "letter"):
        more = [1] if name == "need" else []
        assert desk.get(reverse(f"admin:events_booking_{name}", args=[999999, *more])).status_code == 404


def test_a_way_to_be_reached_that_lacks_its_number_is_refused_at_the_desk(desk):
    booking = book(create_date(), "Ann")
    form = {"contact_name": "Ann", "email": "ann@example.org", "phone": "", "reach_by": "text", "organisation": ""}
    form |= {f"people-{field}_FORMS": "0" for field in ("TOTAL", "INITIAL")}
    form |= {f"repeats-{field}_FORMS": "0" for field in ("TOTAL", "INITIAL")}

    refused = desk.post(page("change", booking), form)
    assert shows(refused, "Give the phone number that we should use.")
    desk.post(page("change", booking), form | {"phone": "07700 900123"})

    assert now(booking).reach_by == "text"
    assert timezone.now() > now(booking).created_at
    assert WorkshopDate.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("name", ["names", "places", "move", "hand_over"])
def test_the_desk_asks_about_whoever_rings_and_not_whoever_types(desk, name):
    york, _leeds = two_dates()
    booking = book(york, "Ann", people=2, support_workers=1)

    form = desk.get(page(name, booking)).context["form"]

    asked = " ".join(f"{field.label} {field.help_text}" for field in form)
    assert not re.search(r"\byours?\b|\byou\b", asked, re.IGNORECASE), asked
