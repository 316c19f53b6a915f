import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from events import bookings, changing_dates, corrections, needs, waiting_list
from events.bookings import BookingRefused, Person, reserve
from events.models import AccessNeed, Booking, RepeatedRequest, WorkshopDate
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import book, create_date, create_user, create_workshop

pytestmark = pytest.mark.django_db

CONFIRMED, WAITING, CANCELLED = Booking.State.CONFIRMED, Booking.State.WAITING, Booking.State.CANCELLED


def mails():
    return list(OutgoingMail.objects.order_by("pk").values_list("recipient", "template"))


# Reserving


def test_reserve_gives_a_place_while_there_is_room():
    date = create_date(places=1)

    booking = book(date, "Ann")

    assert booking.state == CONFIRMED
    date.refresh_from_db()
    assert (date.taken, date.places_left, date.waiting) == (1, 0, 0)
    assert mails() == [("ann@example.org", "events/email/booking_confirmed")]


def test_reserve_puts_people_on_the_waiting_list_when_full():
    date = create_date(places=1)
    book(date, "Ann")

    booking = book(date, "Bob")

    assert booking.state == WAITING
    date.refresh_from_db()
    assert (date.taken, date.waiting) == (1, 1)
    assert mails()[-1] == ("bob@example.org", "events/email/booking_waiting")


def test_a_newcomer_never_overtakes_those_who_wait():
    date = create_date(places=2)
    ann, _bob = book(date, "Ann"), book(date, "Bob")
    waiting = book(date, "Cat", people=2)
    bookings.cancel(ann)

    newcomer = book(date, "Dan")

    assert (waiting.state, newcomer.state) == (WAITING, WAITING)
    assert newcomer.queue_words == "2nd of 2"
    date.refresh_from_db()
    assert date.places_left == 0


def test_a_group_gets_its_places_together_or_waits_together():
    date = create_date(places=3)
    book(date, "Ann", people=2)

    pair = book(date, "Bob", people=2)

    assert pair.state == WAITING
    date.refresh_from_db()
    assert date.taken == 2


def test_support_workers_take_the_held_back_places_first_and_then_ordinary_ones():
    date = create_date(places=5, support_places=2)

    assert book(date, "Ann", support_workers=1).state == CONFIRMED
    assert book(date, "Bob", support_workers=2).state == CONFIRMED
    date.refresh_from_db()
    assert (date.support_taken, date.ordinary_taken) == (2, 3)

    assert book(date, "Cat").state == WAITING


def test_the_held_back_places_are_not_given_to_people_without_support():
    date = create_date(places=3, support_places=2)
    book(date, "Ann")

    assert book(date, "Bob").state == WAITING


def test_overbooking_lets_so_many_more_in_and_no_more():
    date = create_date(places=1, overbook=1)

    assert [book(date, name).state for name in ("Ann", "Bob", "Cat")] == [CONFIRMED, CONFIRMED, WAITING]


def test_a_date_without_a_limit_takes_everybody():
    date = create_date(places=None)

    assert {book(date, f"Person {n}", people=5).state for n in range(20)} == {CONFIRMED}
    date.refresh_from_db()
    assert (date.taken, date.places_left, date.availability_sentence) == (100, None, "Places available")


def test_reserving_writes_who_did_it_without_personal_data():
    staff = create_user(name="Olive")
    booking = book(create_date(), "Ann", by=staff)

    entry = AuditEntry.objects.get(action="reserved")
    assert (entry.actor, entry.object_label) == (staff, str(booking))
    assert "ann" not in str(entry.changes).lower() + entry.note.lower().replace("plan", "")


# The same request again


def test_the_same_form_sent_twice_is_one_booking():
    date, request_id = create_date(), uuid.uuid4()

    first = reserve(date, contact_name="Ann", email="ann@example.org", request_id=request_id)
    second = reserve(date, contact_name="Ann", email="ann@example.org", request_id=request_id)

    assert (second.booking, second.request) == (first.booking, first.request)
    assert (Booking.objects.count(), RepeatedRequest.objects.count(), len(mails())) == (1, 0, 1)


