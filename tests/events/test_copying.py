"""Copies of workshops and dates, and dates by rule: events/copying.py and its pages at the desk."""

import threading
import uuid
from datetime import UTC, datetime, time, timedelta
from datetime import date as Day

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from events import copying
from events.copying import Rule, days_by_rule, plan
from events.models import ClosedDay, Workshop, WorkshopDate
from sharedlives.foundation.models import AuditEntry
from sharedlives.foundation.spoken import LONDON
from tests.factories import (
    book,
    create_charity,
    create_date,
    create_picture,
    create_subscription,
    create_user,
    create_venue,
    create_workshop,
)
from tests.test_hostile_values import VALUES, Form, is_words

pytestmark = pytest.mark.django_db

MONDAY = Day(2027, 5, 3)
PAGES = ["workshopdate/{date}/copy/", "workshop/{workshop}/copy/", "workshop/{workshop}/dates/"]


def london(*parts):
    return datetime(*parts, tzinfo=LONDON)


@pytest.fixture(autouse=True)
def _now(time_machine):
    create_charity()
    time_machine.move_to(london(2027, 1, 4, 12), tick=False)


def organiser(*permissions):
    wanted = permissions or ("events.add_workshop", "events.add_workshopdate")
    views = ("events.view_workshop", "events.view_workshopdate", "events.change_workshopdate")
    return create_user(email=f"{uuid.uuid4()}@example.org", permissions=[*views, *wanted])


def signed_in(client, *permissions):
    client.force_login(organiser(*permissions))
    return client


# --- Days by rule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "first", "limits", "days"),
    [
        (Rule.WEEKLY, MONDAY, {"times": 3}, ["2027-05-03", "2027-05-10", "2027-05-17"]),
        (Rule.WEEKLY, MONDAY, {"until": Day(2027, 5, 16)}, ["2027-05-03", "2027-05-10"]),
        (Rule.WEEKLY, MONDAY, {"until": Day(2027, 5, 17)}, ["2027-05-03", "2027-05-10", "2027-05-17"]),
        (Rule.FORTNIGHTLY, MONDAY, {"times": 3}, ["2027-05-03", "2027-05-17", "2027-05-31"]),
        (Rule.MONTHLY_BY_WEEKDAY, Day(2027, 6, 1), {"times": 3}, ["2027-06-01", "2027-07-06", "2027-08-03"]),
        (Rule.MONTHLY_BY_WEEKDAY, Day(2027, 5, 31), {"times": 3}, ["2027-05-31", "2027-06-28", "2027-07-26"]),
        (Rule.MONTHLY_BY_DAY, Day(2027, 5, 5), {"times": 3}, ["2027-05-05", "2027-06-05", "2027-07-05"]),
        (Rule.MONTHLY_BY_DAY, Day(2027, 5, 31), {"times": 3}, ["2027-05-31", "2027-07-31", "2027-08-31"]),
        (
            Rule.MONTHLY_BY_DAY,
            Day(2028, 2, 29),
            {"until": Day(2028, 4, 29)},
            ["2028-02-29", "2028-03-29", "2028-04-29"],
        ),
        (Rule.WEEKLY, Day(2027, 12, 27), {"times": 2}, ["2027-12-27", "2028-01-03"]),
    ],
    ids=lambda value: str(value),
)
def test_days_by_rule(rule, first, limits, days):
    assert [day.isoformat() for day in days_by_rule(rule, first, **limits)] == days


def test_sixty_dates_are_the_most():
    assert len(days_by_rule(Rule.WEEKLY, MONDAY, times=60)) == 60
    assert len(days_by_rule(Rule.WEEKLY, MONDAY, until=MONDAY + timedelta(weeks=59))) == 60
    with pytest.raises(ValidationError, match="more than 60 dates"):
        days_by_rule(Rule.WEEKLY, MONDAY, until=MONDAY + timedelta(weeks=60))


