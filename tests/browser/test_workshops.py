"""Workshops as people find them: every state of a date, by place, in the past, on a phone and at a desk."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from sharedlives.foundation import pictures
from sharedlives.foundation.models import Picture
from tests.factories import (
    book,
    create_charity,
    create_date,
    create_post,
    create_venue,
    create_workshop,
    picture_file,
)

SIZES = [(320, "light"), (320, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]


@pytest.fixture
def addresses(live_server):
    """One page of each kind, and a date in each state."""
    create_charity(site_address=live_server.url, name="Kind Places and Shared Homes of the North West")
    picture = pictures.add(
        picture_file(), by=None, alt="Two people at a table", credit="Photograph: Ada", consent=Picture.Consent.NOBODY
    )
    workshop = create_workshop(
        title="Gardens together", picture=picture, audience="Neighbours", partners="The Lantern", summary="A day out."
    )
    venue = create_venue(step_free="yes", hearing_loop="no", travel="By bus.", access_note="Ring the bell.")
    everything = {"bsl": True, "captions": True, "hearing_loop": True, "quiet_room": True, "easy_read": True}
    dates = {
        "open": create_date(workshop=workshop, venue=venue, access_provision="Lunch.", **everything),
        "one left": create_date(area="Hull", places=1),
        "full": create_date(area="Newcastle upon Tyne city centre, near the station", places=1),
        "cancelled": create_date(area="Leeds", state="cancelled"),
        "postponed": create_date(area="York", state="postponed"),
        "online": create_date(mode="online", area=""),
        "both ways": create_date(mode="hybrid", venue=venue, join_link="https://meet.example.org/x"),
        "over": create_date(area="Bath", starts_at=timezone.now() - timedelta(days=9)),
    }
    book(dates["full"], "Ann")
    book(dates["full"], "Bob")
    create_post(title="We begin", standfirst="On gardens.", workshop=workshop, lead_picture=picture)
    lists = ["/workshops/", "/workshops/in/hull/", "/workshops/in/online/", "/workshops/past/"]
    return [*lists, workshop.get_absolute_url(), *(date.get_absolute_url() for date in dates.values())]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_and_nothing_is_cut_off(new_page, axe, addresses, width, scheme):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for address in addresses:
        page.goto(address)
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_from_the_list_by_place_to_a_place_of_ones_own(page, addresses):
    page.goto("/workshops/")
    page.get_by_role("navigation", name="Workshops by place").get_by_role("link", name="Hull").click()
    page.get_by_role("link", name="Reserve your place in Hull").click()

    assert page.get_by_role("heading", name="Reserve your place").is_visible()


def test_without_scripts_the_dates_are_still_a_list_of_links(new_page, addresses):
    page = new_page(java_script_enabled=False)
    page.goto("/workshops/")

    assert page.get_by_role("link", name=re.compile("New day to be announced.*York.*Gardens together")).is_visible()
    assert page.get_by_role("link", name="Subscribe in your calendar").get_attribute("href").startswith("webcal://")
