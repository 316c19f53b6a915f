"""Changing what is booked: for how many, on which date, in whose name."""

import threading
from datetime import timedelta

import icalendar
import pytest
from django.db import connection
from django.utils import timezone

from events import bookings, changing_bookings, corrections, needs, waiting_list
from events.bookings import BookingRefused, Person
from events.changing_bookings import NoRoom
from events.models import AccessNeed, Booking, Place, RepeatedRequest, RingTask, WorkshopDate
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db

BY_PHONE = {"email": "", "phone": "0151 496 0007"}


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def now(booking):
    return Booking.objects.select_related("date").get(pk=booking.pk)


def names(booking):
    return list(booking.people.order_by("position").values_list("position", "name"))


def number(booking, people, *, leaving=(), support=None, **more):
    support = booking.support_workers if support is None else support
    return changing_bookings.change_number(booking, people=people, leaving=leaving, support_workers=support, **more)


def keys(booking, *wanted):
    return [place.pk for place in booking.people.all() if place.name in wanted]


def mailed(template, **where):
    return OutgoingMail.objects.filter(template=f"events/email/{template}", **where)


def group(date, *people, **fields):
    return book(date, people[0], people=[Person(name, access=f"needs of {name}") for name in people], **fields)


# For how many


def test_who_drops_out_is_chosen_and_their_needs_go_at_once():
    booking = group(create_date(), "Ann", "Bob", "Cat")

    number(booking, 2, leaving=keys(booking, "Bob"))

    assert names(booking) == [(1, "Ann"), (2, "Cat")]
    assert now(booking).places == 2
    assert set(AccessNeed.objects.values_list("access", flat=True)) == {"needs of Ann", "needs of Cat"}
    assert mailed("booking_number_changed").get().text.startswith("You have 2 places.")


def test_places_given_up_are_offered_to_whoever_waits():
    date = create_date(places=2)
    booking, waiting = book(date, "Ann", people=2), book(date, "Bob")

    number(booking, 1, leaving=[booking.people.last().pk])

    assert now(waiting).state == "offered"


def test_saying_the_same_number_again_changes_and_mails_nothing_more():
    booking = group(create_date(), "Ann", "Bob", "Cat")
    leaving = keys(booking, "Bob")

    for _ in range(2):
        number(booking, 2, leaving=leaving)
    for _ in range(2):
        number(booking, 4)

    assert names(booking) == [(1, "Ann"), (2, "Cat"), (3, ""), (4, "")]
    assert mailed("booking_number_changed").count() == 2


def test_a_page_that_is_older_than_the_booking_is_refused():
    booking = group(create_date(), "Ann", "Bob")
    number(booking, 4)

    with pytest.raises(BookingRefused, match="has changed since the page was opened"):
        number(booking, 3)
    assert now(booking).places == 4


def test_more_people_have_places_at_once_where_there_is_room_and_nobody_waits():
    booking = book(create_date(places=3), "Ann")

    number(booking, 3)

    assert (now(booking).places, now(booking).state) == (3, "confirmed")
    assert now(booking).date.ordinary_taken == 3


def test_whoever_asks_for_more_than_there_is_keeps_what_they_have():
    date = create_date(places=4)
    booking, _other = book(date, "Ann", people=2), book(date, "Bob")

    with pytest.raises(NoRoom, match="There are not so many places free."):
        number(booking, 4)

    assert (now(booking).places, now(booking).state) == (2, "confirmed")


def test_nobody_with_a_place_overtakes_somebody_who_waits_for_more():
    date = create_date(places=3)
    booking, waiting = book(date, "Ann"), book(date, "Bob", people=3)

    with pytest.raises(NoRoom, match="Others are waiting for the places that are free."):
        number(booking, 2)

    WorkshopDate.objects.filter(pk=date.pk).update(fill_gaps=True)
    number(booking, 2)
    assert (now(booking).places, now(waiting).state) == (2, "waiting")


def test_a_support_worker_takes_a_place_held_back_for_them_even_if_people_without_one_wait():
    date = create_date(places=3, support_places=2)
    booking, _waiting = book(date, "Ann"), book(date, "Bob")

    number(booking, 1, support=1)
    assert (now(booking).support_workers, now(booking).date.support_taken) == (1, 1)

    book(date, "Cat", support_workers=1)
    with pytest.raises(NoRoom, match="Others are waiting"):
        number(booking, 1, support=2)


