import html
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from datetime import date as Day

import feedparser
import pytest
from django.utils import timezone
from django.utils.http import http_date

from blog import editorial, feeds
from blog.models import Post
from tests.factories import create_author, create_charity, create_date, create_picture, create_post, create_user

pytestmark = pytest.mark.django_db

FEED, ATOM = "/blog/feed/", "/blog/feed/atom/"


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def read(client):
    """The feed as an independent reader understands it."""
    response = client.get(FEED)
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    return feed


def test_the_feed_holds_whole_posts_with_all_authors(client):
    post = create_post(
        title="On homes & lives",
        standfirst="In short.",
        introduction="<p>A guest.</p>",
        body='<p>One <a href="/workshops/">two</a> <a href="#dates">three</a>.</p>',
        authors=[create_author(name="Anna", organisation="Shared Lives Plus"), create_author(name="Bob")],
        publish_at=datetime(2019, 10, 14, 8, tzinfo=UTC),
    )

    [entry] = read(client).entries

    assert entry.title == "On homes & lives"
    assert entry.link == "https://www.example.org/blog/on-homes-lives/"
    assert (entry.id, entry.guidislink) == (post.guid, False)
    assert entry.summary == "In short."
    assert [author.name for author in entry.authors] == ["Anna, Shared Lives Plus", "Bob"]
    assert entry.published == "Mon, 14 Oct 2019 08:00:00 +0000"
    assert entry.content[0].value == (
        '<p>A guest.</p><hr /><p>One <a href="https://www.example.org/workshops/">two</a> '
        '<a href="https://www.example.org/blog/on-homes-lives/#dates">three</a>.</p>'
    )


def test_the_feed_says_where_to_reserve(client):
    date = create_date()
    create_post(workshop=date.workshop)

    [entry] = read(client).entries

    assert f"https://www.example.org{date.workshop.get_absolute_url()}" in entry.content[0].value


def test_the_feed_tells_whose_it_is_whatever_host_was_asked(client):
    feed = feedparser.parse(client.get(FEED, headers={"host": "127.0.0.1"}).content).feed

    assert feed.title == "Kind Places: blog"
    assert feed.link == "https://www.example.org/blog/"
    assert [link.href for link in feed.links if link.rel == "self"] == ["https://www.example.org/blog/feed/"]


def test_the_guid_stays_when_title_and_address_change(client):
    post = create_post()
    before = read(client).entries[0].id
    post.title, post.slug = "Another", "another"
    post.save()

    assert read(client).entries[0].id == before


ODD_TITLES = [
    "a ]]> b",
    "<b>&amp;</b> & \"quotes\" ' ' </title>",
    "bell \x07 vertical tab \x0b form feed \x0c escape \x1b",
    "not characters \ufffe \uffff",
    "emoji 😀 Llŷn \u202e right to left",
    "{{ x }} %(x)s {x}",
]


@pytest.mark.parametrize("title", ODD_TITLES)
def test_the_feed_is_well_formed_for_any_title(client, title):
    author = create_author(name=title[:60], slug="a", organisation=title)
    create_post(title=title, slug="p", standfirst=title, body=f"<p>{title}</p>", authors=[author])

    root = ET.fromstring(client.get(FEED).content)

    assert root.findtext("channel/item/title") == feeds.NOT_XML.sub("", title)
    assert len(read(client).entries) == 1


def test_half_a_surrogate_in_what_came_from_elsewhere_does_no_harm(rf, monkeypatch):
    # PostgreSQL does not store them, so this stands for whatever a later source may bring.
    monkeypatch.setattr(feeds.Posts, "item_title", lambda self, post: "half \ud800 \udfff done")
    create_post()

    root = ET.fromstring(feeds.latest_posts(rf.get(FEED), "rss").content)

    assert root.findtext("channel/item/title") == "half   done"


def test_the_feed_holds_twenty(client):
    for number in range(22):
        create_post(title=f"Post {number}", publish_at=timezone.now() - timedelta(days=number))

    assert [entry.title for entry in read(client).entries] == [f"Post {number}" for number in range(20)]


def test_markup_in_a_standfirst_is_words_to_a_feed_reader(client):
    create_post(standfirst="<img src=x onerror=alert(1)> & more")
    for address in (FEED, ATOM):
        [summary] = re.findall(r"<(?:description|summary[^>]*)>([^<]*img[^<]*)<", client.get(address).content.decode())
        assert html.unescape(html.unescape(summary)) == "<img src=x onerror=alert(1)> & more"
        assert html.unescape(summary) == "&lt;img src=x onerror=alert(1)&gt; &amp; more"


@pytest.mark.parametrize("address", [FEED, ATOM])
def test_a_feed_holds_pictures_footnotes_topics_and_a_note_before_reading(client, address):
    lead, inner = create_picture(alt="The lead"), create_picture(alt="Within")
    gone = create_picture(alt="Not any more", consent_until=Day(2020, 1, 1))
    post = create_post(
        lead_picture=lead,
        content_note="It speaks of a death.",
        body=f'<p>Words<small>A note</small></p><figure data-picture="{inner.pk}"></figure>'
        f'<figure data-picture="{gone.pk}"></figure><hr data-fold=""><p>After the fold.</p>',
    )
    post.topics.create(name="Homes & lives", slug="homes")
    post.tags.create(name="Garden", slug="garden")

    [entry] = feedparser.parse(client.get(address).content).entries

    assert [tag.term for tag in entry.tags] == ["Homes & lives", "Garden"]
    content = entry.content[0].value
    sources = re.findall(r'<img[^>]* src="([^"]+)"', content)
    assert [source.startswith("https://www.example.org/media/renditions/") for source in sources] == [True, True]
    assert content.index("The lead") < content.index("It speaks of a death.") < content.index("Within")
    assert "Not any more" not in content
    assert "A note" in content
    assert "After the fold." in content


