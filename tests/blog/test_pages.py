import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from blog import editorial
from blog.models import Post, Tag, Topic
from tests.factories import (
    create_author,
    create_charity,
    create_date,
    create_picture,
    create_post,
    create_user,
    create_workshop,
)

pytestmark = pytest.mark.django_db

LIST, FEED = "/blog/", "/blog/feed/"


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


@pytest.fixture
def publisher():
    return create_user(permissions=["blog.publish_post", "blog.view_post"])


def words(response):
    """What is read: a link does not part words."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", response.content.decode())).split())


def titles(response):
    return [post.title for post in response.context["page"].posts]


def way(response, words):
    """Where a link with these words leads."""
    found = re.search(rf'<a[^>]* href="([^"]+)">{words}</a>', response.content.decode())
    return found and found[1]


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_posts_newest_first_with_bylines_and_where_to_read_on(client):
    anna = create_author(name="Anna Merrow", organisation="Shared Lives Plus")
    create_post(title="Older", publish_at=timezone.now() - timedelta(days=3))
    create_post(title="Newer", standfirst="In short.", authors=[anna, create_author(name="Bob")])

    shown = words(client.get(LIST))

    assert shown.index("Newer") < shown.index("Older")
    assert "By Anna Merrow, Shared Lives Plus and Bob" in shown
    assert "In short." in shown
    assert "Continue reading Newer" in shown


def test_the_list_comes_in_pieces_of_ten_with_the_way_both_ways(client):
    for number in range(25):
        create_post(title=f"Post {number:02}", publish_at=timezone.now() - timedelta(days=number + 1))

    first = client.get(LIST)
    second = client.get(way(first, "Older posts"))
    third = client.get(way(second, "Older posts"))

    assert [titles(page) for page in (first, second, third)] == [
        [f"Post {number:02}" for number in numbers] for numbers in (range(10), range(10, 20), range(20, 25))
    ]
    assert titles(client.get(way(third, "Newer posts"))) == titles(second)
    assert way(second, "Newer posts") == LIST
    assert way(first, "Newer posts") is way(third, "Older posts") is None


def test_a_later_piece_keeps_its_posts_and_its_address_when_others_come(client):
    for number in range(12):
        create_post(title=f"Post {number:02}", publish_at=timezone.now() - timedelta(days=number + 1))
    second = way(client.get(LIST), "Older posts")
    create_post(title="Newest")

    html = client.get(second).content.decode()

    assert titles(client.get(second)) == ["Post 10", "Post 11"]
    assert f'<link rel="canonical" href="https://www.example.org{second}">' in html
    assert "<title>Blog, " in html


def test_posts_of_one_moment_are_neither_lost_nor_doubled(client):
    at = timezone.now() - timedelta(days=1)
    for number in range(23):
        create_post(title=f"Post {number:02}", publish_at=at)
    seen, address = [], LIST
    while address:
        page = client.get(address)
        seen += titles(page)
        address = way(page, "Older posts")

    assert sorted(seen) == [f"Post {number:02}" for number in range(23)]


def test_a_piece_whose_first_post_was_taken_down_still_answers(client, publisher):
    posts = [create_post(title=f"P{n:02}", publish_at=timezone.now() - timedelta(days=n + 1)) for n in range(12)]
    editorial.unpublish(posts[9], by=publisher, reason="It is out of date.")

    assert titles(client.get(LIST, {"before": posts[9].pk})) == ["P10", "P11"]


@pytest.mark.parametrize(
    "junk",
    ["x", "0", "-1", "9999999999", "9" * 5000, "", "1e3", "1.5", "٣", "\x00", "%ff", "²", "None", "<script>", "01"],
)
@pytest.mark.parametrize("shelf", [LIST, "/blog/topics/homes/", "/blog/authors/anna-merrow/", "/blog/archive/2019/"])
def test_junk_for_a_piece_is_not_found(client, shelf, junk):
    create_post(publish_at=datetime(2019, 5, 1, tzinfo=UTC)).topics.create(name="Homes", slug="homes")
    assert client.get(shelf).status_code == 200

    response = client.get(shelf, {"before": junk})

    assert response.status_code == 404
    assert "<script>" not in response.content.decode()


def test_a_piece_after_a_post_that_was_never_out_is_not_found(client):
    create_post()
    for hidden in (
        create_post(title="A", is_published=False),
        create_post(title="B", publish_at=timezone.now() + timedelta(days=1)),
        create_post(title="C", is_published=False, publish_at=timezone.now()),  # to be dated back
    ):
        assert client.get(LIST, {"before": hidden.pk}).status_code == 404


def test_pinned_posts_stand_first_on_the_first_page_alone(client):
    pinned = create_post(
        title="Pinned",
        publish_at=timezone.now() - timedelta(days=50),
        pinned_until=timezone.now() + timedelta(hours=1),
    )
    create_post(title="Was pinned", pinned_until=timezone.now() - timedelta(hours=1))
    for number in range(12):
        create_post(title=f"Post {number:02}", publish_at=timezone.now() - timedelta(days=number + 2))

    first = client.get(LIST)
    second = client.get(way(first, "Older posts"))

    assert list(first.context["pinned"]) == [pinned]
    assert "Pinned Pinned By" in words(first)
    assert titles(first)[0] == "Was pinned"
    assert titles(second) == ["Post 09", "Post 10", "Post 11"]
    assert list(second.context["pinned"]) == []


def test_the_list_shows_the_text_up_to_the_fold(client):
    create_post(body="<p>The <em>first</em> part.</p><hr data-fold=''><p>The second.</p>", standfirst="In short.")
    shown = client.get(LIST).content.decode()

    assert "<p>The <em>first</em> part.</p>" in shown
    assert "The second." not in shown
    assert "In short." not in shown


def test_lead_pictures_stand_in_lists_and_above_the_text(client):
    picture = create_picture(alt="A red door", credit="Ada Rowan")
    post = create_post(lead_picture=picture)

    assert client.get(LIST).content.decode().count('alt="A red door"') == 1
    shown = client.get(post.get_absolute_url()).content.decode()
    assert 'alt="A red door"' in shown
    assert "Ada Rowan" in shown


def test_a_blog_without_posts_says_so(client):
    assert "Our first post is on its way" in words(client.get(LIST))


# --- A post -----------------------------------------------------------------------------------------------------------


def test_a_post_shows_its_parts_in_order(client):
    host = create_author(name="Alex Host", role="Chief Executive")
    guest = create_author(name="Anna Merrow", organisation="Shared Lives Plus")
    workshop = create_workshop(title="Three cities")
    create_date(workshop=workshop, area="Birmingham city centre")
    post = create_post(
        title="A room and a half",
        standfirst="On moving over a bit.",
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
            "A room and a half On moving over a bit.",
            "By Anna Merrow, Shared Lives Plus Monday 14 October 2019",
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


QUERIES = {
    "/blog/": 3,  # pinned posts, posts, bylines
    "/blog/topics/": 1,
    "/blog/topics/homes/": 3,  # the shelf, posts, bylines
    "/blog/tags/garden/": 3,
    "/blog/authors/a0/": 4,  # and handles
    "/blog/archive/": 2,  # the first and the last moment, the months between
    "/blog/archive/2019/": 4,
    "/blog/archive/2019/5/": 2,
    "/blog/feed/": 7,  # posts, bylines, handles, topics, tags, pictures, the last change
    "/blog/topics/homes/feed/atom/": 8,
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", QUERIES)
def test_a_page_asks_the_database_as_often_for_one_post_as_for_three(client, django_assert_num_queries, address, count):
    topic, tag = Topic.objects.create(name="Homes", slug="homes"), Tag.objects.create(name="Garden", slug="garden")
    both = [create_author(name="A0"), create_author(name="B0")]
    for number in range(count):
        picture = create_picture()
        post = create_post(
            title=f"Post {number}",
            body=f'<p>Words</p><figure data-picture="{picture.pk}"></figure>',
            authors=both,
            lead_picture=picture,
            workshop=create_workshop(title=f"W{number}"),
            publish_at=datetime(2019, 5, 1 + number, tzinfo=UTC),
        )
        post.topics.add(topic)
        post.tags.add(tag)
    create_charity()  # forgotten again, so that asking for it counts
    with django_assert_num_queries(QUERIES[address] + 1):
        client.get(address)


@pytest.mark.parametrize("count", [1, 3])
def test_a_post_asks_the_database_eight_times_at_most(client, django_assert_num_queries, count):
    workshop = create_workshop()
    topics = [Topic.objects.create(name=f"T{number}", slug=f"t{number}") for number in range(count)]
    tags = [Tag.objects.create(name=f"T{number}", slug=f"t{number}") for number in range(count)]
    pictures = [create_picture(name=f"P{number}") for number in range(count)]
    authors = [create_author(name=f"A{number}") for number in range(count)]
    for number in range(count):
        create_date(workshop=workshop, area=f"Town {number}")
        post = create_post(
            title=f"Post {number}",
            body="".join(f'<p>x</p><figure data-picture="{picture.pk}"></figure>' for picture in pictures),
            workshop=workshop,
            authors=authors,
            introduced_by=authors[0],
            lead_picture=pictures[0],
        )
        post.topics.set(topics)
        post.tags.set(tags)
    create_charity()  # forgotten again, so that asking for it counts
    # The post, bylines, handles, topics, tags, pictures in the text, posts to go on to, dates.
    with django_assert_num_queries(8 + 1):
        client.get(post.get_absolute_url())


def test_a_plain_post_asks_the_database_six_times(client, django_assert_num_queries):
    post = create_post()
    create_charity()
    with django_assert_num_queries(6 + 1):
        client.get(post.get_absolute_url())


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


def test_an_old_address_of_a_post_taken_down_says_that_it_is_gone(client, publisher):
    post = create_post(slug="first")
    post.slug = "second"
    post.save()
    editorial.unpublish(post, by=publisher, reason="It is out of date.")

    assert client.get("/blog/first/").status_code == 410


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