def test_a_person_less_and_a_support_worker_more_is_never_refused():
    date = create_date(places=2)
    booking, _waiting = group(date, "Ann", "Bob"), book(date, "Cat")

    number(booking, 1, leaving=keys(booking, "Bob"), support=1)

    assert (now(booking).places, now(booking).support_workers, now(booking).date.ordinary_taken) == (1, 1, 2)


def test_whoever_waits_keeps_their_turn_with_fewer_people_and_is_offered_what_fits_now():
    date = create_date(places=2)
    book(date, "Ann")
    booking, behind = group(date, "Bob", "Cat"), book(date, "Dan")

    number(booking, 1, leaving=keys(booking, "Cat"))

    assert (now(booking).state, now(behind).state) == ("offered", "waiting")
    assert mailed("offer", recipient="bob@example.org").count() == 1
    assert not mailed("booking_number_changed").exists()


def test_whoever_waits_asks_for_more_only_while_nobody_waits_behind():
    date = create_date(places=2)
    book(date, "Ann", people=2)
    first, last = book(date, "Bob"), book(date, "Cat")

    number(last, 2)
    assert now(last).places == 2
    with pytest.raises(NoRoom, match="cannot come before theirs"):
        number(first, 2)
    number(first, 1, support=1)

    assert (now(first).places, now(first).support_workers, now(first).queue_words) == (1, 1, "1st of 2")
    assert (
        "You keep your turn: you are 1st of 2."
        in mailed("booking_number_changed", recipient="bob@example.org").get().text
    )


def test_an_offer_stays_an_offer_with_another_number():
    date = create_date(places=2)
    holder, booking = book(date, "Ann", people=2), group(date, "Bob", "Cat")
    bookings.cancel(holder)
    until = now(booking).offer_ends_at

    number(booking, 1, leaving=keys(booking, "Cat"))

    assert (now(booking).state, now(booking).offer_ends_at) == ("offered", until)


@pytest.mark.parametrize(
    ("people", "support", "words"),
    [(0, 0, "has changed"), (11, 0, "At most 10 people"), (5, 1, "There are fewer places in all")],
)
def test_numbers_that_cannot_be_are_refused_in_words(people, support, words):
    booking = book(create_date(places=5), "Ann")

    with pytest.raises(BookingRefused, match=words):
        number(booking, people, support=support)
    assert now(booking).places == 1


def test_after_booking_has_closed_people_ask_for_fewer_and_staff_for_more():
    date = create_date()
    booking = group(date, "Ann", "Bob")
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())

    with pytest.raises(BookingRefused, match="Booking for this date has closed. You keep what you have."):
        number(booking, 3)
    number(booking, 1, leaving=keys(booking, "Bob"))
    number(booking, 2, by=create_user())

    assert now(booking).places == 2


def test_what_is_over_is_changed_by_nobody():
    started = book(create_date(), "Ann")
    cancelled = bookings.cancel(book(create_date(area="York"), "Ann"))
    to = create_date(area="Leeds", places=9)
    WorkshopDate.objects.filter(pk=started.date_id).update(starts_at=timezone.now() - timedelta(minutes=1))

    for booking, words in ((started, "already started"), (cancelled, "This booking is cancelled")):
        for change in (
            lambda booking=booking: number(booking, 2),
            lambda booking=booking: changing_bookings.move_to_date(booking, to),
            lambda booking=booking: changing_bookings.hand_over(booking, contact_name="Bob", email="bob@example.org"),
        ):
            with pytest.raises(BookingRefused, match=words):
                change()


def test_a_number_that_makes_it_the_same_as_another_booking_is_refused():
    date = create_date()
    book(date, "Ann", people=[Person("Ann")])
    booking = book(date, "Ann", people=[Person("Ann"), Person("Bob")])

    with pytest.raises(BookingRefused, match="another booking for the same people"):
        number(booking, 1, leaving=keys(booking, "Bob"))


# On another date


def two_dates(**fields):
    workshop = create_workshop()
    return (
        create_date(workshop=workshop, area="York", **fields),
        create_date(workshop=workshop, area="Leeds", starts_at=timezone.now() + timedelta(days=40), **fields),
    )