# --- Clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "starts", "moment", "says"),
    [
        ("2027-03-27", "11:00", "2027-03-27T11:00+00:00", ""),
        ("2027-03-29", "11:00", "2027-03-29T10:00+00:00", ""),
        ("2027-03-28", "01:30", None, "There is no 1.30am on Sunday 28 March 2027: the clocks go forward"),
        ("2027-10-30", "11:00", "2027-10-30T10:00+00:00", ""),
        ("2027-10-31", "11:00", "2027-10-31T11:00+00:00", ""),
        ("2027-10-31", "01:30", "2027-10-31T00:30+00:00", "1.30am comes twice that night"),
    ],
)
def test_eleven_stays_eleven_when_the_clocks_change(day, starts, moment, says):
    (planned,) = plan(create_date(), [Day.fromisoformat(day)], starts=time.fromisoformat(starts), ends=None)

    assert (planned.starts_at and planned.starts_at.astimezone(UTC)) == (moment and datetime.fromisoformat(moment))
    assert says in f"{planned.refusal} {planned.notes}"
    assert bool(planned.refusal) == (moment is None)


def test_booking_opens_and_closes_as_many_days_before_at_the_same_time_on_the_clock():
    date = create_date(
        starts_at=london(2027, 3, 22, 11),
        booking_opens_at=london(2027, 3, 1, 9),
        booking_closes_at=london(2027, 3, 19, 17),
        release_support_at=london(2027, 3, 15, 12),
        support_places=2,
    )
    date.refresh_from_db()
    planned = plan(copying.fresh(date), [Day(2027, 4, 5)], starts=time(11), ends=time(15))

    (copy,) = copying.make_dates(planned, like=date, request_id=uuid.uuid4(), by=organiser())

    assert (copy.starts_at, copy.ends_at) == (london(2027, 4, 5, 11), london(2027, 4, 5, 15))
    assert copy.booking_opens_at == london(2027, 3, 15, 9)
    assert copy.booking_closes_at == london(2027, 4, 2, 17)
    assert copy.release_support_at == london(2027, 3, 29, 12)


# --- What speaks against a day ----------------------------------------------------------------------------------------


def test_closed_days_are_named_and_left_out_unless_ticked():
    ClosedDay.objects.create(day="2027-05-10", name="Moving house")
    ClosedDay.objects.update_or_create(day="2027-05-31", defaults={"name": "Spring Bank Holiday", "is_closed": False})
    days = [MONDAY, Day(2027, 5, 10), Day(2027, 5, 17), Day(2027, 5, 31)]

    planned = plan(create_date(), days, starts=time(11), ends=time(15))

    assert [(each.notes, each.is_doubtful) for each in planned] == [
        (["The office is closed: May Day."], True),
        (["The office is closed: Moving house."], True),
        ([], False),
        ([], False),
    ]


@pytest.mark.parametrize(
    ("there", "is_in_the_way"),
    [
        ({}, True),
        ({"state": "cancelled"}, False),
        ({"starts_at": london(2027, 5, 17, 15)}, False),
        ({"starts_at": london(2027, 5, 17, 14)}, True),
        ({"venue": None, "area": "Leeds"}, False),
        ({"workshop": "another"}, True),
        ({"workshop": "another", "venue": None, "area": "London"}, False),
    ],
    ids=lambda value: str(value),
)
def test_what_is_there_already_is_named(there, is_in_the_way):
    venue = create_venue()
    pattern = create_date(venue=venue, starts_at=london(2027, 4, 5, 11))
    fields = {"venue": venue, "starts_at": london(2027, 5, 17, 11)} | there
    if fields.get("workshop"):
        fields["workshop"] = create_workshop(title="Another")
    create_date(**fields)

    (planned,) = plan(copying.fresh(pattern), [Day(2027, 5, 17)], starts=time(11), ends=time(15))

    assert planned.is_doubtful == is_in_the_way
    assert len(planned.notes) == is_in_the_way


