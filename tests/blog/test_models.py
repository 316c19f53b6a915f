import itertools
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from blog.models import Author, Byline, Handle, Post, PostAddress
from tests.factories import create_author, create_post, create_user, create_workshop

pytestmark = pytest.mark.django_db

MOMENTS = [None, timedelta(days=-1), timedelta(0), timedelta(seconds=1), timedelta(days=1)]


@pytest.mark.parametrize(
    ("status", "moment"),
    [pair for pair in itertools.product(Post.Status.values, MOMENTS) if pair != ("published", None)],
)
def test_one_post_and_the_set_agree_on_what_is_published(status, moment):
    now = timezone.now()
    post = create_post(is_published=False, status=status, publish_at=None if moment is None else now + moment)

    assert post.is_published(now) == Post.objects.published(now).filter(pk=post.pk).exists()
    assert post.is_published(now) == (status == "published" and moment <= timedelta(0))


def test_a_scheduled_post_comes_out_by_itself(time_machine):
    post = create_post(publish_at=timezone.now() + timedelta(hours=1))
    assert not Post.objects.published().exists()

    time_machine.move_to(post.publish_at)

    assert Post.objects.published().get() == post


def test_drafts_are_visible_to_staff_who_may_see_posts_and_to_nobody_else():
    draft = create_post(is_published=False)
    colleague = create_user(permissions=["blog.view_post"])
    without_the_right = create_user(email="b@example.org")
    who_left = create_user(email="c@example.org", permissions=["blog.view_post"], is_staff=False)

    assert list(Post.objects.visible_to(colleague)) == [draft]
    assert not Post.objects.visible_to(without_the_right).exists()
    assert not Post.objects.visible_to(who_left).exists()


def test_newest_first_and_drafts_before_all():
    old = create_post(title="Old", publish_at=timezone.now() - timedelta(days=9))
    new = create_post(title="New")
    draft = create_post(title="Draft", is_published=False)

    assert list(Post.objects.all()) == [draft, new, old]


@pytest.mark.parametrize("slug", ["feed", "authors", "topics", "tags", "archive", "page"])
def test_words_of_our_own_addresses_are_refused(slug):
    with pytest.raises(ValidationError, match="The site itself uses"):
        Post(title="A", slug=slug).full_clean()
    with pytest.raises(IntegrityError, match="post_address_is_its_own"), transaction.atomic():
        create_post(slug=slug)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "live"}, "post_status"),
        ({"publish_at": None, "status": "published"}, "published_post_has_a_moment"),
        ({"title": "", "slug": "a"}, "published_post_says_something"),
        ({"body": "<p></p>"}, "published_post_says_something"),
        ({"slug": ""}, "post_address_is_its_own"),
    ],
)
def test_the_database_refuses(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        create_post(**{"authors": [create_author()]} | fields)


def test_two_posts_never_share_an_address_or_a_guid():
    post = create_post()
    for fields in ({"slug": post.slug}, {"slug": "other", "guid": post.guid}):
        with pytest.raises(IntegrityError), transaction.atomic():
            create_post(**fields)


def test_an_old_address_leads_to_one_post_only():
    post, other = create_post(), create_post(title="Other")
    with pytest.raises(IntegrityError), transaction.atomic():
        PostAddress.objects.create(post=other, slug=post.slug)


def test_addresses_are_kept_from_the_first_day_out():
    post = create_post(slug="first", is_published=False)
    post.slug = "second"
    post.save()
    assert not post.addresses.exists()  # nobody has seen "first"

    post.status, post.publish_at = Post.Status.PUBLISHED, timezone.now()
    post.save()
    post.slug = "third"
    post.save()
    post.slug = "second"
    post.save()

    assert sorted(post.addresses.values_list("slug", flat=True)) == ["second", "third"]


def test_the_guid_is_made_once_and_stays():
    post = create_post()
    guid = post.guid
    post.title, post.slug = "Another", "another"
    post.save()
    post.refresh_from_db()

    assert guid.startswith("urn:uuid:")
    assert post.guid == guid


def test_what_is_printed_comes_from_the_author_and_stays():
    anna = create_author(name="Anna Merrow", organisation="Shared Lives Plus")
    byline = create_post(authors=[anna]).bylines.get()
    anna.organisation = "Elsewhere"
    anna.save()
    byline.save()
    byline.refresh_from_db()

    assert str(byline) == "Anna Merrow, Shared Lives Plus"


def test_what_is_printed_can_differ_from_the_author():
    anna = create_author(name="Anna Merrow", organisation="Shared Lives Plus")
    byline = Byline.objects.create(
        post=create_post(authors=[create_author(name="B")]), author=anna, name="Anna M.", organisation="Care Forum"
    )
    assert str(byline) == "Anna M., Care Forum"

    byline.organisation = ""
    byline.save()
    assert str(byline) == "Anna M."


def test_bylines_stand_in_their_order():
    authors = [create_author(name=name) for name in "CAB"]
    post = create_post(authors=authors)

    assert [byline.name for byline in post.bylines.all()] == ["C", "A", "B"]


def test_a_byline_names_each_author_once_and_is_never_empty():
    anna = create_author()
    post = create_post(authors=[anna])
    with pytest.raises(IntegrityError, match="byline_names_each_author_once"), transaction.atomic():
        post.bylines.create(author=anna)
    with pytest.raises(IntegrityError, match="byline_is_printed"), transaction.atomic():
        post.bylines.update(name="")


def test_handles_are_kept_without_at():
    handle = create_author().handles.create(network=Handle.Network.X, name=" @AnnaWritesHere")
    assert (handle.name, handle.get_absolute_url()) == ("AnnaWritesHere", "https://x.com/AnnaWritesHere")
    with pytest.raises(IntegrityError, match="handle_without_at"), transaction.atomic():
        Handle.objects.update(name="@x")


@pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://example.org", "data:text/html,x", "//evil.example"])
def test_websites_are_http_or_https(website):
    with pytest.raises(ValidationError):
        Author(name="A", slug="a", website=website).full_clean()


def test_who_has_written_cannot_be_deleted_and_outlives_a_sign_in():
    anna = create_author(user=create_user())
    create_post(authors=[anna])
    anna.user.delete()
    anna.refresh_from_db()

    assert anna.user is None
    with pytest.raises(ProtectedError):
        anna.delete()


def test_a_workshop_that_a_post_announces_cannot_vanish():
    workshop = create_workshop()
    create_post(workshop=workshop)
    with pytest.raises(ProtectedError):
        workshop.delete()


def test_where_a_post_stands_in_words(time_machine):
    time_machine.move_to("2019-10-20T12:00:00+00:00", tick=False)
    monday = timezone.datetime.fromisoformat("2019-10-28T09:00:00+00:00")
    post = create_post(is_published=False)
    assert post.state_in_words() == "Draft"

    post.status, post.publish_at = Post.Status.PUBLISHED, monday
    assert post.state_in_words() == "Scheduled for Monday 28 October 2019, 9am (Europe/London)"

    time_machine.move_to(monday, tick=False)
    assert post.state_in_words() == "Published Monday 28 October 2019, 9am"

    post.status, post.moved_at = Post.Status.ARCHIVED, monday
    assert post.state_in_words() == "Taken down"

    post.publish_at = None
    assert post.state_in_words() == "Put away"


def test_a_teaser_is_the_standfirst_or_how_the_post_begins():
    assert create_post(standfirst="In short.").teaser == "In short."
    post = create_post(title="B", body=f"<h2>One</h2><p>{'word ' * 60}</p>")
    assert post.teaser == "One " + "word " * 38 + "word…"
