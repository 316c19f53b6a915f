import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from blog import editorial
from blog.models import Post
from tests.factories import create_author, create_charity, create_date, create_post, create_user, create_workshop

pytestmark = pytest.mark.django_db

LIST, FEED = "/blog/", "/blog/feed/"


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


@pytest.fixture
def publisher():
    return create_user(permissions=["blog.publish_post", "blog.view_post"])


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_posts_newest_first_with_bylines_and_where_to_read_on(client):
    anna = create_author(name="Anna McEwen", organisation="Shared Lives Plus")
    create_post(title="Older", publish_at=timezone.now() - timedelta(days=3))
    create_post(title="Newer", standfirst="In short.", authors=[anna, create_author(name="Bob")])

    shown = words(client.get(LIST))

    assert shown.index("Newer") < shown.index("Older")
    assert "By Anna McEwen, Shared Lives Plus and Bob" in shown
    assert "In short." in shown
    assert "Continue reading Newer" in shown


def test_the_list_has_pages_of_ten(client):
    for number in range(11):
        create_post(title=f"Post {number:02}", publish_at=timezone.now() - timedelta(days=number + 1))

    first, second = client.get(LIST), client.get(LIST, {"page": 2})

    assert [post.title for post in first.context["page"]] == [f"Post {number:02}" for number in range(10)]
    assert [post.title for post in second.context["page"]] == ["Post 10"]
    assert "Page 2 of 2" in words(second)
    assert 'href="?page=1"' in second.content.decode()


@pytest.mark.parametrize(
    "junk",
    ["x", "0", "-1", "2", "9999999999", "9" * 5000, "", "1e3", "1.5", "٣", "\x00", "%ff", "²", "None", "<script>"],
)
def test_junk_for_a_page_is_not_found(client, junk):
    create_post()
    response = client.get(LIST, {"page": junk})

    assert response.status_code == 404
    assert "<script>" not in response.content.decode()


def test_a_blog_without_posts_says_so(client):
    assert "Our first post is on its way" in words(client.get(LIST))


# --- A post -----------------------------------------------------------------------------------------------------------


def test_a_post_shows_its_parts_in_order(client):
    host = create_author(name="Alex Host", role="Chief Executive")
    guest = create_author(name="Anna McEwen", organisation="Shared Lives Plus")
    workshop = create_workshop(title="Three cities")
    create_date(workshop=workshop, area="Birmingham city centre")
    post = create_post(
        title="Being and well-being",
        standfirst="On getting disruptive.",
        introduction="<p>This is a guest blog from my colleague.</p>",
        introduced_by=host,
        body="<p>The NHS is great.</p>",
        workshop=workshop,
        authors=[guest],
        publish_at=datetime(2019, 10, 14, 8, tzinfo=UTC),
    )

    shown = words(client.get(post.get_absolute_url()))

    places = [
        shown.index(part)
        for part in (
            "Being and well-being On getting disruptive.",
            "By Anna McEwen, Shared Lives Plus Monday 14 October 2019",
            "This is a guest blog from my colleague. Alex Host, Chief Executive",
            "Next dates – reserve your place",
            "Birmingham city centre",
            "Venue to be confirmed",
            "20 places left",
            "The NHS is great.",
        )
    ]
    assert places == sorted(places)


def test_the_places_left_are_those_of_now(client):
    date = create_date(places=5)
    post = create_post(workshop=date.workshop)
    assert "5 places left" in words(client.get(post.get_absolute_url()))

    date.places = 3
    date.save()
    assert "3 places left" in words(client.get(post.get_absolute_url()))


def test_a_workshop_without_dates_is_still_found(client):
    workshop = create_workshop(title="Three cities")
    post = create_post(workshop=workshop)

    response = client.get(post.get_absolute_url())

    assert "No dates are planned just now." in words(response)
    assert workshop.get_absolute_url() in response.content.decode()


def test_a_workshop_that_is_not_published_is_not_shown(client):
    date = create_date(workshop=create_workshop(title="Secret plan", is_published=False))
    post = create_post(workshop=date.workshop)

    for address in (post.get_absolute_url(), FEED):
        assert "Secret plan" not in client.get(address).content.decode()


def test_search_engines_and_other_sites_are_told_about_the_post(client):
    post = create_post(title="On homes", standfirst="In short.")
    html = client.get(post.get_absolute_url()).content.decode()

    assert "<title>On homes - Kind Places</title>" in html
    assert '<meta name="description" content="In short.">' in html
    assert '<link rel="canonical" href="https://www.example.org/blog/on-homes/">' in html
    assert '<meta property="og:url" content="https://www.example.org/blog/on-homes/">' in html
    assert '<meta property="og:title" content="On homes">' in html


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_three_times(client, django_assert_num_queries, count):
    for number in range(count):
        create_post(
            title=f"Post {number}", authors=[create_author(name=f"A{number}"), create_author(name=f"B{number}")]
        )
    with django_assert_num_queries(3 + 1):  # and the charity's facts
        client.get(LIST)


