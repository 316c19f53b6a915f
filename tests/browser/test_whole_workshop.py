"""One workshop from the first request to the day before, in a real browser: forty people for twenty places."""

import re
from datetime import timedelta

import pytest
from django.db.models import Max
from django.utils import timezone

from events import reminders, waiting_list
from events.models import Booking, RingTask
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from sharedlives.foundation.spoken import LONDON
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

PLACES, SUPPORT = 20, 4


@pytest.fixture
def date(live_server):
    create_charity(site_address=live_server.url)
    day = (timezone.now() + timedelta(days=50)).astimezone(LONDON)
    monday = (day + timedelta(days=7 - day.weekday())).replace(hour=11, minute=0, second=0, microsecond=0)
    workshop = create_workshop(title="Opening your front door")
    fields = {"places": PLACES, "support_places": SUPPORT, "area": "Birmingham city centre"}
    return create_date(workshop=workshop, starts_at=monday, **fields)


def contact(name):
    return Booking.objects.get(contact_name=name)


def names(state):
    bookings = Booking.objects.filter(state=state).order_by("queued_at", "pk")
    return list(bookings.values_list("contact_name", flat=True))


def newest_mail(name):
    return OutgoingMail.objects.filter(recipient=contact(name).email).latest("pk")


def own_page(page, name):
    page.goto(re.search(r"http://\S+/bookings/\S+", newest_mail(name).text)[0])


def first_words(name):
    return newest_mail(name).text.partition("\n")[0]


def to_ring():
    """Whom staff still have to ring, about what."""
    return list(RingTask.objects.filter(done_at=None).order_by("pk").values_list("booking__contact_name", "why"))


def after_all_offers(date):
    """The last moment of all offers that run, and a minute."""
    last = date.bookings.filter(state="offered").aggregate(last=Max("offer_ends_at"))["last"]
    return last + timedelta(minutes=1)


def reserve(page, date, name):
    page.goto(date.get_absolute_url())
    page.get_by_role("link", name=re.compile("Reserve your place|Join the waiting list")).first.click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your e-mail").fill(f"{name.lower().replace(' ', '.')}@example.org")
    send = page.get_by_role("button", name=re.compile("^(Reserve|Join the waiting list)$"))
    send.click()
    if page.get_by_text("Please press the button at the end once more").count():  # quicker than people are
        send.click()
    return page.get_by_role("heading", level=1).inner_text()


def at_the_desk(desk, name):
    desk.goto(f"/admin/events/booking/{contact(name).pk}/change/")


def cancel_at_the_desk(desk, name, asked):
    at_the_desk(desk, name)
    desk.get_by_text("Cancel this booking").click()
    desk.get_by_label("How did they ask?").select_option(label=asked)
    if desk.get_by_label("I have told them already").count():
        desk.get_by_label("I have told them already").check()
    desk.get_by_role("button", name="Cancel the booking").click()
    desk.get_by_text("is cancelled").first.wait_for()


