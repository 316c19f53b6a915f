"""Dates and times as people in the UK say them, always in Europe/London."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def day(moment: datetime) -> str:
    """'Monday 28 October 2019'."""
    local = moment.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B %Y}"


def short_day(moment: datetime) -> str:
    """'Mon 28 Oct 2019', for lists at the desk."""
    local = moment.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b %Y}"


def time(moment: datetime) -> str:
    """'11am', '2.30pm', 'noon', 'midnight'."""
    local = moment.astimezone(LONDON)
    if local.minute == 0 and local.hour in (0, 12):
        return "noon" if local.hour else "midnight"
    minutes = f".{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def hours(starts: datetime, ends: datetime | None) -> str:
    """'11am to 3pm', or 'from 11am' when the end is not known."""
    if ends is None:
        return f"from {time(starts)}"
    if starts.astimezone(LONDON).date() != ends.astimezone(LONDON).date():
        return f"{time(starts)} to {time(ends)} on {day(ends)}"
    return f"{time(starts)} to {time(ends)}"