def test_a_booking_moves_with_its_reference_its_link_and_its_people():
    york, leeds = two_dates(places=2)
    booking, waiting = group(york, "Ann", "Bob"), book(york, "Cat")
    AccessNeed.objects.update(state=AccessNeed.State.ARRANGED, arrangement="a ramp from the hire shop")
    Booking.objects.filter(pk=booking.pk).update(reminded_of=york.starts_at, still_coming_at=timezone.now())

    changing_bookings.move_to_date(booking, leeds)

    moved = now(booking)
    assert (moved.date, moved.state, moved.reference) == (leeds, "confirmed", booking.reference)
    assert moved.get_absolute_url() == booking.get_absolute_url()
    assert names(moved) == [(1, "Ann"), (2, "Bob")]
    assert (moved.reminded_of, moved.still_coming_at) == (None, None)
    assert set(AccessNeed.objects.values_list("state", flat=True)) == {AccessNeed.State.CHECK_AGAIN}
    york.refresh_from_db()
    leeds.refresh_from_db()
    assert (york.ordinary_taken, leeds.ordinary_taken) == (1, 2)
    assert now(waiting).state == "offered"


def test_who_moved_is_told_of_the_new_date_and_to_take_the_old_one_out():
    york, leeds = two_dates()
    booking = book(york, "Ann")

    changing_bookings.move_to_date(booking, leeds)

    mail = mailed("booking_moved").get()
    (event,) = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")
    assert str(event["uid"]) == leeds.calendar_uid
    for body in (mail.text, mail.html):
        assert f"You have a place on another date now: {leeds.when}." in body
        assert (
            f"Before, your booking was for {york.when}, {york.where}. If that is in your calendar, please take it out."
            in body
        )
    entry = AuditEntry.objects.get(action="moved to another date")
    assert entry.changes["date"] == [str(york), str(leeds)]


def test_moving_twice_moves_and_mails_once():
    york, leeds = two_dates()
    booking = book(york, "Ann")

    changing_bookings.move_to_date(booking, leeds)
    changing_bookings.move_to_date(booking, leeds)

    assert mailed("booking_moved").count() == 1


@pytest.mark.parametrize("state", ["waiting", "offered"])
def test_whoever_waits_may_move_to_where_there_is_a_place(state):
    york, leeds = two_dates(places=1)
    holder, booking, behind = book(york, "Holder"), book(york, "Ann"), book(york, "Bob")
    if state == "offered":
        bookings.cancel(holder)

    changing_bookings.move_to_date(booking, leeds)

    assert (now(booking).state, now(booking).offer_ends_at) == ("confirmed", None)
    assert now(behind).state == state


def test_nobody_overtakes_by_moving_and_nobody_loses_a_place_by_trying():
    york, leeds = two_dates(places=2)
    booking = book(york, "Ann")
    book(leeds, "Holder")
    book(leeds, "Bob", people=2)

    with pytest.raises(NoRoom, match="That date has no place for you now."):
        changing_bookings.move_to_date(booking, leeds)
    assert (now(booking).date, now(booking).state) == (york, "confirmed")


def test_a_booking_moves_only_to_an_open_date_of_its_own_workshop():
    york, leeds = two_dates()
    booking = book(york, "Ann")
    other = create_date(workshop=create_workshop(title="Another"))

    with pytest.raises(BookingRefused, match="another workshop"):
        changing_bookings.move_to_date(booking, other)
    for changes, words in (
        ({"state": "draft"}, "not open for booking"),
        ({"state": "cancelled"}, "This date is cancelled"),
        ({"state": "postponed"}, "This date is postponed"),
        ({"state": "scheduled", "booking_closes_at": timezone.now()}, "Booking for this date has closed"),
    ):
        WorkshopDate.objects.filter(pk=leeds.pk).update(**changes)
        with pytest.raises(BookingRefused, match=words):
            changing_bookings.move_to_date(booking, leeds)
    assert now(booking).date == york


def test_who_has_a_booking_on_the_other_date_is_told_so():
    york, leeds = two_dates()
    booking = book(york, "Ann")
    book(leeds, "Ann")

    with pytest.raises(BookingRefused, match="You have a booking for the same people on that date."):
        changing_bookings.move_to_date(booking, leeds)


def test_the_page_of_somebody_elses_request_does_not_tell_where_the_booking_went():
    york, leeds = two_dates()
    booking = book(york, "Ann")
    book(york, "Ann", organisation="A stranger's")
    changing_bookings.move_to_date(booking, leeds)

    shown = RepeatedRequest.objects.get().as_booking()

    assert (shown.date, shown.state) == (york, "cancelled")


