"""By when somebody has to answer: working days around weekends, bank holidays, Christmas and the change of clocks."""

from datetime import date as Day
from datetime import datetime

import pytest

from events import closed_days
from events.models import ClosedDay
from events.models.bookings import answer_by

pytestmark = pytest.mark.django_db

FAR = datetime.fromisoformat("2099-01-01T00:00+00:00")


def moment(text):
    return datetime.fromisoformat(text)


@pytest.fixture(autouse=True)
def _nothing_is_listed():
    """What is usual holds without a list, too."""
    ClosedDay.objects.all().delete()


@pytest.mark.parametrize(
    ("offered", "answer"),
    [
        ("2019-10-14T10:00+01:00", "2019-10-17T12:00+01:00"),  # Monday: Thursday
        ("2019-10-16T10:00+01:00", "2019-10-21T12:00+01:00"),  # Wednesday: Monday, over the weekend
        ("2019-10-23T10:00+01:00", "2019-10-28T12:00+00:00"),  # the clocks go back on the Sunday between
        ("2019-10-25T10:00+01:00", "2019-10-30T12:00+00:00"),
        ("2019-10-27T00:30+00:00", "2019-10-30T12:00+00:00"),  # in the hour that comes twice
        ("2020-03-24T10:00+00:00", "2020-03-27T12:00+00:00"),
        ("2020-03-26T10:00+00:00", "2020-03-31T12:00+01:00"),  # the clocks go forward on the Sunday between
        ("2020-04-09T10:00+01:00", "2020-04-16T12:00+01:00"),  # Good Friday and Easter Monday
        ("2020-05-06T10:00+01:00", "2020-05-12T12:00+01:00"),  # May Day, moved to the Friday that year
        ("2022-09-15T10:00+01:00", "2022-09-21T12:00+01:00"),  # a bank holiday given at ten days' notice
        ("2019-12-19T10:00+00:00", "2019-12-24T12:00+00:00"),  # the last that ends before Christmas
        ("2019-12-20T10:00+00:00", "2020-01-02T12:00+00:00"),  # over Christmas week and New Year
        ("2019-12-24T10:00+00:00", "2020-01-06T12:00+00:00"),
        ("2019-12-28T10:00+00:00", "2020-01-06T12:00+00:00"),  # offered in Christmas week itself
        ("2020-12-24T10:00+00:00", "2021-01-06T12:00+00:00"),  # Boxing Day observed on the Monday
        ("2024-02-27T10:00+00:00", "2024-03-01T12:00+00:00"),  # the leap day is a Thursday and counts
        ("2020-02-27T10:00+00:00", "2020-03-03T12:00+00:00"),  # the leap day is a Saturday
        ("2019-06-30T23:30+01:00", "2019-07-03T12:00+01:00"),  # late on Sunday here ...
        ("2019-06-30T23:30+00:00", "2019-07-04T12:00+01:00"),  # ... and Monday here, though Sunday in UTC
    ],
)
def test_an_offer_is_to_be_answered_by_noon_of_the_third_working_day(offered, answer):
    assert closed_days.kind_deadline(moment(offered), closes_at=FAR) == moment(answer)


def test_who_needs_more_time_has_twice_as_many_working_days():
    deadline = closed_days.kind_deadline(moment("2019-10-23T10:00+01:00"), closes_at=FAR, needs_more_time=True)

    assert deadline == moment("2019-10-31T12:00+00:00")


@pytest.mark.parametrize(
    ("closes", "needs_more_time", "answer"),
    [
        ("2019-10-17T12:00+01:00", False, "2019-10-17T12:00+01:00"),
        ("2019-10-17T11:59+01:00", False, None),
        ("2019-10-17T11:59+01:00", True, None),
        ("2019-10-18T15:00+01:00", True, "2019-10-18T15:00+01:00"),
        ("2019-10-14T10:01+01:00", False, None),
    ],
)
def test_no_deadline_lies_past_closing_and_none_is_unkind(closes, needs_more_time, answer):
    deadline = closed_days.kind_deadline(
        moment("2019-10-14T10:00+01:00"), closes_at=moment(closes), needs_more_time=needs_more_time
    )

    assert deadline == (moment(answer) if answer else None)


def test_nobody_has_less_than_twenty_hours_whenever_the_offer_comes():
    for hour in range(24 * 14):
        now = datetime.fromtimestamp(moment("2019-12-16T00:00+00:00").timestamp() + 3600 * hour, tz=FAR.tzinfo)
        assert (closed_days.kind_deadline(now, closes_at=FAR) - now).total_seconds() > 20 * 3600


def test_staff_add_days_of_their_own_and_untick_days_on_which_they_answer():
    ClosedDay.objects.create(day=Day(2019, 10, 15), name="Away together")
    ClosedDay.objects.create(day=Day(2019, 12, 27), name="We are in", is_closed=False)

    offered = moment("2019-10-14T10:00+01:00")
    assert closed_days.kind_deadline(offered, closes_at=FAR) == moment("2019-10-18T12:00+01:00")
    offered = moment("2019-12-23T10:00+00:00")
    assert closed_days.kind_deadline(offered, closes_at=FAR) == moment("2020-01-02T12:00+00:00")


def test_an_office_closed_for_months_still_has_a_next_day():
    ClosedDay.objects.bulk_create(ClosedDay(day=day) for day in _every_day(Day(2019, 10, 14), 100))

    assert closed_days.next_open_day(Day(2019, 10, 14)) == Day(2020, 1, 22)


def _every_day(first, count):
    return [Day.fromordinal(first.toordinal() + number) for number in range(count)]


def test_the_list_is_filled_beforehand_and_keeps_what_staff_changed():
    assert closed_days.fill(Day(2019, 5, 1)) > 24
    ClosedDay.objects.filter(day=Day(2019, 12, 27)).update(is_closed=False, name="We are in")

    assert closed_days.fill(Day(2019, 5, 2)) == 0

    assert list(ClosedDay.objects.filter(day__range=("2019-12-24", "2020-01-02")).values_list("name", "is_closed")) == [
        ("Christmas Day", True),
        ("Boxing Day", True),
        ("We are in", False),
        ("Christmas week", True),
        ("Christmas week", True),
        ("New Year's Day", True),
    ]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("2019-10-28T12:00+00:00", "Monday 28 October, 12 noon"),
        ("2019-07-03T11:00+00:00", "Wednesday 3 July, 12 noon"),
        ("2019-10-27T23:30+00:00", "Sunday 27 October, 11.30pm"),
    ],
)
def test_deadlines_are_said_as_people_say_them(end, words):
    assert answer_by(moment(end)) == words
