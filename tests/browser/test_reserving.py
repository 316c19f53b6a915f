"""A visitor's whole way, from the home page to cancelling, as a person with a browser goes it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from events import bookings
from events.bookings import Person
from events.models import AccessNeed, Booking, Subscription
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_subscription, create_venue, create_workshop

WIDTHS = [320, 768, 1280]


@pytest.fixture
def date(live_server):
    create_charity(site_address=live_server.url)
    workshop = create_workshop(description="<p>We draw a map.</p><ul><li>one</li></ul>", partners="The Lantern")
    return create_date(workshop=workshop, venue=create_venue(step_free="yes"), access_provision="Captions.")


def own_link(to):
    return re.search(r"http://\S+/bookings/\S+", OutgoingMail.objects.filter(recipient=to).latest("pk").text)[0]


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_home_page_to_a_cancelled_booking(new_page, complaints, date, javascript):
    page = new_page(java_script_enabled=javascript, viewport={"width": 360, "height": 740})
    page.goto("/")
    page.get_by_role("link", name="Reserve your place").click()

    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("Your e-mail").fill("ann@exmaple.org")
    page.get_by_label("First name").fill("Ann")
    page.get_by_role("button", name="Add another person").click()
    assert page.get_by_label("Your name").input_value() == "Ann Lee"
    second = page.locator("#person-2")
    second.get_by_label("First name").fill("Bob")
    second.get_by_text("Access and food").click()
    second.get_by_label("What would help").fill("a seat near the door")
    page.get_by_label("Yes, 1").check()
    page.get_by_role("button", name="Reserve", exact=True).click()

    # Two things are missing; the summary has the focus and says so, and nothing typed is lost.
    assert page.title().startswith("Error: ")
    if javascript:
        assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.locator("#person-2").get_by_label("What would help").input_value() == "a seat near the door"
    page.locator("#person-2").get_by_label("I am answering for somebody else").check()
    page.get_by_label("Keep what I wrote about needs").check()
    page.get_by_role("button", name="Reserve", exact=True).click()

    assert page.get_by_role("heading", level=1).inner_text() == "You have 2 places."
    assert page.get_by_text("ann@exmaple.org").is_visible()
    page.get_by_text("Wrong? Correct it now").click()
    page.get_by_label("Your e-mail").fill("ann@example.org")
    page.get_by_role("button", name="Write to this address instead").click()
    assert page.get_by_text("ann@example.org").is_visible()

    page.goto(own_link("ann@exmaple.org"))
    assert page.get_by_role("heading", level=1).inner_text() == "This link has ended"
    complaints.remove("Failed to load resource: the server responded with a status of 410 (Gone)")
    page.goto(own_link("ann@example.org"))
    page.get_by_role("link", name="Correct names").click()
    page.get_by_label("First name").nth(1).fill("Robert")
    page.get_by_role("button", name="Save the names").click()
    page.get_by_role("link", name="Replace or remove of Robert").click()
    page.get_by_role("button", name="Remove what I told you").click()
    assert not AccessNeed.objects.exists()
    page.get_by_text("I cannot come").click()
    page.get_by_role("button", name="Cancel my booking").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Your booking is cancelled."
    assert Booking.objects.get().state == Booking.State.CANCELLED


def test_a_double_click_is_one_booking(page, date):
    page.goto(date.get_reserve_url())
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your e-mail").fill("ann@example.org")
    page.get_by_role("button", name="Reserve", exact=True).dblclick()
    page.wait_for_url("**/bookings/made/**")

    assert Booking.objects.count() == 1


def test_the_whole_form_by_keyboard(page, date):
    page.goto(date.get_reserve_url())
    page.get_by_label("Your name").focus()
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    page.keyboard.type("ann@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/made/**")

    assert page.get_by_role("heading", level=1).inner_text() == "You have a place."


def someone_with_an_offer(date):
    one_place = create_date(
        workshop=date.workshop, area="York", places=1, starts_at=timezone.now() + timedelta(days=50)
    )
    holder = book(one_place, "Holder")
    booking = book(one_place, "Dan")
    bookings.cancel(holder)
    return booking


def test_an_offer_is_answered_from_the_link_in_the_mail(new_page, date):
    someone_with_an_offer(date)
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(own_link("dan@example.org"))

    assert page.get_by_role("heading", level=1).inner_text().startswith("We have a place for you. Tell us by ")
    page.get_by_role("button", name="Yes, I take the place").click()

    assert page.get_by_role("heading", level=1).inner_text() == "You have a place."


def test_somebody_asks_for_new_dates_without_scripts_and_leaves_again(new_page, complaints, date):
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(date.workshop.get_absolute_url())
    page.get_by_role("link", name="Tell me about new dates").click()
    page.get_by_label("Your e-mail").fill("ann@example.org")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Now check your e-mail").wait_for()

    mail = OutgoingMail.objects.get(recipient="ann@example.org").text
    confirm, leave = re.findall(r"http://\S+/new-dates/\S+", mail)
    page.goto(confirm)
    page.get_by_role("button", name="Yes, tell me about new dates").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You are on our list."
    page.goto(leave)
    page.get_by_role("button", name="Stop, and delete my address").click()

    assert page.get_by_role("heading", level=1).inner_text() == "You have left the list."
    assert not Subscription.objects.exists()


def every_page(date, page):
    """The addresses of all pages that somebody who books meets, and what to press there before looking."""
    full = create_date(workshop=date.workshop, area="Leeds", places=1, starts_at=timezone.now() + timedelta(days=40))
    booking = book(full, "Ann", people=[Person("Ann", access="a ramp")])
    waiting = book(full, "Bob")
    offered = someone_with_an_offer(date)
    page.goto(date.get_reserve_url())
    page.get_by_label("Your name").fill("Cat")
    page.get_by_label("Your e-mail").fill("cat@example.org")
    page.get_by_role("button", name="Reserve", exact=True).click()
    made = page.url
    return [
        ("/", None),
        ("/workshops/", None),
        (date.workshop.get_absolute_url(), None),
        (date.get_absolute_url(), None),
        (full.get_absolute_url(), None),
        (date.get_reserve_url(), None),
        (date.get_reserve_url(), "Reserve"),
        (made, None),
        (booking.get_absolute_url(), None),
        (waiting.get_absolute_url(), None),
        (offered.get_absolute_url(), None),
        (booking.get_absolute_url() + "names/", None),
        (f"{booking.get_absolute_url()}needs/{booking.people.first().pk}/", None),
        (f"{booking.get_absolute_url()}needs/{booking.people.first().pk}/", "Send"),
        ("/new-dates/", None),
        ("/new-dates/", "Tell me about new dates"),
        ("/new-dates/asked/", None),
        (create_subscription("ann@example.org", is_confirmed=False).get_confirm_url(), None),
        (create_subscription("bob@example.org").get_confirm_url(), None),
        (create_subscription("cat@example.org").get_leave_url(), None),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(new_page, axe, date, scheme):
    page = new_page(color_scheme=scheme)
    found = []
    for address, press in every_page(date, page):
        page.goto(address)
        if press:
            page.get_by_role("button", name=press, exact=True).click()
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{address} {width}: {finding}" for finding in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{address} {width}: scrolls sideways")

    assert found == []
