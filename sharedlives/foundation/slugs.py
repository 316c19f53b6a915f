from __future__ import annotations

from collections.abc import Container


def numbered(base: str, taken: Container[str]) -> str:
    """`base`, or where that is taken "base-2", "base-3" ..., whichever is free first."""
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
