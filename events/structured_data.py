"""What search engines read of a workshop and its dates: schema.org's EventSeries and Event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sharedlives.foundation import spoken, structured_data
from sharedlives.foundation.models import Charity
from sharedlives.foundation.structured_data import CONTEXT, LANGUAGE, said

from .models import Venue, Workshop, WorkshopDate

Mode = WorkshopDate.Mode

ATTENDANCE = {
    Mode.IN_PERSON: "OfflineEventAttendanceMode",
    Mode.ONLINE: "OnlineEventAttendanceMode",
    Mode.HYBRID: "MixedEventAttendanceMode",
}
# What of our provisions has a word in the W3C's vocabulary of accessibility.
ACCESSIBILITY = {"bsl": "signLanguage", "captions": "captions"}


def event(date: WorkshopDate, charity: Charity) -> dict[str, Any]:
    """One date, for its own page."""
    series = {
        "@type": "EventSeries",
        "@id": charity.site_address + date.workshop.get_absolute_url(),
        "name": date.workshop.title,
        "url": charity.site_address + date.workshop.get_absolute_url(),
    }
    facts = {
        "@context": CONTEXT,
        **_event(date, charity),
        **_words(date.workshop, charity),
        "superEvent": series,
        "offers": None if date.is_off else _offer(date, charity),
        "maximumAttendeeCapacity": date.places,
        "remainingAttendeeCapacity": date.places_left if date.is_open_for_booking() else None,
    }
    return said(facts)


def event_series(workshop: Workshop, dates: Iterable[WorkshopDate], charity: Charity) -> dict[str, Any]:
    """A workshop with some of its dates, for its page."""
    address = charity.site_address + workshop.get_absolute_url()
    facts = {
        "@context": CONTEXT,
        "@type": "EventSeries",
        "@id": address,
        "url": address,
        **_words(workshop, charity),
        "subEvent": [_event(date, charity) for date in dates],
    }
    return said(facts)


def _words(workshop: Workshop, charity: Charity) -> dict[str, Any]:
    return {
        "name": workshop.title,
        "description": workshop.summary,
        "inLanguage": LANGUAGE,
        "image": structured_data.picture_address(workshop.picture, charity.site_address),
        "organizer": structured_data.organisation(charity),
        "audience": {"@type": "Audience", "audienceType": workshop.audience} if workshop.audience else None,
        "isAccessibleForFree": workshop.is_free or None,
    }


def _event(date: WorkshopDate, charity: Charity) -> dict[str, Any]:
    address = charity.site_address + date.get_absolute_url()
    facts = {
        "@type": "Event",
        "@id": address,
        "url": address,
        "name": date.workshop.title,
        "startDate": _moment(date.starts_at),
        "endDate": _moment(date.ends_at),
        "eventStatus": f"{CONTEXT}/{_status(date)}",
        "previousStartDate": _moment(date.previous_starts_at) if date.has_moved else None,
        "eventAttendanceMode": f"{CONTEXT}/{ATTENDANCE[Mode(date.mode)]}",
        "location": _location(date, address),
        "workFeatured": _work(date),
    }
    return said(facts)


def _status(date: WorkshopDate) -> str:
    if date.is_cancelled:
        return "EventCancelled"
    if date.is_postponed:
        return "EventPostponed"
    return "EventRescheduled" if date.has_moved else "EventScheduled"


def _moment(moment) -> str | None:
    """With the hour of the UK's clocks on that day, and how far they are from UTC."""
    return moment.astimezone(spoken.LONDON).isoformat() if moment else None


def _location(date: WorkshopDate, address: str) -> dict[str, Any] | list[dict[str, Any]]:
    # The link to join is for people with a place; the page of the date tells how to get one.
    online = {"@type": "VirtualLocation", "url": address}
    if date.is_online:
        return online
    return [_place(date), online] if date.is_hybrid else _place(date)


def _place(date: WorkshopDate) -> dict[str, Any]:
    venue = date.venue
    street = {"streetAddress": venue.street, "postalCode": venue.postcode} if venue else {}
    postal = {"@type": "PostalAddress", **street, "addressLocality": date.town, "addressCountry": "GB"}
    facts = {
        "@type": "Place",
        "name": venue.name if venue else date.area,
        "address": postal,
        "hasMap": venue.map_url if venue else "",
        "amenityFeature": _amenities(venue, date),
    }
    return said(facts)


def _amenities(venue: Venue | None, date: WorkshopDate) -> list[dict[str, Any]]:
    """What is known about access there, and what we bring on that day, which may be what the venue has not."""
    known = venue.access_answers() if venue else {}
    features = known | dict.fromkeys(date.provisions(), True)
    return [{"@type": "LocationFeatureSpecification", "name": name, "value": value} for name, value in features.items()]


def _work(date: WorkshopDate) -> dict[str, Any] | None:
    """schema.org gives this word to works alone, so it is said of what is shown at the event."""
    features = [word for name, word in ACCESSIBILITY.items() if getattr(date, name)]
    if not features:
        return None
    return {"@type": "CreativeWork", "name": date.workshop.title, "accessibilityFeature": features}


def _offer(date: WorkshopDate, charity: Charity) -> dict[str, Any]:
    is_free, cost = date.workshop.is_free, date.workshop.cost
    facts = {
        "@type": "Offer",
        "url": charity.site_address + date.get_reserve_url(),
        "availability": f"{CONTEXT}/{_availability(date)}",
        **({"price": "0", "priceCurrency": "GBP"} if is_free else {"description": cost}),
        "validFrom": _moment(date.booking_opens_at),
        "validThrough": _moment(date.closes_at),
    }
    return said(facts)


def _availability(date: WorkshopDate) -> str:
    if date.can_be_reserved:
        return "SoldOut" if date.is_full else "InStock"
    return "OutOfStock"
