"""The blog's pages as people see them, and the way to them at the desk."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from blog.models import Handle
from sharedlives.foundation import pictures
from tests.browser.test_editor import wait_for_editors
from tests.factories import create_author, create_charity, create_date, create_post, create_user, create_workshop

SIZES = [(width, scheme) for width in (320, 768, 1280) for scheme in ("light", "dark")]
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
    portrait, lead = (
        pictures.add(painted(size), by=None, name="P", alt="A wall") for size in ((500, 500), (1600, 1000))
    )
    guest = create_author(
        name="Anna Merrow",
        role="Head of Support",
        organisation="Shared Lives Plus",
        bio="Anna visits people.",
        website="https://anna.example/",
        portrait=portrait,
    )
    guest.handles.create(network=Handle.Network.BLUESKY, name="anna.example")
    post = create_post(
        title="Antidisestablishmentarianism and well-being",
        standfirst="In short.",
        introduction="<p>This is a guest.</p>",
        introduced_by=host,
        body=f'{BODY}<figure data-picture="{lead.pk}"></figure><aside><p>Pulled</p></aside><p>x<small>N</small></p>',
        content_note="It speaks of a death.",
        lead_picture=lead,
        workshop=workshop,
        authors=[guest, host],
    )
    shelves = [
        post.topics.create(name="Being well at home", slug="home", description="What it is like."),
        post.tags.create(name="Antidisestablishmentarianism", slug="long"),
    ]
    for number in range(11):
        other = create_post(
            title=f"Another {number}",
            authors=[guest],
            lead_picture=lead if number == 3 else None,
            publish_at=timezone.now() - timedelta(days=2, minutes=number),
        )
        other.topics.add(shelves[0])
        other.tags.add(shelves[1])
    return post


def painted(size):
    file = io.BytesIO()
    Image.new("RGB", size, "#8fbcb5").save(file, "JPEG")
    return ContentFile(file.getvalue(), "p.jpg")


PAGES = [
    "/blog/",
    "/blog/authors/anna-merrow/",
    "/blog/topics/",
    "/blog/topics/home/",
    "/blog/tags/long/",
    "/blog/archive/",
]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_and_nothing_is_cut_off(new_page, axe, post, width, scheme):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    day = timezone.localtime(post.publish_at)
    year = f"/blog/archive/{day.year}/"
    for address in (*PAGES, post.get_absolute_url(), year, f"{year}{day.month}/", f"/blog/?before={post.pk + 3}"):
        assert page.goto(address).status == 200
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_from_the_list_to_the_place(page, post):
    page.goto("/blog/")
    page.get_by_role("link", name=f"Continue reading {post.title}").click()
    page.get_by_role("link", name="Reserve your place").click()

    assert "/reserve/" in page.url


def test_from_a_post_to_its_author_its_topic_and_the_next_post(page, post):
    page.goto(post.get_absolute_url())
    page.get_by_role("heading", name="About the authors").wait_for()
    page.get_by_role("link", name="Anna Merrow", exact=True).first.click()
    page.get_by_role("heading", level=1, name="Anna Merrow").wait_for()
    page.get_by_role("link", name="Older posts").click()
    page.get_by_role("link", name="Newer posts").click()
    assert page.url.endswith("/blog/authors/anna-merrow/")

    page.goto(post.get_absolute_url())
    page.get_by_role("link", name="Being well at home").click()
    page.get_by_role("heading", level=1, name="Being well at home").wait_for()


def test_nothing_moves_while_pictures_load(new_page, post):
    page = new_page(viewport={"width": 360, "height": 800})
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.moved += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    for address in ("/blog/", post.get_absolute_url()):
        page.goto(address, wait_until="networkidle")
        assert page.evaluate("window.moved") == 0, address


def test_a_post_on_paper_is_the_post_alone(page, post):
    page.goto(post.get_absolute_url())
    page.emulate_media(media="print")

    assert page.get_by_text("This post stands at").is_visible()
    for gone in ("Pass it on", "About the authors", "Read on", "All posts"):
        assert not page.get_by_text(gone, exact=True).is_visible()


def test_staff_preview_what_is_not_out_yet(new_page, axe, post):
    post.publish_at = timezone.now() + timedelta(days=1)
    post.save()
    page = new_page(create_user(is_superuser=True))
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    page.get_by_role("link", name="View on site").click()

    assert page.get_by_text("Only staff see this page.").is_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Back to the post's form").click()
    wait_for_editors(page)


def test_a_new_author_is_added_from_the_form_of_a_post(new_page, live_server):
    create_charity()
    page = new_page(create_user(is_superuser=True))
    page.goto("/admin/blog/post/add/")
    wait_for_editors(page)
    with page.expect_popup() as opened:
        page.locator("#add_id_bylines-0-author").click()
    opened.value.locator("#id_name").fill("Anna Merrow")
    opened.value.locator("#id_slug").fill("anna-merrow")
    opened.value.get_by_role("button", name="Save").click()

    page.locator("#select2-id_bylines-0-author-container", has_text="Anna Merrow").wait_for()


def test_axe_finds_nothing_at_the_desk(new_page, axe, post):
    page = new_page(create_user(is_superuser=True))
    draft = create_post(title="Draft", is_published=False)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    wait_for_editors(page)
    assert axe(page) == []

    page.goto(f"/admin/blog/post/{draft.pk}/change/")
    wait_for_editors(page)
    draft.title = "Meanwhile"
    draft.save()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Two texts of").wait_for()
    assert axe(page) == []
