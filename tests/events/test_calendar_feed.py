"""What calendars are told: files and feeds read by two libraries, and when they count as changed."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from django.utils import timezone
from django.utils.http import parse_http_date

from events import changing_dates
from events.bookings import Person
from events.calendar import date_calendar
from events.models import Venue, Workshop, WorkshopDate
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db

ALL = "/workshops/calendar.ics"
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def days(number):
    return timezone.now() + timedelta(days=number)


def read(client, address=ALL):
    """The events of a feed, as two libraries read them, by UID."""
    response = client.get(address)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    theirs = vobject.readOne(response.content.decode())
    others = icalendar.Calendar.from_ical(response.content)
    first = {str(event.uid.value): event for event in getattr(theirs, "vevent_list", [])}
    second = {str(event["UID"]): event for event in others.walk("VEVENT")}
    assert first.keys() == second.keys()
    for uid, event in second.items():
        assert first[uid].summary.value == str(event["SUMMARY"])
        assert first[uid].dtstart.value == event["DTSTART"].dt
        assert first[uid].location.value == str(event["LOCATION"])
    return second


def summaries(client, address=ALL):
    return [str(event["SUMMARY"]) for event in read(client, address).values()]


def as_of_yesterday(**fields):
    """A date of which nothing was written since yesterday; once written, the database alone sets these times."""
    then = {"calendar_changed_at": days(-1)}
    return create_date(workshop=create_workshop(**then), venue=create_venue(**then), **then, **fields)


# What is in a feed


def test_a_feed_holds_what_is_to_come_and_nothing_else(client):
    workshop = create_workshop(title="Gardens")
    later, sooner = create_date(workshop=workshop, starts_at=days(20)), create_date(starts_at=days(10))
    create_date(starts_at=days(-2))
    create_date(state="draft")
    create_date(workshop=create_workshop(title="Hidden", is_published=False))

    assert list(read(client)) == [sooner.calendar_uid, later.calendar_uid]


def test_a_feed_looks_a_year_ahead(client):
    create_date(area="York", starts_at=days(365))
    create_date(area="Hull", starts_at=days(367))

    assert [str(event["LOCATION"]) for event in read(client).values()] == ["York (venue to be confirmed)"]


def test_a_feed_of_a_workshop_holds_its_dates_alone(client):
    gardens, homes = create_workshop(title="Gardens"), create_workshop(title="Homes")
    create_date(workshop=gardens)
    create_date(workshop=homes)

    assert summaries(client, f"{gardens.get_absolute_url()}calendar.ics") == ["Gardens"]
    assert client.get("/workshops/nowhere/calendar.ics").status_code == 404


def test_what_is_cancelled_stays_for_thirty_days_and_says_so_also_after_its_time(client):
    soon = create_date(state="cancelled", starts_at=days(40), calendar_changed_at=days(-29))
    create_date(state="cancelled", starts_at=days(41), calendar_changed_at=days(-31))
    over = create_date(starts_at=timezone.now() - timedelta(hours=1))
    changing_dates.cancel_date(over, by=create_user())
    WorkshopDate.objects.filter(pk=over.pk).update(starts_at=days(-1), ends_at=days(-0.9))

    found = read(client)

    assert found.keys() == {soon.calendar_uid, over.calendar_uid}
    for event in found.values():
        assert (event["STATUS"], str(event["SUMMARY"])) == ("CANCELLED", "CANCELLED: Shared Lives where you are")


def test_a_postponed_date_is_taken_out_and_comes_back_with_its_new_time(client):
    date = create_date()
    uid, date.state = date.calendar_uid, "postponed"
    date.save()

    event = read(client)[uid]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    assert event["SUMMARY"].startswith("POSTPONED: ")

    date.state, date.starts_at, date.ends_at = "scheduled", days(60), None
    date.save()

    event = read(client)[uid]
    assert (event["STATUS"], event["SEQUENCE"], event["SUMMARY"]) == ("CONFIRMED", 2, date.workshop.title)


def test_a_feed_names_itself_and_says_how_often_to_look(client):
    gardens = create_workshop(title="Gardens")
    for address, name in (
        (ALL, "Workshops, Kind Places"),
        (f"{gardens.get_absolute_url()}calendar.ics", "Gardens, Kind Places"),
    ):
        calendar = icalendar.Calendar.from_ical(client.get(address).content)
        assert (calendar["NAME"], calendar["X-WR-CALNAME"], calendar["METHOD"]) == (name, name, "PUBLISH")
        assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=6)
        assert calendar["SOURCE"] == f"https://www.example.org{address}"
        assert len(calendar.walk("VTIMEZONE")) == 1  # a feed without dates is one too
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H" in client.get(ALL).content


def test_a_name_that_looks_like_the_end_ends_nothing(client):
    create_charity(name="END:VCALENDAR and friends")
    date = create_date()

    assert list(read(client)) == [date.calendar_uid]


def test_a_feed_tells_nobody_who_comes_or_how_to_join(client):
    date = create_date(mode="hybrid", join_link="https://meet.example.org/secret", join_note="Dial 1234")
    book(date, "Zebedee", people=[Person("Zuleika", access="a ramp")], organisation="Zed")

    for address in (ALL, date.get_calendar_url()):
        text = client.get(address).content.decode().replace("\r\n ", "")
        assert not re.search("Zebedee|Zuleika|ramp|Zed|meet.example|1234", text)


def test_the_moment_is_right_on_both_sides_of_the_change_of_clocks(client):
    at = {}
    year = timezone.now().year + 1
    for month, day in ((3, 27), (3, 30), (10, 24), (10, 30)):
        date = create_date(starts_at=datetime(year, month, day, 23, 30, tzinfo=LONDON), ends_at=None)
        at[date.calendar_uid] = date.starts_at.astimezone(UTC)

    assert {uid: event["DTSTART"].dt.astimezone(UTC) for uid, event in read(client).items()} == at


def test_without_venue_end_or_limit_a_feed_is_valid_and_says_none_nowhere(client):
    create_date(area="Birmingham city centre", ends_at=None, places=None)
    create_date(mode="online", area="", ends_at=None)

    events = list(read(client).values())

    assert [str(event["LOCATION"]) for event in events] == ["Birmingham city centre (venue to be confirmed)", "Online"]
    assert all("DTEND" not in event for event in events)
    assert "None" not in client.get(ALL).content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "a\r\nEND:VEVENT\r\nBEGIN:VEVENT",
        'semicolon; comma, backslash \\ quote "',
        "x" * 66 + "🎉🎉🎉 at octet 75",
        "]]> & <b> \\n \\, \\;",
        "é" * 150,
    ],
)
def test_any_words_leave_whole_lines_and_come_back_as_they_were(client, words):
    workshop = create_workshop(title=words[:150], slug="w", summary=words)
    venue = create_venue(name=words[:120], street=words, town="York")
    create_date(workshop=workshop, venue=venue)
    create_date(starts_at=days(3))

    first, second = read(client).values()

    told = words.replace("\r\n", "\n")
    assert str(second["SUMMARY"]) == told[:150].replace("\r", "\n")
    assert str(second["DESCRIPTION"]) == told
    assert str(second["LOCATION"]).endswith(f"{told}, York NW1 2BJ")
    assert str(first["SUMMARY"]) == str(second["SUMMARY"])
    lines = client.get(ALL).content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    for line in lines:
        line.decode()  # no character is cut in two


# When it counts as changed


def test_who_has_the_feed_already_is_told_so_until_something_changes(client):
    date = create_date()
    create_date(area="York")
    first = client.get(ALL)
    again = client.get(ALL, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")

    for change in (
        lambda: WorkshopDate.objects.filter(area="York").delete(),  # leaves no moment behind
        lambda: Workshop.objects.update(title="Another title"),
        lambda: WorkshopDate.objects.filter(pk=date.pk).update(state="draft"),
        lambda: create_date(area="Hull"),
        lambda: create_charity(name="Kinder Places"),
        lambda: create_charity(site_address="https://new.example.org"),
    ):
        before = client.get(ALL)["ETag"]
        change()
        answer = client.get(ALL, headers={"if-none-match": before})
        assert answer.status_code == 200
        assert answer["ETag"] != before
    assert "Last-Modified" not in first


def test_a_date_that_passes_leaves_the_feed_and_its_etag(client, time_machine):
    create_date(starts_at=days(1))
    create_date(starts_at=days(9))
    before = client.get(ALL)["ETag"]

    time_machine.move_to(days(2))

    answer = client.get(ALL, headers={"if-none-match": before})
    assert (answer.status_code, answer.content.count(b"BEGIN:VEVENT")) == (200, 1)


def test_two_feeds_never_take_each_other_for_known(client):
    date = create_date()
    known = client.get(ALL)["ETag"]

    own = f"{date.workshop.get_absolute_url()}calendar.ics"

    assert client.get(own, headers={"if-none-match": known}).status_code == 200


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Venue, {"street": "Another street"}),
        (Venue, {"name": "Another house"}),
        (Venue, {"town": "York"}),
        (Venue, {"postcode": "YO1 1AA"}),
        (Workshop, {"title": "Another title"}),
        (Workshop, {"summary": "Other words"}),
        (Workshop, {"slug": "elsewhere"}),
        (WorkshopDate, {"starts_at": days(20), "ends_at": days(21)}),
        (WorkshopDate, {"state": "cancelled"}),
        (WorkshopDate, {"mode": "hybrid"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value.__name__,
)
def test_what_is_put_right_reaches_calendars(client, model, change):
    """By DTSTAMP and Last-Modified too, for calendars that look at nothing else; whoever writes the row."""
    date = as_of_yesterday()
    assert date.told_calendars_at < days(-0.5)
    before = client.get(date.get_calendar_url())
    feed = client.get(ALL)["ETag"]
    sequence = date.calendar_sequence

    model.objects.update(**change)

    date = WorkshopDate.objects.in_order().get()
    after = client.get(date.get_calendar_url())
    stamp = vobject.readOne(after.content.decode()).vevent.dtstamp.value
    assert after["ETag"] != before["ETag"]
    assert client.get(ALL, headers={"if-none-match": feed}).status_code == 200
    assert stamp > days(-0.5)
    assert parse_http_date(after["Last-Modified"]) == int(stamp.timestamp())
    assert (date.calendar_sequence > sequence) == (model is WorkshopDate)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Venue, {"travel": "By bus", "step_free": "yes"}),
        (Workshop, {"description": "<p>More</p>", "cost": "5 pounds"}),
        (WorkshopDate, {"places": 7, "join_note": "x", "bsl": True}),
    ],
    ids=["venue", "workshop", "date"],
)
def test_what_calendars_do_not_show_changes_no_byte(client, model, change):
    date = as_of_yesterday(mode="hybrid")
    before = client.get(date.get_calendar_url())
    row = model.objects.get()

    model.objects.update(**change)
    row.calendar_changed_at = timezone.now()
    row.save()  # a stale form's save

    date.refresh_from_db()
    after = client.get(date.get_calendar_url(), headers={"if-modified-since": before["Last-Modified"]})
    assert after.status_code == 304
    assert date_calendar(date).encode() == before.content


# How people get it


def test_the_workshops_page_leads_to_the_feed_in_the_way_that_calendars_understand(client):
    workshop = create_date().workshop

    for page, feed in (
        (("/workshops/"), ALL),
        (workshop.get_absolute_url(), f"{workshop.get_absolute_url()}calendar.ics"),
    ):
        text = client.get(page).content.decode()
        assert f'href="webcal://www.example.org{feed}"' in text
        assert f"https://www.example.org{feed}" in text


def test_a_feed_takes_two_queries_however_many_dates_and_one_where_nothing_has_changed(
    client, django_assert_num_queries
):
    workshop = create_workshop()
    client.get("/workshops/")  # reads the charity's facts
    for number in range(3):
        create_date(workshop=workshop, venue=create_venue(name=f"Venue {number}"), starts_at=days(number + 1))
        with django_assert_num_queries(2):
            known = client.get(ALL)["ETag"]
    with django_assert_num_queries(1):
        assert client.get(ALL, headers={"if-none-match": known}).status_code == 304
