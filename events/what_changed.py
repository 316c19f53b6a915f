"""What is different about a date, in words: for the mail, for whoever rings, for the page that asks staff first."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

from .models import Booking, Venue, WorkshopDate


@dataclass(frozen=True)
class Facts:
    """When, where and how a date takes place."""

    starts_at: datetime
    ends_at: datetime | None
    mode: str
    venue: Venue | None
    area: str
    join_link: str
    join_note: str

    @classmethod
    def of(cls, date: WorkshopDate) -> Facts:
        return cls(**{name: getattr(date, name) for name in FACTS})


FACTS = [field.name for field in fields(Facts)]


class Line(NamedTuple):
    """'Where: it was Leeds; now it is York.'"""

    label: str
    was: str
    now: str


@dataclass(frozen=True)
class WhatChanged:
    """One date before and after."""

    before: WorkshopDate
    after: WorkshopDate

    def differs(self, *names: str) -> bool:
        return any(getattr(self.before, name) != getattr(self.after, name) for name in names)

    @property
    def has_new_time(self) -> bool:
        """Whether it was postponed and is to take place now."""
        return self.before.is_postponed and not self.after.is_postponed

    @property
    def time(self) -> bool:
        return self.has_new_time or self.differs("starts_at", "ends_at")

    @property
    def place(self) -> bool:
        return self.differs("mode", "venue", "area") and self.before.where != self.after.where

    @property
    def joining(self) -> bool:
        return self.after.mode != WorkshopDate.Mode.IN_PERSON and self.differs("join_link", "join_note")

    @property
    def time_or_place(self) -> bool:
        """What everybody plans by, and what was arranged for them."""
        return self.time or self.place

    def concerns(self, booking: Booking) -> bool:
        """How to join is for those alone who have a place."""
        return self.time_or_place or (self.joining and booking.has_a_place)

    @property
    def venue_is_confirmed(self) -> bool:
        """It becomes known where, which is good news and no change of plans."""
        return self.place and self.before.awaits_venue() and self.after.venue is not None and not self.differs("mode")

    @property
    def venue_is_elsewhere(self) -> bool:
        """It becomes known where, and is in another town than was announced: most likely a slip."""
        return self.venue_is_confirmed and self.before.town.casefold() != self.after.town.casefold()

    @property
    def may_be_quiet(self) -> bool:
        """Whether it can be a mere correction: the time and the venue are what people travel by."""
        return not self.time and not self.differs("state", "mode", "venue", "join_link")

    @property
    def booking_closes_otherwise(self) -> bool:
        return self.before.closes_at != self.after.closes_at and not self.after.is_off

    @property
    def subject(self) -> str:
        """The first words of a mail's subject."""
        if self.time:
            return "New time and place" if self.place and not self.venue_is_confirmed else "New time"
        if self.venue_is_confirmed:
            return "The venue is confirmed"
        return "Another place" if self.place else "How to join"

    @property
    def headline(self) -> str:
        """One plain sentence or two that say what is now."""
        if self.has_new_time:
            time = f"The workshop has a new time: {self.after.when}."
        elif self.time:
            time = f"The time of the workshop has changed: it is now {self.after.when}."
        else:
            time = ""
        return " ".join(filter(None, [time, self._place_in_words])) or self._joining_in_words

    @property
    def _place_in_words(self) -> str:
        if not self.place:
            return ""
        if self.venue_is_confirmed:
            return f"The venue is confirmed: {self.after.where}."
        if self.after.is_online:
            return "The workshop is now online."
        if self.before.venue and not self.after.venue:
            return (
                f"The workshop cannot be at {self.before.venue.name}. We will tell you where it is as soon as we can."
            )
        same_house = not self.differs("venue", "area")
        if self.after.is_hybrid and same_house:
            return "You can now take part online as well."
        if self.before.is_hybrid and same_house:
            return f"The workshop is now in person only: {self.after.where}."
        return f"The workshop is now at another place: {self.after.where}."

    @property
    def _joining_in_words(self) -> str:
        if not self.differs("join_link"):
            return "How to join online has changed."
        return "The link to join online has changed." if self.before.join_link else "Here is the link to join online."

    @property
    def lines(self) -> list[Line]:
        """Before and after of what is different; the link to join is for those alone who have a place."""
        lines = []
        if self.time:
            lines.append(Line("When", self.before.when, self.after.when))
        if self.place:
            lines.append(Line("Where", self.before.where, self.after.where))
        return lines

    @property
    def in_words(self) -> str:
        """To be said on the telephone."""
        return " ".join(
            [
                f"“{self.after.workshop.title}”.",
                self.headline,
                *(f"{line.label}: it was {line.was}; now it is {line.now}." for line in self.lines),
                # Whoever was not rung about an earlier change hears of this one alone.
                f"It is {self.after.when}, {self.after.where}.",
            ]
        )
