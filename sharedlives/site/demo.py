"""The demonstration: an invented charity with posts, workshops and staff. Every page says that it is one."""

from __future__ import annotations

from datetime import date as Day

from django.contrib.auth.models import Group
from django.db import transaction

import blog.demo
import events.demo
from blog.models import Author, Post
from events.models import Venue, Workshop
from sharedlives.foundation.models import Charity, User
from sharedlives.site import demo_pages
from sharedlives.site.models import Page
from sharedlives.site.roles import apply_roles

STAFF = {
    "admin@demo.example": ("Alex Admin", []),
    "publisher@demo.example": ("Pat Publisher", ["Publishers"]),
    "editor@demo.example": ("Eddie Editor", ["Editors"]),
    "organiser@demo.example": ("Olive Organiser", ["Workshop organisers", "Access needs team"]),
}


class RealContent(Exception):
    """The site holds real content, which a demonstration must not mix with."""


@transaction.atomic
def load(today: Day) -> str:
    """Make the invented content, or bring its dates into the future again; says what was done. Raises RealContent."""
    charity = Charity.objects.filter(pk=1).first()
    if charity and charity.is_demo:
        renewed = events.demo.renew_dates(today)
        return "The demonstration's dates were over; there are new ones." if renewed else "The demonstration is there."
    if charity or any(model.objects.exists() for model in (Workshop, Venue, Post, Author, Page)):
        raise RealContent("This site has content of its own. The demonstration is only for an empty one.")
    _make_charity()
    _make_staff()
    workshop = events.demo.create_demo(today)
    blog.demo.create_demo(today, workshop)
    demo_pages.create_demo()
    return "The demonstration is loaded: posts, pages, workshops, bookings and four members of staff."


def _make_charity() -> None:
    Charity.objects.create(
        pk=1,
        name="Open Door Lives (demonstration)",
        strapline="Homes and lives shared, so that nobody has to manage alone.",
        address="1 Example Street\nLiverpool\nL1 0AA",
        phone="0151 496 0000",
        email="office@demo.example",
        access_contact_name="Ada Rowan",
        access_contact_phone="0151 496 0001",
        access_contact_text="07700 900001",
        access_contact_relay="18001 0151 496 0001",
        access_contact_email="access@demo.example",
        access_contact_hours="Monday to Friday, 9am to 5pm",
        is_demo=True,
    )


def _make_staff() -> None:
    apply_roles()
    for email, (name, roles) in STAFF.items():
        user = User.objects.create_user(email, name=name, is_staff=True, is_superuser=not roles)
        user.groups.set(Group.objects.filter(name__in=roles))
