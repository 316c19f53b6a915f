"""A date that is postponed: its old time passes and nothing ends, nobody is offered anything, nobody loses anything."""

from datetime import timedelta

import pytest
import vobject
from django.urls import reverse
from django.utils import timezone

from events import bookings, needs, waiting_list
from events.bookings import BookingRefused, Person
from events.calendar import date_calendar
from events.models import AccessNeed, Booking, WorkshopDate
from tests.events.test_pages import answers, shows
from tests.factories import book, create_charity, create_date, create_user, create_venue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def postpone(date, *, starts_at=None):
    """As it stands afterwards; `starts_at` lets the old time pass."""
    ends_at = starts_at + timedelta(hours=4) if starts_at else date.ends_at
    WorkshopDate.objects.filter(pk=date.pk).update(
        state="postponed", starts_at=starts_at or date.starts_at, ends_at=ends_at
    )
    return WorkshopDate.objects.get(pk=date.pk)


def days(number):
    return timezone.now() + timedelta(days=number)


def test_the_old_time_passes_and_the_date_is_still_to_come():
    date = postpone(create_date(), starts_at=days(-3))
    later = create_date(area="Leeds", starts_at=days(60))

    assert not date.has_started()
    assert not date.has_ended()
    assert list(WorkshopDate.objects.upcoming()) == [later, date]


def test_nobody_can_reserve_and_the_page_says_that_people_keep_their_places(client):
    date = create_date(places=1)
    book(date, "Ann")
    book(date, "Bob")
    date = postpone(date)

    assert shows(
        client.get(date.get_absolute_url()),
        "This workshop is postponed. People who have a place keep it, and people who wait keep theirs in the queue.",
    )
    assert shows(client.post(date.get_reserve_url(), answers(contact_name="Cat")), "This date is postponed.")
    assert date.bookings.count() == 2
    with pytest.raises(BookingRefused, match="This date is postponed"):
        book(date, "Cat", by=create_user())


def test_the_own_page_says_what_they_keep(client):
    date = create_date(places=1)
    ann, bob = book(date, "Ann"), book(date, "Bob")
    postpone(date, starts_at=days(-3))

    with_a_place, waiting = client.get(ann.get_absolute_url()), client.get(bob.get_absolute_url())

    assert shows(with_a_place, "<h1>This workshop is postponed. You keep your place.</h1>")
    assert not shows(with_a_place, "Add to your calendar")
    assert shows(waiting, "<h1>This workshop is postponed. You stay on the waiting list.</h1>")
    assert shows(waiting, "You are 1st of 1.")


def test_whoever_gives_up_their_place_can_do_so_and_nobody_is_offered_it_yet():
    date = create_date(places=1)
    ann, bob = book(date, "Ann"), book(date, "Bob")
    date = postpone(date, starts_at=days(-3))

    bookings.cancel(ann)
    waiting_list.settle_due()

    bob.refresh_from_db()
    assert bob.state == Booking.State.WAITING
    assert [entry.why for entry in waiting_list.explained(WorkshopDate.objects.get(pk=date.pk))] == [
        "The date is postponed: places are offered again once it has a new time."
    ]
    with pytest.raises(BookingRefused, match="This date is postponed"):
        waiting_list.give_place(bob, by=create_user())


def test_support_places_stay_held_back_though_the_time_to_release_them_passes():
    date = create_date(places=5, support_places=2, release_support_at=days(-1))
    date = postpone(date)

    waiting_list.settle_date(date.pk)

    date.refresh_from_db()
    assert not date.support_is_released


def test_needs_outlast_the_old_time_but_not_for_ever():
    date = create_date()
    book(date, people=[Person(access="A ramp")])
    postpone(date, starts_at=days(-179))
    assert needs.forget_old_needs() == 0

    postpone(date, starts_at=days(-181))
    assert needs.forget_old_needs() == 1
    assert not AccessNeed.objects.exists()


def test_calendars_take_the_entry_out_until_there_is_a_new_time():
    date = create_date()
    uid = date.calendar_uid

    event = vobject.readOne(date_calendar(postpone(date))).vevent
    assert (event.status.value, event.sequence.value, event.uid.value) == ("CANCELLED", "1", uid)
    assert event.summary.value.startswith("POSTPONED: ")

    WorkshopDate.objects.filter(pk=date.pk).update(state="scheduled", starts_at=days(90), ends_at=None)
    event = vobject.readOne(date_calendar(WorkshopDate.objects.get(pk=date.pk))).vevent
    assert (event.status.value, event.sequence.value, event.uid.value) == ("CONFIRMED", "2", uid)
    assert event.summary.value == date.workshop.title


def test_the_desk_lists_it_among_the_dates_still_to_come(client):
    client.force_login(create_user(is_superuser=True))
    date = postpone(create_date(), starts_at=days(-3))
    address = reverse("admin:events_workshopdate_changelist")

    def listed(query):
        return list(client.get(address + query).context["cl"].result_list)

    assert listed("") == [date]
    assert listed("?when=over") == []


def test_the_desk_lists_what_goes_on_now_as_still_to_come_and_the_last_that_is_over_first(client):
    client.force_login(create_user(is_superuser=True))
    now = create_date(starts_at=timezone.now() - timedelta(hours=1))
    older, old = (create_date(starts_at=days(number)) for number in (-20, -10))
    address = reverse("admin:events_workshopdate_changelist")

    def listed(query):
        return list(client.get(address + query).context["cl"].result_list)

    assert listed("") == [now]
    assert listed("?when=over") == [old, older]
    assert listed("?when=all") == [older, old, now]


def test_the_desk_names_no_postponed_date_as_the_next_of_a_workshop(client):
    client.force_login(create_user(is_superuser=True))
    postpone(create_date(area="Leeds"))

    assert not shows(client.get(reverse("admin:events_workshop_changelist")), ", Leeds")


@pytest.mark.parametrize(
    ("made", "is_awaited"),
    [
        ({"starts_at": days(13)}, True),
        ({"starts_at": days(16)}, False),
        ({"starts_at": days(-1)}, False),
        ({"starts_at": days(3), "venue": True}, False),
        ({"starts_at": days(3), "mode": "online", "area": ""}, False),
        ({"starts_at": days(3), "mode": "hybrid"}, True),
        ({"starts_at": days(3), "state": "draft"}, False),
        ({"starts_at": days(3), "state": "cancelled"}, False),
        ({"starts_at": days(3), "state": "postponed"}, False),
    ],
)
def test_a_venue_still_unknown_fourteen_days_before_is_awaited(made, is_awaited):
    if "venue" in made:
        made = made | {"venue": create_venue()}
    date = create_date(**made)

    assert list(WorkshopDate.objects.awaiting_venue()) == ([date] if is_awaited else [])