# --- What a copy has --------------------------------------------------------------------------------------------------


def test_every_field_of_a_date_is_known_to_be_copied_or_not():
    """A new one has to be thought of here: would a copy with it be right?"""
    copied = set(
        "workshop starts_at ends_at mode join_note venue area places support_places overbook booking_opens_at"
        " booking_closes_at bsl captions hearing_loop breaks quiet_room easy_read access_provision access_contact_name"
        " access_contact_phone access_contact_email release_support_at tells_subscribers".split()
    )

    assert {field.name for field in WorkshopDate._meta.concrete_fields} == copied | copying.OWN


def test_a_copy_of_a_date_has_no_bookings_and_nothing_of_its_history():
    date = create_date(
        places=2,
        previous_starts_at=timezone.now(),
        announced_at=timezone.now(),
        announced_to=3,
        fill_gaps=True,
        mode="hybrid",
        join_link="https://meet.example.org/one",
        join_note="Dial 1",
        bsl=True,
        access_contact_name="Ada",
    )
    book(date, people=2)
    book(date, "Bob")
    planned = plan(copying.fresh(date), [Day(2027, 6, 7)], starts=time(11), ends=time(15))

    (copy,) = copying.make_dates(planned, like=date, request_id=uuid.uuid4(), by=organiser())

    copy.refresh_from_db()
    assert (copy.state, copy.places, copy.bsl, copy.join_note, copy.access_contact_name) == (
        "draft",
        2,
        True,
        "Dial 1",
        "Ada",
    )
    assert (copy.join_link, copy.fill_gaps, copy.previous_starts_at, copy.announced_at) == ("", False, None, None)
    assert (copy.ordinary_taken, copy.waiting, copy.bookings.count(), copy.calendar_sequence) == (0, 0, 0, 0)
    assert copy.slug == "london-and-online-june-2027"
    assert copy.calendar_uid != date.calendar_uid


def test_every_field_of_a_workshop_is_copied_but_its_name_address_and_being_published():
    workshop = create_workshop(
        title="Garden",
        description="<p>We dig.</p>",
        partners="Nesta",
        audience="Anybody",
        cost="£5",
        picture=create_picture(),
        contact_name="Ada",
        contact_email="ada@example.org",
        sign_off="Bye",
        reminds_a_week_before=True,
    )
    create_subscription(workshop=workshop)
    create_date(workshop=workshop)

    copy = copying.copy_workshop(workshop, title="Garden (copy)", shown_at=timezone.now(), by=organiser())

    own = {"id", "title", "slug", "is_published", "created_at", "calendar_changed_at", "search_vector"}
    same = {f.attname for f in Workshop._meta.concrete_fields} - own
    copy.refresh_from_db()
    workshop.refresh_from_db()
    assert {name: getattr(copy, name) for name in same} == {name: getattr(workshop, name) for name in same}
    assert (copy.title, copy.slug, copy.is_published) == ("Garden (copy)", "garden-copy", False)
    assert (copy.dates.count(), copy.subscriptions.count()) == (0, 0)
    entry = AuditEntry.objects.get(object_type="events.workshop", object_id=str(copy.pk))
    assert entry.note == "a copy of Garden"


def test_dates_copied_with_a_workshop_keep_their_pattern_and_their_hours():
    garden = create_workshop(title="Garden")
    monday, tuesday, later = (
        create_date(workshop=garden, area=area, starts_at=london(*day, 11))
        for area, day in (("London", (2019, 10, 28)), ("Birmingham", (2019, 10, 29)), ("Manchester", (2019, 11, 4)))
    )

    planned = copying.plan_copies([later, monday, tuesday], Day(2027, 3, 22))
    copy = copying.copy_workshop(garden, title="Garden again", planned=planned, shown_at=timezone.now(), by=organiser())

    assert [(date.area, date.starts_at, date.ends_at, date.state) for date in copy.dates.in_order()] == [
        ("London", london(2027, 3, 22, 11), london(2027, 3, 22, 15), "draft"),
        ("Birmingham", london(2027, 3, 23, 11), london(2027, 3, 23, 15), "draft"),
        ("Manchester", london(2027, 3, 29, 11), london(2027, 3, 29, 15), "draft"),
    ]


