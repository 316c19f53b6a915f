"""A day and a time as typed at a desk in the UK, made into a moment. Two nights a year that needs a question."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.core.exceptions import ValidationError

from . import spoken


def moment(day: date, at: time) -> datetime:
    """The moment when UK clocks show this. Refuses, in words, an hour that is skipped or comes twice."""
    early = datetime.combine(day, at, tzinfo=spoken.LONDON)
    late = early.replace(fold=1)
    if early.astimezone(UTC).astimezone(spoken.LONDON).replace(tzinfo=None) != early.replace(tzinfo=None):
        raise ValidationError(
            f"There is no {spoken.time(early)} on {spoken.day(early)}: the clocks go forward from 1am to 2am that "
            "night. Choose another time.",
            code="skipped",
        )
    if early.utcoffset() != late.utcoffset():
        raise ValidationError(
            f"{spoken.time(early)} comes twice on {spoken.day(early)}: the clocks go back from 2am to 1am that night. "
            "Choose a time before 1am, or 2am or later.",
            code="twice",
        )
    return early


def first_moment(day: date, at: time) -> tuple[datetime, bool]:
    """As `moment`, but of an hour that comes twice the first one is meant; whether it does."""
    try:
        return moment(day, at), False
    except ValidationError as error:
        if error.code != "twice":
            raise
        return datetime.combine(day, at, tzinfo=spoken.LONDON), True


def later(moment: datetime, days: timedelta) -> datetime:
    """The same time on UK clocks some days later, whatever the clocks do meanwhile."""
    return moment.astimezone(spoken.LONDON) + days
