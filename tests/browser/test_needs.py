"""The access needs team and the organisers at their desk, and what they print and take along."""

import pytest

from events import ring_list
from events.bookings import Person
from events.models import AccessNeed
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop


@pytest.fixture
def date(live_server):
    create_charity(site_address=live_server.url)
    workshop = create_workshop(contact_name="Olive", contact_phone="0151 496 0009")
    date = create_date(workshop=workshop, venue=create_venue(step_free="yes"), captions=True, places=4)
    book(
        date, "Ann", people=[Person("Ann", access="An interpreter"), Person("Bea", dietary="vegan")], support_workers=1
    )
    book(date, "Dot", email="", phone="0151 496 0123", people=3)
    return date


@pytest.fixture
def nora():
    return create_user(name="Nora", is_superuser=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_sheet_is_cut_off(new_page, axe, date, nora, width, scheme):
    page = new_page(nora, viewport={"width": width, "height": 800}, color_scheme=scheme)
    need = AccessNeed.objects.first()
    of_date = f"/admin/events/workshopdate/{date.pk}"
    for address in (f"/admin/events/accessneed/{need.pk}/change/", f"{of_date}/summary/", f"{of_date}/door/"):
        page.goto(address)
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    page.goto("/admin/events/accessneed/")
    assert axe(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_at_the_desk_of_whoever_runs_a_workshop(new_page, axe, date, nora, width):
    page = new_page(nora, viewport={"width": width, "height": 800})
    dates, bookings, pk = "/admin/events/workshopdate", "/admin/events/booking", date.bookings.first().pk
    ring_list.add(date.bookings.get(contact_name="Dot"), "changed")
    for address in (
        *("/admin/", f"{dates}/", f"{dates}/add/", f"{dates}/{date.pk}/change/", "/admin/events/ringtask/"),
        *(f"{bookings}/{pk}/change/", f"{bookings}/{pk}/letter/", f"{bookings}/add/?date={date.pk}"),
    ):
        page.goto(address)
        assert axe(page) == [], address


def test_a_need_is_seen_to_from_the_front_of_the_desk(new_page, date, nora):
    page = new_page(nora)
    page.goto("/admin/")
    page.get_by_role("link", name="2 needs to see to").click()
    page.get_by_role("link", name="Ann", exact=True).click()
    page.get_by_label("What is arranged").fill("Booked for the whole day.")
    page.get_by_role("button", name="I take it").click()
    page.get_by_role("button", name="Arranged").click()
    page.get_by_role("button", name="Write to ann@example.org").click()

    assert page.get_by_text("It says nothing of what they need.").is_visible()
    assert "interpreter" not in OutgoingMail.objects.get(template="events/email/answer").text
    need = AccessNeed.objects.get(place__name="Ann")
    assert (need.state, need.owner, need.arrangement) == ("arranged", nora, "Booked for the whole day.")


def test_lists_are_taken_out_and_printed(new_page, axe, date, nora):
    page = new_page(nora)
    page.goto(f"/admin/events/workshopdate/{date.pk}/change/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    assert download.value.suggested_filename == f"bookings_London_{date.starts_at:%Y-%m-%d}.xlsx"

    page.goto(f"/admin/events/workshopdate/{date.pk}/summary/")
    page.get_by_role("button", name="Make the sheet to print").click()
    assert page.get_by_text("1 × vegan").is_visible()
    assert axe(page) == []

    page.goto(f"/admin/events/workshopdate/{date.pk}/door/")
    page.emulate_media(media="print")
    assert not page.get_by_role("link", name="Back to the date").is_visible()
    assert page.get_by_text("Olive, 0151 496 0009").is_visible()
    # Black and white: nothing is told by colour, and no surface is filled.
    colours = page.evaluate(
        "[...document.querySelectorAll('main *')].map(e => getComputedStyle(e))"
        ".map(s => `${s.color} ${s.backgroundColor}`).filter((c, n, all) => all.indexOf(c) === n)"
    )
    assert colours == ["rgb(0, 0, 0) rgba(0, 0, 0, 0)"]
