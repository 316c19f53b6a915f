from datetime import UTC, date, time

import pytest
from django.core.exceptions import ValidationError

from sharedlives.foundation.wall_clock import moment


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2019, 10, 27), time(0, 59), "2019-10-26T23:59:00+00:00"),
        (date(2019, 10, 27), time(2, 0), "2019-10-27T02:00:00+00:00"),
        (date(2019, 10, 28), time(11, 0), "2019-10-28T11:00:00+00:00"),
        (date(2026, 3, 29), time(0, 59), "2026-03-29T00:59:00+00:00"),
        (date(2026, 3, 29), time(2, 0), "2026-03-29T01:00:00+00:00"),
        (date(2028, 2, 29), time(23, 30), "2028-02-29T23:30:00+00:00"),
        (date(2026, 7, 1), time(0, 0), "2026-06-30T23:00:00+00:00"),
    ],
)
def test_a_time_on_the_wall_is_a_moment(day, at, utc):
    assert moment(day, at).astimezone(UTC).isoformat() == utc


@pytest.mark.parametrize("at", [time(1, 0), time(1, 30), time(1, 59)])
def test_the_skipped_hour_is_refused(at):
    with pytest.raises(ValidationError, match="on Sunday 29 March 2026: the clocks go forward") as refusal:
        moment(date(2026, 3, 29), at)
    assert refusal.value.code == "skipped"


@pytest.mark.parametrize("at", [time(1, 0), time(1, 30), time(1, 59)])
def test_the_doubled_hour_is_refused(at):
    with pytest.raises(ValidationError, match="comes twice on Sunday 25 October 2026") as refusal:
        moment(date(2026, 10, 25), at)
    assert refusal.value.code == "twice"