def test_what_is_done_with_a_booking_that_moved_at_this_moment_is_refused_kindly():
    york, leeds = two_dates()
    booking = book(york, "Ann", people=[Person("Ann")])
    stale = Booking.objects.select_related("date").get(pk=booking.pk)
    place = Place.objects.select_related("booking").get()
    changing_bookings.move_to_date(booking, leeds)

    for act in (
        lambda: bookings.cancel(stale),
        lambda: waiting_list.accept(stale),
        lambda: corrections.correct_names(stale, {place.pk: "Anna"}),
        lambda: corrections.correct_address(stale, email="new@example.org") and None,
        lambda: needs.replace_need(place, Person(access="a ramp")),
        lambda: number(stale, 2),
    ):
        with pytest.raises(bookings.Busy, match="moved to another date at this moment"):
            act()
    assert now(booking).is_active


# In whose name


def hand(booking, name="Bob", **fields):
    return changing_bookings.hand_over(
        booking, **{"contact_name": name, "email": f"{name.lower()}@example.org"} | fields
    )


def test_a_place_handed_over_keeps_nothing_of_the_one_who_gave_it():
    date = create_date(support_places=2)
    booking = group(
        date, "Ann", "Cat", phone="0151 496 0009", organisation="The Lantern", needs_more_time=True, wants_news=True,
        reach_by="text", support_workers=1,
    )  # fmt: skip
    book(date, "Ann", people=[Person("Ann"), Person("Cat")], organisation="Again")
    old = booking.get_absolute_url(), booking.reference

    hand(booking, support_workers=0)

    given = now(booking)
    assert (given.contact_name, given.email, given.phone, given.phone_key) == ("Bob", "bob@example.org", "", "")
    assert (given.organisation, given.reach_by, given.needs_more_time, given.wants_news_at) == ("", "", False, None)
    assert (given.state, given.places, given.support_workers) == ("confirmed", 2, 0)
    assert names(given) == [(1, ""), (2, "")]
    assert given.get_absolute_url() != old[0]
    assert given.reference != old[1]
    assert not AccessNeed.objects.exists()
    assert not RepeatedRequest.objects.exists()
    everything = str(list(Booking.objects.values())) + str(list(Place.objects.values()))
    assert "Ann" not in everything
    assert "ann@" not in everything


def test_needs_told_on_a_page_opened_before_are_not_kept_for_whoever_has_the_place_now():
    booking = book(create_date(), "Ann", people=[Person("Ann")])
    place = Place.objects.select_related("booking").get()

    hand(booking)

    with pytest.raises(BookingRefused, match="does not come any more"):
        needs.replace_need(place, Person(access="a ramp"))
    assert not AccessNeed.objects.exists()


def test_both_are_told_and_the_former_one_learns_nothing_of_the_other():
    booking = book(create_date(venue=create_venue()), "Ann")

    hand(booking)

    to_ann, to_bob = mailed("booking_handed_over").get(), mailed("booking_handed_to_you").get()
    assert (to_ann.recipient, to_bob.recipient) == ("ann@example.org", "bob@example.org")
    assert to_ann.text.startswith("You have handed over your place to a colleague.")
    for told in (to_ann.text, to_ann.html, to_ann.subject):
        assert "Bob" not in told
        assert "bob@" not in told
        assert "/bookings/" not in told
    assert to_bob.text.startswith("You have a place: Ann has handed it over to you.")
    assert now(booking).get_absolute_url() in to_bob.text
    assert "ann@" not in to_bob.text
    assert to_bob.calendar
    entry = AuditEntry.objects.get(action="handed over")
    assert "Bob" not in str(entry.changes) + entry.note


@pytest.mark.parametrize("state", ["waiting", "offered"])
def test_a_turn_on_the_waiting_list_is_not_handed_over(state):
    date = create_date(places=1)
    holder, booking = book(date, "Holder"), book(date, "Ann")
    if state == "offered":
        bookings.cancel(holder)

    with pytest.raises(BookingRefused, match="Only a place can be handed over."):
        hand(booking)
    assert (now(booking).contact_name, now(booking).state) == ("Ann", state)


def test_handing_over_to_somebody_who_has_booked_looks_no_different():
    date = create_date()
    booking, held = book(date, "Ann"), book(date, "Bob")

    hand(booking)

    assert (now(booking).contact_name, now(booking).state) == ("Bob", "confirmed")
    assert now(held).is_active
    assert mailed("booking_handed_to_you").count() == 1


def test_support_workers_who_do_not_come_free_their_places():
    date = create_date(places=2)
    booking, waiting = book(date, "Ann", support_workers=1), book(date, "Cat")

    with pytest.raises(BookingRefused):
        hand(booking, support_workers=2)
    hand(booking)

    assert now(waiting).state == "offered"


