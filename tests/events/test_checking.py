"""What `check_bookings` sees when the data is broken behind the back of all guards."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import bookings, changing_dates, checking, emails, waiting_list
from events.bookings import Person
from events.models import AccessNeed, Booking, Place, RingTask, WorkshopDate
from sharedlives.foundation import mail
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken():
    """Write past every trigger and CHECK of bookings and dates: `broken(sql, *values)`."""

    def write(sql, *values):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table, checks in {
                "events_booking": ["booking_has_a_deadline_while_offered"],
                "events_workshopdate": ["date_is_not_oversold"],
            }.items():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                for check in checks:
                    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}")
            cursor.execute(sql, values)
            for table in ("events_booking", "events_workshopdate"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return write


def found():
    """What is wrong: the row, and the first words of what is said about it."""
    return [(finding.about, finding.words.split(".")[0].split(",")[0]) for finding in checking.findings()]


def full_date(*names, **fields):
    """One place, which Holder has, and behind them those who wait."""
    date = create_date(places=1, **fields)
    return date, book(date, "Holder"), [book(date, name) for name in names]


def checked():
    """The command's words and its exit code."""
    out = io.StringIO()
    try:
        call_command("check_bookings", stdout=out)
    except CommandError as error:
        return out.getvalue(), error.returncode
    return out.getvalue(), 0


# While all is well


def test_nothing_is_found_after_everything_that_people_do(time_machine):
    date = create_date(places=3, support_places=1, release_support_at=timezone.now() + timedelta(days=1))
    held = [book(date, name, people=[Person(name, access="a ramp")]) for name in ("Ann", "Ben")]
    book(date, "Cat", people=2, support_workers=1)
    book(date, "Dan", email="", phone="0151 496 0000")
    bookings.cancel(held[0])
    bookings.cancel(held[1])
    time_machine.move_to(timezone.now() + timedelta(days=2))
    waiting_list.settle_due()
    other = create_date()
    book(other, "Eve", email="", phone="0151 496 0001")
    changing_dates.cancel_date(other, by=create_user())
    OutgoingMail.objects.update(state=OutgoingMail.State.SENT)

    assert checked() == ("All is well.\n", 0)


def test_a_group_at_the_head_of_the_queue_that_does_not_fit_is_no_fault():
    date = create_date(places=2)
    holders = [book(date, "Ann"), book(date, "Ben")]
    book(date, "Cat", people=2)
    book(date, "Dan")
    bookings.cancel(holders[0])

    assert found() == []
    WorkshopDate.objects.filter(pk=date.pk).update(fill_gaps=True)
    assert [about.contact_name for about, _words in found()] == ["Dan"]


# Each promise broken


def test_counters_that_are_not_the_sum_are_found_and_counted_anew(broken, capsys):
    date, _holder, _waiting = full_date("Ann")
    create_date()
    broken("UPDATE events_workshopdate SET waiting = 7, ordinary_taken = 0 WHERE id = %s", date.pk)

    assert (date, "the counters are not the sum of its bookings") in found()

    call_command("check_bookings", recount=True)
    assert capsys.readouterr().out == "1 dates counted anew.\nAll is well.\n"
    date.refresh_from_db()
    assert (date.waiting, date.ordinary_taken) == (1, 1)


@pytest.mark.parametrize("column", ["support_taken", "ordinary_taken", "waiting", "first_offer_ends_at"])
def test_each_counter_is_looked_at(broken, column):
    date, holder, _waiting = full_date("Ann")
    bookings.cancel(holder)
    value = "now()" if column == "first_offer_ends_at" else f"{column} + 1"
    broken(f"UPDATE events_workshopdate SET {column} = {value}")

    assert found() == [(date, "the counters are not the sum of its bookings")]


def test_one_person_too_many_is_found_and_cannot_be_counted_away(broken, capsys):
    date, _holder, (ann,) = full_date("Ann")
    broken("UPDATE events_booking SET state = 'confirmed' WHERE id = %s", ann.pk)

    assert (date, "2 people hold a place where 1 may") in found()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE events_workshopdate ADD CONSTRAINT date_is_not_oversold CHECK (ordinary_taken <= places)"
        )
    assert checking.recount() == (0, [date])


def test_support_workers_too_many_are_people_too_many(broken):
    date = create_date(places=3, support_places=1)
    book(date, "Ann", support_workers=1)
    broken("UPDATE events_booking SET support_workers = 3")

    assert (date, "4 people hold a place where 3 may") in found()


def test_places_held_back_are_no_room_for_others(broken):
    date = create_date(places=3, support_places=2)
    ann = book(date, "Ann")
    broken("UPDATE events_booking SET places = 2 WHERE id = %s", ann.pk)
    Place.objects.create(booking=ann, position=2)

    assert (date, "2 people hold a place where 3 may") in found()


