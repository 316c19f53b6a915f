from datetime import UTC, datetime

import pytest

from sharedlives.foundation import spoken


def at(*parts):
    return datetime(*parts, tzinfo=spoken.LONDON)


@pytest.mark.parametrize(
    ("moment", "day", "time"),
    [
        (at(2019, 10, 28, 11), "Monday 28 October 2019", "11am"),
        (at(2019, 11, 4, 14, 30), "Monday 4 November 2019", "2.30pm"),
        (at(2020, 2, 29, 12), "Saturday 29 February 2020", "noon"),
        (at(2020, 1, 1, 0), "Wednesday 1 January 2020", "midnight"),
        (at(2020, 1, 1, 0, 5), "Wednesday 1 January 2020", "12.05am"),
        (datetime(2019, 7, 1, 23, 30, tzinfo=UTC), "Tuesday 2 July 2019", "12.30am"),
    ],
)
def test_days_and_times_as_people_say_them_in_london(moment, day, time):
    assert (spoken.day(moment), spoken.time(moment)) == (day, time)


def test_a_short_day_for_lists():
    assert spoken.short_day(datetime(2019, 10, 27, 23, 30, tzinfo=UTC)) == "Sun 27 Oct 2019"


def test_hours_with_and_without_an_end():
    assert spoken.hours(at(2019, 10, 28, 11), at(2019, 10, 28, 15)) == "11am to 3pm"
    assert spoken.hours(at(2019, 10, 28, 11), None) == "from 11am"
    assert spoken.hours(at(2019, 10, 28, 22), at(2019, 10, 29, 1)) == "10pm to 1am on Tuesday 29 October 2019"
