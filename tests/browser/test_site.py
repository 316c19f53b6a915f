"""Pages, search and the menus as people see them, and pages at the desk."""

import pytest

from sharedlives.foundation import redirects
from tests.browser.test_editor import box, wait_for_editors
from tests.factories import (
    create_author,
    create_charity,
    create_date,
    create_page,
    create_post,
    create_user,
    create_venue,
    create_workshop,
)

SIZES = [(width, scheme) for width in (320, 768, 1280) for scheme in ("light", "dark")]


@pytest.fixture(autouse=True)
def _site(live_server):
    create_charity(site_address=live_server.url, name="Kind Places and Shared Homes of the North West")
    create_post(title="Gardens", standfirst="On gardens.", authors=[create_author(name="Gil Gardens")])
    workshop = create_workshop(title="Gardens together")
    create_date(workshop=workshop, venue=create_venue())
    text = "<h2>Who</h2><p>We are.<small>A note.</small></p><ul><li>gardens</li></ul>"
    create_page(title="About us", menu="top", body=text, summary="Who we are.")
    create_page(title="Contact", menu="top", shows_contact=True, position=20)
    create_page(title="What we believe", menu="top", position=30)
    create_page(title="Accessibility statement", menu="foot")


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_and_nothing_is_cut_off(new_page, axe, width, scheme):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for address in ("/about-us/", "/contact/", "/search/", "/search/?q=gardens", "/search/?q=unicorns"):
        page.goto(address)
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_from_the_foot_of_a_page_to_what_was_looked_for(page):
    page.goto("/about-us/")
    page.get_by_role("search").get_by_label("Search this site").fill("london")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Gardens together").click()

    assert page.url.endswith("/workshops/gardens-together/")


def test_where_nothing_is_found_one_can_look(page, complaints):
    page.goto("/no/such/page/")
    complaints.clear()  # the browser notes the 404 itself
    page.get_by_role("search").get_by_role("searchbox").fill("gardens")
    page.get_by_role("button", name="Search").click()

    assert page.get_by_role("heading", name="3 results for “gardens”").is_visible()


def test_a_page_is_written_at_the_desk(new_page, axe, live_server):
    redirects.keep("/old/", "/blog/")
    page = new_page(create_user(is_superuser=True))
    for address in ("/admin/site/page/", "/admin/foundation/redirect/", "/admin/foundation/redirect/add/"):
        page.goto(address)
        assert axe(page) == [], address
    page.goto("/admin/site/page/add/")
    page.get_by_label("Title:", exact=True).fill("Our history")
    wait_for_editors(page)
    box(page).click()
    page.keyboard.type("It began in a kitchen.")
    page.get_by_label("Published").check()
    page.get_by_label("At the foot of every page").check()
    assert axe(page) == []
    page.get_by_role("button", name="Save", exact=True).click()

    page.goto("/our-history/")
    assert page.get_by_text("It began in a kitchen.").is_visible()
    assert page.locator("footer").get_by_role("link", name="Our history").is_visible()
