"""Where dates are, for lists by place: the towns of their venues, the towns within their areas, and online."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.text import slugify

from .models import WorkshopDate
from .models.dates import WorkshopDateQuerySet
from .models.workshops import town_in

ONLINE = "Online"
Mode = WorkshopDate.Mode


@dataclass
class Town:
    """`called` and `areas` are the ways in which venues and dates write it."""

    name: str
    slug: str
    called: set[str] = field(default_factory=set)
    areas: set[str] = field(default_factory=set)

    @property
    def is_online(self) -> bool:
        return self.name == ONLINE

    def has(self) -> Q:
        """The dates that are there; one in both ways is there and online."""
        if self.is_online:
            return ~Q(mode=Mode.IN_PERSON)
        return Q(venue__town__in=self.called) | Q(venue=None, area__in=self.areas)


def towns(dates: WorkshopDateQuerySet) -> list[Town]:
    """Where these dates are, in the order of the alphabet, and online last; takes one query."""
    found: dict[str, Town] = {}
    for mode, called, area in set(dates.order_by().values_list("mode", "venue__town", "area").distinct()):
        if mode != Mode.IN_PERSON:
            found.setdefault(slugify(ONLINE), Town(ONLINE, slugify(ONLINE)))
        if mode == Mode.ONLINE:
            continue
        name = called or town_in(area)
        if slug := slugify(name):
            town = found.setdefault(slug, Town(name, slug))
            town.called.add(called) if called else town.areas.add(area)
    return sorted(found.values(), key=lambda town: (town.is_online, town.name))