@pytest.mark.parametrize("sql", ["DELETE FROM events_place WHERE position = 1", "UPDATE events_place SET position = 7"])
def test_a_booking_whose_people_are_not_its_number_is_found(sql):
    ann = book(create_date(), "Ann", people=1)
    with connection.cursor() as cursor:
        cursor.execute(sql)

    assert found() == [(ann, "places reserved: 1")]


def test_a_booking_of_a_cancelled_date_is_found():
    date = create_date()
    ann = book(date, "Ann")
    WorkshopDate.objects.filter(pk=date.pk).update(state="cancelled")

    assert found() == [(ann, "its date is cancelled and it is not")]


def test_an_offer_without_an_end_is_found(broken):
    _date, holder, (ann,) = full_date("Ann")
    bookings.cancel(holder)
    broken("UPDATE events_booking SET offer_ends_at = NULL WHERE id = %s", ann.pk)

    assert (ann, "a place is held for them without an end") in found()


def test_an_offer_that_nobody_has_ended_is_found_and_one_that_is_just_ending_is_not(time_machine):
    _date, holder, (ann,) = full_date("Ann")
    bookings.cancel(holder)
    OutgoingMail.objects.update(state=OutgoingMail.State.SENT)
    ann.refresh_from_db()

    time_machine.move_to(ann.offer_ends_at + timedelta(minutes=14))
    assert found() == []
    time_machine.move_to(ann.offer_ends_at + timedelta(minutes=16))
    assert [about for about, _words in found()] == [ann]
    assert "nobody ended it. Is the job worker running?" in next(checking.findings()).words


@pytest.mark.parametrize(
    "change", ["state = 'postponed'", "state = 'draft'", "booking_closes_at = now() - interval '1 day'"]
)
def test_an_offer_of_a_date_that_takes_nobody_is_found(change):
    _date, holder, (ann,) = full_date("Ann")
    bookings.cancel(holder)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE events_workshopdate SET {change}")

    assert found() == [(ann, "it has an offer")]


def test_an_offer_that_nobody_hears_of_is_found():
    _date, holder, _waiting = full_date()
    ann = book(holder.date, "Ann", email="", phone="0151 496 0000")
    bookings.cancel(holder)
    assert found() == []
    RingTask.objects.all().delete()

    assert found() == [(ann, "a place is held for them")]


def test_support_places_that_nobody_released_are_found():
    date = create_date(support_places=1)
    WorkshopDate.objects.update(release_support_at=timezone.now() - timedelta(hours=1))

    assert found() == [(date, "its support places should be for everybody by now")]


@pytest.mark.parametrize(
    ("fields", "places", "is_stuck"),
    [
        ({}, 2, True),
        ({}, None, True),
        ({"booking_closes_at": timezone.now() - timedelta(days=1)}, 2, False),
        ({"state": "cancelled"}, 2, False),
    ],
)
def test_whoever_waits_while_their_place_is_free_is_found(fields, places, is_stuck):
    date, _holder, (ann, _ben) = full_date("Ann", "Ben")
    WorkshopDate.objects.filter(pk=date.pk).update(places=places, **fields)

    assert ((ann, "it waits while its places are free") in found()) == is_stuck


def test_support_workers_who_would_take_an_ordinary_place_count_in_the_queue(broken):
    date = create_date(places=4, support_places=1)
    ann = book(date, "Ann", people=2, support_workers=1)
    waiting = book(date, "Ben", support_workers=1)
    assert (ann.state, waiting.state) == ("confirmed", "waiting")

    assert found() == []
    WorkshopDate.objects.filter(pk=date.pk).update(places=5)
    assert found() == [(waiting, "it waits while its places are free")]


@pytest.mark.parametrize(
    ("why", "state"),
    [
        ("offer", "confirmed"),
        ("lapsed", "confirmed"),
        ("place given", "cancelled"),
        ("cancelled", "confirmed"),
        ("date cancelled", "confirmed"),
        ("moved", "cancelled"),
        ("changed", "cancelled"),
        ("reminder", "lapsed"),
        ("postponed", "cancelled"),
        ("number", "cancelled"),
        ("handed over", "cancelled"),
    ],
)
def test_a_call_with_nothing_to_tell_is_found(why, state):
    ann = book(create_date(), "Ann")
    Booking.objects.filter(pk=ann.pk).update(state=state)
    task = RingTask.objects.create(booking=ann, why=why, due_on="2019-10-01")

    assert found() == [(ann, f'somebody is asked to ring ("{task.get_why_display()}")')]
    RingTask.objects.update(done_at=timezone.now())
    assert found() == []


def test_a_mail_that_does_not_go_is_found():
    ann = book(create_date(), "Ann")
    mail.send("events/email/offer_lapsed", to="x@example.org", context={})  # about nobody
    OutgoingMail.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=14))
    assert found() == []
    OutgoingMail.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=16))

    assert [about for about, _words in found()] == [ann]


