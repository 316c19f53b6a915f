"""What every activity does first: lock the date, with a limit to its patience."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from .models import WorkshopDate

LOCK_TIMEOUT = "3s"
MOVED_MEANWHILE = "This booking has moved to another date at this moment. Please look at it and try again."


class BookingRefused(Exception):
    """Why it cannot be done, as a sentence fit to show."""


class Busy(BookingRefused):
    """The date stayed locked by others for three seconds; trying again is worth it."""


P = ParamSpec("P")
T = TypeVar("T")


def activity(function: Callable[P, T]) -> Callable[P, T]:
    """One transaction, and three seconds of patience for the date's lock. Raises Busy after that."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                return function(*args, **kwargs)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise Busy("Many people are reserving at this moment. Nothing is lost: please try again.") from error
            raise

    return wrapped


def lock_date(date_id: int) -> WorkshopDate:
    # NO KEY: plain FOR UPDATE would also hold up whoever only refers to the date.
    return (
        WorkshopDate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workshop", "venue")
        .get(pk=date_id)
    )
