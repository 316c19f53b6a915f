"""Copying and dates by rule at the desk, as somebody with a keyboard and no time does it."""

import os
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from events.models import ClosedDay, Workshop, WorkshopDate
from sharedlives.foundation.spoken import LONDON
from tests.factories import create_charity, create_date, create_subscription, create_user, create_venue

WIDTHS = [320, 1280]


@pytest.fixture
def date(live_server):
    create_charity(site_address=live_server.url)
    starts = (timezone.now().astimezone(LONDON) + timedelta(days=30)).date()
    return create_date(
        venue=create_venue(), starts_at=datetime.combine(starts, datetime.min.time().replace(hour=11), LONDON)
    )


@pytest.fixture
def organiser(date):
    user = create_user()
    user.groups.add(Group.objects.get(name="Workshop organisers"))
    return user


def first_day(date):
    return (date.starts_at + timedelta(days=70)).date()


def fill_in_a_rule(page, date):
    page.goto(f"/admin/events/workshopdate/{date.pk}/change/")
    page.get_by_role("link", name="Copy or repeat").click()
    page.get_by_label("Day", exact=True).fill(first_day(date).isoformat())
    page.get_by_label("Repeat it").select_option("Every week")
    page.get_by_label("How many dates in all").fill("3")


def test_three_weekly_dates_by_keyboard_one_left_out(new_page, organiser, date):
    ClosedDay.objects.update_or_create(day=first_day(date) + timedelta(days=7), defaults={"name": "Moving house"})
    page = new_page(organiser)
    fill_in_a_rule(page, date)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make the ticked dates").wait_for()

    boxes = page.get_by_role("checkbox")
    assert [box.is_checked() for box in boxes.all()] == [True, False, True]
    assert page.get_by_text("The office is closed: Moving house.").is_visible()
    boxes.nth(2).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Make the ticked dates").focus()
    page.keyboard.press("Enter")

    page.get_by_text("This is the new date").wait_for()
    assert [each.starts_at.astimezone(LONDON).date() for each in WorkshopDate.objects.exclude(pk=date.pk)] == [
        first_day(date)
    ]


def test_a_double_click_makes_them_once(new_page, organiser, date):
    page = new_page(organiser)
    fill_in_a_rule(page, date)
    page.get_by_role("button", name="Show the dates").click()
    page.get_by_role("button", name="Make the ticked dates").dblclick()
    page.wait_for_url("**/admin/events/workshopdate/?*")

    assert WorkshopDate.objects.count() == 4


def test_a_workshop_is_copied_with_a_date(new_page, organiser, date):
    page = new_page(organiser)
    page.goto(f"/admin/events/workshop/{date.workshop_id}/change/")
    page.get_by_role("link", name="Copy this workshop").click()
    page.get_by_role("checkbox").check()
    page.get_by_label("The first of them is on").fill(first_day(date).isoformat())
    page.get_by_role("button", name="Copy it").click()
    page.get_by_role("button", name="Make the ticked dates").click()

    page.get_by_text("It is not published yet.").wait_for()
    assert Workshop.objects.get(title__endswith="(copy)").dates.count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_these_pages_and_nothing_scrolls_sideways(new_page, axe, organiser, date, scheme):
    create_subscription("ann@example.org", workshop=date.workshop)
    page = new_page(organiser, color_scheme=scheme)
    found = []

    def look(name):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found.extend(f"{name} {width}: {finding}" for finding in axe(page))
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{name} {width}: scrolls sideways")
            if shots := os.environ.get("SHOTS"):
                page.screenshot(path=f"{shots}/{name} {scheme} {width}.png", full_page=True)

    page.goto("/admin/events/subscription/")
    look("subscriptions")
    page.goto(f"/admin/events/workshop/{date.workshop_id}/copy/")
    look("copy a workshop")
    fill_in_a_rule(page, date)
    look("copy a date")
    page.get_by_label("How many dates in all").fill("99")
    page.get_by_role("button", name="Show the dates").click()
    look("copy a date with an error")
    page.get_by_label("How many dates in all").fill("3")
    page.get_by_role("button", name="Show the dates").click()
    look("dates to tick")
    assert found == []