@pytest.mark.parametrize("state", ["failed", "bounced"])
def test_a_mail_that_never_arrived_is_found_until_somebody_sees_to_it(state):
    date = create_date()
    ann, ben, cat, dan = (book(date, name) for name in ("Ann", "Ben", "Cat", "Dan"))
    OutgoingMail.objects.update(state=state)
    bookings.cancel(dan)
    OutgoingMail.objects.filter(template__endswith="cancelled").update(state="sent")
    Booking.objects.filter(pk=ben.pk).update(email="ben.corrected@example.org")
    RingTask.objects.create(booking=cat, why="mail came back", due_on="2019-10-01")

    assert [about for about, _words in found()] == [ann]
    WorkshopDate.objects.update(starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now())
    assert found() == []


def test_needs_kept_too_long_are_found_and_nobody_is_named(time_machine):
    date, other = create_date(), create_date()
    book(date, "Ann", people=[Person(access="a ramp")])
    book(other, "Ben", people=[Person(access="a loop")])
    Booking.objects.filter(contact_name="Ben").update(state="cancelled")

    assert found() == [(other, "1 note of needs should be gone by now")]
    time_machine.move_to(date.ends_at + timedelta(days=15))
    OutgoingMail.objects.all().delete()
    assert (date, "1 note of needs should be gone by now") not in found()
    time_machine.move_to(date.ends_at + timedelta(days=17))
    assert (date, "1 note of needs should be gone by now") in found()
    AccessNeed.objects.all().delete()
    assert found() == []


def test_needs_of_a_postponed_date_are_kept_longer_but_not_for_ever(time_machine):
    date = create_date()
    book(date, "Ann", people=[Person(access="a ramp")])
    changing_dates.postpone_date(date, by=create_user())
    OutgoingMail.objects.all().delete()

    time_machine.move_to(date.starts_at + timedelta(days=181))
    assert found() == []
    time_machine.move_to(date.starts_at + timedelta(days=183))
    assert found() == [(date, "1 note of needs should be gone by now")]


def test_an_offer_taken_back_is_still_to_be_told():
    _date, holder, _waiting = full_date()
    book(holder.date, "Ann", email="", phone="0151 496 0000")
    bookings.cancel(holder)
    ann = Booking.objects.get(contact_name="Ann")
    ann.date = holder.date

    waiting_list.take_back(ann, note="")
    emails.offer_taken_back(ann)

    assert RingTask.objects.get(done_at=None).why == RingTask.Why.LAPSED
    assert [words for _about, words in found() if "ring" in words] == []


# How it is told


def test_the_command_says_which_row_and_what_to_do_and_fails():
    ann = book(create_date(), "Ann")
    Place.objects.all().delete()

    words, code = checked()

    says = "places reserved: 1, people listed: 0. Ask who is coming, and put it right on its page."
    assert words == f"Booking {ann.pk} ({ann}): {says}\n"
    assert code == 1


def test_the_front_page_of_the_desk_tells_those_who_may_see_bookings_and_only_if_something_is_wrong(
    client, time_machine
):
    time_machine.move_to(timezone.now())
    create_charity()
    date = create_date()
    booked = [book(date, f"Person {number}") for number in range(7)]
    organiser = create_user(permissions=["events.view_booking"], is_staff=True)
    client.force_login(organiser)
    assert b"not as it should be" not in client.get("/admin/").content

    OutgoingMail.objects.update(state=OutgoingMail.State.SENT)
    Place.objects.all().delete()
    time_machine.shift(timedelta(minutes=11))  # that all is well is believed for ten

    page = client.get("/admin/").content.decode()
    assert "Something about bookings is not as it should be." in page
    assert f'<a href="/admin/events/booking/{booked[0].pk}/change/">{booked[0]}</a>: places reserved: 1' in page
    assert page.count("places reserved: 1") == 5
    assert "There is more" in page
    client.force_login(create_user(email="editor@example.org", permissions=["blog.view_post"], is_staff=True))
    assert b"not as it should be" not in client.get("/admin/").content
    client.force_login(organiser)
    Booking.objects.all().delete()
    assert b"not as it should be" not in client.get("/admin/").content  # mended, and gone at once


def test_checking_takes_the_same_queries_however_much_is_wrong():
    def queries():
        with CaptureQueriesContext(connection) as captured:
            list(checking.findings())
        return len(captured)

    book(create_date(), "Ann")
    Place.objects.all().delete()
    few = queries()
    for name in ("Ben", "Cat", "Dan"):
        book(create_date(), name)
    Place.objects.all().delete()
    WorkshopDate.objects.update(state="cancelled")

    assert queries() == few