@pytest.mark.parametrize("count", [1, 3])
def test_a_post_asks_the_database_three_times(client, django_assert_num_queries, count):
    workshop = create_workshop()
    for number in range(count):
        create_date(workshop=workshop, area=f"Town {number}")
    authors = [create_author(name=f"A{number}") for number in range(count)]
    post = create_post(workshop=workshop, authors=authors, introduced_by=authors[0])
    create_charity()  # forgotten again, so that asking for it counts
    with django_assert_num_queries(3 + 1):
        client.get(post.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3])
def test_the_feed_asks_the_database_four_times(client, django_assert_num_queries, count):
    for number in range(count):
        create_post(title=f"Post {number}", workshop=create_workshop(title=f"W{number}"))
    with django_assert_num_queries(4 + 1):  # two of them for the moment of the last change
        client.get(FEED)


# --- What is not public -----------------------------------------------------------------------------------------------


def hidden_posts():
    yield create_post(title="Hidden draft", is_published=False)
    yield create_post(title="Hidden until later", publish_at=timezone.now() + timedelta(hours=1))
    yield create_post(title="Hidden archive", status=Post.Status.ARCHIVED)


def test_what_is_not_published_is_absent_everywhere(client):
    create_post(title="Seen")
    hidden = list(hidden_posts())
    for post in hidden:
        response = client.get(post.get_absolute_url())
        assert response.status_code == 404
        assert "Hidden" not in response.content.decode()
    for address in (LIST, FEED, "/"):
        html = client.get(address).content.decode()
        assert "Seen" in html
        assert "Hidden" not in html


def test_a_draft_and_nothing_at_all_look_alike(client):
    draft = client.get(create_post(title="Hidden", is_published=False).get_absolute_url())
    nothing = client.get("/blog/nothing/")

    assert (draft.status_code, draft.content) == (404, nothing.content)


def test_staff_see_a_draft_with_a_notice_and_no_cache_keeps_it(client, publisher):
    client.force_login(publisher)
    for post in hidden_posts():
        response = client.get(post.get_absolute_url())

        assert "Only staff see this page." in words(response)
        assert post.state_in_words() in words(response)
        assert 'content="noindex, nofollow"' in response.content.decode()
        assert "no-store" in response["Cache-Control"]


def test_staff_without_the_right_see_no_draft(client):
    client.force_login(create_user(permissions=["events.view_workshop"]))

    assert client.get(create_post(is_published=False).get_absolute_url()).status_code == 404


def test_a_public_page_looks_at_nobodys_session(client):
    for address in (LIST, FEED, create_post().get_absolute_url()):
        response = client.get(address)
        assert not response.wsgi_request.session.accessed
        assert "Cookie" not in response.get("Vary", "")


# --- Addresses --------------------------------------------------------------------------------------------------------


def test_an_old_address_leads_straight_to_the_new_one(client):
    post = create_post(slug="first")
    for slug in ("second", "third"):
        post.slug = slug
        post.save()

    for old in ("first", "second"):
        response = client.get(f"/blog/{old}/")
        assert (response.status_code, response["Location"]) == (301, "/blog/third/")
        assert "max-age=3600" in response["Cache-Control"]


def test_an_old_address_of_a_post_taken_down_leads_nowhere(client, publisher):
    post = create_post(slug="first")
    post.slug = "second"
    post.save()
    editorial.unpublish(post, by=publisher)

    assert client.get("/blog/first/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/blog/%00/", "/blog/%ff/", "/blog/a%0db/", "/blog/../blog/x/", f"/blog/{'x' * 5000}/"]
)
def test_junk_for_an_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_pages_are_only_read(client, method):
    for address in (LIST, FEED, create_post(title=method).get_absolute_url()):
        assert getattr(client, method)(address).status_code == 405


# --- Escaping ---------------------------------------------------------------------------------------------------------

HOSTILE = '"><img src=x onerror=alert(1)></script></title>&{{ charity.email }}%(x)s'


def test_hostile_words_are_shown_as_words(client):
    author = create_author(name=HOSTILE[:100], organisation=HOSTILE, role=HOSTILE, slug="a")
    workshop = create_workshop(title=HOSTILE, slug="w")
    create_date(workshop=workshop)
    post = create_post(
        title=HOSTILE, slug="p", standfirst=HOSTILE, authors=[author], introduced_by=author, workshop=workshop
    )
    for address in (LIST, FEED, post.get_absolute_url(), reverse("site:home")):
        html = client.get(address).content.decode()
        assert "<img" not in html
        assert "</script></title>" not in html
        assert "office@example.org%" not in html
