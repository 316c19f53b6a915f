"""What staff decided stays, however often the same blog moves in again, and is not reported as an edit by hand."""

import io

import pytest

from blog.models import Author, Post
from sharedlives.site.models import Proposal
from sharedlives.site.proposals import accept, decline
from sharedlives.site.wordpress import applying
from tests.factories import create_charity, create_user

pytestmark = pytest.mark.django_db

OPENING = "This is a guest blog from my colleague Ann Ash (@annash):"
TEXT = "What makes a good life? Small things, mostly."
EXPORT = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Old blog</title><link>https://old.example</link>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://old.example</wp:base_site_url>
<wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login>office</wp:author_login>
<wp:author_display_name>Office</wp:author_display_name></wp:author>{items}</channel></rss>"""
ITEM = """<item><title>A good life</title><link>https://old.example/a-good-life/</link><dc:creator>office</dc:creator>
<guid isPermaLink="false">https://old.example/?p={id}</guid><content:encoded><![CDATA[{body}]]></content:encoded>
<excerpt:encoded></excerpt:encoded><wp:post_id>{id}</wp:post_id><wp:post_date>2019-10-03 09:15:00</wp:post_date>
<wp:post_date_gmt>2019-10-03 08:15:00</wp:post_date_gmt><wp:post_name>a-good-life-{id}</wp:post_name>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>"""


def move(*bodies):
    items = "".join(ITEM.format(id=7 + number, body=body) for number, body in enumerate(bodies))
    file = io.BytesIO(EXPORT.format(items=items).encode())
    return applying.move(file, name="old.xml", is_applied=True)


@pytest.fixture
def boss():
    create_charity()
    return create_user(name="Bo Ss", is_superuser=True)


@pytest.fixture
def decided(boss):
    """One post, moved in, all its questions accepted."""
    move(f"{OPENING}\n\n{TEXT}")
    for kind, changes in (("login", {"name": "Alex Host"}), ("byline", {}), ("introduction", {})):
        accept(Proposal.objects.get(kind=kind), by=boss, **changes)


def stands():
    post = Post.objects.get()
    return post.introduction, post.body, [str(byline) for byline in post.bylines.all()], post.introduced_by.name


AS_DECIDED = f"<p>{OPENING[:-1]}.</p>", f"<p>{TEXT}</p>", ["Ann Ash"], "Alex Host"


def test_the_same_export_changes_nothing_and_reports_no_edit(decided):
    report = move(f"{OPENING}\n\n{TEXT}")

    assert stands() == AS_DECIDED
    assert report.as_json()["counts"]["posts"] == {"unchanged": 1}
    assert report.questions == []
    assert Proposal.objects.filter(state="open").count() == 0


def test_what_is_mended_there_later_still_comes_without_showing_the_introduction_twice(decided):
    report = move(f"{OPENING}\n\n{TEXT} And friends.")

    assert stands() == (AS_DECIDED[0], f"<p>{TEXT} And friends.</p>", *AS_DECIDED[2:])
    assert report.as_json()["counts"]["posts"] == {"updated": 1}
    assert Proposal.objects.filter(state="open").count() == 0


def test_an_introduction_changed_there_later_is_left_and_reported(decided):
    report = move(f"This is a guest blog from my friend Ann Ash:\n\n{TEXT}")

    assert stands() == AS_DECIDED
    assert report.as_json()["counts"]["posts"] == {"edited here": 1}


def test_an_edit_by_hand_after_the_decision_stays_and_is_reported(decided):
    post = Post.objects.get()
    post.body = "<p>Words of our own.</p>"
    post.save()

    report = move(f"{OPENING}\n\n{TEXT} And friends.")

    assert stands()[1] == "<p>Words of our own.</p>"
    assert report.as_json()["counts"]["posts"] == {"edited here": 1}


def test_an_edit_by_hand_before_the_decision_is_still_one_after_it(boss):
    move(f"{OPENING}\n\n{TEXT}")
    post = Post.objects.get()
    post.body += "<p>Words of our own.</p>"
    post.save()
    accept(Proposal.objects.get(kind="introduction"), by=boss)

    move(f"{OPENING}\n\n{TEXT} And friends.")

    assert Post.objects.get().body == f"<p>{TEXT}</p><p>Words of our own.</p>"


def test_what_was_declined_is_not_asked_again(boss):
    move(f"{OPENING}\n\n{TEXT}")
    for proposal in Proposal.objects.all():
        decline(proposal, by=boss)

    move(f"{OPENING}\n\n{TEXT} And friends.")

    assert set(Proposal.objects.values_list("state", flat=True)) == {"declined"}
    assert Post.objects.get().bylines.count() == 0


def test_a_late_post_of_a_known_sign_in_asks_for_that_post_alone(decided):
    move(f"{OPENING}\n\n{TEXT}", "A late post.")

    asked = Proposal.objects.get(state="open")
    late = Post.objects.get(slug="a-good-life-8")
    assert (asked.kind, asked.details["posts"]) == ("login", [late.pk])
    assert late.bylines.count() == 0
    assert Author.objects.filter(name="Alex Host").count() == 1


def test_a_text_cut_short_is_asked_about_until_somebody_has_settled_it(boss):
    cut = f"<p>{TEXT}</p><p>Continue reading</p>"
    assert "cut short" in str(move(cut).as_json()["questions"])
    assert "cut short" in str(move(cut).as_json()["questions"])

    decline(Proposal.objects.get(kind="cut_short"), by=boss)

    assert move(cut).as_json()["questions"] == []