# --- Atom -------------------------------------------------------------------------------------------------------------

A = "{http://www.w3.org/2005/Atom}"


def test_atom_says_what_the_standard_asks_for(client):
    """RFC 4287: 4.1.1 and 4.1.2 say which elements there must be, 4.2.6 that an id is an IRI."""
    anna = create_author(name="Anna", organisation="Shared Lives Plus")
    post = create_post(authors=[anna, create_author(name="Bob")], publish_at=datetime(2019, 10, 14, 8, tzinfo=UTC))
    response = client.get(ATOM)

    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(response.content)
    assert root.tag == f"{A}feed"
    for element in (root, entry := root.find(f"{A}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(A + name)) == 1
        assert re.fullmatch(r"[a-z]+:\S+", element.findtext(f"{A}id"))
        assert datetime.fromisoformat(element.findtext(f"{A}updated")).tzinfo
        assert element.findall(f"{A}author/{A}name")
    assert [link.get("href") for link in root.findall(f"{A}link") if link.get("rel") == "self"] == [
        f"https://www.example.org{ATOM}"
    ]
    assert entry.findtext(f"{A}id") == post.guid
    assert [name.text for name in entry.findall(f"{A}author/{A}name")] == ["Anna, Shared Lives Plus", "Bob"]
    assert datetime.fromisoformat(entry.findtext(f"{A}published")) == post.publish_at
    assert entry.find(f"{A}content").get("type") == "html"
    assert [link.get("rel") for link in entry.findall(f"{A}link")] == ["alternate"]


@pytest.mark.parametrize("title", ODD_TITLES)
def test_atom_is_well_formed_for_any_title(client, title):
    author = create_author(name=title[:60], slug="a", organisation=title)
    post = create_post(title=title, slug="p", standfirst=title, body=f"<p>{title}</p>", authors=[author])
    post.topics.create(name=title, slug="t")

    root = ET.fromstring(client.get(ATOM).content)

    assert root.findtext(f"{A}entry/{A}title") == feeds.sayable(title)
    assert not feedparser.parse(client.get(ATOM).content).bozo


@pytest.mark.parametrize(
    ("guid", "stays"),
    [
        ("https://old.example.org/?p=12", True),
        ("urn:uuid:5d1a5c1e-5f4e-4f4a-9e3a-0e3d5f1a2b3c", True),
        ("12 http://old.example.org", False),
        ("just words", False),
        ("", False),
    ],
)
def test_an_atom_id_is_an_iri_and_the_same_for_ever(client, guid, stays):
    create_post(guid=guid)
    ids = [ET.fromstring(client.get(ATOM).content).findtext(f"{A}entry/{A}id") for _ in range(2)]

    assert ids[0] == ids[1]
    assert (ids[0] == guid) == stays
    assert re.fullmatch(r"[a-z]+:\S+", ids[0])


# --- Asked again ------------------------------------------------------------------------------------------------------


def test_who_has_the_feed_is_not_sent_it_again(client):
    create_post()
    first = client.get(FEED)

    for header in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = client.get(FEED, headers=header)
        assert (again.status_code, again.content) == (304, b"")


CHANGES = {
    "another post": lambda post, by: create_post(title="Another", publish_at=timezone.now()),
    "words changed": lambda post, by: (setattr(post, "title", "Changed"), post.save()),
    "taken down": lambda post, by: editorial.unpublish(post, by=by, reason="It is out of date."),
    "dated back": lambda post, by: editorial.publish(
        create_post(title="B", is_published=False), by=by, at=timezone.now() - timedelta(days=900)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_sent(client, change, time_machine):
    time_machine.move_to("2026-06-01T12:00:00+00:00", tick=False)
    post = create_post(title="First")
    create_post(title="Old", publish_at=timezone.now() - timedelta(days=500))
    first = client.get(FEED)

    time_machine.shift(3600)
    CHANGES[change](post, create_user(permissions=["blog.publish_post"]))

    assert client.get(FEED, headers={"if-none-match": first["ETag"]}).status_code == 200
    assert client.get(FEED, headers={"if-modified-since": first["Last-Modified"]}).status_code == 200


def test_a_moment_that_came_is_sent(client, time_machine):
    time_machine.move_to("2026-06-01T12:00:00+00:00", tick=False)
    create_post(title="Later", publish_at=timezone.now() + timedelta(hours=1))
    create_post(title="Now")
    first = client.get(FEED)

    time_machine.shift(3600)

    again = client.get(FEED, headers={"if-modified-since": first["Last-Modified"]})
    assert (again.status_code, again["Last-Modified"]) == (200, http_date(timezone.now().timestamp()))
    assert Post.objects.published().count() == 2


def test_a_feed_without_posts_is_still_one(client):
    assert read(client).entries == []