def test_a_free_title_is_found():
    garden = create_workshop(title="Garden")
    assert copying.free_title(garden) == "Garden (copy)"
    create_workshop(title="Garden (copy)")
    assert copying.free_title(garden) == "Garden (copy 2)"
    assert len(copying.free_title(create_workshop(title="G" * 150))) <= 150


# --- Twice ------------------------------------------------------------------------------------------------------------


def in_parallel(count, work):
    barrier = threading.Barrier(count)

    def run():
        barrier.wait()
        work()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_the_dates_once():
    date, by, request_id = create_date(), organiser(), uuid.uuid4()
    days = [Day(2027, 6, 7), Day(2027, 6, 14)]

    def make():
        planned = plan(copying.fresh(date), days, starts=time(11), ends=time(15))
        copying.make_dates(planned, like=date, request_id=request_id, by=by)

    in_parallel(4, make)

    assert WorkshopDate.objects.exclude(pk=date.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_copies_a_workshop_once():
    date, by, shown_at = create_date(), organiser(), timezone.now()

    def copy():
        planned = copying.plan_copies([date], Day(2027, 6, 7))
        copying.copy_workshop(date.workshop, title="Another", planned=planned, shown_at=shown_at, by=by)

    in_parallel(4, copy)

    assert Workshop.objects.filter(title="Another").count() == 1
    assert WorkshopDate.objects.count() == 2


# --- At the desk ------------------------------------------------------------------------------------------------------


def sent(client, address, **changes):
    """What a browser sends of the form at `address`, with some fields filled in; unchecked boxes are left out."""
    return Form(client.get(address).content.decode()).sent | changes


def hidden(response):
    return Form(response.content.decode()).sent


def test_staff_make_dates_by_rule_after_reading_each_in_words(client):
    date = create_date(venue=create_venue(), starts_at=london(2027, 4, 5, 11), places=12, hearing_loop=True)
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)

    form = sent(client, address, first_day="2027-05-24", rule="weekly", times="3", state="scheduled")
    preview = client.post(address, form)
    page = preview.content.decode()
    assert "Monday 24 May 2027, 11am to 3pm" in page
    assert "The office is closed: Spring Bank Holiday." in page
    assert WorkshopDate.objects.count() == 1

    keep = ["2027-05-24", "2027-06-07"]
    response = client.post(address, hidden(preview) | {"make": "1", "keep": keep}, follow=True)

    assert "2 dates are made." in response.content.decode()
    made = WorkshopDate.objects.exclude(pk=date.pk).order_by("starts_at")
    assert [(each.starts_at, each.state, each.venue, each.places, each.hearing_loop) for each in made] == [
        (london(2027, 5, 24, 11), "scheduled", date.venue, 12, True),
        (london(2027, 6, 7, 11), "scheduled", date.venue, 12, True),
    ]


def test_a_copy_may_differ_in_everything_but_its_workshop(client):
    date = create_date(venue=create_venue(), starts_at=london(2027, 4, 5, 11), bsl=True)
    other = create_venue(name="Town Hall", town="York")
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)
    form = sent(client, address, first_day="2027-06-01", starts="14:00", ends="16:30", venue=str(other.pk), places="8")
    del form["bsl"]

    preview = client.post(address, form)
    client.post(address, hidden(preview) | {"make": "1", "keep": ["2027-06-01"]})

    copy = WorkshopDate.objects.exclude(pk=date.pk).get()
    assert (copy.starts_at, copy.ends_at) == (london(2027, 6, 1, 14), london(2027, 6, 1, 16, 30))
    assert (copy.venue, copy.places, copy.bsl, copy.state, copy.workshop) == (other, 8, False, "draft", date.workshop)


