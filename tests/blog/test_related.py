"""Where a reader may go on from a post."""

from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Post, Tag, Topic
from blog.related import neighbours
from tests.factories import create_author, create_charity, create_post, create_workshop

pytestmark = pytest.mark.django_db


def of(post):
    return neighbours(Post.objects.for_reading().get(pk=post.pk))


def related(post):
    return [other.title for other in of(post).related]


@pytest.fixture
def authors():
    return [create_author(name=f"Author {number}") for number in range(12)]


def test_a_workshop_ties_more_than_a_tag_a_tag_more_than_a_topic_a_topic_more_than_an_author(authors):
    workshop = create_workshop()
    tag, topic = Tag.objects.create(name="T", slug="t"), Topic.objects.create(name="T", slug="t")
    post = create_post(title="Here", authors=authors[:1], workshop=workshop)
    post.tags.add(tag)
    post.topics.add(topic)
    create_post(title="Author", authors=authors[:1])
    create_post(title="Topic", authors=authors[1:2]).topics.add(topic)
    create_post(title="Tag", authors=authors[2:3]).tags.add(tag)
    create_post(title="Workshop", authors=authors[3:4], workshop=workshop)
    create_post(title="Nothing", authors=authors[4:5])

    assert related(post) == ["Workshop", "Tag", "Topic"]


def test_who_shares_more_comes_first_then_who_is_newer(authors):
    tags = [Tag.objects.create(name=f"T{number}", slug=f"t{number}") for number in range(3)]
    post = create_post(title="Here", authors=authors[:1])
    post.tags.set(tags)
    for title, shared, days in (("One old", 1, 9), ("Two", 2, 8), ("One new", 1, 7), ("Three", 3, 6)):
        other = create_post(title=title, authors=authors[1:2], publish_at=timezone.now() - timedelta(days=days))
        other.tags.set(tags[:shared])

    assert related(post) == ["Three", "Two", "One new"]


def test_a_post_that_shares_nothing_has_none(authors):
    create_post(title="Other", authors=authors[:1])

    assert related(create_post(title="Here", authors=authors[1:2])) == []


def test_the_posts_before_and_after_in_time(authors):
    at = timezone.now() - timedelta(days=5)
    posts = [create_post(title=f"P{number}", authors=[authors[number]], publish_at=at) for number in range(3)]
    newest = create_post(title="Newest", authors=[authors[9]])

    found = [of(post) for post in [*posts, newest]]

    assert [beside.older and beside.older.title for beside in found] == [None, "P0", "P1", "P2"]
    assert [beside.newer and beside.newer.title for beside in found] == ["P1", "P2", "Newest", None]


def test_a_draft_without_a_moment_has_no_place_in_time(authors):
    create_post(title="Other", authors=authors[:1])
    draft = of(create_post(title="Draft", is_published=False, authors=authors[:1]))

    assert (draft.older, draft.newer) == (None, None)
    assert [post.title for post in draft.related] == ["Other"]


def test_it_takes_one_query(authors, django_assert_num_queries):
    create_charity()
    for number in range(12):
        create_post(title=f"P{number}", authors=authors[:2])
    post = Post.objects.for_reading().first()
    with django_assert_num_queries(1):
        assert len(neighbours(post).related) == 3


def test_a_post_leads_on(client, authors):
    create_charity()
    create_post(title="Older", authors=authors[:1], publish_at=timezone.now() - timedelta(days=3))
    post = create_post(title="Here", authors=authors[:1])

    html = client.get(post.get_absolute_url()).content.decode()

    assert html.count('href="/blog/older/"') == 2
    assert 'rel="prev" href="/blog/older/"' in html
