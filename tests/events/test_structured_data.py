"""What search engines and other sites read of workshops and dates: JSON-LD after schema.org, and Open Graph."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from events.models import WorkshopDate
from tests.blog.test_structured_data import Head
from tests.factories import book, create_charity, create_date, create_picture, create_venue, create_workshop

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
HOME = "https://www.example.org"
SCHEMA = "https://schema.org/"

# What Google asks of an Event, and the types that schema.org gives these.
ASKED = {
    "name": str,
    "description": str,
    "startDate": str,
    "endDate": str,
    "eventStatus": str,
    "eventAttendanceMode": str,
    "image": str,
    "location": dict,
    "offers": dict,
    "organizer": dict,
}


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def days(number):
    return timezone.now() + timedelta(days=number)


def read(client, thing):
    head = Head(client.get(thing.get_absolute_url()).content.decode())
    [(kind, text)] = head.scripts
    assert kind == "application/ld+json"
    return json.loads(text), dict(head.properties)


def test_a_date_is_told_with_all_that_search_engines_ask(client):
    workshop = create_workshop(title="Homes", summary="In short.", audience="Neighbours", picture=create_picture())
    venue = create_venue(map_url="https://maps.example.org/x", step_free="yes", lift="no", hearing_loop="no")
    year = timezone.now().year + 1
    date = create_date(
        workshop=workshop,
        venue=venue,
        starts_at=datetime(year, 6, 1, 11, tzinfo=LONDON),
        places=20,
        bsl=True,
        captions=True,
        hearing_loop=True,
        booking_closes_at=datetime(year, 5, 30, 17, tzinfo=LONDON),
    )
    book(date, "Ann", people=3)

    facts, _properties = read(client, date)

    assert {name: type(facts[name]) for name in ASKED} == ASKED
    address = f"{HOME}{date.get_absolute_url()}"
    assert (facts["@context"], facts["@type"], facts["url"]) == ("https://schema.org", "Event", address)
    assert (facts["name"], facts["description"], facts["inLanguage"]) == ("Homes", "In short.", "en-GB")
    assert (facts["startDate"], facts["endDate"]) == (f"{year}-06-01T11:00:00+01:00", f"{year}-06-01T15:00:00+01:00")
    assert facts["eventStatus"] == f"{SCHEMA}EventScheduled"
    assert facts["eventAttendanceMode"] == f"{SCHEMA}OfflineEventAttendanceMode"
    assert facts["image"].startswith(f"{HOME}/media/renditions/")
    assert (facts["organizer"]["@type"], facts["organizer"]["name"]) == ("Organization", "Kind Places")
    assert facts["superEvent"] == {
        "@type": "EventSeries",
        "@id": f"{HOME}/workshops/homes/",
        "name": "Homes",
        "url": f"{HOME}/workshops/homes/",
    }
    assert facts["audience"] == {"@type": "Audience", "audienceType": "Neighbours"}
    assert facts["isAccessibleForFree"] is True
    assert facts["offers"] == {
        "@type": "Offer",
        "url": f"{HOME}{date.get_reserve_url()}",
        "availability": f"{SCHEMA}InStock",
        "price": "0",
        "priceCurrency": "GBP",
        "validThrough": f"{year}-05-30T17:00:00+01:00",
    }
    assert (facts["maximumAttendeeCapacity"], facts["remainingAttendeeCapacity"]) == (20, 17)
    place = facts["location"]
    assert (place["@type"], place["name"], place["hasMap"]) == ("Place", "Friends House", "https://maps.example.org/x")
    assert place["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "Euston Road",
        "postalCode": "NW1 2BJ",
        "addressLocality": "London",
        "addressCountry": "GB",
    }
    # What nobody knows is not told; a loop that we bring counts though the house has none.
    assert {feature["name"]: feature["value"] for feature in place["amenityFeature"]} == {
        "Step-free from the street": True,
        "Lift to other floors": False,
        "Hearing loop": True,
        "British Sign Language": True,
        "Live captions": True,
    }
    assert facts["workFeatured"]["accessibilityFeature"] == ["signLanguage", "captions"]


@pytest.mark.parametrize(
    ("fields", "status", "previous"),
    [
        ({}, "EventScheduled", False),
        ({"state": "cancelled"}, "EventCancelled", False),
        ({"state": "postponed"}, "EventPostponed", False),
        ({"previous_starts_at": datetime(2019, 10, 28, 11, tzinfo=LONDON)}, "EventRescheduled", True),
        (
            {"state": "cancelled", "previous_starts_at": datetime(2019, 10, 28, 11, tzinfo=LONDON)},
            "EventCancelled",
            True,
        ),
    ],
)
def test_the_status_is_the_true_one(client, fields, status, previous):
    date = create_date(**fields)

    facts, _properties = read(client, date)

    assert facts["eventStatus"] == SCHEMA + status
    assert facts.get("previousStartDate") == ("2019-10-28T11:00:00+00:00" if previous else None)
    assert ("offers" in facts) == (date.state == "scheduled")


def test_a_date_moved_back_to_where_it_was_is_not_rescheduled(client):
    date = create_date()
    WorkshopDate.objects.update(previous_starts_at=date.starts_at)

    facts, _properties = read(client, date)

    assert facts["eventStatus"] == f"{SCHEMA}EventScheduled"
    assert "previousStartDate" not in facts


@pytest.mark.parametrize(
    ("mode", "attendance", "kinds"),
    [
        ("in person", "Offline", ["Place"]),
        ("online", "Online", ["VirtualLocation"]),
        ("hybrid", "Mixed", ["Place", "VirtualLocation"]),
    ],
)
def test_search_engines_know_how_people_take_part_and_never_the_link(client, mode, attendance, kinds):
    joining = {} if mode == "in person" else {"join_link": "https://meet.example.org/secret", "join_note": "Dial 1234"}
    date = create_date(mode=mode, area="" if mode == "online" else "Leeds", bsl=True, **joining)

    facts, _properties = read(client, date)

    locations = facts["location"] if isinstance(facts["location"], list) else [facts["location"]]
    assert facts["eventAttendanceMode"] == f"{SCHEMA}{attendance}EventAttendanceMode"
    assert [location["@type"] for location in locations] == kinds
    virtual = [location["url"] for location in locations if location["@type"] == "VirtualLocation"]
    assert virtual == [f"{HOME}{date.get_absolute_url()}"] * (mode != "in person")
    assert not any(word in json.dumps(facts) for word in ("meet.example.org", "1234"))


def test_while_the_venue_is_open_the_town_alone_is_told(client):
    facts, _properties = read(client, create_date(area="Birmingham city centre", ends_at=None, places=None))

    assert facts["location"] == {
        "@type": "Place",
        "name": "Birmingham city centre",
        "address": {"@type": "PostalAddress", "addressLocality": "Birmingham", "addressCountry": "GB"},
    }
    assert {"endDate", "image", "maximumAttendeeCapacity", "remainingAttendeeCapacity", "workFeatured"}.isdisjoint(
        facts
    )
    assert "null" not in json.dumps(facts)
    assert "None" not in json.dumps(facts)


@pytest.mark.parametrize(
    ("fields", "booked", "availability", "left"),
    [
        ({}, 0, "InStock", 2),
        ({}, 2, "SoldOut", 0),
        ({"booking_opens_at": days(3)}, 0, "InStock", None),
        ({"booking_closes_at": days(-1)}, 0, "OutOfStock", None),
        ({"starts_at": days(-9)}, 0, "OutOfStock", None),
        ({"places": None}, 2, "InStock", None),
    ],
)
def test_whether_places_are_left_is_told_as_it_is(client, fields, booked, availability, left):
    date = create_date(**{"places": 2, **fields})
    if booked:
        book(date, "Ann", people=booked)

    facts, _properties = read(client, date)

    assert facts["offers"]["availability"] == SCHEMA + availability
    assert facts.get("remainingAttendeeCapacity") == left
    assert ("validFrom" in facts["offers"]) == ("booking_opens_at" in fields)


def test_what_is_not_free_is_not_called_free(client):
    facts, _properties = read(client, create_date(workshop=create_workshop(cost="5 pounds, carers free")))

    assert "isAccessibleForFree" not in facts
    assert {"price", "priceCurrency"}.isdisjoint(facts["offers"])
    assert facts["offers"]["description"] == "5 pounds, carers free"


def test_a_workshop_is_a_series_of_its_dates(client):
    workshop = create_workshop(title="Homes", picture=create_picture(alt="A table"))
    dates = [create_date(venue=create_venue()), create_date(state="cancelled", starts_at=days(40))]

    facts, properties = read(client, workshop)

    assert (facts["@type"], facts["name"]) == ("EventSeries", "Homes")
    assert facts["@id"] == read(client, dates[0])[0]["superEvent"]["@id"]
    assert [event["url"] for event in facts["subEvent"]] == [HOME + date.get_absolute_url() for date in dates]
    assert [event["eventStatus"] for event in facts["subEvent"]] == [
        f"{SCHEMA}EventScheduled",
        f"{SCHEMA}EventCancelled",
    ]
    assert all(event["name"] == "Homes" and event["location"]["address"] for event in facts["subEvent"])
    assert properties["og:title"] == "Homes"
    assert properties["og:image:alt"] == "A table"
    assert properties["twitter:card"] == "summary_large_image"


def test_other_sites_are_told_what_to_show_of_a_date(client):
    date = create_date(workshop=create_workshop(title="Homes", summary="In short."))

    _facts, properties = read(client, date)

    assert properties["og:title"].startswith("Homes, London, ")
    assert properties["og:description"] == "In short."
    assert properties["og:url"] == HOME + date.get_absolute_url()
    assert properties["twitter:card"] == "summary"


def test_a_picture_whose_consent_is_over_is_not_passed_on(client):
    picture = create_picture(alt="Anna at home", consent_until=timezone.localdate() - timedelta(days=1))
    date = create_date(workshop=create_workshop(picture=picture))

    for thing in (date, date.workshop):
        facts, properties = read(client, thing)
        assert "image" not in facts
        assert {"og:image", "og:image:alt"}.isdisjoint(properties)


@pytest.mark.parametrize(
    "words",
    [
        "</script><script>alert(1)</script>",
        "<!-- <script>",
        '"><img src=x onerror=alert(1)>',
        "back \\ slash \" quote ' and & amp; \u2028 line",
        "]]> {{ x }}",
    ],
)
def test_no_words_end_the_data_and_all_come_back_as_they_were(client, words):
    workshop = create_workshop(title=words, slug="w", summary=words, audience=words, cost=words)
    date = create_date(workshop=workshop, venue=create_venue(name=words, street=words, town=words))

    facts, properties = read(client, date)
    series, _properties = read(client, workshop)

    assert facts["name"] == facts["description"] == facts["offers"]["description"] == words
    assert facts["audience"]["audienceType"] == facts["superEvent"]["name"] == series["name"] == words
    assert facts["location"]["name"] == facts["location"]["address"]["streetAddress"] == words
    assert series["subEvent"][0]["location"]["address"]["addressLocality"] == words
    assert properties["og:description"] == words
