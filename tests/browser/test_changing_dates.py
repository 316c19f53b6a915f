"""Changing a date at the desk, in a browser: look first, read the mail as it arrives, press once."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from events.bookings import Person
from events.models import WorkshopDate
from tests.factories import book, create_charity, create_date, create_user, create_venue


def test_an_organiser_confirms_the_venue_asks_who_can_still_come_and_postpones(new_page, axe):
    create_charity()
    organiser = create_user(name="Olive", is_superuser=True)
    starts_at = (timezone.now() + timedelta(days=30)).replace(hour=11, minute=0, second=0, microsecond=0)
    date = create_date(places=1, area="Birmingham city centre", starts_at=starts_at)
    create_venue(name="Carrs Lane", town="Birmingham", postcode="B4 7SX")
    ann = book(date, "Ann", people=[Person("Annie", access="A ramp")])
    book(date, "Bob")
    book(date, "Pat", email="", phone="0151 496 0007")
    page = new_page(organiser)

    page.goto(reverse("admin:events_workshopdate_change", args=[date.pk]))
    page.get_by_role("link", name="Change time or place").first.click()
    page.get_by_label("Venue").select_option(label="Carrs Lane, Birmingham")
    page.get_by_label("Area").fill("")
    page.get_by_label("Why, in one plain sentence").fill("Carrs Lane is close to the station and has a hearing loop.")
    page.get_by_label("Ask everybody with a place").check()
    assert axe(page) == []
    page.get_by_role("button", name="See what it will do").click()
    assert axe(page) == []
    with page.expect_popup() as opened:
        page.get_by_role("button", name="See it as it arrives").first.click()
    letter = opened.value
    assert letter.get_by_role("heading", level=1).inner_text().startswith("The venue is confirmed: Carrs Lane")
    letter.close()
    page.get_by_role("button", name="Change this date and tell 3 people").click()
    page.get_by_text("2 people are told by mail. 1 has no e-mail: ring them").wait_for()

    somebody = new_page()
    somebody.goto(ann.get_absolute_url())
    assert axe(somebody) == []
    somebody.get_by_role("button", name="Yes, I can still come").click()
    somebody.get_by_text("Thank you for telling us that you can still come.").wait_for()
    page.reload()
    page.get_by_text("Yes: 1").wait_for()
    page.goto(reverse("admin:events_workshopdate_postpone", args=[date.pk]))
    page.get_by_label("Why, in one plain sentence").fill("The trainer is ill.")
    page.get_by_role("button", name="See what it will do").click()
    page.get_by_role("button", name="Postpone this date").click()
    page.get_by_text("The date is postponed.").wait_for()
    somebody.goto(ann.get_absolute_url())
    somebody.get_by_role("heading", name="This workshop is postponed. You keep your place.").wait_for()
    assert axe(somebody) == []
    assert WorkshopDate.objects.get(pk=date.pk).is_postponed