def test_back_and_another_person_typed_is_another_booking():
    date, request_id = create_date(), uuid.uuid4()
    ann = reserve(date, contact_name="Home", email="home@example.org", people=[Person("Ann")], request_id=request_id)

    bob = reserve(date, contact_name="Home", email="home@example.org", people=[Person("Bob")], request_id=request_id)

    assert bob.booking != ann.booking
    assert bob.booking.state == CONFIRMED


def test_people_who_share_an_inbox_each_have_their_booking():
    date = create_date()

    ann = book(date, "Home", people=[Person("Ann")])
    bob = book(date, "Home", people=[Person("Bob")])

    assert ann != bob
    assert [book(date, "Home", people=[Person(name)]) for name in ("Ann", "Bob")] == [ann, bob]
    assert Booking.objects.active().count() == 2


def test_reserving_again_keeps_the_request_and_tells_only_the_address():
    date = create_date()
    held = book(date, "Ann")

    again = reserve(date, contact_name="ANN", email="Ann@Example.org", people=[Person(), Person()])

    assert again.booking == held
    assert again.request.reference != held.reference
    repeat = RepeatedRequest.objects.get()
    assert (repeat.differs, len(repeat.details["people"])) == (True, 2)
    assert mails()[-1] == ("ann@example.org", "events/email/booking_reserved_again")
    date.refresh_from_db()
    assert date.taken == 1


def test_a_repeated_request_never_keeps_needs():
    date = create_date()
    book(date, "Ann")

    book(date, "Ann", people=[Person(access="needs a hoist")])

    repeat = RepeatedRequest.objects.get()
    assert "hoist" not in str(repeat.details)
    assert repeat.details["told_needs"] is True
    assert not AccessNeed.objects.exists()


def test_phone_numbers_are_compared_by_their_digits():
    date = create_date()
    held = book(date, "Ann", email="", phone="0151 496 0000")

    assert book(date, "Ann", email="", phone="+44 151 496-0000") == held
    assert mails() == []


def test_the_database_refuses_a_second_active_booking_for_the_same_people():
    date = create_date()
    booking = book(date, "Ann")
    booking.pk, booking.request_id, booking.reference, booking.email = None, uuid.uuid4(), "00000001", "ANN@example.org"

    with pytest.raises(IntegrityError, match="booking_is_held_once"):
        booking.save(force_insert=True)


def test_after_cancelling_one_may_reserve_again():
    date = create_date()
    first = bookings.cancel(book(date, "Ann"))

    second = book(date, "Ann")

    assert second != first
    assert second.state == CONFIRMED


# Refusals


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": "draft"}, "This date is not open for booking."),
        ({"state": "cancelled"}, "This date is cancelled."),
        ({"starts_at": timezone.now() - timedelta(hours=1)}, "This workshop has already started."),
        ({"starts_at": timezone.now() - timedelta(days=2)}, "This date is over."),
        ({"booking_closes_at": timezone.now() - timedelta(minutes=1)}, "Booking for this date has closed."),
    ],
)
def test_reserve_refuses_a_date_that_is_not_open(fields, sentence):
    date = create_date(**fields)

    with pytest.raises(BookingRefused, match=sentence):
        book(date, "Ann")
    assert not Booking.objects.exists()
    assert mails() == []


def test_reserve_refuses_before_booking_opens_and_says_when():
    date = create_date(booking_opens_at=timezone.now() + timedelta(days=1))

    with pytest.raises(BookingRefused, match="Booking opens on "):
        book(date, "Ann")


def test_reserve_refuses_the_date_of_an_unpublished_workshop():
    date = create_date(workshop=create_workshop(is_published=False))

    with pytest.raises(BookingRefused):
        book(date, "Ann")


def test_staff_may_enter_somebody_who_rings_after_booking_has_closed():
    date = create_date(booking_closes_at=timezone.now() - timedelta(minutes=1))

    assert book(date, "Ann", by=create_user()).state == CONFIRMED


def test_reserve_refuses_a_group_that_can_never_fit():
    date = create_date(places=3, support_places=1)

    with pytest.raises(BookingRefused, match="fewer places in all"):
        book(date, "Ann", people=3)
    assert book(date, "Bob", people=2, support_workers=1).state == CONFIRMED


