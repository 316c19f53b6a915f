"""What search engines are told, read by a parser that did not write it."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from urllib.robotparser import RobotFileParser

import pytest
from django.utils import timezone

from blog.models import Tag, Topic
from tests.factories import create_author, create_charity, create_date, create_page, create_post, create_workshop

pytestmark = pytest.mark.django_db

NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
HOME = "https://www.example.org"


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def read(client, path):
    response = client.get(path)
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return ET.fromstring(response.content)


def locations(client, path):
    return [place.text.removeprefix(HOME) for place in read(client, path).findall(".//s:loc", NAMESPACE)]


def everything(client):
    """All addresses of all sitemaps, as a search engine gathers them."""
    return [address for section in locations(client, "/sitemap.xml") for address in locations(client, section)]


def test_all_that_is_public_is_in_a_sitemap_and_answers(client):
    topic, tag = Topic.objects.create(name="Homes", slug="homes"), Tag.objects.create(name="Bus", slug="bus")
    date = create_date()
    for year in (2018, 2019):
        post = create_post(title=f"Of {year}", publish_at=datetime(year, 10, 3, 9, tzinfo=UTC))
        post.topics.add(topic)
        post.tags.add(tag)
    create_page(title="About us")

    found = everything(client)

    assert found == [
        "/",
        "/workshops/",
        "/about-us/",
        date.workshop.get_absolute_url(),
        "/workshops/in/london/",
        date.get_absolute_url(),
        "/blog/",
        "/blog/topics/",
        "/blog/archive/",
        "/blog/topics/homes/",
        "/blog/authors/anna-merrow/",
        "/blog/tags/bus/",
        "/blog/of-2019/",
        "/blog/of-2018/",
    ]
    assert {client.get(address).status_code for address in found} == {200}


def test_nothing_else_is(client):
    workshop = create_workshop(is_published=False)
    create_date(workshop=workshop)
    create_date(workshop=create_workshop(title="Old"), starts_at=timezone.now() - timedelta(days=9))
    create_page(is_published=False)
    Topic.objects.create(name="Empty", slug="empty")
    create_post(title="Draft", is_published=False, authors=[create_author(name="Unseen")])
    create_post(title="Later", publish_at=timezone.now() + timedelta(hours=1))

    assert everything(client) == ["/", "/workshops/", "/workshops/old/", "/blog/", "/blog/topics/", "/blog/archive/"]


def test_a_post_says_when_its_words_last_changed(client):
    post = create_post(publish_at=datetime(2019, 10, 3, 9, tzinfo=UTC))

    [said] = read(client, "/sitemap-posts-2019.xml").findall(".//s:lastmod", NAMESPACE)

    assert datetime.fromisoformat(said.text) == post.updated_at


@pytest.mark.parametrize("year", ["2018", "0", "1", "9999", "10000", "9" * 5000])
def test_a_year_without_posts_has_none(client, year):
    create_post(publish_at=datetime(2019, 10, 3, 9, tzinfo=UTC))

    assert client.get(f"/sitemap-posts-{year}.xml").status_code == 404


@pytest.mark.parametrize(
    ("path", "count"), [("/sitemap.xml", 2), ("/sitemap-site.xml", 4), ("/sitemap-blog.xml", 3), ("/robots.txt", 0)]
)
def test_sitemaps_ask_the_database_a_fixed_number_of_times(client, django_assert_num_queries, path, count):
    for number in range(3):
        create_post(title=f"P{number}", authors=[create_author(name=f"A{number}")])
        create_date(workshop=create_workshop(title=f"W{number}"))
        create_page(title=f"P{number}")
    client.get("/robots.txt")  # reads the charity's facts
    with django_assert_num_queries(count):
        client.get(path)


def robots(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    rules = RobotFileParser()
    rules.parse(response.content.decode().splitlines())
    return rules


def test_search_engines_may_read_what_is_public(client):
    rules = robots(client)

    assert rules.site_maps() == [f"{HOME}/sitemap.xml"]
    assert [rules.can_fetch("*", path) for path in ("/", "/blog/", "/workshops/")] == [True] * 3
    assert [rules.can_fetch("*", path) for path in ("/admin/", "/bookings/x/", "/search/?q=x")] == [False] * 3


def test_a_demonstration_wants_no_search_engine(client):
    create_charity(is_demo=True)
    rules = robots(client)

    assert not rules.can_fetch("*", "/")
    assert rules.site_maps() is None
