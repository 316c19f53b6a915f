"""The blog's pages as people see them, and the way to them at the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import create_author, create_charity, create_date, create_post, create_user, create_workshop

SIZES = [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")]
BODY = (
    '<h2>One</h2><p>Words and a <a href="https://www.example.org/a-very-long-address-without-any-place-to-break/xyz">'
    "link</a></p><table><tbody><tr><th>A</th><th>B</th><th>C</th><th>D</th></tr><tr><td>1</td><td>2</td><td>3</td>"
    "<td>4</td></tr></tbody></table><table><tbody><tr><th>A</th></tr></tbody></table><blockquote><p>Quote</p></blockquote><ol><li><p>x</p></li></ol><hr><h3>Two</h3>"
)


@pytest.fixture
def post(live_server):
    create_charity(site_address=live_server.url)
    workshop = create_workshop()
    create_date(workshop=workshop)
    host = create_author(name="Alex Host", role="Chief Executive")
    return create_post(
        title="Antidisestablishmentarianism and well-being",
        standfirst="In short.",
        introduction="<p>This is a guest.</p>",
        introduced_by=host,
        body=BODY,
        workshop=workshop,
        authors=[create_author(name="Anna McEwen", organisation="Shared Lives Plus"), host],
    )


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_and_nothing_is_cut_off(new_page, axe, post, width, scheme):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for address in ("/blog/", post.get_absolute_url()):
        page.goto(address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_from_the_list_to_the_place(page, post):
    page.goto("/blog/")
    page.get_by_role("link", name=f"Continue reading {post.title}").click()
    page.get_by_role("link", name="Reserve your place").click()

    assert "/reserve/" in page.url


def test_staff_preview_what_is_not_out_yet(new_page, axe, post):
    post.publish_at = timezone.now() + timedelta(days=1)
    post.save()
    page = new_page(create_user(is_superuser=True))
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    page.get_by_role("link", name="View on site").click()

    assert page.get_by_text("Only staff see this page.").is_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Back to the post's form").click()
    page.get_by_role("textbox", name="Text").wait_for()


def test_a_new_author_is_added_from_the_form_of_a_post(new_page, live_server):
    create_charity()
    page = new_page(create_user(is_superuser=True))
    page.goto("/admin/blog/post/add/")
    page.get_by_role("textbox", name="Text").wait_for()
    with page.expect_popup() as opened:
        page.locator("#add_id_bylines-0-author").click()
    opened.value.locator("#id_name").fill("Anna McEwen")
    opened.value.locator("#id_slug").fill("anna-mcewen")
    opened.value.get_by_role("button", name="Save").click()

    page.locator("#select2-id_bylines-0-author-container", has_text="Anna McEwen").wait_for()


def test_axe_finds_nothing_at_the_desk(new_page, axe, post):
    page = new_page(create_user(is_superuser=True))
    draft = create_post(title="Draft", is_published=False)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    page.get_by_role("textbox", name="Text").wait_for()
    assert axe(page) == []

    page.goto(f"/admin/blog/post/{draft.pk}/change/")
    page.get_by_role("textbox", name="Text").wait_for()
    draft.title = "Meanwhile"
    draft.save()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="The post as your colleague has saved it").wait_for()
    assert axe(page) == []