def test_days_may_be_written_one_by_one(client):
    date = create_date(starts_at=london(2027, 4, 5, 11))
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)

    preview = client.post(
        address, sent(client, address, first_day="2027-06-02", day_2="2027-06-01", day_6="2027-06-02")
    )

    assert [planned.key for planned, _ticked in preview.context["rows"]] == ["2027-06-01", "2027-06-02"]


def test_a_workshop_without_dates_gets_its_first_by_rule(client):
    workshop = create_workshop()
    address = f"/admin/events/workshop/{workshop.pk}/dates/"
    client = signed_in(client)
    form = sent(client, address, first_day="2027-06-01", starts="11:00", area="Leeds", mode="in person")

    preview = client.post(address, form)
    client.post(address, hidden(preview) | {"make": "1", "keep": ["2027-06-01"]})

    date = workshop.dates.get()
    assert (date.starts_at, date.ends_at, date.area) == (london(2027, 6, 1, 11), None, "Leeds")


def test_without_a_tick_nothing_is_made_and_the_page_says_so(client):
    date = create_date(starts_at=london(2027, 4, 5, 11))
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)
    preview = client.post(address, sent(client, address, first_day="2027-06-01"))

    response = client.post(address, hidden(preview) | {"make": "1", "keep": []})

    assert "Tick at least one date" in response.content.decode()
    assert WorkshopDate.objects.count() == 1


def test_change_something_goes_back_with_all_that_was_typed(client):
    date = create_date(starts_at=london(2027, 4, 5, 11), bsl=True)
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)
    form = sent(client, address, first_day="2027-06-01", access_provision="Tea")
    del form["bsl"]
    preview = client.post(address, form)

    back = client.post(address, hidden(preview) | {"change": "1"})

    again = hidden(back)
    assert (again["first_day"], again["access_provision"], "bsl" in again) == ("2027-06-01", "Tea", False)
    assert "errornote" not in back.content.decode()


