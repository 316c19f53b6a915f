"""The pages that stand at the top and at the foot of every page, known to each process for a second."""

from __future__ import annotations

import time
from typing import NamedTuple

from .models import Page

GOOD_FOR = 1.0  # seconds


class Entry(NamedTuple):
    title: str
    address: str


class Menus:
    """`top` and `foot`, each a list of entries in their order."""

    def __init__(self):
        self.top: list[Entry] = []
        self.foot: list[Entry] = []
        self.read_at = 0.0

    def read(self) -> None:
        """Bring them up to date unless they are a second old at most; all of it takes one query."""
        now = time.monotonic()
        if now - self.read_at <= GOOD_FOR:
            return
        pages = list(Page.objects.in_menus())
        self.top, self.foot = (
            [Entry(page.menu_title or page.title, page.get_absolute_url()) for page in pages if page.menu == menu]
            for menu in (Page.Menu.TOP, Page.Menu.FOOT)
        )
        self.read_at = now

    @property
    def privacy(self) -> Entry | None:
        """The page that says what we do with what people tell us, if there is one in a menu."""
        return next((entry for entry in [*self.foot, *self.top] if entry.address.startswith("/privacy")), None)

    def forget(self) -> None:
        """Let the next page read them anew."""
        self.read_at = 0.0


remembered = Menus()


def current() -> Menus:
    """The menus as they stood at most a second ago; `remembered` asks nobody."""
    remembered.read()
    return remembered
