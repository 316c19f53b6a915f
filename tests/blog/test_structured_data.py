"""What search engines and other sites read of a post: JSON-LD after schema.org, and Open Graph."""

import json
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from blog.models import Handle
from tests.factories import create_author, create_charity, create_picture, create_post

pytestmark = pytest.mark.django_db

# What Google asks of an article (BlogPosting), and the types that schema.org gives these.
ASKED = {
    "headline": str,
    "datePublished": str,
    "dateModified": str,
    "author": list,
    "publisher": dict,
    "image": str,
    "mainEntityOfPage": str,
}


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


class Head(HTMLParser):
    """What a browser's parser makes of a page: its scripts, as (type, text), and its properties."""

    def __init__(self, html):
        super().__init__()
        self.scripts, self.properties, self.type = [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "script":
            self.type = attributes.get("type")
            self.scripts.append([self.type, ""])
        if tag == "meta" and (name := attributes.get("property") or attributes.get("name")):
            self.properties.append((name, attributes["content"]))

    def handle_endtag(self, tag):
        if tag == "script":
            self.type = None

    def handle_data(self, data):
        if self.type:
            self.scripts[-1][1] += data


def read(client, post):
    head = Head(client.get(post.get_absolute_url()).content.decode())
    [(kind, text)] = head.scripts
    assert kind == "application/ld+json"
    return json.loads(text), head.properties


def test_a_post_is_told_with_all_authors_and_where_they_work(client):
    anna = create_author(
        name="Anna Merrow", role="Head of Support", organisation="Shared Lives Plus", website="https://anna.example/"
    )
    anna.handles.create(network=Handle.Network.X, name="AnnaWritesHere")
    post = create_post(
        title="On homes",
        standfirst="In short.",
        authors=[anna, create_author(name="Bob")],
        publish_at=datetime(2019, 10, 14, 8, tzinfo=UTC),
        lead_picture=create_picture(),
    )
    post.topics.create(name="Homes", slug="homes")
    post.tags.create(name="Garden", slug="garden")

    facts, _properties = read(client, post)

    assert {name: type(facts[name]) for name in ASKED} == ASKED
    assert (facts["@context"], facts["@type"]) == ("https://schema.org", "BlogPosting")
    assert (facts["headline"], facts["description"]) == ("On homes", "In short.")
    assert facts["url"] == facts["mainEntityOfPage"] == "https://www.example.org/blog/on-homes/"
    assert datetime.fromisoformat(facts["datePublished"]) == post.publish_at
    assert datetime.fromisoformat(facts["dateModified"]) == post.updated_at
    assert facts["author"] == [
        {
            "@type": "Person",
            "name": "Anna Merrow",
            "url": "https://www.example.org/blog/authors/anna-merrow/",
            "jobTitle": "Head of Support",
            "affiliation": {"@type": "Organization", "name": "Shared Lives Plus"},
            "sameAs": ["https://anna.example/", "https://x.com/AnnaWritesHere"],
        },
        {"@type": "Person", "name": "Bob", "url": "https://www.example.org/blog/authors/bob/"},
    ]
    assert (facts["publisher"]["@type"], facts["publisher"]["name"]) == ("Organization", "Kind Places")
    assert facts["publisher"]["logo"]["url"].startswith("https://www.example.org/static/icons/")
    assert facts["image"].startswith("https://www.example.org/media/renditions/")
    assert facts["image"].endswith(".jpg")
    assert (facts["articleSection"], facts["keywords"]) == (["Homes"], ["Garden"])


def test_the_affiliation_is_the_one_printed_with_the_post(client):
    author = create_author(name="Anna", organisation="Then")
    post = create_post(authors=[author])
    author.organisation = "Now"
    author.save()

    [person] = read(client, post)[0]["author"]

    assert person["affiliation"]["name"] == "Then"


def test_what_a_post_does_not_have_is_not_told(client):
    facts, properties = read(client, create_post())

    assert {"image", "articleSection", "keywords"}.isdisjoint(facts)
    assert not any(value in ("", None, []) for value in facts.values())
    assert ("twitter:card", "summary") in properties
    assert "og:image" not in dict(properties)


def test_a_picture_whose_consent_is_over_is_not_passed_on(client):
    picture = create_picture(alt="Anna at home", consent_until=date(2020, 1, 1))

    facts, properties = read(client, create_post(lead_picture=picture))

    assert "image" not in facts
    assert {"og:image", "og:image:alt"}.isdisjoint(dict(properties))


def test_other_sites_are_told_what_to_show(client):
    post = create_post(
        title="On homes",
        standfirst="In short.",
        lead_picture=create_picture(alt="A table"),
        authors=[create_author(name="Anna"), create_author(name="Bob")],
        publish_at=datetime(2019, 10, 14, 8, tzinfo=UTC),
    )

    _facts, properties = read(client, post)

    assert [value for name, value in properties if name == "article:author"] == [
        "https://www.example.org/blog/authors/anna/",
        "https://www.example.org/blog/authors/bob/",
    ]
    told = dict(properties)
    assert told["og:type"] == "article"
    assert told["og:title"] == "On homes"
    assert told["og:image"].startswith("https://www.example.org/media/renditions/")
    assert told["og:image:alt"] == "A table"
    assert told["twitter:card"] == "summary_large_image"
    assert datetime.fromisoformat(told["article:published_time"]) == post.publish_at


@pytest.mark.parametrize(
    "words",
    [
        "</script><script>alert(1)</script>",
        "<!-- <script>",
        '"><img src=x onerror=alert(1)>',
        "back \\ slash \" quote ' and & amp; \u2028 line",
        "]]> {{ x }}",
    ],
)
def test_no_words_end_the_data_and_all_come_back_as_they_were(client, words):
    author = create_author(name=words, organisation=words, role=words, slug="a")
    post = create_post(
        title=words, slug="p", standfirst=words, authors=[author], lead_picture=create_picture(alt=words)
    )
    post.topics.create(name=words, slug="t")
    post.tags.create(name=words, slug="t")

    facts, properties = read(client, post)

    assert facts["headline"] == facts["description"] == facts["author"][0]["jobTitle"] == words
    assert facts["author"][0]["affiliation"]["name"] == words
    assert facts["articleSection"] == facts["keywords"] == [words]
    assert dict(properties)["og:title"] == dict(properties)["og:image:alt"] == words


def test_a_preview_tells_nobody(client, admin_client):
    post = create_post(is_published=False)
    head = Head(admin_client.get(post.get_absolute_url()).content.decode())

    assert head.scripts == []
    assert "og:title" not in dict(head.properties)
