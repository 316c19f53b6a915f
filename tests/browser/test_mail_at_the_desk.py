"""Mails at the desk in a real browser: what they say, and writing to the people of a date."""

import os

import pytest

from events.models import DateMessage
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_user, create_workshop

MAY = ["events.view_workshopdate", "events.mail_workshopdate", "events.view_datemessage", "events.view_booking"]
# Where somebody who looks after the pages finds pictures of them: SCREENSHOTS=folder.
PICTURES = os.environ.get("SCREENSHOTS")


@pytest.fixture
def date(live_server):
    create_charity(site_address=live_server.url)
    date = create_date(workshop=create_workshop(contact_name="Olive Green", contact_email="olive@example.org"))
    for name in ("Ann Merrow", "Bob Marsh"):
        book(date, name)
    book(date, "Phil Hollow", email="", phone="0151 496 0002")
    return date


@pytest.fixture
def organiser(date):
    return create_user(permissions=MAY)


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def fits(page, width):
    return page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1280])
def test_staff_choose_look_and_send(new_page, axe, date, organiser, width):
    page = new_page(organiser, viewport={"width": width, "height": 900})
    page.goto(f"/admin/events/workshopdate/{date.pk}/change/")
    page.get_by_role("link", name="Write to people").click()
    count = page.get_by_role("status")
    count.get_by_text("2 get a mail, and 1 without e-mail is to be rung.").wait_for()
    page.get_by_label("Whom we reach").select_option(label="By mail")
    count.get_by_text("2 get a mail.", exact=True).wait_for()
    page.get_by_label("Whom we reach").select_option(label="By mail or by phone")
    page.get_by_label("Subject").fill("What to bring")
    page.get_by_label("Your words").fill("Please bring a picture.\n\nSee https://www.example.org/lunch.")
    picture(page, f"write-{width}")
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("heading", name="Look at it before it goes out").wait_for()
    assert page.get_by_label("Subject").input_value() == "What to bring"
    assert axe(page) == []
    assert fits(page, width)
    picture(page, f"look-{width}")

    with page.context.expect_page() as opened:
        page.get_by_role("button", name="See it as it arrives").click()
    arrived = opened.value
    arrived.get_by_role("heading", name="What to bring").wait_for()
    assert arrived.get_by_role("link", name="https://www.example.org/lunch").count() == 1
    picture(arrived, f"arrives-{width}")
    arrived.close()

    page.get_by_role("button", name="Send it to 3 bookings").dblclick()
    page.get_by_text("Written to 2 by mail. 1 is on").first.wait_for()
    assert DateMessage.objects.count() == 1
    assert OutgoingMail.objects.filter(template="events/email/message").count() == 2
    assert axe(page, within=".module ul") == []
    picture(page, f"sent-{width}")


@pytest.mark.parametrize("width", [360, 1280])
def test_staff_read_what_our_mails_say(new_page, axe, date, organiser, width):
    page = new_page(organiser, viewport={"width": width, "height": 900})
    page.goto(f"/admin/events/workshopdate/{date.pk}/mails/")
    page.locator("summary").first.click()

    assert page.get_by_text("You have a place.").first.is_visible()
    assert axe(page) == []
    assert fits(page, width)
    picture(page, f"mails-{width}")
    page.get_by_role("link", name="See it as it arrives").first.click()
    page.get_by_role("heading", name="You have a place.").wait_for()
