"""Staff write to some of the people of a date: whom, what it looks like first, and once."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events import bookings, mail_previews, messages, reminders, waiting_list
from events.bookings import BookingRefused, Person
from events.messages import Chosen
from events.models import Booking, DateMessage, RingTask
from sharedlives.foundation import mail
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user, create_workshop
from tests.foundation.test_mail import server  # noqa: F401
from tests.server import all_at_once
from tests.test_hostile_values import VALUES

pytestmark = pytest.mark.django_db

MAY = ["events.view_workshopdate", "events.mail_workshopdate", "events.view_datemessage", "events.view_booking"]
WORDS = {"subject": "What to bring", "text": "Please bring a picture.\n\nAnd your lunch."}


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def organiser():
    return create_user(email="olive@example.org", name="Olive", permissions=MAY)


@pytest.fixture
def desk(client, organiser):
    client.force_login(organiser)
    return client


def written():
    return [row.recipient for row in OutgoingMail.objects.filter(template="events/email/message").order_by("pk")]


def address(date, page="write"):
    return reverse(f"admin:events_workshopdate_{page}", args=[date.pk])


def send(date, by, request_id=None, **chosen):
    return messages.send(date, Chosen(**chosen), **WORDS, request_id=request_id or uuid.uuid4(), by=by)


def names(date, **chosen):
    return [booking.contact_name for booking in messages.people(date, Chosen(**chosen))]


# To whom


def queue():
    """Ann has a place, Bob an offer, Cat waits; Dan has cancelled."""
    date = create_date(places=1)
    dan = book(date, "Dan")
    ann = book(date, "Ann")
    bookings.cancel(dan)
    waiting_list.accept(ann)
    date.places = 2
    date.save()
    book(date, "Bob")
    Booking.objects.filter(contact_name="Bob").update(state="offered", offer_ends_at=timezone.now() + timedelta(days=1))
    book(date, "Cat")
    return date


@pytest.mark.parametrize(
    ("standing", "who"),
    [("place", ["Ann"]), ("offer", ["Bob"]), ("waiting", ["Cat"]), ("everybody", ["Ann", "Bob", "Cat"])],
)
def test_people_are_chosen_by_how_they_stand_and_never_those_who_cancelled(standing, who):
    assert names(queue(), standing=standing) == who


def test_whoever_let_an_offer_end_is_not_among_those_with_one_though_no_job_has_run():
    date = queue()
    Booking.objects.filter(contact_name="Bob").update(offer_ends_at=timezone.now() - timedelta(minutes=1))

    assert names(date, standing="offer") == []


def test_people_are_chosen_by_how_they_are_reached_and_reserved_by_support_reminder_and_names():
    date = create_date()
    ann = book(date, "Ann", people=[Person(name="Ann")], support_workers=1)
    book(date, "Phil", email="", phone="0151 496 0002", channel="phone", by=create_user(email="cole@example.org"))
    book(date, "Bob", people=[Person(name="Bob"), Person()])

    assert names(date, way="mail") == ["Ann", "Bob"]
    assert names(date, way="phone") == ["Phil"]
    assert names(date, channel="phone") == ["Phil"]
    assert names(date, with_support=True) == ["Ann"]
    assert names(date, names_missing=True) == ["Phil", "Bob"]
    assert names(date, way="mail", names_missing=True) == ["Bob"]
    Booking.objects.filter(pk=ann.pk).update(reminded_of=date.starts_at)
    assert names(date, not_reminded=True) == ["Phil", "Bob"]


def test_the_choice_is_kept_in_words():
    chosen = Chosen(way="phone", channel="site", with_support=True, not_reminded=True, names_missing=True)

    assert chosen.in_words == (
        "Have a place; only by phone; reserved on the site; with support workers; not reminded yet; names still missing"
    )
    assert len(Chosen("everybody", "phone", "post", True, True, True).in_words) <= 200


# Sending


def test_a_message_goes_to_everybody_chosen_by_mail_and_to_the_list_of_people_to_ring(organiser):
    date = create_date(workshop=create_workshop(contact_email="maria@example.org"))
    book(date, "Ann")
    book(date, "Phil", email="", phone="0151 496 0002")

    message = send(date, organiser)

    [row] = OutgoingMail.objects.filter(template="events/email/message")
    assert (row.recipient, row.subject, row.reply_to) == ("ann@example.org", "What to bring", "maria@example.org")
    assert row.text.startswith("Please bring a picture.\n\nAnd your lunch.\n\nYou have a place.\n")
    assert "<p>Please bring a picture.</p>" in row.html
    task = RingTask.objects.get()
    assert (task.booking.contact_name, task.why) == ("Phil", "message")
    assert task.words == "What to bring\n\nPlease bring a picture.\n\nAnd your lunch."
    assert (message.mails, message.calls, message.recipients, message.sent_by) == (1, 1, "Have a place", organiser)
    entry = AuditEntry.objects.get(action="wrote to people")
    assert (entry.actor, entry.note) == (organiser, "Have a place: 1 by mail, 1 to ring")


def test_a_double_click_sends_once(organiser):
    date = create_date()
    book(date, "Ann")
    request_id = uuid.uuid4()

    assert send(date, organiser, request_id) == send(date, organiser, request_id)

    assert written() == ["ann@example.org"]


@pytest.mark.django_db(transaction=True)
def test_the_same_message_sent_eight_times_at_once_reaches_each_person_once(organiser):
    date = create_date()
    for name in ("Ann", "Bob"):
        book(date, name)
    book(date, "Phil", email="", phone="0151 496 0002")
    request_id = uuid.uuid4()

    sent = all_at_once(8, lambda n: send(date, organiser, request_id))

    assert len({message.pk for message in sent}) == 1
    assert sorted(written()) == ["ann@example.org", "bob@example.org"]
    assert RingTask.objects.count() == 1


def test_two_messages_are_two_things_to_tell_on_the_telephone(organiser):
    date = create_date()
    booking = book(date, "Phil", email="", phone="0151 496 0002")

    for _ in range(2):
        send(date, organiser)
    messages.send(date, Chosen(), subject="Other", text="Something else.", request_id=uuid.uuid4(), by=organiser)

    # The same words need saying once.
    assert [task.words.splitlines()[0] for task in booking.ring_tasks.order_by("pk")] == ["What to bring", "Other"]


def test_what_we_wrote_is_still_to_be_told_after_they_got_a_place_and_no_longer_once_they_cancelled(organiser):
    date = create_date(places=1)
    first = book(date, "Ann")
    booking = book(date, "Phil", email="", phone="0151 496 0002")
    send(date, organiser, standing="waiting")

    bookings.cancel(first)
    waiting_list.accept(booking, by=organiser)
    assert booking.ring_tasks.filter(why="message", done_at=None).exists()

    bookings.cancel(booking, by=organiser, is_told=True)
    assert not booking.ring_tasks.filter(done_at=None).exists()


def test_nobody_is_nobody(organiser):
    date = create_date()

    with pytest.raises(BookingRefused, match="nobody to write to"):
        send(date, organiser)

    assert not DateMessage.objects.exists()


def test_who_waits_is_told_so_lest_they_think_they_have_a_place(organiser):
    date = create_date(places=1)
    book(date, "Ann")
    book(date, "Bob")

    send(date, organiser, standing="waiting")

    [row] = OutgoingMail.objects.filter(template="events/email/message")
    for body in (row.text, row.html):
        assert "You are 1st of 1 on the waiting list for a place." in body


HOSTILE = [
    "{{ settings.SECRET_KEY }} {% load static %}",
    "{event.__init__.__globals__} %(x)s %s",
    "</h1><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_what_looks_like_code_is_printed_as_it_is(organiser, words):
    date = create_date()
    book(date, "Ann")

    messages.send(date, Chosen(), subject=words, text=words, request_id=uuid.uuid4(), by=organiser)

    [row] = OutgoingMail.objects.filter(template="events/email/message")
    assert row.subject == words
    assert row.text.startswith(words)
    assert "<script" not in row.html
    assert "<img" not in row.html
    assert 'href="javascript' not in row.html


def test_a_web_address_becomes_a_link(organiser):
    date = create_date()
    book(date, "Ann")

    messages.send(
        date,
        Chosen(),
        subject="x",
        text="See https://www.example.org/a?b=1&c=2.",
        request_id=uuid.uuid4(),
        by=organiser,
    )

    row = OutgoingMail.objects.get(template="events/email/message")
    assert '<a href="https://www.example.org/a?b=1&amp;c=2" rel="nofollow">' in row.html


def test_a_message_cannot_add_headers(organiser, server):  # noqa: F811
    date = create_date()
    book(date, "Ann")
    form = typed(subject="Two\r\nBcc: victim@example.org")
    parsed = messages_form(form)

    messages.send(date, Chosen(), **parsed, request_id=uuid.uuid4(), by=organiser)
    mail.deliver(OutgoingMail.objects.get(template="events/email/message").pk)

    [(recipients, message)] = server.accepted
    assert recipients == ["ann@example.org"]
    assert message["Bcc"] is None
    assert message["Subject"] == "Two Bcc: victim@example.org"


# At the desk


def typed(**changes):
    return {"standing": "place", "request_id": str(uuid.uuid4())} | WORDS | changes


def messages_form(data):
    from events.message_forms import MessageForm

    form = MessageForm(data)
    assert form.is_valid(), form.errors
    return {name: form.cleaned_data[name] for name in ("subject", "text")}


def test_one_looks_first_and_confirms_once(desk):
    date = create_date()
    book(date, "Ann")
    book(date, "Bob")
    book(date, "Phil", email="", phone="0151 496 0002")
    sent = typed()

    looked = desk.post(address(date), sent | {"look": "1"})

    assert shows(looked, "2 get a mail, and 1 without e-mail is to be rung.")
    assert shows(looked, "Send it to 3 bookings")
    assert looked.context["mail"].text.startswith("Please bring a picture.\n\nAnd your lunch.\n\nYou have a place.\n")
    assert "Robin Example" in looked.context["mail"].text
    assert (written(), Booking.objects.count()) == ([], 3)

    confirmed = desk.post(address(date), sent | {"send": "1", "seen": looked.context["seen"]}, follow=True)
    again = desk.post(address(date), sent | {"send": "1", "seen": looked.context["seen"]}, follow=True)

    for response in (confirmed, again):
        assert shows(response, "Written to 2 by mail. 1 is on the list of people to ring, with your words.")
    assert written() == ["ann@example.org", "bob@example.org"]
    assert shows(confirmed, "What we wrote to people")
    assert DateMessage.objects.get().text == WORDS["text"]


def test_the_preview_is_the_mail_itself(desk):
    date = create_date(places=1, access_provision="A break every hour.")
    book(date, "Ann")  # full: there is no room for an invented person

    text = desk.post(address(date), typed(look="1")).context["mail"].text
    html = desk.post(address(date, "write_html"), typed())

    for body in (text, html.content.decode()):
        assert date.when in body
    assert "<h1>What to bring</h1>" in html.content.decode()
    assert html["Content-Security-Policy"].startswith("sandbox ")
    date.refresh_from_db()
    assert (date.ordinary_taken, Booking.objects.count()) == (1, 1)


def test_whoever_came_or_went_since_one_looked_is_shown_before_it_goes_out(desk):
    date = create_date()
    book(date, "Ann")
    sent = typed()
    seen = desk.post(address(date), sent | {"look": "1"}).context["seen"]
    book(date, "Bob")

    response = desk.post(address(date), sent | {"send": "1", "seen": seen})

    assert shows(response, "Somebody has reserved or cancelled since you looked")
    assert shows(response, "2 get a mail.")
    assert written() == []


@pytest.mark.parametrize("changes", [{"text": "Other words."}, {"subject": "Other"}, {"seen": "junk"}, {"seen": ""}])
def test_nothing_goes_out_that_was_not_looked_at(desk, changes):
    date = create_date()
    book(date, "Ann")
    sent = typed()
    seen = desk.post(address(date), sent | {"look": "1"}).context["seen"]

    desk.post(address(date), sent | {"send": "1", "seen": seen} | changes)

    assert written() == []


def test_what_was_typed_is_never_lost(desk):
    date = create_date()
    book(date, "Ann")

    for changes in (
        {"subject": ""},
        {"standing": "nonsense"},
        {"channel": "pigeon"},
        {"standing": "waiting", "send": "1"},
    ):
        response = desk.post(address(date), typed(**changes))
        assert response.status_code == 200
        assert shows(response, "And your lunch.")
    too_long = desk.post(address(date), typed(text="x" * 5001))
    assert shows(too_long, "x" * 5001)
    assert shows(too_long, "at most 5000 characters")


def test_the_count_follows_what_is_chosen(desk):
    date = create_date()
    book(date, "Ann")
    book(date, "Phil", email="", phone="0151 496 0002")
    count = address(date, "write_count")

    assert (
        desk.get(count, {"standing": "place"}).content.decode() == "1 gets a mail, and 1 without e-mail is to be rung."
    )
    assert desk.get(count, {"standing": "place", "way": "mail"}).content.decode() == "1 gets a mail."
    assert desk.get(count, {"standing": "waiting"}).content.decode() == "Nobody is like that now."
    for junk in ({"standing": "\x00"}, {"way": "' OR 1=1"}, {}, {"channel": "x" * 3000}):
        assert desk.get(count, junk).content.decode() == ""
    page = desk.get(address(date))
    assert shows(page, "Have a place (2)")
    assert shows(page, "Wait (0)")


@pytest.mark.parametrize("page", ["write", "write_count", "write_html"])
def test_only_who_may_write_to_people_gets_there(client, page):
    date = create_date()
    client.force_login(
        create_user(email="other@example.org", permissions=["events.view_workshopdate", "events.change_workshopdate"])
    )

    for answer in (client.get(address(date, page)), client.post(address(date, page), typed(send="1"))):
        assert answer.status_code == 403
    assert not shows(client.get(reverse("admin:events_workshopdate_change", args=[date.pk])), "Write to people")


def test_names_are_shown_only_to_who_may_see_bookings(client):
    date = create_date()
    book(date, "Ann Merrow")
    client.force_login(create_user(permissions=["events.mail_workshopdate"]))

    response = client.post(address(date), typed(look="1"))

    assert shows(response, "1 gets a mail.")
    assert not shows(response, "Merrow")


def test_whom_we_reminded_is_known_when_we_write(organiser):
    date = create_date(starts_at=timezone.now() + timedelta(hours=20))
    book(date, "Ann")
    Booking.objects.update(state_changed_at=timezone.now() - timedelta(days=9))

    reminders.remind_due()

    assert names(date, not_reminded=True) == []
    assert mail_previews.ADDRESS not in written()


def test_every_field_of_the_form_takes_any_value_calmly(desk):
    date = create_date()
    book(date, "Ann")

    for value in VALUES:
        chosen = dict.fromkeys(["standing", "way", "channel", "request_id", "seen"], value)
        for changes in (chosen, {"subject": value, "text": value}):
            response = desk.post(address(date), typed(**changes) | {"look": "1"})
            assert response.status_code == 200, value
            assert "<img src=x" not in response.content.decode()
    assert written() == []
