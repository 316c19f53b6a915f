"""Whom people ask, and every way to reach them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contact:
    name: str = ""
    phone: str = ""
    text: str = ""
    relay: str = ""
    email: str = ""
    hours: str = ""

    def __bool__(self) -> bool:
        """Whether there is any way to reach them."""
        return bool(self.phone or self.text or self.relay or self.email)
