"""Invented workshops for the demonstration; nothing here exists, and every page says so."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime, time, timedelta

from sharedlives.foundation import demo_pictures
from sharedlives.foundation.spoken import LONDON

from . import bookings
from .bookings import Person
from .models import Venue, Workshop, WorkshopDate

THREE_CITIES = "opening-your-front-door"
FULL = "writing-so-that-everybody-can-read-it"
HALL = "Larkspur Meeting House (invented)"
GALLERY = "Copperfield Gallery (invented)"
LUNCH = "Lunch is vegetarian, and we ask everybody beforehand what they cannot eat."
JOIN_NOTE = "Open the link ten minutes early, and we make sure that you hear and see. Or ring 0151 496 0103 and listen."


def create_demo(today: Day) -> Workshop:
    """A workshop in three cities and online; and a full one with a queue."""
    three_cities = Workshop.objects.create(
        title="Opening your front door",
        slug=THREE_CITIES,
        summary="A free day for people who would like to begin sharing homes and lives in their own town.",
        description=(
            "<p>Sharing a home is an old idea that many towns have forgotten. In this workshop we look at how a small"
            " group of neighbours can begin again, with the people who know it best: those who live it.</p>"
            "<h3>What we will do</h3><ul><li>hear two people tell how they came to share a home</li>"
            "<li>draw a map of who is needed where you live</li><li>leave with three first steps</li></ul>"
            "<p>There is lunch, and there are long breaks. This workshop is invented for the demonstration.</p>"
        ),
        partners="The Lantern Foundation (invented)",
        audience="Anybody: neighbours, carers, people who need support, people who plan services",
        picture=demo_pictures.paint("noon", houses=3),
        is_published=True,
    )
    hall = Venue.objects.create(
        name=HALL,
        street="12 Larkspur Row",
        town="London",
        postcode="NW1 0AA",
        travel="Ten minutes on level pavements from the station; buses stop at the door.",
        step_free=Venue.Answer.YES,
        lift=Venue.Answer.YES,
        accessible_toilet=Venue.Answer.YES,
        hearing_loop=Venue.Answer.YES,
        blue_badge_parking=Venue.Answer.NO,
        assistance_dogs=Venue.Answer.YES,
        access_note="The side entrance has no steps and a door that opens by itself.",
        access_checked_on=today - timedelta(days=30),
    )
    gallery = Venue.objects.create(
        name=GALLERY,
        street="3 Mill Lane",
        town="Manchester",
        postcode="M1 0AA",
        step_free=Venue.Answer.YES,
        accessible_toilet=Venue.Answer.YES,
    )
    writing = Workshop.objects.create(
        title="Writing so that everybody can read it",
        slug=FULL,
        summary="A short, friendly afternoon about plain words and Easy Read.",
        description="<p>Bring a letter that nobody understands. This workshop is invented for the demonstration.</p>",
        is_published=True,
    )
    _three_dates(three_cities, today, hall, gallery)
    _full_date(writing, today, gallery)
    return three_cities


def renew_dates(today: Day) -> bool:
    """New dates where all are over, so that a demonstration from last month still shows something; whether it did."""
    three_cities = Workshop.objects.filter(slug=THREE_CITIES).first()
    if not three_cities or three_cities.dates.upcoming().exists():
        return False
    hall, gallery = (Venue.objects.filter(name=name).first() for name in (HALL, GALLERY))
    _three_dates(three_cities, today, hall, gallery)
    return True


def _three_dates(workshop: Workshop, today: Day, hall: Venue | None, gallery: Venue | None) -> None:
    """A Monday, the Tuesday after and the Monday after that, the second with its venue to be confirmed; then one
    online, and one in both ways."""
    monday = today + timedelta(days=21 + (7 - today.weekday()) % 7)
    brought = {"captions": True, "breaks": True, "quiet_room": True, "easy_read": True}
    online = {
        "join_link": "https://meet.demo.example/opening-your-front-door",
        "join_note": JOIN_NOTE,
        "captions": True,
    }
    _date(workshop, monday, venue=hall, places=24, support_places=4, bsl=True, access_provision=LUNCH, **brought)
    _date(workshop, monday + timedelta(days=1), area="Birmingham city centre", places=20, support_places=2)
    _date(workshop, monday + timedelta(days=7), venue=gallery, places=30, **brought)
    _date(workshop, monday + timedelta(days=9), mode=WorkshopDate.Mode.ONLINE, places=40, bsl=True, **online)
    _date(workshop, monday + timedelta(days=14), mode=WorkshopDate.Mode.HYBRID, venue=hall, places=30, **online)


def _date(workshop: Workshop, day: Day, **fields) -> WorkshopDate:
    return WorkshopDate.objects.create(
        workshop=workshop,
        state=WorkshopDate.State.SCHEDULED,
        starts_at=datetime.combine(day, time(11), LONDON),
        ends_at=datetime.combine(day, time(15), LONDON),
        **fields,
    )


def _full_date(workshop: Workshop, today: Day, venue: Venue) -> None:
    date = _date(workshop, today + timedelta(days=17), venue=venue, places=6, support_places=1)
    reserved = [
        bookings.reserve(
            date,
            contact_name=name,
            email="" if phone else f"person{number}@demo.example",
            phone=phone,
            people=[Person(name=name.split()[0])] + [Person()] * (people - 1),
            support_workers=support,
        ).booking
        for number, (name, people, support, phone) in enumerate(
            [
                ("Imogen Vale", 2, 1, ""),
                ("Theo Marsh", 1, 0, ""),
                ("Priya Lamb", 1, 0, ""),
                ("Rhys Hollow", 1, 0, ""),
                ("Oskar Finch", 1, 0, ""),
                ("Wren Ashby", 1, 0, "0151 496 0102"),
                ("Dilys Crane", 2, 0, ""),
            ]
        )
    ]
    # Two cannot come: one place is offered by mail, one to somebody whom staff have to ring.
    for booking in reserved[2:4]:
        bookings.cancel(booking)
