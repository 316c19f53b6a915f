"""What is not public is absent everywhere; the same post, once public, is found in each of these places."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from blog import editorial
from blog.models import Post, Tag, Topic
from tests.factories import create_author, create_charity, create_post, create_user, create_workshop

pytestmark = pytest.mark.django_db

MOMENT = datetime(2019, 10, 14, 8, tzinfo=UTC)
SECRET = "Zanzibar"


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def draft():
    return {"is_published": False, "publish_at": None}


def scheduled():
    return {"publish_at": timezone.now() + timedelta(hours=1)}


def expired():
    return {"publish_at": MOMENT, "expire_at": timezone.now() - timedelta(seconds=1)}


def taken_down():
    return {"publish_at": MOMENT, "status": Post.Status.ARCHIVED}


def out():
    return {"publish_at": MOMENT}


def make(state):
    """A post in this state, alone under its author, topic and tag; and another that shares all its other things."""
    shared, own = create_author(name="Shared"), create_author(name="Owen")
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


@pytest.mark.parametrize("place", SAYS_ITS_TITLE)
def test_what_is_public_is_found(client, place):
    make(out())
    assert client.get(place).content.decode().count(SECRET) >= (2 if "search" in place else 1)


@pytest.mark.parametrize("place", SAYS_ITS_TITLE)
@pytest.mark.parametrize("state", [draft, scheduled, expired, taken_down])
def test_what_is_not_public_is_absent(client, state, place):
    make(state())
    page = client.get(place).content.decode().replace(f'value="{SECRET.lower()}"', "")
    assert SECRET not in page


@pytest.mark.parametrize("place", IS_THERE_FOR_IT)
def test_what_is_public_has_its_pages(client, place):
    make(out())
    assert client.get(place).status_code == 200


@pytest.mark.parametrize("place", IS_THERE_FOR_IT)
@pytest.mark.parametrize("state", [draft, scheduled, expired, taken_down])
def test_what_is_not_public_has_none(client, state, place):
    make(state())
    assert client.get(place).status_code == 404


LISTS = {
    "/blog/topics/": ["/blog/topics/own/"],
    "/blog/archive/": ["/blog/archive/2019/10/"],
    "/blog/archive/2019/": ["/blog/archive/2019/10/"],
    "/sitemap-blog.xml": ["/blog/authors/owen/", "/blog/topics/own/", "/blog/tags/own/"],
    "/sitemap-posts-2019.xml": ["/blog/zanzibar/"],
}


@pytest.mark.parametrize("place", LISTS)
@pytest.mark.parametrize("state", [draft, scheduled, expired, taken_down, out])
def test_lists_name_what_is_public_alone(client, state, place):
    make(state())
    page = client.get(place).content.decode()
    assert [address in page for address in LISTS[place]] == [state is out] * len(LISTS[place])


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
    editorial.unpublish(post, by=publisher)
    editorial.restore(post, by=publisher)

    again = client.get("/blog/feed/", headers={"if-modified-since": first["Last-Modified"]})
    assert again.status_code == 200
    assert SECRET not in again.content.decode()