# Cancelling


def test_cancelling_frees_the_place_once_and_deletes_the_needs():
    date = create_date(places=1)
    booking = book(date, "Ann", people=[Person("Ann", access="large print")])
    assert AccessNeed.objects.count() == 1

    bookings.cancel(booking)
    bookings.cancel(booking)

    booking.refresh_from_db()
    date.refresh_from_db()
    assert (booking.state, date.taken, date.places_left) == (CANCELLED, 0, 1)
    assert not AccessNeed.objects.exists()
    assert [template for _to, template in mails()].count("events/email/booking_cancelled") == 1


def test_a_person_cannot_cancel_after_the_start_but_staff_can():
    date = create_date()
    booking = book(date, "Ann")
    WorkshopDate.objects.filter(pk=date.pk).update(
        starts_at=timezone.now() - timedelta(hours=1), ends_at=timezone.now() + timedelta(hours=1)
    )

    with pytest.raises(BookingRefused, match="already started"):
        bookings.cancel(booking)
    assert bookings.cancel(booking, by=create_user()).state == CANCELLED


def test_after_booking_has_closed_a_freed_place_goes_to_the_first_in_order_when_staff_say_so():
    date = create_date(places=1)
    ann, bob, cat = (book(date, name) for name in ("Ann", "Bob", "Cat"))
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())
    bookings.cancel(ann)
    staff = create_user()

    assert waiting_list.give_place(bob, by=staff).state == CONFIRMED

    cat.refresh_from_db()
    assert cat.state == WAITING
    assert mails()[-1] == ("bob@example.org", "events/email/booking_place_given")
    with pytest.raises(BookingRefused, match="is first and asks for 1 place"):
        waiting_list.give_place(cat, by=staff)


def test_a_group_at_the_head_of_the_queue_is_not_passed_over():
    date = create_date(places=2)
    ann, _bob = book(date, "Ann"), book(date, "Bob")
    pair = book(date, "Cat", people=2)
    book(date, "Dan")
    bookings.cancel(ann)

    with pytest.raises(BookingRefused, match=f"{pair} is first and asks for 2 places"):
        waiting_list.give_place(pair, by=create_user())


def test_cancelling_a_date_tells_everybody_once_and_deletes_their_needs():
    date = create_date(places=1)
    book(date, "Ann", people=[Person("Ann", dietary="vegan")])
    book(date, "Bob")
    bookings.cancel(book(date, "Cat"))
    staff = create_user()

    assert changing_dates.cancel_date(date, by=staff, reason="The venue has a leak.") == (2, 0)
    assert changing_dates.cancel_date(date, by=staff) == (0, 0)

    told = OutgoingMail.objects.filter(template="events/email/date_cancelled").order_by("pk")
    assert [mail.recipient for mail in told] == ["ann@example.org", "bob@example.org"]
    assert all("The venue has a leak." in mail.text for mail in told)
    assert ["STATUS:CANCELLED" in mail.calendar for mail in told] == [True, False]
    assert not Booking.objects.active().exists()
    assert not AccessNeed.objects.exists()
    date.refresh_from_db()
    assert (date.is_cancelled, date.calendar_sequence) == (True, 1)


def test_a_draft_that_nobody_knows_is_not_made_public_by_cancelling_it():
    date = create_date(state="draft")

    with pytest.raises(BookingRefused, match="Change or delete it instead"):
        changing_dates.cancel_date(date, by=create_user())
    assert not WorkshopDate.objects.published().exists()


# Putting right


def test_correcting_the_address_ends_the_old_link_and_writes_to_the_new_one():
    booking = book(create_date(), "Ann", email="ann@exmaple.org")
    old_page = booking.get_absolute_url()

    corrections.correct_address(booking, email="ann@example.org")

    booking.refresh_from_db()
    assert booking.email == "ann@example.org"
    assert booking.get_absolute_url() != old_page
    assert mails()[-1] == ("ann@example.org", "events/email/booking_confirmed")