def test_forty_people_for_twenty_places(new_page, date, time_machine):
    staff = create_user(is_superuser=True, name="Olive Organiser")
    phone, desk = new_page(viewport={"width": 360, "height": 740}), new_page(staff)

    # Forty people ask: one after the other by browser, by the same function as the browser's form, and by telephone.
    assert reserve(phone, date, "Person 00") == "You have a place."
    for number in range(1, 39):
        by_phone = {"email": "", "phone": f"0151 496 00{number:02}", "by": staff} if number in (5, 6, 7, 20) else {}
        with_support = {1: 1, 2: 1, 3: 2}.get(number, 0)
        people = 3 if number == 18 else 1
        book(date, f"Person {number:02}", people=people, support_workers=with_support, **by_phone)
    assert reserve(phone, date, "Person 39") == "You are waiting for a place."
    date.refresh_from_db()
    assert (date.ordinary_taken, date.support_taken, date.waiting) == (16, 4, 24)
    assert names("confirmed") == [f"Person {number:02}" for number in range(16)]
    assert first_words("Person 15") == "You have a place."
    assert first_words("Person 18") == "You are waiting for 3 places. The workshop is full at present."
    assert "You are 24th of 24 on the waiting list. We offer places in the order" in newest_mail("Person 39").text

    # Twelve give their places back: by their own link, by ringing us, and by a colleague who writes to us for them.
    for name in ("Person 00", "Person 08", "Person 09", "Person 10"):
        own_page(phone, name)
        phone.get_by_text("I cannot come").click()
        phone.get_by_role("button", name="Cancel my booking").click()
        assert phone.get_by_role("heading", level=1).inner_text() == "Your booking is cancelled."
        assert first_words(name) == "Your booking is cancelled. Thank you for telling us."
    # Two were offered a place. The group of three is next: it gets its three together, or waits, and nobody passes it.
    assert names("offered") == ["Person 16", "Person 17"]
    own_page(phone, "Person 19")
    assert phone.get_by_text("You are 2nd of 22").is_visible()
    for number in (5, 6, 7, 11, 12):
        cancel_at_the_desk(desk, f"Person {number:02}", "By phone")
    for number in (13, 14, 15):
        cancel_at_the_desk(desk, f"Person {number}", "By post or mail")
    by_staff = AuditEntry.objects.filter(action="cancelled", actor=staff).order_by("pk").values_list("note", flat=True)
    assert [note.rpartition("; ")[2] for note in by_staff] == ["by phone"] * 5 + ["by post"] * 3
    assert first_words("Person 15") == "We have cancelled your booking. If you did not ask for this, please ring us."
    assert to_ring() == [("Person 20", "offer")]  # those who rang know
    assert names("offered") == [f"Person {number}" for number in range(16, 26)]
    assert first_words("Person 18").startswith("We have 3 places for you. Tell us by ")
    date.refresh_from_db()
    assert date.ordinary_taken == 16

    # They answer: on their own page, and on the telephone.
    own_page(phone, "Person 18")
    phone.get_by_role("button", name="Yes, I take the places").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "You have 3 places."
    assert first_words("Person 18") == "You have 3 places."
    own_page(phone, "Person 16")
    phone.get_by_text("No, I cannot come").click()
    phone.get_by_role("button", name="Say no to the offer").click()
    assert first_words("Person 16") == "You have said no to our offer. Thank you for telling us."
    assert names("offered") == [f"Person {number}" for number in (17, 19, 20, 21, 22, 23, 24, 25, 26)]
    at_the_desk(desk, "Person 20")
    desk.get_by_role("button", name="They take the place").click()
    desk.get_by_text("has the place now").wait_for()
    assert to_ring() == []

    # The venue becomes known, then the time changes. The desk shows what will go out before it does.
    venue = create_venue(name="The Library", town="Birmingham")
    for field, value, word, opening in (
        ("venue", str(venue.pk), "The Library", "The venue is confirmed: The Library"),
        ("starts_at_1", "12:00", "noon to 3pm", "The time of the workshop has changed: it is now Monday"),
    ):
        desk.goto(f"/admin/events/workshopdate/{date.pk}/move/")
        control = desk.locator(f"[name={field}]")
        control.select_option(value) if field == "venue" else control.fill(value)
        if field == "venue":
            desk.locator("[name=area]").fill("")
        before = OutgoingMail.objects.count()
        desk.locator("#content form").get_by_role("button").first.click()
        desk.get_by_text("Nothing is saved or sent yet. This is what it will do:").wait_for()
        assert desk.get_by_text(word).first.is_visible()
        assert OutgoingMail.objects.count() == before
        desk.locator("#content form").get_by_role("button", name=re.compile("tell|send", re.IGNORECASE)).last.click()
        desk.wait_for_url(f"**/workshopdate/{date.pk}/change/")
        assert word in newest_mail("Person 18").text
        assert word in newest_mail("Person 38").text  # who waits hears it as well
        assert first_words("Person 18").startswith(opening)
        assert "We still hold a place for you. Tell us by " in newest_mail("Person 17").text
        assert "You keep your place on the waiting list: you are 13th of 13." in newest_mail("Person 39").text
        assert first_words("Person 15").startswith("We have cancelled")  # and who has gone is left in peace
    date.refresh_from_db()
    assert (date.venue, date.calendar_sequence) == (venue, 2)
    # Nobody had rung Person 20 of the venue yet: one call says both.
    assert to_ring() == [("Person 20", "changed")]
    words = RingTask.objects.get(done_at=None).words
    assert "The Library" in words
    assert "noon to 3pm" in words
    own_page(phone, "Person 18")
    assert phone.get_by_text("The Library").first.is_visible()

    # Another date of the workshop is cancelled: its people hear it once, and the page says so.
    other = create_date(workshop=date.workshop, area="Leeds", starts_at=date.starts_at + timedelta(days=7))
    book(other, "Person 40")
    book(other, "Person 41", email="", phone="0151 496 0041", by=staff)
    desk.goto(f"/admin/events/workshopdate/{other.pk}/cancel/")
    desk.locator("#content form").get_by_role("button").first.click()
    desk.locator("#content form").get_by_role("button", name=re.compile("cancel", re.IGNORECASE)).last.click()
    desk.wait_for_url(f"**/workshopdate/{other.pk}/change/")
    assert first_words("Person 40") == "We are sorry: this workshop will not take place."
    phone.goto(other.get_absolute_url())
    assert phone.get_by_text("cancelled").first.is_visible()
    assert to_ring()[-1] == ("Person 41", "date cancelled")

    # Some never answer: their offers end kindly, and go to those who are next.
    time_machine.move_to(after_all_offers(date))
    waiting_list.settle_due()
    assert first_words("Person 17") == "Our offer of a place has ended, because we did not hear from you."
    own_page(phone, "Person 17")
    assert phone.get_by_text("others have asked. You can ask for a place again, or ring us").is_visible()
    assert names("offered") == [f"Person {number}" for number in range(27, 35)]
    own_page(phone, "Person 27")
    phone.get_by_role("button", name="Yes, I take the place").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "You have a place."

    # Two days before, everybody with a place is reminded, by mail or by a call. Those who are offered one now are rung.
    time_machine.move_to(date.starts_at - timedelta(days=1, hours=20))
    waiting_list.settle_due()
    reminders.remind_due()
    reminded = OutgoingMail.objects.filter(template__endswith="/reminder").order_by("recipient")
    assert [mail.recipient for mail in reminded] == [
        f"person.{number:02}@example.org" for number in (1, 2, 3, 4, 18, 27)
    ]
    assert first_words("Person 18").startswith("Your workshop is on Monday ")
    assert "and you have 3 places." in first_words("Person 18")
    assert ("Person 20", "reminder") in to_ring()
    assert names("offered") == [f"Person {number}" for number in range(35, 40)]
    assert set(to_ring()) >= {(f"Person {number}", "offer") for number in range(35, 40)}  # too near to wait for a mail
    phone.goto(re.search(r"http://\S+\?cancel\S*", newest_mail("Person 18").text)[0])
    assert phone.get_by_text("Your places go to somebody else").is_visible()
    date.refresh_from_db()
    assert date.ordinary_taken + date.support_taken <= PLACES

    # Whatever we wrote opens with one plain sentence and keeps our own words for ourselves.
    for mail in OutgoingMail.objects.exclude(recipient="office@example.org"):
        opening = mail.text.partition("\n")[0]
        assert opening.endswith("."), mail.template
        assert not re.search(r"\b(lapsed|offered|confirmed booking|None)\b", mail.text.partition("\n\n")[0])


def test_the_days_before(new_page, date, time_machine):
    """Reminders reach everybody with a place once, and "I can't come" is one press away."""
    with_place = book(date, "Ann Ash")
    book(date, "Wren Ashby", email="", phone="0151 496 0102")
    phone = new_page(viewport={"width": 360, "height": 740})
    time_machine.move_to(date.starts_at - timedelta(days=1, hours=20))
    for _ in range(2):
        waiting_list.settle_due()
        reminders.remind_due()

    assert OutgoingMail.objects.filter(recipient=with_place.email, template__endswith="/reminder").count() == 1
    assert RingTask.objects.filter(why="reminder").count() == 1
    own_page(phone, "Ann Ash")
    phone.goto(re.search(r"http://\S+\?cancel\S*", newest_mail("Ann Ash").text)[0])
    phone.get_by_role("button", name="Cancel my booking").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Your booking is cancelled."
