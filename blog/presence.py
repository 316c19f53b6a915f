"""Who has a post open right now: a light word to colleagues, never a lock."""

from __future__ import annotations

import time

from django.core.cache import cache

from .models import Post

# A page that is open says so every half minute.
GOOD_FOR = 90  # seconds


def seen(post: Post, *, key: str, name: str) -> list[str]:
    """Note that whoever has this `key` is there; the names of the others."""
    here, now = _here(post), time.time()
    here[key] = (name, now)
    cache.set(_place(post), here, GOOD_FOR)
    return sorted(other for other_key, (other, _at) in here.items() if other_key != key)


def others(post: Post, *, key: str = "") -> list[str]:
    return sorted(name for other_key, (name, _at) in _here(post).items() if other_key != key)


def _here(post: Post) -> dict[str, tuple[str, float]]:
    now = time.time()
    return {key: seen for key, seen in (cache.get(_place(post)) or {}).items() if now - seen[1] < GOOD_FOR}


def _place(post: Post) -> str:
    return f"presence:{post.pk}"