def test_correcting_to_an_address_that_holds_the_same_booking_leaves_one():
    date = create_date(places=5)
    right = book(date, "Ann", email="ann@example.org")
    wrong = book(date, "Ann", email="ann@exmaple.org")

    corrections.correct_address(wrong, email="ann@example.org")

    wrong.refresh_from_db()
    date.refresh_from_db()
    assert (wrong.state, date.taken) == (CANCELLED, 1)
    assert list(Booking.objects.active()) == [right]


def test_correcting_the_address_of_a_repeated_request_makes_a_booking_of_its_own():
    date = create_date()
    held = book(date, "Ann")
    repeat = reserve(date, contact_name="Ann", email="ann@example.org").request

    own = corrections.correct_address(repeat, email="other.ann@example.org")
    twice = corrections.correct_address(repeat, email="other.ann@example.org")

    assert own.booking != held
    assert twice.booking == own.booking
    assert Booking.objects.active().count() == 2


def test_a_corrected_request_keeps_its_reference_whatever_stands_behind_the_addresses():
    """Whoever tries addresses on the page after reserving learns nothing, and gets at nobody's booking."""
    date = create_date()
    held = book(date, "Ann", organisation="The Lantern")
    free = reserve(date, contact_name="Ann", email="stranger@example.net")
    asked = (free.request.request_id, free.request.reference)

    taken = corrections.correct_address(free.booking, email="ANN@example.org")
    assert (taken.request.request_id, taken.request.reference) == asked
    assert isinstance(taken.request, RepeatedRequest)

    again = corrections.correct_address(taken.request, email="stranger@example.net")
    assert (again.request.request_id, again.request.reference) == asked
    assert (again.booking.email, again.booking.state) == ("stranger@example.net", CONFIRMED)
    held.refresh_from_db()
    assert (held.email, held.state, held.link_version) == ("ann@example.org", CONFIRMED, 1)


def test_nobody_loses_their_place_by_correcting_the_address_after_reserving_again():
    date = create_date(places=1)
    mistaken = book(date, "Ann", email="ann@exmaple.org")
    right, waiting = book(date, "Ann"), book(date, "Bob")

    assert corrections.correct_address(mistaken, email="ann@example.org").booking == right

    for booking, state in ((mistaken, CANCELLED), (right, CONFIRMED), (waiting, WAITING)):
        booking.refresh_from_db()
        assert booking.state == state
    assert mails()[-1] == ("ann@example.org", "events/email/booking_place_given")


def test_a_larger_group_gets_no_place_by_correcting_an_address():
    date = create_date(places=2)
    mistaken = book(date, "Ann", email="ann@exmaple.org")
    book(date, "Bob")
    pair = book(date, "Ann", people=2)

    corrections.correct_address(mistaken, email="ann@example.org")

    pair.refresh_from_db()
    assert pair.state == WAITING


def test_correcting_a_repeated_request_to_the_same_address_changes_nothing():
    date = create_date()
    book(date, "Ann")
    repeat = reserve(date, contact_name="Ann", email="ann@example.org")

    assert corrections.correct_address(repeat.request, email="Ann@example.org") == repeat
    assert (Booking.objects.count(), RepeatedRequest.objects.count(), len(mails())) == (1, 1, 2)


def test_the_address_cannot_be_corrected_after_the_workshop():
    date = create_date()
    booking = book(date, "Ann")
    end(date)

    with pytest.raises(BookingRefused, match="This date is over"):
        corrections.correct_address(booking, email="ann@example.com")


def end(date, days=1):
    starts_at = timezone.now() - timedelta(days=days)
    WorkshopDate.objects.filter(pk=date.pk).update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=4))


def test_addresses_are_compared_as_the_database_compares_them():
    date = create_date()
    held = book(date, "Ann", email="ann@kelvin.example")

    # The Kelvin sign is a capital of k that has no capital of its own.
    assert book(date, "Ann", email="ann@\N{KELVIN SIGN}elvin.example") == held


def test_phone_numbers_in_other_digits_are_the_same_numbers():
    date = create_date()
    held = book(date, "Ann", email="", phone="0151 496 0000")

    assert book(date, "Ann", email="", phone="٠١٥١ ٤٩٦ ٠٠٠٠") == held


