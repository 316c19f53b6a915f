"""Changing, postponing and cancelling a date: what becomes of everybody's place, and what each of them hears."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import icalendar
import pytest
import vobject
from django.db import connection
from django.utils import timezone

from events import bookings, changing_dates, reminders, ring_list, waiting_list
from events.bookings import BookingRefused, Person
from events.calendar import date_calendar
from events.changing_dates import ALWAYS_TOLD, Answers, Told
from events.models import AccessNeed, Booking, RingTask, WorkshopDate
from events.what_changed import Facts
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue

pytestmark = pytest.mark.django_db

WAITING, OFFERED, CONFIRMED, CANCELLED = (
    Booking.State.WAITING,
    Booking.State.OFFERED,
    Booking.State.CONFIRMED,
    Booking.State.CANCELLED,
)
# Four weeks before the workshop; the clocks go back on 27 October 2019.
MONDAY = datetime.fromisoformat("2019-09-30T10:00+01:00")
WORKSHOP = datetime.fromisoformat("2019-10-28T11:00+00:00")
FRIDAY_BEFORE = datetime.fromisoformat("2019-10-25T11:00+01:00")
PHONE = "0151 496 0007"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


@pytest.fixture
def staff():
    return create_user()


def workshop(**fields):
    return create_date(**{"starts_at": WORKSHOP} | fields)


def with_everybody(**fields):
    """A date with one place: Ann has it, Bob waits; by telephone Pat has none and waits behind him."""
    date = workshop(places=1, **fields)
    ann, bob = book(date, "Ann"), book(date, "Bob")
    return date, ann, bob, book(date, "Pat", email="", phone=PHONE)


def with_an_offer(**fields):
    date, ann, bob, pat = with_everybody(**fields)
    bookings.cancel(ann)
    bob.refresh_from_db()
    assert bob.state == OFFERED
    return date, bob, pat


def change(date, staff, **different):
    options = {
        name: different.pop(name) for name in ("explanation", "asks_again", "is_quiet", "seen") if name in different
    }
    date.refresh_from_db()
    told = changing_dates.change_date(date, replace(Facts.of(date), **different), by=staff, **options)
    date.refresh_from_db()
    return told


def at(moment):
    return {"starts_at": moment, "ends_at": moment + timedelta(hours=4)}


def mails(name):
    return [m.template.rpartition("/")[2] for m in OutgoingMail.objects.order_by("pk") if name.lower() in m.recipient]


def newest(name):
    return OutgoingMail.objects.filter(recipient=f"{name.lower()}@example.org").latest("pk")


def now(booking):
    booking.refresh_from_db()
    return booking.state


# Another time


def test_whoever_was_not_rung_about_an_earlier_change_hears_where_and_when_it_is_now(staff):
    date, *_people = with_everybody()
    change(date, staff, venue=create_venue(name="The Library"), area="")

    change(date, staff, **at(FRIDAY_BEFORE))

    words = RingTask.objects.get(done_at=None).words
    assert "The Library" in words
    assert "Friday 25 October 2019, 11am to 3pm" in words


def test_everybody_is_told_once_of_another_time_in_words_that_fit_what_they_have(staff):
    date, *_people = with_everybody()

    told = change(date, staff, **at(FRIDAY_BEFORE), explanation="The trainer is ill on Monday.")

    assert told == Told(by_mail=2, to_ring=1)
    assert mails("ann") == ["booking_confirmed", "date_changed"]
    assert mails("bob") == ["booking_waiting", "date_changed"]
    for name, theirs in (
        ("Ann", "You keep your place."),
        ("Bob", "You keep your place on the waiting list: you are 1st of 2."),
    ):
        mail = newest(name)
        assert mail.subject == "New time: Shared Lives where you are, Friday 25 October 2019, 11am to 3pm"
        for half in (mail.text, mail.html):
            words = " ".join(half.split())
            assert "The time of the workshop has changed: it is now Friday 25 October 2019, 11am to 3pm." in words
            assert "When: it was Monday 28 October 2019, 11am to 3pm; now it is" in words
            assert "The trainer is ill on Monday." in words
            assert theirs in words
    task = RingTask.objects.get()
    assert task.why == "changed"
    assert task.words == (
        "“Shared Lives where you are”. The time of the workshop has changed: it is now Friday 25 October 2019, 11am to"
        " 3pm. When: it was Monday 28 October 2019, 11am to 3pm; now it is Friday 25 October 2019, 11am to 3pm."
        " It is Friday 25 October 2019, 11am to 3pm, London (venue to be confirmed)."
        " The trainer is ill on Monday. You keep your turn: you are 2nd of 2 on the waiting list."
    )


def test_doing_it_twice_tells_nobody_twice(staff):
    date, *_people = with_everybody()
    facts = replace(Facts.of(date), **at(FRIDAY_BEFORE))

    assert changing_dates.change_date(date, facts, by=staff) == (2, 1)
    assert changing_dates.change_date(date, facts, by=staff) == (0, 0)

    assert OutgoingMail.objects.filter(template="events/email/date_changed").count() == 2
    assert AuditEntry.objects.filter(action="changed the date").count() == 1
    date.refresh_from_db()
    assert date.calendar_sequence == 1


def test_search_engines_are_told_where_it_stood_before_and_the_log_keeps_both(staff):
    date = workshop()

    change(date, staff, **at(FRIDAY_BEFORE))

    assert date.previous_starts_at == WORKSHOP
    entry = AuditEntry.objects.get(action="changed the date")
    assert (entry.actor, entry.note) == (staff, "0 told by mail, 0 to ring")
    assert set(entry.changes) == {"starts_at", "ends_at"}


def test_the_end_of_booking_moves_along_by_days_and_keeps_its_time_though_the_clocks_change(staff):
    closes = datetime.fromisoformat("2019-10-26T17:00+01:00")
    date = workshop(booking_closes_at=closes, release_support_at=closes, support_places=2)

    change(date, staff, **at(datetime.fromisoformat("2019-11-04T10:00+00:00")))

    assert date.booking_closes_at == date.release_support_at == datetime.fromisoformat("2019-11-02T17:00+00:00")


def test_a_time_that_has_passed_is_refused_and_nothing_is_kept(staff):
    date, *_people = with_everybody()

    with pytest.raises(BookingRefused, match="has passed already"):
        change(date, staff, **at(MONDAY - timedelta(days=1)))

    date.refresh_from_db()
    assert date.starts_at == WORKSHOP
    assert mails("ann") == ["booking_confirmed"]


def test_a_date_that_is_cancelled_or_over_cannot_be_changed(staff, clock):
    date = workshop()
    clock.move_to(WORKSHOP + timedelta(days=1), tick=False)
    with pytest.raises(BookingRefused, match="cancelled or over"):
        change(date, staff, ends_at=None)


def test_a_colleague_who_was_faster_is_noticed(staff):
    date, *_people = with_everybody()
    seen = changing_dates.version(date)
    change(date, create_user(email="faster@example.org", name="Fay Ster"), **at(FRIDAY_BEFORE))

    for act in (
        lambda: change(date, staff, area="Leeds", seen=seen),
        lambda: changing_dates.postpone_date(date, by=staff, seen=seen),
        lambda: changing_dates.cancel_date(date, by=staff, seen=seen),
    ):
        with pytest.raises(BookingRefused, match="^Fay Ster changed this date at 10am, after you had opened it."):
            act()

    date.refresh_from_db()
    assert (date.state, date.area) == ("scheduled", "London")
    assert mails("ann") == ["booking_confirmed", "date_changed"]


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_tell_everybody_once(staff):
    date, *_people = with_everybody()
    facts, seen = replace(Facts.of(date), **at(FRIDAY_BEFORE)), changing_dates.version(date)
    barrier, told = Barrier(2), []

    def press():
        try:
            barrier.wait()
            told.append(changing_dates.change_date(date, facts, by=staff, seen=seen))
        finally:
            connection.close()

    presses = [Thread(target=press) for _ in range(2)]
    [thread.start() for thread in presses]
    [thread.join() for thread in presses]

    assert sorted(told) == [(0, 0), (2, 1)]
    assert OutgoingMail.objects.filter(template="events/email/date_changed").count() == 2


# Another place


def test_a_venue_that_becomes_known_is_good_news(staff):
    date, *_people = with_everybody(area="Birmingham city centre")

    change(date, staff, venue=create_venue(), area="")

    mail = newest("Ann")
    assert mail.subject.startswith("The venue is confirmed: ")
    assert mail.text.startswith("The venue is confirmed: Friends House, Euston Road, London NW1 2BJ.\n")
    assert "Where: it was Birmingham city centre (venue to be confirmed);" in mail.text
    assert "has changed" not in mail.subject + mail.html.partition("<h1>")[2].partition("</h1>")[0]


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        ({"area": "Leeds"}, {"area": "York"}, "The workshop is now at another place: York (venue to be confirmed)."),
        (
            {"venue": "Hall"},
            {"venue": "House"},
            "The workshop is now at another place: House, Euston Road, Ely NW1 2BJ.",
        ),
        (
            {"venue": "Hall"},
            {"venue": None, "area": "Ely"},
            "The workshop cannot be at Hall. We will tell you where it is as soon as we can.",
        ),
        ({"venue": "Hall"}, {"mode": "online", "venue": None, "area": ""}, "The workshop is now online."),
        ({"venue": "Hall"}, {"mode": "hybrid"}, "You can now take part online as well."),
        (
            {"venue": "Hall", "mode": "hybrid"},
            {"mode": "in person"},
            "The workshop is now in person only: Hall, Euston Road, Ely NW1 2BJ.",
        ),
        (
            {"area": "Ely"},
            {"venue": "Hall"} | at(FRIDAY_BEFORE),
            "The time of the workshop has changed: it is now Friday 25 October 2019, 11am to 3pm. The venue is"
            " confirmed: Hall, Euston Road, Ely NW1 2BJ.",
        ),
        (
            {"mode": "online", "area": "", "join_link": "https://meet.example/1"},
            {"join_link": "https://meet.example/2"},
            "The link to join online has changed.",
        ),
        ({"mode": "online", "area": ""}, {"join_link": "https://meet.example/2"}, "Here is the link to join online."),
    ],
)
def test_the_first_sentence_says_what_is_now(staff, before, after, headline):
    houses = {name: create_venue(name=name, town="Ely") for name in ("Hall", "House")} | {None: None}
    before, after = (
        facts | ({"venue": houses[facts["venue"]]} if "venue" in facts else {}) for facts in (before, after)
    )
    date = workshop(**before)
    book(date, "Ann")

    change(date, staff, **after)

    assert newest("Ann").text.splitlines()[0] == headline


def test_the_link_to_join_is_told_to_those_alone_who_have_a_place(staff):
    date, *_people = with_everybody(mode="online", area="", join_link="https://meet.example/1")

    assert change(date, staff, join_link="https://meet.example/2") == (1, 0)

    assert "https://meet.example/2" in newest("Ann").text
    assert mails("bob") == ["booking_waiting"]
    assert "meet.example" not in str(AuditEntry.objects.get(action="changed the date").changes)


def test_a_correction_that_nobody_has_to_hear_of_is_an_explicit_choice_and_the_log_says_so(staff):
    date, *_people = with_everybody(area="Birmingam")

    assert change(date, staff, area="Birmingham", is_quiet=True) == (0, 0)

    assert date.area == "Birmingham"
    assert mails("ann") == ["booking_confirmed"]
    entry = AuditEntry.objects.get(action="corrected the date")
    assert (entry.note, entry.changes) == ("a correction: nobody was told", {"area": ["Birmingam", "Birmingham"]})


@pytest.mark.parametrize("different", [at(FRIDAY_BEFORE), {"ends_at": None}, {"mode": "hybrid"}, {"venue": True}])
def test_time_and_venue_are_never_changed_quietly(staff, different):
    date, *_people = with_everybody()
    different = {name: create_venue() if value is True else value for name, value in different.items()}

    with pytest.raises(BookingRefused, match=ALWAYS_TOLD[:30]):
        change(date, staff, **different, is_quiet=True)


def test_a_note_in_person_where_nobody_joins_online_concerns_nobody(staff):
    date, *_people = with_everybody()

    assert change(date, staff, join_note="Ring the bell.") == (0, 0)


# What people have


@pytest.mark.parametrize("different", [at(FRIDAY_BEFORE), {"area": "Leeds"}, {"mode": "hybrid"}])
def test_each_need_is_checked_again_when_time_or_place_change(staff, different):
    date = workshop()
    book(date, "Ann", people=[Person("Ann", access="A ramp"), Person("Al", dietary="No nuts")])
    AccessNeed.objects.update(state="arranged")

    change(date, staff, **different)

    assert list(AccessNeed.objects.values_list("state", flat=True)) == ["check again"] * 2
    assert "ramp" not in newest("Ann").text


def test_needs_stay_as_they_are_when_only_a_spelling_is_put_right(staff):
    date = workshop()
    book(date, "Ann", people=[Person("Ann", access="A ramp")])
    AccessNeed.objects.update(state="arranged")

    change(date, staff, area="Lonndon", is_quiet=True)

    assert AccessNeed.objects.get().state == "arranged"


def test_an_offer_stands_and_its_end_is_told(staff):
    date, bob, _pat = with_an_offer()
    ends_at = bob.offer_ends_at

    change(date, staff, **at(WORKSHOP + timedelta(days=7)))

    assert now(bob) == OFFERED
    assert bob.offer_ends_at == ends_at
    assert mails("bob") == ["booking_waiting", "offer", "date_changed"]
    assert "We still hold a place for you. Tell us by Thursday 3 October, 12 noon" in newest("Bob").text


def test_an_offer_that_would_end_too_late_is_rung_and_its_clock_waits(staff):
    date, bob, _pat = with_an_offer()

    change(date, staff, **at(MONDAY + timedelta(days=1)))

    assert now(bob) == OFFERED
    assert bob.offer_ends_at == date.starts_at
    assert RingTask.objects.get(booking=bob).why == "offer"
    assert mails("bob") == ["booking_waiting", "offer", "date_changed"]
    assert "we also try to ring you" in newest("Bob").text


def test_an_offer_on_a_date_that_closes_by_the_change_goes_back_to_its_place_in_the_queue(staff):
    date, bob, _pat = with_an_offer(booking_closes_at=WORKSHOP - timedelta(days=7))

    change(date, staff, **at(MONDAY + timedelta(days=3)))

    assert now(bob) == WAITING
    assert bob.queue_words == "1st of 2"
    text = " ".join(newest("Bob").text.split())
    assert (
        "could not stand, through no fault of yours. You keep your old place on the waiting list: you are 1st" in text
    )


def test_booking_that_closes_early_in_the_ordinary_form_tells_whoever_had_an_offer(staff):
    date, bob, _pat = with_an_offer()
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=MONDAY)

    waiting_list.date_changed(date)

    assert now(bob) == WAITING
    assert mails("bob") == ["booking_waiting", "offer", "offer_taken_back"]


def test_whoever_read_an_offer_hears_of_its_end_though_staff_were_still_to_ring_them(clock):
    date, ann, bob, _pat = with_everybody()
    clock.move_to(WORKSHOP - timedelta(days=2), tick=False)
    bookings.cancel(ann)
    assert RingTask.objects.get(why="offer", done_at=None).booking == bob

    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=WORKSHOP - timedelta(days=1))
    waiting_list.date_changed(date)
    waiting_list.date_changed(date)
    assert mails("bob") == ["booking_waiting", "offer", "offer"]
    assert "Tell us by Sunday 27 October, 11am." in newest("Bob").text

    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())
    waiting_list.date_changed(date)
    assert mails("bob")[-1] == "offer_taken_back"


def test_an_overdue_offer_lapses_as_it_would_have_and_hears_of_nothing_more(staff, clock):
    date, bob, pat = with_an_offer()
    clock.move_to(bob.offer_ends_at, tick=False)

    change(date, staff, **at(WORKSHOP + timedelta(days=7)))

    assert now(bob) == Booking.State.LAPSED
    assert mails("bob")[-1] == "offer_lapsed"
    assert now(pat) == OFFERED


def test_a_change_shortly_before_is_reminder_enough(staff, clock):
    date = workshop()
    book(date, "Ann")
    clock.move_to(WORKSHOP - timedelta(days=4), tick=False)

    change(date, staff, **at(WORKSHOP - timedelta(days=1)))
    clock.move_to(WORKSHOP - timedelta(days=3) + timedelta(hours=1), tick=False)
    reminders.remind_due()

    assert mails("ann") == ["booking_confirmed", "date_changed"]


def test_a_change_two_days_before_the_reminder_is_not_reminder_enough_for_those_who_are_written_to(staff, clock):
    """They are written to on Saturday; who is rung would be rung on Friday, a day after the change."""
    date = workshop()
    book(date, "Ann")
    book(date, "Pat", email="", phone=PHONE)
    clock.move_to(datetime.fromisoformat("2019-10-24T10:00+01:00"), tick=False)

    change(date, staff, **at(WORKSHOP + timedelta(hours=1)))
    clock.move_to(datetime.fromisoformat("2019-10-26T09:00+01:00"), tick=False)
    reminders.remind_due()

    assert mails("ann") == ["booking_confirmed", "date_changed", "reminder"]
    assert [task.why for task in RingTask.objects.all()] == ["changed"]


def test_who_was_reminded_is_reminded_anew_of_a_time_that_is_farther_away(staff, clock):
    date = workshop()
    book(date, "Ann")
    clock.move_to(WORKSHOP - timedelta(days=2), tick=False)
    reminders.remind_due()

    change(date, staff, **at(WORKSHOP + timedelta(days=14)))
    reminders.remind_due()
    assert mails("ann") == ["booking_confirmed", "reminder", "date_changed"]

    clock.move_to(WORKSHOP + timedelta(days=12), tick=False)
    reminders.remind_due()
    assert mails("ann")[-1] == "reminder"


def test_where_people_are_still_to_be_rung_only_the_newest_is_to_be_said(staff):
    date, _ann, _bob, pat = with_everybody()

    change(date, staff, **at(FRIDAY_BEFORE))
    change(date, staff, area="Leeds")

    task = RingTask.objects.get(booking=pat)
    assert "now at another place: Leeds" in task.words


# Calendars


def calendar(mail):
    """The one event of the attached file, read by two libraries that agree."""
    event = vobject.readOne(mail.calendar).vevent
    other = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")[0]
    assert (event.uid.value, event.status.value) == (str(other["UID"]), str(other["STATUS"]))
    assert event.dtstart.value == other.decoded("DTSTART")
    return event


def test_the_entry_in_the_calendar_keeps_its_name_and_follows_each_change_once(staff):
    date, *_people = with_everybody()
    seen = [calendar(newest("Ann"))]

    def follow(act):
        act()
        date.refresh_from_db()
        seen.append(calendar(newest("Ann")))

    follow(lambda: change(date, staff, **at(datetime.fromisoformat("2020-03-28T11:00+00:00"))))
    follow(lambda: change(date, staff, **at(datetime.fromisoformat("2020-03-30T11:00+01:00"))))
    follow(lambda: change(date, staff, venue=create_venue(), area=""))
    follow(lambda: changing_dates.postpone_date(date, by=staff))
    follow(lambda: change(date, staff, **at(datetime.fromisoformat("2020-02-29T11:00+00:00"))))
    follow(lambda: changing_dates.cancel_date(date, by=staff))

    assert {event.uid.value for event in seen} == {date.calendar_uid}
    assert [event.sequence.value for event in seen] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [event.status.value for event in seen] == [*["CONFIRMED"] * 4, "CANCELLED", "CONFIRMED", "CANCELLED"]
    assert [event.summary.value.partition(":")[0] for event in seen][-3::2] == ["POSTPONED", "CANCELLED"]
    # The clocks go forward on 29 March 2020: the same hour on the wall is another one in UTC.
    assert [event.dtstart.value.isoformat()[:16] for event in seen[:3]] == [
        "2019-10-28T11:00",
        "2020-03-28T11:00",
        "2020-03-30T11:00",
    ]
    assert [event.dtstart.value.utcoffset() for event in seen[1:3]] == [timedelta(0), timedelta(hours=1)]


def test_only_those_with_a_place_get_the_file(staff):
    date, *_people = with_everybody()

    change(date, staff, **at(FRIDAY_BEFORE))

    assert newest("Ann").calendar
    assert not newest("Bob").calendar


# Postponing


def test_postponing_keeps_places_and_turns_and_tells_everybody_once(staff):
    date, bob, pat = with_an_offer()
    cat = book(workshop(area="York"), "Cat")

    told = changing_dates.postpone_date(date, by=staff, reason="The boiler broke.")

    date.refresh_from_db()
    assert (date.state, told) == ("postponed", (1, 1))
    assert now(bob) == WAITING
    assert bob.queue_words == "1st of 2"
    assert mails("bob")[-1] == "date_postponed"
    text = " ".join(newest("Bob").text.split())
    assert text.startswith("The workshop is postponed. It does not take place on Monday 28 October 2019, 11am to 3pm.")
    assert "The boiler broke." in text
    assert "You keep your old place on the waiting list: you are 1st of 2." in text
    task = RingTask.objects.get(booking=pat)
    assert (task.why, task.words) == (
        "postponed",
        "“Shared Lives where you are” on Monday 28 October 2019, 11am to 3pm is postponed. We will tell you the new"
        " time. The boiler broke. You keep your turn: you are 2nd of 2 on the waiting list.",
    )
    assert mails("cat") == ["booking_confirmed"]
    assert now(cat) == CONFIRMED
    assert changing_dates.postpone_date(date, by=staff) == (0, 0)


def test_no_clock_runs_while_postponed_and_offers_begin_anew_with_the_new_time(staff, clock):
    date, bob, pat = with_an_offer()
    changing_dates.postpone_date(date, by=staff)
    clock.move_to(WORKSHOP + timedelta(days=3), tick=False)
    waiting_list.settle_due()
    reminders.remind_due()
    assert (now(bob), mails("bob")[-1]) == (WAITING, "date_postponed")

    told = change(date, staff, **at(datetime.fromisoformat("2019-12-02T11:00+00:00")))

    assert (date.state, told) == ("scheduled", (1, 1))
    assert date.previous_starts_at == WORKSHOP
    assert now(bob) == OFFERED
    assert mails("bob")[-2:] == ["date_postponed", "date_changed"]
    mail = newest("Bob")
    assert mail.subject == (
        "New time, and a place for you: Shared Lives where you are, Monday 2 December 2019, 11am to 3pm"
    )
    assert "When: it was postponed from Monday 28 October 2019, 11am to 3pm;" in mail.text
    assert (
        f"We have a place for you. Tell us by {bob.answer_by}, on your page or by ringing us. If we do not" in mail.text
    )
    for text in (mail.text, mail.html):
        assert bob.get_absolute_url() in text
        assert "Opening the page decides nothing" in text
    assert {task.why for task in pat.ring_tasks.filter(done_at=None)} == {"changed"}
    assert AuditEntry.objects.filter(action="set a new time").count() == 1


def test_whoever_is_rung_hears_of_the_new_time_and_of_their_turn(staff):
    date, ann, bob, pat = with_everybody()
    bookings.cancel(bob)
    bookings.cancel(ann)
    changing_dates.postpone_date(date, by=staff)

    change(date, staff, **at(datetime.fromisoformat("2019-12-02T11:00+00:00")))

    assert now(pat) == OFFERED
    tasks = {task.why: task.words for task in pat.ring_tasks.filter(done_at=None)}
    assert tasks.keys() == {"offer", "changed"}
    assert tasks["changed"].endswith(" London (venue to be confirmed). We have a place for you.")


def test_a_turn_that_comes_with_a_note_on_how_to_join_is_told_by_itself(staff, clock):
    date, bob, _pat = with_an_offer(mode="hybrid", join_link="https://meet.example.org/1")
    cat = book(date, "Cat")
    RingTask.objects.all().delete()
    Booking.objects.filter(contact_name="Pat").update(queued_at=cat.queued_at + timedelta(minutes=1))
    clock.move_to(bob.offer_ends_at + timedelta(minutes=1), tick=False)

    assert change(date, staff, join_note="Ring us if it does not work.") == (0, 0)

    assert (now(bob), now(cat)) == ("lapsed", OFFERED)
    assert mails("cat") == ["booking_waiting", "offer"]


def test_the_old_time_can_be_given_back_but_only_while_it_is_still_to_come(staff, clock):
    date = workshop()
    book(date, "Ann")
    changing_dates.postpone_date(date, by=staff)
    clock.move_to(WORKSHOP + timedelta(days=1), tick=False)
    with pytest.raises(BookingRefused, match="has passed already"):
        change(date, staff)

    clock.move_to(MONDAY, tick=False)
    assert change(date, staff) == (1, 0)
    assert (date.state, date.previous_starts_at) == ("scheduled", None)


def test_what_is_cancelled_over_or_unseen_cannot_be_postponed(staff, clock):
    with pytest.raises(BookingRefused, match="Nobody can see this draft yet"):
        changing_dates.postpone_date(workshop(state="draft"), by=staff)
    cancelled = workshop()
    changing_dates.cancel_date(cancelled, by=staff)
    with pytest.raises(BookingRefused, match="is cancelled"):
        changing_dates.postpone_date(cancelled, by=staff)
    date = workshop()
    clock.move_to(WORKSHOP + timedelta(days=1), tick=False)
    with pytest.raises(BookingRefused, match="nothing to postpone"):
        changing_dates.postpone_date(date, by=staff)


def test_a_postponed_date_can_be_cancelled_and_everybody_hears(staff):
    date, _ann, _bob, pat = with_everybody()
    changing_dates.postpone_date(date, by=staff)

    assert changing_dates.cancel_date(date, by=staff, reason="We found no other day.") == (2, 1)

    assert mails("ann")[-2:] == ["date_postponed", "date_cancelled"]
    assert list(pat.ring_tasks.filter(done_at=None).values_list("why", flat=True)) == ["date cancelled"]
    assert "We found no other day." in pat.ring_tasks.get(done_at=None).words


# Can you still come?


def asked(staff, *names):
    date = workshop()
    people = [book(date, name) for name in names]
    change(date, staff, **at(FRIDAY_BEFORE), asks_again=True)
    for person in people:
        person.refresh_from_db()
    return date, people


def test_people_with_a_place_are_asked_in_the_mail_that_tells_them(staff):
    date, ann, bob, _pat = with_everybody()
    book(date, "Zoe")

    change(date, staff, **at(FRIDAY_BEFORE), asks_again=True)

    assert "Can you still come?" in newest("Ann").text
    assert "Can you still come?" not in newest("Bob").text
    ann.refresh_from_db()
    bob.refresh_from_db()
    assert ann.is_asked_again
    assert bob.asked_again_at is None


def test_yes_is_kept_no_frees_the_place_and_silence_keeps_it(staff, client):
    date, (ann, bob, cat) = asked(staff, "Ann", "Bob", "Cat")

    page = client.get(ann.get_absolute_url()).content.decode()
    assert "Can you still come?" in page
    assert "it was to be on Monday 28 October 2019, and is on Friday 25 October 2019, 11am to 3pm now" in page
    client.post(ann.get_absolute_url(), {"still_coming": "1"})
    client.post(bob.get_absolute_url())

    answers = Answers.to(date)
    assert [[b.contact_name for b in group] for group in answers[1:4]] == [["Ann"], ["Bob"], ["Cat"]]
    assert (now(ann), now(bob), now(cat)) == (CONFIRMED, CANCELLED, CONFIRMED)
    assert b"Can you still come?" not in client.get(ann.get_absolute_url()).content
    assert b"Thank you for telling us that you can still come." in client.get(ann.get_absolute_url()).content


def test_opening_the_page_answers_nothing(staff, client):
    _date, (ann,) = asked(staff, "Ann")

    client.get(ann.get_absolute_url())
    client.head(ann.get_absolute_url())

    ann.refresh_from_db()
    assert ann.is_asked_again


def test_saying_yes_twice_or_unasked_changes_nothing(staff):
    date, (ann,) = asked(staff, "Ann")
    zoe = book(date, "Zoe")

    changing_dates.still_comes(ann)
    changing_dates.still_comes(ann)
    changing_dates.still_comes(zoe)

    assert AuditEntry.objects.filter(action="said they still come").count() == 1
    zoe.refresh_from_db()
    assert zoe.still_coming_at is None


def test_whoever_cannot_be_asked_by_mail_is_rung_and_the_answer_ends_the_task(staff):
    date = workshop()
    pat = book(date, "Pat", email="", phone=PHONE)
    change(date, staff, **at(FRIDAY_BEFORE), asks_again=True)
    assert RingTask.objects.get().words.endswith("You keep your place. Can you still come?")

    changing_dates.still_comes(pat, by=staff)

    task = RingTask.objects.get()
    assert (task.done_at, task.done_by) == (timezone.now(), staff)
    assert AuditEntry.objects.get(action="said they still come").actor == staff


def test_the_silent_are_asked_once_more_and_only_once(staff):
    date, (ann, bob) = asked(staff, "Ann", "Bob")
    changing_dates.still_comes(ann)

    assert changing_dates.ask_once_more(date, by=staff) == (1, 0)

    assert mails("bob")[-1] == "still_coming"
    assert mails("ann")[-1] == "date_changed"
    with pytest.raises(BookingRefused, match="asked twice already"):
        changing_dates.ask_once_more(date, by=staff)
    changing_dates.still_comes(bob)
    with pytest.raises(BookingRefused, match="nobody left to ask"):
        changing_dates.ask_once_more(date, by=staff)


def test_whoever_was_not_rung_yet_still_hears_what_has_changed_when_the_silent_are_asked_once_more(staff):
    date = workshop()
    pat, quin = (book(date, name, email="", phone=PHONE) for name in ("Pat", "Quin"))
    change(date, staff, **at(FRIDAY_BEFORE), asks_again=True)
    ring_list.told(quin.ring_tasks.get(), by=staff)

    assert changing_dates.ask_once_more(date, by=staff) == (0, 2)

    assert "now it is Friday 25 October" in pat.ring_tasks.get(done_at=None).words
    assert quin.ring_tasks.get(done_at=None).words.endswith("London (venue to be confirmed). Can you still come?")


def test_an_answer_is_about_the_change_it_followed(staff):
    date, (ann,) = asked(staff, "Ann")
    changing_dates.still_comes(ann)

    change(date, staff, area="Leeds")

    assert Answers.to(date) is None
    ann.refresh_from_db()
    assert not ann.still_coming_at


# Odd facts


@pytest.mark.parametrize("fields", [{"ends_at": None}, {"area": "Birmingham city centre"}, {"places": None}])
def test_nothing_says_none_where_something_is_not_known(staff, fields):
    date = workshop(**fields)
    book(date, "Ann")

    change(date, staff, **{**at(FRIDAY_BEFORE), "ends_at": None})
    changing_dates.postpone_date(date, by=staff)

    for mail in OutgoingMail.objects.all():
        assert "None" not in mail.subject + mail.text + mail.html + mail.calendar


def test_the_bytes_of_the_file_are_those_of_the_date(staff):
    date, *_people = with_everybody()
    change(date, staff, **at(FRIDAY_BEFORE))

    assert newest("Ann").calendar == date_calendar(WorkshopDate.objects.get(pk=date.pk))
