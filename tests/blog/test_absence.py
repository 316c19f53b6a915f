"""What is not public is absent everywhere; the same post, once public, is found in each of these places."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import resolve, reverse
from django.utils import timezone

from blog import editorial, preview_links, urls
from blog.models import Post, Tag, Topic
from sharedlives.site import urls as site_urls
from tests.factories import (
    create_author,
    create_charity,
    create_guest_pass,
    create_post,
    create_user,
    create_workshop,
)

pytestmark = pytest.mark.django_db

MOMENT = datetime(2019, 10, 14, 8, tzinfo=UTC)
SECRET = "Zanzibar"


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


# What is not out, in each state that a post can have, and the two that only the clock knows.
NOT_OUT = {
    status.value: {"is_published": False, "publish_at": MOMENT, "status": status}
    for status in Post.Status
    if status != Post.Status.PUBLISHED
} | {"scheduled": {"in_hours": 1}, "expired": {"publish_at": MOMENT, "expire_at": MOMENT + timedelta(days=1)}}
WAS_OUT = ("archived", "expired")
OUT = {"publish_at": MOMENT}


def make(state):
    """A post in this state, alone under its author, topic and tag; and another that shares all its other things."""
    state = dict(state)
    if hours := state.pop("in_hours", None):
        state["publish_at"] = timezone.now() + timedelta(hours=hours)
    shared, own = create_author(name="Shared"), create_author(name="Owen", is_guest=True)
    workshop = create_workshop()
    secret = create_post(title=SECRET, body=f"<p>{SECRET}</p>", authors=[own, shared], workshop=workshop, **state)
    seen = create_post(title="Seen", authors=[shared], workshop=workshop, publish_at=MOMENT + timedelta(days=40))
    for model, relation in ((Topic, "topics"), (Tag, "tags")):
        model.objects.create(name="Shared", slug="shared")
        getattr(secret, relation).set([model.objects.get(), model.objects.create(name="Own", slug="own")])
        getattr(seen, relation).set(model.objects.filter(slug="shared"))
    return secret, seen


# Where the post's title is, when it is public.
SAYS_ITS_TITLE = [
    "/",
    "/blog/",
    "/blog/zanzibar/",
    "/blog/feed/",
    "/blog/feed/atom/",
    "/blog/authors/shared/",
    "/blog/authors/shared/feed/",
    "/blog/authors/shared/feed/atom/",
    "/blog/topics/shared/",
    "/blog/topics/shared/feed/",
    "/blog/topics/shared/feed/atom/",
    "/blog/tags/shared/",
    "/blog/tags/shared/feed/",
    "/blog/tags/shared/feed/atom/",
    "/blog/archive/2019/",
    "/blog/archive/2019/10/",
    "/blog/seen/",  # related, and before it in time
    "/search/?q=zanzibar",
    "/workshops/shared-lives-where-you-are/",
]
# What is not there at all without it.
IS_THERE_FOR_IT = [
    "/blog/zanzibar/",
    "/blog/authors/owen/",
    "/blog/authors/owen/feed/",
    "/blog/topics/own/",
    "/blog/topics/own/feed/atom/",
    "/blog/tags/own/",
    "/blog/tags/own/feed/",
    "/blog/archive/2019/10/",
]
LISTS = {
    "/blog/topics/": ["/blog/topics/own/"],
    "/blog/archive/": ["/blog/archive/2019/10/"],
    "/blog/archive/2019/": ["/blog/archive/2019/10/"],
    "/sitemap-blog.xml": ["/blog/authors/owen/", "/blog/topics/own/", "/blog/tags/own/"],
    "/sitemap-posts-2019.xml": ["/blog/zanzibar/"],
}
# Never of this post, out or not: what anybody opens, and what somebody was given a link to another post for.
OF_NO_POST = ["/blog/suggest/", "/blog/guests/lost-link/", "/sitemap.xml", "/sitemap-site.xml", "/robots.txt"]
OF_ANOTHER = ["guest_post", "guest_preview", "guest_pictures"]
# Asked by POST alone.
ONLY_POSTED = ["guest_keep", "guest_picture_upload"]


def asked(client, place):
    answer = client.get(place)
    return answer.status_code, answer.content.decode()


def test_what_is_public_is_found(client):
    make(OUT)
    for place in SAYS_ITS_TITLE:
        status, page = asked(client, place)
        assert (status, SECRET in page) == (200, True), place
    for place in IS_THERE_FOR_IT:
        assert asked(client, place)[0] == 200, place
    for place, addresses in LISTS.items():
        assert all(address in asked(client, place)[1] for address in addresses), place


@pytest.mark.parametrize("state", NOT_OUT)
def test_what_is_not_public_is_absent(client, state):
    secret, seen = make(NOT_OUT[state])
    if state in WAS_OUT:
        secret.keep_address()
    said = {}
    for place in SAYS_ITS_TITLE:
        status, page = asked(client, place)
        said[place] = SECRET in page and place
    for place in IS_THERE_FOR_IT:
        expected = 410 if (state, place) == ("archived", "/blog/zanzibar/") else 404
        assert (client.get(place).status_code, client.head(place).status_code) == (expected, expected), place
    for place, addresses in LISTS.items():
        said[place] = [address for address in addresses if address in asked(client, place)[1]]
    assert [found for found in said.values() if found] == []


@pytest.mark.parametrize("state", [*NOT_OUT, "out"])
def test_whoever_was_given_a_link_to_another_post_sees_nothing_of_this_one(client, state):
    secret, seen = make(NOT_OUT.get(state, OUT))
    other = create_guest_pass(post=create_post(title="Another", is_published=False))
    token = other.get_absolute_url().split("/")[-2]
    places = [*OF_NO_POST, *(reverse(f"blog:{name}", args=[token]) for name in OF_ANOTHER)]
    places += [preview_links.create(other.post, guest_pass=other).get_absolute_url()]
    for place in places:
        status, page = asked(client, place)
        # A preview leads on to what is out, as the page itself does.
        assert status == 200
        assert SECRET not in page or (state == "out" and "preview" in place), place


@pytest.mark.parametrize("state", NOT_OUT)
def test_its_own_link_for_reading_shows_it_while_it_is_in_work_and_never_else(client, state):
    secret, _seen = make(NOT_OUT[state] | {"is_published": False, "status": Post.Status.DRAFT, "in_hours": None})
    link = preview_links.create(secret, by=create_user(is_superuser=True))
    wanted = NOT_OUT[state]
    Post.objects.filter(pk=secret.pk).update(
        status=wanted.get("status", Post.Status.PUBLISHED),
        publish_at=timezone.now() + timedelta(hours=1) if state == "scheduled" else MOMENT,
        expire_at=wanted.get("expire_at"),
    )
    status, page = asked(client, link.get_absolute_url())
    is_in_work = state in editorial.IN_WORK
    assert (status, SECRET in page) == ((200, True) if is_in_work else (410, False))


def test_every_address_of_the_blog_is_tried_here():
    """A new one is named in the lists above, or this fails."""
    tried = {
        resolve(place.split("?")[0]).view_name for place in [*SAYS_ITS_TITLE, *IS_THERE_FOR_IT, *LISTS, *OF_NO_POST]
    }
    tried |= {f"blog:{name}" for name in [*OF_ANOTHER, *ONLY_POSTED, "preview"]}
    there = {f"blog:{route.name}" for route in urls.urlpatterns} | {
        f"site:{route.name}" for route in site_urls.urlpatterns
    }

    # The four feeds of an author, a topic and a tag are two lines each in blog/urls.py; pages of ours know no posts.
    assert there - tried == {"site:page_detail"}


def test_an_old_address_of_what_is_expired_leads_nowhere(client):
    post = create_post(slug="first", publish_at=MOMENT)
    post.slug, post.expire_at = "second", timezone.now() - timedelta(seconds=1)
    post.save()

    assert client.get("/blog/first/").status_code == 404


def test_a_post_that_expires_leaves_the_feed_and_readers_are_told(client, time_machine):
    time_machine.move_to("2026-06-01T12:00:00+00:00", tick=False)
    create_post(title="Stays", publish_at=timezone.now() - timedelta(days=2))
    create_post(
        title=SECRET, publish_at=timezone.now() - timedelta(days=1), expire_at=timezone.now() + timedelta(hours=1)
    )
    for address in ("/blog/feed/", "/blog/feed/atom/"):
        first = client.get(address)
        assert SECRET in first.content.decode()

        time_machine.shift(3600)

        for header in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
            again = client.get(address, headers=header)
            assert again.status_code == 200
            assert SECRET not in again.content.decode()
            assert len(ET.fromstring(again.content)) > 0
        time_machine.shift(-3600)


def test_readers_are_told_of_a_post_that_was_taken_down_and_is_a_draft_again(client, time_machine):

    time_machine.move_to("2026-06-01T12:00:00+00:00", tick=False)
    publisher = create_user(permissions=["blog.publish_post", "blog.edit_post"])
    create_post(title="Stays", publish_at=timezone.now() - timedelta(days=2))
    post = create_post(title=SECRET, publish_at=timezone.now() - timedelta(days=1))
    first = client.get("/blog/feed/")

    time_machine.shift(60)
    editorial.unpublish(post, by=publisher, reason="It is out of date.")
    editorial.restore(post, by=publisher)

    again = client.get("/blog/feed/", headers={"if-modified-since": first["Last-Modified"]})
    assert again.status_code == 200
    assert SECRET not in again.content.decode()
