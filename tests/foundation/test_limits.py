from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from sharedlives.foundation import limits
from sharedlives.foundation.limits import TooMany, client_address, forget_old_counts
from sharedlives.foundation.models import LimitCount
from tests.server import all_at_once

pytestmark = pytest.mark.django_db

NOON = "2026-03-02T12:00:00Z"


def hit(key="198.51.100.7", scope="trying", limit=3, seconds=60):
    limits.hit(scope, key, limit=limit, seconds=seconds)


def test_up_to_the_limit_all_goes_and_then_nothing():
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            hit()
        with pytest.raises(TooMany) as refusal:
            hit()

    assert refusal.value.retry_after == 61


def test_it_goes_again_when_the_window_is_over():
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(3):
            hit()
        clock.shift(60)
        hit()


def test_keys_and_scopes_are_counted_apart():
    for _ in range(3):
        hit()

    hit(key="198.51.100.8")
    hit(scope="something else")


@pytest.mark.django_db(transaction=True)
def test_all_processes_count_together():
    """Twenty at once, each with a connection of its own, as twenty processes would be."""

    def press(n):
        try:
            hit(limit=5, seconds=86_400)
        except TooMany:
            return "refused"
        return "let in"

    assert sorted(all_at_once(20, press)) == ["let in"] * 5 + ["refused"] * 15


def test_neither_address_nor_scope_can_be_read_from_the_table():
    hit(key="ann@example.org")

    row = str(LimitCount.objects.values().get())
    assert "ann" not in row
    assert "trying" not in row


def test_counts_are_forgotten_after_a_day():
    with time_machine.travel(timezone.now() - timedelta(days=1, minutes=2)):
        hit(key="yesterday")
    hit(key="today")

    forget_old_counts()

    assert LimitCount.objects.count() == 1


def test_counts_in_the_cache_are_forgotten_when_they_have_run_out():
    cache.clear()
    cache.set("old", 1, timeout=60)
    cache.set("fresh", 1, timeout=3 * 60 * 60)

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        forget_old_counts()

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM foundation_cache")
        assert cursor.fetchall() == [(":1:fresh",)]


def test_a_flood_of_other_counts_pushes_none_out():
    cache.clear()
    cache.set("limits-somebody", 10, timeout=600)

    for n in range(400):
        cache.set(f"another-{n}", 1, timeout=600)

    assert cache.get("limits-somebody") == 10


# --- Whose address ----------------------------------------------------------------------------------------------------


def address(forwarded=None, remote="198.51.100.7"):
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))


def test_without_proxies_of_ours_the_header_is_not_believed():
    assert address("203.0.113.1") == "198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 7.7.7.7, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "198.51.100.7"),
        (1, "", "unknown"),
        (1, "<script>", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_behind_our_proxies_only_what_they_wrote_counts(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXY_COUNT = proxies

    assert address(forwarded) == expected


def test_an_ipv6_visitor_is_their_whole_network():
    assert address(remote="2001:db8:1:2::1") == address(remote="2001:db8:1:2:ffff::9") != address(remote="2001:db8::1")


def test_a_mapped_address_is_not_the_whole_ipv4_world():
    """::ffff:198.51.100.7 and its like all lie in one /64."""
    assert address(remote="::ffff:198.51.100.7") == "198.51.100.7"


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("facts")
def test_over_a_limit_the_page_says_so_in_words_with_a_phone_number_and_keeps_what_was_typed():
    client = Client()
    for _ in range(31):
        response = client.post("/accounts/invitation/x/", {"name": "Ann O'Ther", "password1": "hush hush hush"})

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 601
    text = response.content.decode()
    assert "Please try again in" in text
    assert "0151 496 0000" in text
    assert "Ann O&#x27;Ther" in text
    assert "hush" not in text
    assert "no-store" in response["Cache-Control"]
