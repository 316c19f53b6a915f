"""Deciding, one after another, what a move from WordPress proposes; and reading its report."""

from datetime import UTC, datetime

import pytest

from blog.models import Post
from events.models import WorkshopDate
from sharedlives.site import proposals
from sharedlives.site.wordpress import detect
from tests.factories import create_charity, create_import_run, create_post, create_user

SIZES = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]
BODY = (
    "<p>This is a guest blog from my colleague Ann Ash (@annash):</p><p>A good life is made of small things.</p>"
    "<p>We run free workshops to plan together where you are.</p><p>They take place from 11am – 3pm:</p>"
    "<p>Monday 28th October: London (Friends House, Euston Road, NW1 2BJ)</p>"
    "<p>Monday 29th October: Birmingham city centre (venue tbc)</p><p>There is more to say. Continue reading</p>"
)


@pytest.fixture
def waiting(live_server):
    """A post with one question of every kind."""
    create_charity(site_address=live_server.url)
    post = create_post(title="A good life", body=BODY, publish_at=datetime(2019, 10, 3, 8, 15, tzinfo=UTC))
    post.bylines.all().delete()
    post = Post.objects.get()
    found = detect.proposals(post.title, post.body, post.publish_at, "office", "Office")
    proposals.note(post, found)
    for one in found:
        if one.kind == "login":
            proposals.note_login(one, [post.pk], blog="https://blog.example.org")
    return list(proposals.to_decide())


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_and_nothing_is_cut_off(new_page, axe, waiting, width, scheme):
    page = new_page(create_user(is_superuser=True), viewport={"width": width, "height": 800}, color_scheme=scheme)
    run = create_import_run(
        counts={"posts": {"new": 1}},
        skipped=[{"what": "comments", "count": 3, "why": "This site has none."}],
        losses=[
            {"title": "A good life", "kind": "post", "said": "Lost.", "detail": "https://example.org/" + "x" * 300}
        ],
    )
    addresses = [f"/admin/site/proposal/{proposal.pk}/change/" for proposal in waiting]
    for address in ["/admin/", "/admin/site/proposal/", *addresses, f"/admin/site/importrun/{run.pk}/change/"]:
        page.goto(address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_afternoon_of_deciding(new_page, axe, waiting):
    page = new_page(create_user(is_superuser=True))
    page.goto("/admin/")
    page.get_by_role("link", name="5 proposals from the move wait").click()
    page.get_by_role("link", name="Whose sign-in wrote it").first.click()

    page.get_by_label("Name of a new author").fill("Alex Host")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="Who wrote it").wait_for()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="introduces a guest").wait_for()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="announces a workshop").wait_for()
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Say on which day.").wait_for()
    assert axe(page) == []
    second = page.get_by_role("group", name="Date 2 of 2")
    second.get_by_label("Day").fill("2019-10-29")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="cut short").wait_for()
    page.get_by_role("button", name="Leave it as it is").click()
    page.get_by_text("nothing waits any more").wait_for()

    post = Post.objects.get()
    assert [str(byline) for byline in post.bylines.all()] == ["Ann Ash"]
    assert post.introduced_by.name == "Alex Host"
    assert post.body.startswith("<p>A good life is made of small things.</p>")
    assert WorkshopDate.objects.filter(workshop=post.workshop).count() == 2