def test_what_cannot_be_ticked_is_not_made_by_sending_it(client):
    date = create_date(starts_at=london(2027, 2, 1, 1, 30), hours=1)
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)
    preview = client.post(address, sent(client, address, first_day="2027-03-28", day_2="2027-03-29"))
    assert "Cannot be: There is no 1.30am on Sunday 28 March 2027" in preview.content.decode()

    client.post(address, hidden(preview) | {"make": "1", "keep": ["2027-03-28", "2027-03-30", "x"]})

    assert WorkshopDate.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_day": ""}, "first_day"),
        ({"first_day": "2026-12-31"}, "first_day"),
        ({"first_day": "2072-06-01"}, "first_day"),
        ({"first_day": "2027-02-30"}, "first_day"),
        ({"ends": "10:00"}, "ends"),
        ({"ends_days_later": "14"}, "ends_days_later"),
        ({"rule": "weekly"}, "times"),
        ({"rule": "weekly", "times": "3", "until": "2027-07-01"}, "times"),
        ({"rule": "weekly", "times": "61"}, "times"),
        ({"rule": "weekly", "until": "2029-07-01"}, "until"),
        ({"rule": "weekly", "until": "2027-05-01"}, "until"),
        ({"rule": "hourly", "times": "3"}, "rule"),
        ({"rule": "weekly", "times": "3", "day_2": "2027-06-02"}, "rule"),
        ({"times": "3"}, "rule"),
        ({"state": "cancelled"}, "state"),
        ({"support_places": "99"}, "__all__"),
        ({"area": ""}, "__all__"),
        ({"request_id": "x"}, "request_id"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_said_beside_its_field(client, changes, field):
    date = create_date(starts_at=london(2027, 4, 5, 11))
    address = f"/admin/events/workshopdate/{date.pk}/copy/"
    client = signed_in(client)

    response = client.post(address, sent(client, address, first_day="2027-06-01") | changes)

    assert field in response.context["form"].errors
    assert "errornote" in response.content.decode()


def test_staff_copy_a_workshop_with_some_of_its_dates(client):
    date = create_date(starts_at=london(2026, 6, 1, 11), area="Leeds")
    create_date(starts_at=london(2026, 6, 8, 11), area="York")
    address = f"/admin/events/workshop/{date.workshop.pk}/copy/"
    client = signed_in(client, "events.add_workshop", "events.add_workshopdate", "events.change_workshop")
    form = sent(client, address, dates=[str(date.pk)], first_day="2027-06-07", title="Next year")

    preview = client.post(address, form)
    assert "Monday 7 June 2027, 11am to 3pm, Leeds" in preview.content.decode()
    assert Workshop.objects.count() == 1
    response = client.post(
        address, hidden(preview) | {"dates": [str(date.pk)], "make": "1", "keep": [str(date.pk)]}, follow=True
    )

    copy = Workshop.objects.get(title="Next year")
    assert response.redirect_chain[-1][0] == f"/admin/events/workshop/{copy.pk}/change/"
    assert [each.area for each in copy.dates.all()] == ["Leeds"]


def test_a_workshop_of_that_title_is_refused_but_pressing_twice_is_one_copy(client):
    workshop = create_workshop(title="Garden", created_at=None)
    Workshop.objects.update(created_at=timezone.now() - timedelta(days=1))
    address = f"/admin/events/workshop/{workshop.pk}/copy/"
    client = signed_in(client)

    assert "title" in client.post(address, sent(client, address, title="Garden")).context["form"].errors
    form = sent(client, address)
    first, second = client.post(address, form), client.post(address, form)

    assert first.url == second.url
    assert Workshop.objects.filter(title="Garden (copy)").count() == 1


@pytest.mark.parametrize(
    "kind", ["workshopdate/{date}/copy/", "workshop/{workshop}/copy/", "workshop/{workshop}/dates/"]
)
def test_copying_needs_the_permission_to_add(client, kind):
    date = create_date()
    address = "/admin/events/" + kind.format(date=date.pk, workshop=date.workshop_id)
    client.force_login(organiser("events.view_venue"))

    assert client.get(address).status_code == 403
    assert client.post(address, {"make": "1"}).status_code == 403
    assert client.get("/admin/events/workshopdate/999999/copy/").status_code == 403


def test_without_the_permission_for_dates_a_workshop_is_copied_alone(client):
    date = create_date()
    address = f"/admin/events/workshop/{date.workshop_id}/copy/"
    client = signed_in(client, "events.add_workshop")
    form = sent(client, address)
    assert "dates" not in client.get(address).context["form"].fields

    client.post(
        address, form | {"dates": [str(date.pk)], "first_day": "2027-06-01", "make": "1", "keep": [str(date.pk)]}
    )

    assert WorkshopDate.objects.count() == 1
    assert Workshop.objects.count() == 2


@pytest.mark.parametrize(
    "kind", ["workshopdate/{date}/copy/", "workshop/{workshop}/copy/", "workshop/{workshop}/dates/"]
)
def test_the_forms_take_any_value_calmly(client, kind):
    date = create_date()
    address = "/admin/events/" + kind.format(date=date.pk, workshop=date.workshop_id)
    client = signed_in(client)
    form = Form(client.get(address).content.decode())
    assert form.typed

    for value in VALUES:
        typed = dict.fromkeys(form.typed | form.chosen, value)
        answer = client.post(address, form.sent | typed | {"make": "1", "keep": value})
        assert answer.status_code in (200, 302), repr(value)
        assert is_words(answer), repr(value)
    for name in form.typed:
        for value in (*VALUES[:2], "\0a"):
            assert client.post(address, form.sent | {name: value}).status_code in (200, 302), (name, value)
