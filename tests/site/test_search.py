"""Search over posts, pages and workshops."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from sharedlives.foundation import search
from sharedlives.site import search as finding
from tests.factories import (
    create_author,
    create_charity,
    create_date,
    create_page,
    create_post,
    create_venue,
    create_workshop,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def titles(client, words, **more):
    response = client.get("/search/", {"q": words, **more})
    assert response.status_code == 200
    return re.findall(r"<h3><a [^>]*>(.*?)</a></h3>", response.content.decode())


def said(response):
    return " ".join(strip_tags(response.content.decode()).split())


def marked(client, words):
    return re.findall(r"<mark>(.*?)</mark>", client.get("/search/", {"q": words}).content.decode())


# What is found


def test_posts_pages_and_workshops_are_found_and_named(client):
    create_post(title="Homes", standfirst="About homes.", authors=[create_author(name="Ann Author")])
    create_page(title="Our homes")
    create_workshop(title="Sharing homes")

    response = client.get("/search/", {"q": "homes"})

    text = said(response)
    assert "3 results for “homes”" in text
    assert set(titles(client, "homes")) == {"Homes", "Our homes", "Sharing homes"}
    assert "Blog post by Ann Author" in text
    assert re.search(r"Workshop\b", text)
    assert '<meta name="robots" content="noindex, follow">' in response.content.decode()
    assert "<title>homes – search - Kind Places</title>" in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize(
    ("asked", "stands"),
    [
        ("shared life", "Shared Lives"),
        ("shared lives", "A shared life"),
        ("sharing", "Shared Lives"),
        ("children", "A child"),
        ("person", "Two people"),
        ("cafe", "The café"),
        ("café", "The cafe"),
        ("CAFÉ", "The café"),
        ("Zoe Bronte", "Zoë Brontë"),
        ('"shared life"', "We have Shared Lives here"),
        ("nothing or café", "The café"),
        ("e-mail", "An e-mail"),
        ("people's", "Two people"),
    ],
)
def test_words_are_found_in_their_other_forms(client, asked, stands):
    create_post(title=stands)
    create_post(title="Something else")

    assert titles(client, asked) == [stands]


def test_words_are_all_asked_for_and_a_minus_leaves_out(client):
    create_post(title="Homes and gardens")
    create_post(title="Homes")

    assert titles(client, "homes gardens") == ["Homes and gardens"]
    assert titles(client, "homes -gardens") == ["Homes"]
    assert titles(client, '"gardens homes"') == []


def test_the_title_counts_more_than_the_standfirst_and_that_more_than_the_text(client):
    create_post(title="Third", body="<p>" + "gardens " * 40 + "</p>")
    create_post(title="Second", standfirst="On gardens.")
    create_post(title="Gardens")
    create_post(title="By", authors=[create_author(name="Gil Gardens")])

    assert titles(client, "gardens") == ["Gardens", "By", "Second", "Third"]


def test_of_equals_the_newest_comes_first(client):
    for number in (1, 2, 3):
        create_post(title=f"Gardens {number}")

    assert titles(client, "gardens") == ["Gardens 3", "Gardens 2", "Gardens 1"]


def test_a_workshop_is_found_by_where_it_takes_place(client):
    workshop = create_workshop(title="Planning together")
    create_date(workshop=workshop, venue=create_venue(name="Friends House", town="London"))
    create_date(workshop=workshop, area="Birmingham city centre")
    create_date(workshop=workshop, area="Leeds", starts_at=timezone.now() - timedelta(days=9))
    create_date(workshop=workshop, area="York", state="draft")

    for asked in ("London", "friends house", "birmingham", "planning london", "NW1"):
        assert titles(client, asked) == ["Planning together"], asked
    for asked in ("Leeds", "York", "planning york"):
        assert titles(client, asked) == [], asked
    assert ", London" in said(client.get("/search/", {"q": "London"}))


def test_what_is_not_public_is_not_found(client):
    create_post(title="Secret draft", is_published=False)
    create_post(title="Secret later", publish_at=timezone.now() + timedelta(days=1))
    create_post(title="Secret once", expire_at=timezone.now() - timedelta(minutes=1))
    create_post(title="Secret gone", status="archived")
    create_page(title="Secret page", is_published=False)
    hidden = create_workshop(title="Secret workshop", is_published=False)
    create_date(workshop=hidden, area="Secretville")

    for asked in ("secret", "secretville", "-nothing"):
        assert titles(client, asked) == [], asked
        assert finding.find(search.stems(asked)) == [], "its number would tell"


def test_pages_of_ten(client):
    for number in range(12):
        create_post(title=f"Gardens {number:02}")

    assert len(titles(client, "gardens")) == 10
    response = client.get("/search/", {"q": "gardens", "page": 2})
    assert titles(client, "gardens", page=2) == ["Gardens 01", "Gardens 00"]
    assert "12 results for “gardens”, page 2" in said(response)
    assert '<ol class="results__list" start="11">' in response.content.decode()
    assert 'href="?q=gardens&amp;page=1"' in response.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "3", "9" * 30, "\x00"])
def test_junk_for_a_page_is_not_found(client, page):
    create_post(title="Gardens")
    assert client.get("/search/", {"q": "gardens", "page": page}).status_code == 404


# Nothing, and nothing asked


def test_nothing_found_says_what_to_do_next(client):
    text = said(client.get("/search/", {"q": "unicorns"}))

    assert "Nothing found for “unicorns”" in text
    assert "Try fewer words" in text
    assert "See our workshops Read our blog" in text
    assert "0151 496 0000" in text


def test_words_that_stand_everywhere_are_explained(client):
    create_post(title="Who was not in the room?")
    assert "search passes them over" in said(client.get("/search/", {"q": "who the"}))


def test_the_empty_form_asks_nothing(client):
    create_post(title="Gardens")
    for asked in ("", "   ", "\x00"):
        text = said(client.get("/search/", {"q": asked}))
        assert "For posts, pages and workshops." in text
        assert "Gardens" not in text


def test_search_is_offered_where_nothing_is_found(client):
    html = client.get("/no/such/page/").content.decode()
    assert html.count('role="search"') == 1


def test_search_only_reads(client):
    assert client.post("/search/", {"q": "x"}).status_code == 405


# Excerpts


def test_what_was_found_is_marked_with_its_own_letters(client):
    create_post(title="One", body="<p>We met in the <em>Café</em> Zoë and <strong>shared</strong> our lives.</p>")

    assert marked(client, "cafe zoe") == ["Café", "Zoë"]
    assert marked(client, "sharing life") == ["shared", "lives"]


def test_an_excerpt_stands_around_what_was_found(client):
    create_post(title="Long", body=f"<p>{'Before. ' * 200} A garden gate. {'After. ' * 200}</p>")

    text = said(client.get("/search/", {"q": "garden"}))

    assert "A garden gate." in text
    excerpt = re.search(r"… (.*?) …", text)[0]
    assert len(excerpt) < 300


def test_markup_is_text_in_an_excerpt(client):
    nasty = "&lt;img src=x onerror=alert(1)&gt; \ue000 garden \ue001 &amp;amp; &lt;/mark&gt;&lt;script&gt;"
    create_post(title='"><img src=x onerror=alert(1)>', standfirst="<script>garden", body=f"<p>{nasty}</p>")

    html = client.get("/search/", {"q": "garden <script>"}).content.decode()

    assert "<img src=x" not in html
    assert "<script>" not in html
    assert "&lt;<mark>script</mark>&gt;<mark>garden</mark>" in html
    assert html.count("<mark>") == html.count("</mark>")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a\u0301 garden",
        "garden",
        "각 garden",
        "😀 garden 😀",
        "ﬁ ß İ garden",
        "<b>garden</b> & garden",
        "x" * 50_000,
    ],
)
def test_an_excerpt_holds_the_letters_of_its_text(text):
    pieces = search.excerpts([text], search.stems("garden"))[0]
    shown = "".join(words for words, _ in pieces).removesuffix(" …")

    assert search.fold(text).startswith(search.fold(shown))
    assert [words for words, is_found in pieces if is_found] == ["garden"] * text[:20_000].count("garden")


def test_each_text_has_its_own_excerpt():
    texts = ["one garden", "two", "three gardens"]
    found = search.excerpts(texts, search.stems("garden"))
    assert ["".join(words for words, _ in pieces) for pieces in found] == texts


# Odd questions


@pytest.mark.parametrize(
    "asked",
    [
        "x" * 20_000,
        "%_%_%_",
        " ".join(f"term{number}" for number in range(500)),
        '"unbalanced',
        "& | ! ( ) <-> :* \\ ' ''",
        "-" * 300,
        "- " * 300,
        '-"' * 150,
        "or " * 100,
        "(" * 300,
        "{{ settings.SECRET_KEY }}",
        "'; DROP TABLE blog_post; --",
        "a:*b",
        "\ue000x\ue001",
        "각" * 300,
        "́" * 300,
        "\u200b\u202e",
        "<script>alert(1)</script>",
    ],
)
def test_odd_questions_are_answered_quickly(client, asked):
    create_post(title="Gardens", body="<p>Term1 x</p>")
    began = time.perf_counter()

    response = client.get("/search/", {"q": asked})

    assert response.status_code == 200
    assert time.perf_counter() - began < 1
    assert "<script>" not in response.content.decode()
    assert len(response.context["words"]) <= search.LONGEST


@pytest.mark.usefixtures("long_memory")
def test_search_takes_the_same_queries_for_one_and_for_many(client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": "gardens"})
        return len(captured)

    def fill(number):
        create_post(title=f"Gardens {number}", authors=[create_author(name=f"Ann {number}")])
        create_page(title=f"Gardens {number}")
        create_date(workshop=create_workshop(title=f"Gardens {number}"))

    fill(1)
    client.get("/search/", {"q": "gardens"})
    one = queries()
    fill(2)
    fill(3)
    client.get("/search/", {"q": "gardens"})

    assert queries() == one
    assert one <= 9


def test_no_more_than_so_many_are_looked_at(client, monkeypatch):
    monkeypatch.setattr(finding, "MOST", 3)
    for number in range(5):
        create_post(title=f"Gardens {number}")

    assert titles(client, "gardens") == ["Gardens 4", "Gardens 3", "Gardens 2"]
    assert "3 results or more for “gardens”" in said(client.get("/search/", {"q": "gardens"}))


@pytest.mark.parametrize(
    ("words", "loose"),
    [
        ("gardens homes", "'garden' & 'home'"),
        ('"gardens homes" gate', "'gate' & 'garden' & 'home'"),
        ('"home in the garden"', "'home' & 'garden'"),
        ('-"gardens homes"', "!( 'garden' <-> 'home' )"),
    ],
)
def test_a_phrase_is_first_looked_for_by_its_words(words, loose):
    assert search.loosened(search.stems(words)) == loose
