"""Authors, topics, tags and the archive, as readers find them."""

import re
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from django.utils import timezone

from blog import archive
from blog.models import Handle, Post, Tag, Topic
from tests.factories import create_author, create_charity, create_picture, create_post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", response.content.decode())).split())


def titles(response):
    return [post.title for post in response.context["page"].posts]


# --- Authors ----------------------------------------------------------------------------------------------------------


def test_an_author_has_a_page_with_what_they_say_of_themselves_and_their_posts(client):
    anna = create_author(
        name="Anna Merrow",
        role="Head of Support",
        organisation="Kind Homes",
        bio="Anna visits people.",
        website="https://anna.example/",
        email="private@example.org",
        portrait=create_picture(alt="Anna at a desk"),
    )
    anna.handles.create(network=Handle.Network.BLUESKY, name="anna.example")
    create_post(title="Hers", authors=[create_author(name="Bob"), anna])
    create_post(title="Not hers", authors=[create_author(name="Cy")])

    response = client.get("/blog/authors/anna-merrow/")

    assert "Anna Merrow Head of Support, Kind Homes Anna visits people." in words(response)
    html = response.content.decode()
    assert 'href="https://anna.example/"' in html
    assert 'href="https://bsky.app/profile/anna.example"' in html
    assert 'alt="Anna at a desk"' in html
    assert "private@" not in html
    assert titles(response) == ["Hers"]


def test_authors_stand_below_their_post_with_what_they_say_of_themselves(client):
    post = create_post(authors=[create_author(name="Anna", role="Head of Support", bio="She visits."), create_author()])

    shown = words(client.get(post.get_absolute_url()))

    assert "About the authors Anna Head of Support She visits." in shown


def test_names_under_a_title_lead_to_the_author(client):
    post = create_post(authors=[create_author(name="Anna Merrow", organisation="Then")])
    author = post.bylines.get().author
    author.slug, author.organisation = "anna", "Now"
    author.save()

    assert '<a href="/blog/authors/anna/">Anna Merrow</a>, Then' in client.get("/blog/").content.decode()


# --- Topics and tags --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "relation"), [(Topic, "topics"), (Tag, "tags")])
def test_a_shelf_has_a_page_with_its_posts(client, model, relation):
    homes, money = model.objects.create(name="Homes", slug="homes"), model.objects.create(name="Money", slug="money")
    getattr(create_post(title="On homes"), relation).add(homes)
    getattr(create_post(title="On both"), relation).set([homes, money])
    getattr(create_post(title="On money"), relation).add(money)

    assert sorted(titles(client.get(homes.get_absolute_url()))) == ["On both", "On homes"]


def test_topics_have_an_index_and_posts_name_theirs(client):
    topic = Topic.objects.create(name="Homes", slug="homes", description="What it is like.")
    post = create_post()
    post.topics.add(topic)
    post.tags.create(name="Garden", slug="garden")

    assert "Homes What it is like." in words(client.get("/blog/topics/"))
    assert "What it is like." in words(client.get(topic.get_absolute_url()))
    shown = client.get(post.get_absolute_url()).content.decode()
    assert 'href="/blog/topics/homes/"' in shown
    assert 'href="/blog/tags/garden/"' in shown


def test_a_shelf_says_where_its_pieces_stand(client):
    topic = Topic.objects.create(name="Homes", slug="homes")
    for number in range(12):
        create_post(title=f"P{number:02}", publish_at=timezone.now() - timedelta(days=number + 1)).topics.add(topic)
    second = re.search(r'rel="next" href="([^"]+)"', client.get("/blog/topics/homes/").content.decode())[1]

    response = client.get(second)

    assert titles(response) == ["P10", "P11"]
    assert f'<link rel="canonical" href="https://www.example.org{second}">' in response.content.decode()


@pytest.mark.parametrize("page", ["/blog/topics/homes/", "/blog/tags/homes/", "/blog/authors/homes/", "/blog/"])
def test_feed_readers_find_both_feeds_of_a_page(client, page):
    post = create_post(title="On homes", authors=[create_author(name="Homes")])
    post.topics.create(name="Homes", slug="homes")
    post.tags.create(name="Homes", slug="homes")
    links = re.findall(r'<link rel="alternate" type="([^"]+)"[^>]* href="([^"]+)"', client.get(page).content.decode())

    own = [(kind, address) for kind, address in links if address.startswith(f"{page}feed/")]

    assert own == [("application/rss+xml", f"{page}feed/"), ("application/atom+xml", f"{page}feed/atom/")]
    for kind, address in own:
        response = client.get(address)
        assert response["Content-Type"].startswith(kind)
        feed = feedparser.parse(response.content)
        assert (feed.bozo, [entry.title for entry in feed.entries]) == (False, ["On homes"])
        assert [link.href for link in feed.feed.links if link.rel == "self"] == [f"https://www.example.org{address}"]


