"""Limits on public forms, shared by all processes: rows keyed by an HMAC, gone after a day."""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, models
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import LimitCount


class TooMany(Exception):
    """The limit is passed; `retry_after` says in how many seconds to try again."""

    def __init__(self, retry_after: int):
        super().__init__(f"try again in {retry_after} seconds")
        self.retry_after = retry_after


def hit(scope: str, key: str, *, limit: int, seconds: int) -> None:
    """Count one more of `scope` by `key`; raises TooMany when that is over `limit` in the current window.

    Windows are fixed stretches of `seconds`. Call it outside the transaction of the work itself, or a rollback
    takes the count with it.
    """
    window = _Window(seconds)
    if _count(scope, key, window) > limit:
        raise TooMany(retry_after=window.seconds_left())


def note(obj: models.Model, key: str, *, seconds: int) -> None:
    """Count one more of what is done to `obj` by `key`, without a limit; `noted` sums it up."""
    about = f"{obj._meta.label_lower}:{obj.pk}"
    _count(about, key, _Window(seconds), about=about)


class Noted(NamedTuple):
    pk: int
    since: datetime
    times: int
    keys: int


def noted(model: type[models.Model], *, since: datetime, at_least: int) -> list[Noted]:
    """What was noted about rows of `model`, in windows from then on in which it was so many times; the newest first."""
    about = f"{model._meta.label_lower}:"
    windows = (
        LimitCount.objects.filter(window_starts_at__gte=since, about__startswith=about)
        .exclude(about="")
        .values_list("about", "window_starts_at")
        .annotate(times=Sum("count"), keys=Count("key"))
        .filter(times__gte=at_least)
        .order_by("-window_starts_at", "about")
    )
    return [Noted(int(row[0].removeprefix(about)), *row[1:]) for row in windows]


class _Window:
    """The fixed stretch of `seconds` in which now lies."""

    def __init__(self, seconds: int):
        now = time.time()
        self.seconds = seconds
        self.starts = now - now % seconds

    def seconds_left(self) -> int:
        return int(self.starts + self.seconds - time.time()) + 1


def _count(scope: str, key: str, window: _Window, about: str = "") -> int:
    digest = salted_hmac("limits", f"{scope}:{key}", algorithm="sha256").hexdigest()
    # Counts may be lost with the power: to wait for the disk would be most of what they cost. Not where other work
    # would be lost with them.
    wait = "" if connection.in_atomic_block else " FROM set_config('synchronous_commit', 'off', true)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO foundation_limitcount (key, window_starts_at, count, about) SELECT %s, %s, 1, %s{wait}"
            " ON CONFLICT (key, window_starts_at) DO UPDATE SET count = foundation_limitcount.count + 1"
            " RETURNING count",
            [digest, datetime.fromtimestamp(window.starts, UTC), about],
        )
        (count,) = cursor.fetchone()
    return count


def client_address(request: HttpRequest) -> str:
    """The visitor's address as our own proxies tell it; an IPv6 visitor is their /64 network.

    With TRUSTED_PROXY_COUNT = n the n-th value from the right of X-Forwarded-For counts; whatever stands left of it
    was written by the visitor.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY_COUNT:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(forwarded) >= settings.TRUSTED_PROXY_COUNT:
            address = forwarded[-settings.TRUSTED_PROXY_COUNT]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    # ::ffff:198.51.100.7, as a server that listens on both kinds names an IPv4 visitor: its /64 would be everybody.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def mailbox(email: str) -> str:
    """The key of the inbox behind an address: "Ann+books@example.org" reaches that of "ann@example.org"."""
    name, _at, host = email.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


def forget_old_counts() -> None:
    LimitCount.objects.filter(window_starts_at__lt=timezone.now() - timedelta(days=1)).delete()
    # Counts that allauth keeps in the cache: Django drops what has run out only when the table is full.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM foundation_cache WHERE expires < %s", [timezone.now()])
