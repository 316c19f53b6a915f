"""Moments as WordPress writes them: UTC in one field, the blog's own time in another, and zeros where it has none."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sharedlives.foundation.spoken import LONDON


def of_item(item: dict[str, str]) -> datetime | None:
    """When the item went out, or is to; None where the export says it nowhere."""
    return (
        _stamp(item.get("date_gmt", ""), UTC)
        or _stamp(item.get("date", ""), LONDON)
        or _mail_date(item.get("pub_date", ""))
        or _stamp(item.get("modified_gmt", ""), UTC)
    )


def _stamp(text: str, zone) -> datetime | None:
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return _within_reach(datetime.strptime(text.strip(), shape).replace(tzinfo=zone).astimezone(UTC))
        except (ValueError, OverflowError):  # "0000-00-00 00:00:00"
            continue
    return None


def _mail_date(text: str) -> datetime | None:
    if " -" in text.rpartition(":")[0]:  # "Mon, 30 Nov -0001 00:00:00 +0000", which the parser takes for the year 2000
        return None
    try:
        found = parsedate_to_datetime(text)
        return _within_reach((found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _within_reach(moment: datetime) -> datetime:
    """`moment`, if it can be told on the clocks of any zone. Raises OverflowError."""
    if not 1 < moment.year < 9999:
        raise OverflowError
    return moment
