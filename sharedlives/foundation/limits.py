"""Limits on public forms, shared by all processes: rows keyed by an HMAC, gone after a day."""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
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
    digest = salted_hmac("limits", f"{scope}:{key}", algorithm="sha256").hexdigest()
    now = time.time()
    starts = now - now % seconds
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO foundation_limitcount (key, window_starts_at, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (key, window_starts_at) DO UPDATE SET count = foundation_limitcount.count + 1"
            " RETURNING count",
            [digest, datetime.fromtimestamp(starts, UTC)],
        )
        (count,) = cursor.fetchone()
    if count > limit:
        raise TooMany(retry_after=int(starts + seconds - now) + 1)


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