@pytest.mark.parametrize(
    ("fields", "people"), [({"booking_closes_at": timezone.now() - timedelta(minutes=1)}, 1), ({"places": 2}, 3)]
)
def test_a_refusal_does_not_depend_on_who_has_booked(fields, people):
    date = create_date()
    book(date, "Ann")
    WorkshopDate.objects.filter(pk=date.pk).update(**fields)

    for name in ("Ann", "Bob"):
        with pytest.raises(BookingRefused):
            book(date, name, people=people)
    assert len(mails()) == 1


def test_a_repeated_request_says_who_typed_it_and_keeps_the_wish_for_news():
    date, staff = create_date(), create_user(name="Olive")
    book(date, "Ann")

    book(date, "Ann", wants_news=True, by=staff)

    assert RepeatedRequest.objects.get().details["wants_news"] is True
    assert AuditEntry.objects.get(action="reserved again").actor == staff


def test_the_mail_about_a_repeated_request_says_how_the_booking_stands():
    date = create_date(places=1)
    for name in ("Ann", "Bob", "Ann", "Bob"):
        book(date, name)

    ann, bob = OutgoingMail.objects.filter(template="events/email/booking_reserved_again").order_by("pk")
    assert "You have a place. This is your booking:" in ann.text
    assert "You are 1st of 1 on the waiting list for a place. This is your booking:" in bob.text


def keys(booking):
    """Of its places, in order."""
    return list(booking.people.order_by("position").values_list("pk", flat=True))


def test_correcting_names_keeps_them_in_order():
    booking = book(create_date(), "Ann", people=[Person("Anne"), Person()])

    corrections.correct_names(booking, dict(zip(keys(booking), ["Ann", "Bob"], strict=True)))

    assert list(booking.people.values_list("name", flat=True)) == ["Ann", "Bob"]


def test_correcting_names_to_those_of_another_booking_is_refused():
    date = create_date()
    book(date, "Home", people=[Person("Ann")])
    other = book(date, "Home", people=[Person("Bob")])

    with pytest.raises(BookingRefused, match="another booking for the same people"):
        corrections.correct_names(other, dict.fromkeys(keys(other), "Ann"))


def test_needs_are_replaced_and_removed_for_one_person():
    booking = book(create_date(), "Ann", people=[Person("Ann", access="a lift"), Person("Bob", dietary="vegan")])
    ann, bob = booking.people.order_by("position")

    needs.replace_need(ann, Person(access="a ramp"))
    needs.remove_need(bob)

    need = AccessNeed.objects.get()
    assert (need.place, need.access) == (ann, "a ramp")


def test_needs_never_reach_the_log_or_a_mail():
    booking = book(create_date(), "Ann", people=[Person("Ann", access="XYZZY", dietary="XYZZY")])
    needs.replace_need(booking.people.get(), Person(access="XYZZY again"))
    bookings.cancel(booking)

    written = str(list(AuditEntry.objects.values())) + str(list(OutgoingMail.objects.values()))
    assert "XYZZY" not in written


def test_no_needs_are_taken_after_the_workshop():
    date = create_date()
    booking = book(date, "Ann")
    end(date)

    with pytest.raises(BookingRefused, match="This workshop is over"):
        needs.replace_need(booking.people.get(), Person(access="a ramp"))
    assert not AccessNeed.objects.exists()


def test_the_log_of_a_booking_does_not_tell_that_needs_were_told():
    booking = book(create_date(), "Ann")
    needs.replace_need(booking.people.get(), Person(access="a ramp"))
    needs.remove_need(booking.people.get())

    logged = AuditEntry.objects.filter(object_type="events.booking")
    assert [entry.action for entry in logged] == ["reserved"]
    assert AuditEntry.objects.filter(object_type="events.place").count() == 2


def test_needs_are_deleted_fourteen_days_after_the_date():
    now = timezone.now()
    old, recent = create_date(), create_date()
    book(old, "Ann", people=[Person("Ann", access="a lift")])
    kept = book(recent, "Bob", people=[Person("Bob", access="a lift")])
    for date, days in ((old, 15), (recent, 13)):
        starts_at = now - timedelta(days=days)
        WorkshopDate.objects.filter(pk=date.pk).update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=4))

    assert needs.forget_old_needs() == 1

    assert AccessNeed.objects.get().place.booking == kept
