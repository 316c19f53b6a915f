import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject

from events import changing_dates
from events.calendar import date_calendar
from events.models import WorkshopDate
from tests.factories import create_charity, create_date, create_user, create_venue

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def read(date):
    """The one event of the file, by a library that did not write it."""
    calendar = vobject.readOne(date_calendar(date))
    assert len(calendar.vevent_list) == 1
    return calendar.vevent


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        # The clocks went back on 27 October 2019 and forward on 29 March 2020.
        (datetime(2019, 10, 26, 11), datetime(2019, 10, 26, 10, tzinfo=UTC)),
        (datetime(2019, 10, 28, 11), datetime(2019, 10, 28, 11, tzinfo=UTC)),
        (datetime(2019, 11, 4, 11), datetime(2019, 11, 4, 11, tzinfo=UTC)),
        (datetime(2020, 3, 28, 23, 30), datetime(2020, 3, 28, 23, 30, tzinfo=UTC)),
        (datetime(2020, 3, 30, 11), datetime(2020, 3, 30, 10, tzinfo=UTC)),
        (datetime(2028, 2, 29, 11), datetime(2028, 2, 29, 11, tzinfo=UTC)),
        (datetime(2027, 6, 1, 0, 30), datetime(2027, 5, 31, 23, 30, tzinfo=UTC)),
    ],
)
def test_the_file_says_the_right_moment_around_the_change_of_clocks(local, instant):
    date = create_date(starts_at=local.replace(tzinfo=LONDON))

    event = read(date)

    assert event.dtstart.value == instant
    assert event.dtend.value - event.dtstart.value == timedelta(hours=4)
    assert "DTSTART;TZID=Europe/London:" in date_calendar(date)


def test_the_file_has_one_event_with_place_and_address():
    date = create_date(venue=create_venue())

    event = read(date)

    assert event.location.value == "Friends House, Euston Road, London NW1 2BJ"
    assert event.url.value == f"https://www.example.org{date.get_absolute_url()}"
    assert (event.status.value, event.sequence.value) == ("CONFIRMED", "0")


def test_a_venue_to_be_confirmed_and_an_open_end_are_valid():
    event = read(create_date(area="Birmingham city centre", ends_at=None))

    assert event.location.value == "Birmingham city centre (venue to be confirmed)"
    assert not hasattr(event, "dtend")


def test_the_bytes_stay_the_same_until_the_date_changes():
    date = create_date()
    before = date_calendar(date)
    WorkshopDate.objects.get(pk=date.pk).save()
    date.refresh_from_db()
    assert date_calendar(date) == before

    date.starts_at += timedelta(hours=1)
    date.ends_at += timedelta(hours=1)
    date.save()

    assert date_calendar(date) != before


@pytest.mark.parametrize("field", ["starts_at", "ends_at", "venue", "area"])
def test_the_sequence_rises_when_time_or_place_change_and_the_uid_never_changes(field):
    date = create_date()
    uid = read(date).uid.value
    values = {
        "starts_at": date.starts_at + timedelta(hours=1),
        "ends_at": date.ends_at + timedelta(hours=1),
        "venue": create_venue(),
        "area": "Leeds",
    }

    WorkshopDate.objects.filter(pk=date.pk).update(**{field: values[field]})
    date.refresh_from_db()

    assert (read(date).uid.value, read(date).sequence.value) == (uid, "1")


def test_the_sequence_stays_when_places_or_bookings_change():
    date = create_date()
    date.places = 50
    date.save()
    assert date.calendar_sequence == 0


def test_a_cancelled_date_says_so():
    date = create_date()
    changing_dates.cancel_date(date, by=create_user())
    date.refresh_from_db()

    event = read(date)

    assert (event.status.value, event.sequence.value) == ("CANCELLED", "1")
    assert event.summary.value.startswith("CANCELLED: ")


@pytest.mark.parametrize(
    "title",
    [
        "a\r\nEND:VEVENT\r\nBEGIN:VEVENT",
        'semicolon; comma, backslash \\ quote "',
        "x" * 66 + "🎉 at octet 75",
        "nul \0 and \x0b and \x7f",
        "]]> & <b>",
        "\ufffe",
        "a lone \ud800 half",
    ],
)
def test_any_title_leaves_one_valid_event(title):
    date = create_date()
    date.workshop.title = title  # some of these no form and no database would take

    event = read(date)

    expected = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe]", "", title.replace("\r\n", "\n"))
    assert event.summary.value == expected
    assert all(len(line.encode()) <= 75 for line in date_calendar(date).split("\r\n"))


@pytest.mark.parametrize("year", range(1997, 2041))
def test_the_zone_in_the_file_agrees_with_the_time_zone_database(year):
    zone = vobject.readOne(date_calendar(create_date())).vtimezone.tzinfo
    for month, day in ((1, 1), (3, 24), (4, 1), (7, 1), (10, 24), (11, 1)):
        noon = datetime(year, month, day, 12)
        assert noon.replace(tzinfo=zone).utcoffset() == noon.replace(tzinfo=LONDON).utcoffset()