# By phone


def test_staff_do_it_by_phone_and_the_log_says_so():
    staff = create_user()
    york, leeds = two_dates()
    booking = book(york, "Ann", people=2, **BY_PHONE)

    number(booking, 3, by=staff, note="by phone", is_told=True)
    changing_bookings.move_to_date(now(booking), leeds, by=staff, note="by phone", is_told=True)
    changing_bookings.hand_over(
        now(booking), contact_name="Bob", phone="0151 496 0008", by=staff, note="by phone", is_told=True
    )
    bookings.cancel(now(booking), by=staff, note="by phone", is_told=True)

    entries = AuditEntry.objects.filter(actor=staff)
    assert [entry.action for entry in entries.order_by("pk")] == [
        "changed the number of places", "moved to another date", "handed over", "cancelled",
    ]  # fmt: skip
    assert all(entry.note.endswith("by phone") for entry in entries)
    assert not RingTask.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_what_staff_did_without_telling_is_a_call_with_words_for_it():
    staff = create_user()
    york, leeds = two_dates()
    booking = book(york, "Ann", people=2, **BY_PHONE)

    def to_say():
        return RingTask.objects.select_related("booking__date__workshop").get(done_at=None).to_say

    number(booking, 3, by=staff)
    assert to_say().startswith("You have 3 places.")
    changing_bookings.move_to_date(now(booking), leeds, by=staff)
    assert to_say().startswith("You have 3 places on another date now.")
    changing_bookings.hand_over(now(booking), contact_name="Bob", phone="0151 496 0008", by=staff)
    assert to_say().startswith("You have 3 places, handed over to you.")
    bookings.cancel(now(booking), by=staff)
    assert to_say().startswith("Your booking is cancelled.")


def test_a_place_given_to_somebody_without_e_mail_is_a_call_unless_they_know():
    staff = create_user()
    for is_told in (True, False):
        date = create_date(places=1)
        holder, waiting = book(date, "Holder"), book(date, "Ann", **BY_PHONE)
        WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())
        bookings.cancel(holder)
        waiting_list.give_place(waiting, by=staff, is_told=is_told)
        assert waiting.ring_tasks.filter(why="place given", done_at=None).exists() is not is_told


def test_the_link_is_sent_again_by_staff():
    staff, booking = create_user(), book(create_date(), "Ann")

    changing_bookings.send_link(booking, by=staff, note="by phone")

    assert booking.get_absolute_url() in mailed("own_links").get().text
    with pytest.raises(BookingRefused, match="They have no e-mail."):
        changing_bookings.send_link(book(create_date(), "Cat", **BY_PHONE), by=staff)
    with pytest.raises(BookingRefused, match="nothing left to change"):
        changing_bookings.send_link(bookings.cancel(booking), by=staff)


# At the same moment


def at_once(*acts):
    """Each in a thread of its own, all beginning together; what each raised, or None."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            barrier.wait(10)
            act()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_who_change_places_with_each_other_do_not_wait_for_each_other():
    create_charity()
    york, leeds = two_dates(places=10)
    ones, others = ([book(date, f"{date.area} {n}") for n in range(4)] for date in (york, leeds))

    outcomes = at_once(
        *(lambda booking=booking: changing_bookings.move_to_date(booking, leeds) for booking in ones),
        *(lambda booking=booking: changing_bookings.move_to_date(booking, york) for booking in others),
    )

    assert outcomes == [None] * 8
    assert {now(booking).date for booking in ones} == {leeds}
    assert {now(booking).date for booking in others} == {york}


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_the_last_place_of_another_date_one_gets_it():
    create_charity()
    york, leeds = two_dates()
    WorkshopDate.objects.filter(pk=leeds.pk).update(places=1)
    people = [book(york, f"Person {n}") for n in range(6)]

    outcomes = at_once(*(lambda booking=booking: changing_bookings.move_to_date(booking, leeds) for booking in people))

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NoRoom) for outcome in outcomes) == 5
    leeds.refresh_from_db()
    york.refresh_from_db()
    assert (leeds.ordinary_taken, york.ordinary_taken) == (1, 5)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_moves_and_hands_over_once():
    create_charity()
    york, leeds = two_dates()
    booking = book(york, "Ann")

    assert at_once(*[lambda: changing_bookings.move_to_date(booking, leeds)] * 3) == [None] * 3
    assert mailed("booking_moved").count() == 1
