"""Changing one's own booking in a browser, the same at the desk, and the letter on paper."""

import re

import pytest

from events.bookings import Person
from events.models import Booking
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop


@pytest.fixture
def dates(live_server):
    create_charity(
        site_address=live_server.url,
        address="12 Larkspur Row\nLiverpool L1 0AA",
        access_contact_text="07700 900001",
        access_contact_relay="18001 0151 496 0001",
        access_contact_hours="Monday to Friday, 9am to 5pm",
    )
    venue = create_venue(step_free="yes", hearing_loop="no", travel="Ten minutes on level pavements from the station.")
    workshop = create_workshop(contact_name="Olive Green", contact_phone="0151 496 0055")
    york = create_date(workshop=workshop, venue=venue, places=6, hearing_loop=True, breaks=True)
    leeds = create_date(workshop=workshop, area="Leeds city centre", starts_at=york.starts_at.replace(year=2030))
    full = create_date(workshop=workshop, area="Hull", starts_at=leeds.starts_at.replace(year=2031), places=1)
    book(full, "Holder")
    return york, leeds


@pytest.fixture
def booking(dates):
    people = [Person("Ann", access="a ramp"), Person("Bob"), Person("Cat")]
    return book(dates[0], "Ann Other", people=people, support_workers=1)


@pytest.fixture
def staff():
    return create_user(name="Nora", is_superuser=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_is_cut_off(new_page, axe, booking, staff, width, scheme):
    page = new_page(staff, viewport={"width": width, "height": 800}, color_scheme=scheme)
    own, desk = booking.get_absolute_url(), f"/admin/events/booking/{booking.pk}/"
    addresses = [own, f"{own}places/", f"{own}move/", f"{own}hand-over/", "/bookings/handed-over/"]
    addresses += ["/bookings/lost-link/", "/bookings/lost-link/sent/"]
    addresses += [
        f"{desk}{name}/"
        for name in ("places", "move", "hand-over", "names", f"needs/{booking.people.first().pk}", "letter")
    ]
    for address in addresses:
        page.goto(address)
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_somebody_changes_everything_about_their_booking_and_hands_it_over(page, complaints, booking, dates):
    page.goto(booking.get_absolute_url())
    page.get_by_role("link", name="Change the number of people").click()
    page.get_by_label("Bob").check()
    page.get_by_role("button", name="Change the number").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You have 2 places."

    page.get_by_role("link", name="Come on another date").click()
    page.get_by_label(re.compile("Leeds city centre")).check()
    page.get_by_role("button", name="Move my booking").click()
    assert page.get_by_text("Leeds city centre").first.is_visible()

    page.get_by_role("link", name="Hand over to a colleague").click()
    page.get_by_role("button", name="Hand over").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("Your colleague's name").fill("Dot")
    page.get_by_label("Their e-mail").fill("dot@example.org")
    page.get_by_role("button", name="Hand over").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You have handed over."
    page.goto(booking.get_absolute_url())
    assert page.get_by_role("heading", level=1).inner_text() == "This link has ended"
    assert complaints.pop().endswith("410 (Gone)")

    given = Booking.objects.get(pk=booking.pk)
    assert (given.contact_name, given.date, given.places) == ("Dot", dates[1], 2)
    assert OutgoingMail.objects.filter(recipient="dot@example.org").count() == 1


def test_the_letter_fits_a_window_envelope_and_prints_in_large_type(new_page, booking, staff):
    page = new_page(staff)
    page.goto(f"/admin/events/booking/{booking.pk}/letter/")
    page.emulate_media(media="print")

    assert not page.get_by_text("Print this page").is_visible()
    place = page.locator(".window").bounding_box()
    millimetre = 96 / 25.4
    # Within the sheet's margins of 20 mm; the window of a DL envelope shows 47 to 82 mm from the top.
    assert (place["x"], round(place["y"] / millimetre + 20)) == (0, 47)
    assert round(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") * 72 / 96) >= 16
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")
