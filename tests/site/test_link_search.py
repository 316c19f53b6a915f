"""What the editor's dialog finds to link to."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharedlives.foundation.models import User
from tests.factories import create_charity, create_date, create_page, create_post, create_user, create_venue
from tests.factories import create_workshop as workshop

pytestmark = pytest.mark.django_db

LINKS = "/admin/site/page/links/"
ALL = ["blog.view_post", "site.view_page", "events.view_workshop", "events.view_workshopdate"]


@pytest.fixture(autouse=True)
def _things(db):
    create_charity()
    create_post(title="A post that is out")
    create_post(title="A draft post", is_published=False)
    create_page(title="A page that is out")
    create_page(title="A draft page", is_published=False)
    create_date(workshop=workshop(title="An open workshop"), venue=create_venue(town="London"))
    create_date(workshop=workshop(title="A draft workshop", is_published=False), area="Leeds")


@pytest.fixture
def found(client):
    def find(words="", *permissions):
        person = create_user(email=f"person{User.objects.count()}@example.org", permissions=permissions)
        client.force_login(person)
        response = client.get(LINKS, {"q": words})
        assert response["Cache-Control"].startswith("max-age=0")
        return {(link["title"], link["kind"]) for link in response.json()["links"]}

    return find


PUBLIC = {
    ("A post that is out", "Post"),
    ("A page that is out", "Page"),
    ("An open workshop", "Workshop"),
}


def without_dates(links):
    return {link for link in links if not link[1].startswith("Date")}


def test_who_may_see_nothing_more_finds_what_is_public(found):
    links = found()
    assert without_dates(links) == PUBLIC
    assert {kind for _title, kind in links - PUBLIC} == {"Date"}


@pytest.mark.parametrize(
    ("permission", "more"),
    [
        ("blog.view_post", ("A draft post", "Post, not public")),
        ("site.view_page", ("A draft page", "Page, not public")),
        ("events.view_workshop", ("A draft workshop", "Workshop, not public")),
    ],
)
def test_each_right_shows_its_own_kind(found, permission, more):
    assert without_dates(found("", permission)) == PUBLIC | {more}


def test_dates_are_found_by_place_and_say_when(found):
    ((title, kind),) = found("london", *ALL)
    assert title.startswith("An open workshop: London, ")
    assert kind == "Date"
    assert {kind for _title, kind in found("leeds", *ALL)} == {"Date, not public"}


def test_all_words_must_be_there(found):
    assert found("draft POST", *ALL) == {("A draft post", "Post, not public")}


@pytest.mark.parametrize("junk", ["%", "_", "\\", "'", "\x00", "x" * 5000, "a b " * 300])
def test_junk_finds_nothing_and_breaks_nothing(found, junk):
    assert len(found(junk)) <= 20


def test_newest_first_and_at_most_twenty(client):
    for number in reversed(range(30)):
        create_post(title=f"Number {number:02}")
    client.force_login(create_user(permissions=ALL))

    links = client.get(LINKS).json()["links"]
    posts = [link["title"] for link in links if link["title"].startswith("Number")]

    assert len(links) == 20
    assert posts == [f"Number {number:02}" for number in range(len(posts))]
    assert all(link["address"].startswith("/") for link in links)


def test_four_questions_however_many_are_found(client):
    client.force_login(create_user(is_superuser=True))
    client.get(LINKS)
    with CaptureQueriesContext(connection) as captured:
        client.get(LINKS)
    tables = ("site_page", "events_workshop", "blog_post")
    assert len([query for query in captured if any(f'FROM "{table}' in query["sql"] for table in tables)]) == 4


def test_strangers_and_people_who_are_not_staff_get_nothing(client):
    assert client.get(LINKS).status_code == 302
    client.force_login(create_user(is_staff=False))
    assert client.get(LINKS, follow=True).status_code == 403


def test_only_asked_never_sent(client):
    client.force_login(create_user(is_superuser=True))
    assert client.post(LINKS).status_code == 405