@pytest.mark.parametrize("kind", ["authors", "topics", "tags"])
def test_an_old_address_of_a_shelf_leads_to_the_new_one(client, kind):
    post = create_post(authors=[create_author(name="First", slug="first")])
    shelf = post.bylines.get().author if kind == "authors" else getattr(post, kind).create(name="First", slug="first")
    for slug in ("second", "third"):
        shelf.slug = slug
        shelf.save()

    for old in ("first", "second"):
        response = client.get(f"/blog/{kind}/{old}/")
        assert (response.status_code, response["Location"]) == (301, f"/blog/{kind}/third/")


# --- The archive ------------------------------------------------------------------------------------------------------

NEW_YEAR = [
    # An hour before midnight in winter, when London keeps UTC; and around midnight in summer, when it does not.
    (datetime(2018, 12, 31, 23, 59, tzinfo=UTC), (2018, 12)),
    (datetime(2019, 1, 1, 0, 0, tzinfo=UTC), (2019, 1)),
    (datetime(2019, 8, 31, 22, 59, tzinfo=UTC), (2019, 8)),
    (datetime(2019, 8, 31, 23, 0, tzinfo=UTC), (2019, 9)),
    # The night of 31 October 2019: the clocks went back four days before.
    (datetime(2019, 10, 31, 23, 30, tzinfo=UTC), (2019, 10)),
    (datetime(2020, 2, 29, 12, 0, tzinfo=UTC), (2020, 2)),
]


@pytest.mark.parametrize(("moment", "month"), NEW_YEAR)
def test_a_post_stands_in_the_month_that_it_was_in_london(client, moment, month):
    create_post(title="Here", publish_at=moment)
    year = month[0]

    assert [(day.year, day.month) for day in archive.months(Post.objects.published())] == [month]
    assert titles(client.get(f"/blog/archive/{year}/{month[1]}/")) == ["Here"]
    assert titles(client.get(f"/blog/archive/{year}/")) == ["Here"]
    for other in {1, 2, 8, 9, 10, 11, 12} - {month[1]}:
        assert client.get(f"/blog/archive/{year}/{other}/").status_code == 404


def test_the_archive_names_every_month_with_posts_and_no_other(client):
    for moment in ((2017, 12, 31), (2019, 2, 1), (2019, 2, 28), (2019, 11, 5)):
        create_post(title=f"On {moment}", publish_at=datetime(*moment, 12, tzinfo=UTC))

    html = client.get("/blog/archive/").content.decode()

    assert re.findall(r'href="/blog/archive/(\d[^"]+)/"', html) == ["2019", "2019/2", "2019/11", "2017", "2017/12"]


def test_a_blog_without_posts_has_an_empty_archive_and_no_topics(client):
    assert "Our first post is on its way" in words(client.get("/blog/archive/"))
    assert "No post has a topic yet" in words(client.get("/blog/topics/"))


@pytest.mark.parametrize(
    "path",
    ["0", "1", "9999", "10000", "9" * 5000, "2019/0", "2019/13", "2019/99999", "0/1", "9999/12", "x", "2019/x", "-1"],
)
def test_a_time_that_no_calendar_has_is_not_found(client, path):
    create_post(publish_at=datetime(2019, 5, 1, tzinfo=UTC))
    assert client.get(f"/blog/archive/{path}/").status_code == 404


def test_a_month_comes_in_pieces(client):
    for number in range(12):
        create_post(title=f"P{number:02}", publish_at=datetime(2019, 5, 20, 12, number, tzinfo=UTC))
    create_post(title="April", publish_at=datetime(2019, 4, 20, tzinfo=UTC))
    older = re.search(r'rel="next" href="([^"]+)"', client.get("/blog/archive/2019/5/").content.decode())[1]

    assert titles(client.get(older)) == ["P01", "P00"]
