"""Addresses of a WordPress site that moved in, asked here and under the name it had."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Author, Topic
from sharedlives.foundation import redirects
from sharedlives.foundation.models import Charity
from sharedlives.foundation.models.charity import validate_site_address
from sharedlives.site.old_addresses import leads_to
from tests.factories import create_author, create_charity, create_page, create_picture, create_post

pytestmark = pytest.mark.django_db

OLD = "old.example.net"
NEW = "https://www.example.org"


@pytest.fixture(autouse=True)
def _old_host(settings):
    settings.OLD_HOSTS = [OLD]
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, OLD]
    create_charity(site_address=NEW)


@pytest.fixture
def post():
    """A post that moved in, with the addresses an import keeps for it."""
    post = create_post(title="A room and a half")
    redirects.keep("https://old.example.net/2019/10/03/a-room-and-a-half/", post, host=OLD)
    redirects.keep("/?p=12", post, host=OLD)
    return post


@pytest.mark.parametrize(
    "asked",
    [
        "/2019/10/03/a-room-and-a-half/",
        "/2019/10/03/a-room-and-a-half",
        "/2019/10/03/A-Room-and-a-Half/",
        "/2019/10/03/a%2Droom%2dand-a-half/",
        "/2019//10/03//a-room-and-a-half/",
        "/index.php/2019/10/03/a-room-and-a-half/",
        "/2019/10/03/a-room-and-a-half/feed/",
        "/2019/10/03/a-room-and-a-half/feed/atom/",
        "/2019/10/03/a-room-and-a-half/amp/",
        "/2019/10/03/a-room-and-a-half/amp/?x=1",
        "/2019/10/03/a-room-and-a-half/2/",
        "/2019/10/03/a-room-and-a-half/page/2/",
        "/2019/10/03/a-room-and-a-half/comment-page-1/",
        "/2019/10/03/a-room-and-a-half/embed/",
        "/2019/10/03/a-room-and-a-half/?utm_source=mail&replytocom=7",
        "/2019/10/03/a-room-and-a-half/?feed=rss2",
        "/?p=12",
        "/index.php?p=12",
        "/?p=12&utm_source=mail",
        "/?feed=rss2&p=12",
    ],
)
def test_every_form_of_an_old_address_leads_to_the_post(client, post, asked):
    for host in ("testserver", OLD):
        response = client.get(asked, headers={"host": host})

        assert response.status_code == 301, host
        assert response["Location"] == ("" if host == "testserver" else NEW) + "/blog/a-room-and-a-half/"
        assert response["Cache-Control"] == "max-age=3600"
        assert not response.cookies


def test_letters_beyond_ascii_are_found_however_they_are_written(client):
    post = create_post()
    redirects.keep("/2019/caf%C3%A9-%E2%80%99s/", post)

    for asked in ("/2019/caf%c3%a9-%e2%80%99s", "/2019/CAF%C3%89-%E2%80%99s/", "/2019/cafe%CC%81-%E2%80%99s/"):
        assert client.get(asked)["Location"] == post.get_absolute_url(), asked


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/feed/", "/blog/feed/"),
        ("/feed", "/blog/feed/"),
        ("/feed/rss2/", "/blog/feed/"),
        ("/feed/atom/", "/blog/feed/atom/"),
        ("/?feed=rss2", "/blog/feed/"),
        ("/?feed=atom", "/blog/feed/atom/"),
        ("/comments/feed/", "/blog/feed/"),
        ("/page/3/", "/blog/"),
        ("/2019/10/", "/blog/archive/2019/10/"),
        ("/2019/10/03/", "/blog/archive/2019/10/"),
        ("/2019/", "/blog/archive/2019/"),
        ("/?m=201910", "/blog/archive/2019/10/"),
        ("/?m=20191003", "/blog/archive/2019/10/"),
        ("/?m=2019", "/blog/archive/2019/"),
    ],
)
def test_what_every_blog_has_needs_no_row(client, asked, leads):
    assert client.get(asked)["Location"] == leads


@pytest.mark.parametrize("asked", ["/2019/13/", "/2019/00/", "/20190/", "/feeds/", "/page/x/", "/2019/10/03/nothing/"])
def test_what_no_blog_has_is_not_found(client, asked):
    assert client.get(asked).status_code == 404


@pytest.mark.parametrize(
    "asked", ["/?p=", "/?p=99", "/?m=x", "/?cat=1", "/?feed=comments-rss2", "/?author=1", "/?p=%00"]
)
def test_home_asked_for_what_is_unknown_is_home(client, asked):
    assert client.get(asked).status_code == 200


def test_home_asked_for_nothing_does_not_look(client):
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/?ref=mail")
    assert not [query for query in captured if "redirect" in query["sql"]]


def test_topics_authors_and_their_feeds(client):
    topic, author = Topic.objects.create(name="Homes", slug="homes"), create_author(name="Ann")
    create_post(authors=[author]).topics.add(topic)
    redirects.keep("/category/homes/", topic)
    redirects.keep("/author/annm/", author)
    redirects.keep("/?cat=3", topic)

    for asked, leads in {
        "/category/homes/page/3/": "/blog/topics/homes/",
        "/category/all/homes/": "/blog/topics/homes/",
        "/category/homes/feed/": "/blog/topics/homes/feed/",
        "/category/homes/feed/atom/": "/blog/topics/homes/feed/atom/",
        "/?cat=3": "/blog/topics/homes/",
        "/?cat=3&feed=rss2": "/blog/topics/homes/feed/",
        "/author/annm": "/blog/authors/ann/",
        "/author/annm/feed/": "/blog/authors/ann/feed/",
    }.items():
        assert leads_to(asked) == leads, asked


@pytest.mark.parametrize("size", ["", "-300x200", "-1024x683", "-scaled"])
def test_a_picture_leads_to_our_own_copy_in_whatever_size_it_was_asked(client, size):
    picture = create_picture()
    create_post(lead_picture=picture)
    redirects.keep("/wp-content/uploads/2019/10/table.jpg", picture)

    assert client.get(f"/wp-content/uploads/2019/10/table{size}.jpg")["Location"].startswith("/media/renditions/")


def test_a_picture_that_wordpress_made_smaller_is_found_by_its_other_sizes(client):
    picture = create_picture()
    create_post(lead_picture=picture)
    redirects.keep("/wp-content/uploads/2019/10/table-scaled.jpg", picture)

    for size in ("", "-300x200", "-scaled", "-scaled-e1570000000000"):
        response = client.get(f"/wp-content/uploads/2019/10/table{size}.jpg")
        assert (size, response.status_code) == (size, 301 if size else 404)


def test_things_are_asked_for_by_number_where_the_blog_is_too(client):
    post = create_post()
    redirects.keep("/blog/?p=5", post)

    assert client.get("/blog/?p=5")["Location"] == post.get_absolute_url()
    assert client.get("/blog/?p=6").status_code == 200


def test_www_makes_no_other_host(client):
    first, second = create_post(title="First"), create_post(title="Second")
    redirects.keep("/x", first, host="another.example.net")
    redirects.keep("/x", second, host=OLD)

    assert leads_to("/x", host=f"www.{OLD}") == second.get_absolute_url()
    assert leads_to("/x", host="another.example.net") == first.get_absolute_url()


def test_a_picture_whose_consent_is_over_leads_nowhere(client):
    picture = create_picture(consent_until=timezone.localdate() - timedelta(days=1))
    create_post(lead_picture=picture)
    redirects.keep("/wp-content/uploads/a.jpg", picture)

    assert client.get("/wp-content/uploads/a.jpg").status_code == 404


def test_a_picture_that_stands_only_in_a_draft_leads_nowhere(client):
    picture = create_picture()
    create_post(lead_picture=picture, is_published=False)
    redirects.keep("/wp-content/uploads/a.jpg", picture)

    assert client.get("/wp-content/uploads/a.jpg").status_code == 404


def test_what_the_public_may_not_see_is_not_revealed(client):
    hidden = {
        "/a": create_post(title="Draft", is_published=False),
        "/b": create_post(title="Later", publish_at=timezone.now() + timedelta(days=1)),
        "/c": create_post(title="Over", expire_at=timezone.now() - timedelta(hours=1)),
        "/d": create_page(title="Not yet", is_published=False),
        "/e": Topic.objects.create(name="Empty", slug="empty"),
        "/f": Author.objects.create(name="Invited", slug="invited"),
        "/?p=5": create_post(title="Another draft", is_published=False),
    }
    for address, thing in hidden.items():
        redirects.keep(address, thing, host=OLD)

    for address in hidden:
        response = client.get(address, follow=True)
        assert response.request["PATH_INFO"].rstrip("/") == address.partition("?")[0].rstrip("/"), address
        assert client.get(address, headers={"host": OLD})["Location"] == NEW + address


def test_a_thing_that_is_gone_leads_nowhere(client):
    page = create_page(title="Old page")
    redirects.keep("/old", page)
    page.delete()

    assert client.get("/old/").status_code == 404


def test_the_row_of_the_host_that_was_asked_goes_first(client):
    first, second = create_post(title="First"), create_post(title="Second")
    redirects.keep("/x", first, host="other.example.net")
    redirects.keep("/x", second, host=OLD)

    assert client.get("/x", headers={"host": OLD})["Location"] == NEW + "/blog/second/"


def test_an_exact_address_goes_before_what_it_may_belong_to(client):
    redirects.keep("/diary", "/blog/")
    redirects.keep("/diary/page/2", "/workshops/")

    assert client.get("/diary/page/2/")["Location"] == "/workshops/"
    assert client.get("/diary/page/3/")["Location"] == "/blog/"


def test_no_address_leads_to_itself(client):
    redirects.keep("/x", "/x/")

    assert client.get("/x/").status_code == 404


def test_what_answers_here_is_never_sent_away(client):
    create_page(title="About us")
    redirects.keep("/about-us", "/blog/")
    redirects.keep("/blog", "/workshops/")

    assert client.get("/about-us/").status_code == 200
    assert client.get("/blog/").status_code == 200


def test_an_address_without_its_last_slash_takes_one_step(client, post):
    redirects.keep("/being", post)
    assert client.get("/being")["Location"] == post.get_absolute_url()


@pytest.mark.usefixtures("long_memory")
def test_not_found_costs_one_question_more(client):
    redirects.keep("/somewhere", "/blog/")
    Charity.current()
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/2019/10/03/nowhere/feed/?p=3&feed=atom").status_code == 404
    asked = [query["sql"] for query in captured if "foundation_charity" not in query["sql"]]
    assert len(asked) == 1


def test_a_very_long_address_asks_for_few_rows(client):
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/1" * 4000 + "/").status_code == 404
    assert max(len(query["sql"]) for query in captured) < 10_000


# The old host itself


@pytest.mark.parametrize(
    "asked", ["/", "/about-us/", "/blog/feed/", "/static/css/site.css", "/admin/", "/wp-login.php"]
)
def test_no_page_is_served_under_an_old_name(client, asked):
    create_page(title="About us")
    response = client.get(asked, headers={"host": OLD})

    assert response.status_code == 301
    assert response["Location"] == NEW + asked
    assert not response.content


@pytest.mark.parametrize("host", [OLD, OLD.upper(), f"{OLD}:80", f"{OLD}."])
def test_an_old_name_is_known_however_it_is_written(client, host):
    assert client.get("/x/", headers={"host": host})["Location"] == f"{NEW}/x/"


def test_an_old_name_is_left_in_one_step_and_without_a_word_on_https(client, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 1000

    for secure in (False, True):
        response = client.get("/x/", headers={"host": OLD}, secure=secure)
        assert response["Location"] == f"{NEW}/x/"
        assert "Strict-Transport-Security" not in response


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options", "trace"])
def test_nothing_is_sent_to_an_old_name(client, method):
    assert getattr(client, method)("/xmlrpc.php", headers={"host": OLD}).status_code == 405


@pytest.mark.parametrize(
    "asked",
    [
        "//evil.example/",
        "/\\evil.example/",
        "/%5cevil.example/",
        "/%2f%2fevil.example/",
        "///evil.example",
        "/@evil.example/",
        "/.evil.example/",
        "/%0d%0aLocation:%20https://evil.example/",
        "/%09/evil.example",
        "/?next=https://evil.example/",
        "/https:evil.example",
    ],
)
def test_nobody_is_sent_to_a_foreign_place(client, asked):
    location = client.get(asked, headers={"host": OLD})["Location"]

    assert location.startswith(f"{NEW}/")
    assert not {"\r", "\n", "\t", "\\"} & set(location)
    here = client.get(asked)
    assert here.status_code in (200, 404) or here["Location"].startswith("/"), here["Location"]


def test_a_name_that_is_not_ours_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_the_site_cannot_live_at_an_old_name(client):
    with pytest.raises(ValidationError):
        validate_site_address(f"https://{OLD}")

    create_charity(site_address=f"https://{OLD}")
    assert client.get("/", headers={"host": OLD}).status_code == 404
