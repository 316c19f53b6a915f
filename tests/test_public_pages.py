"""Every public page survives junk in every parameter, names itself, and keeps the promises of the whole site."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from blog import preview_links
from blog.models import Handle
from events.bookings import Person
from sharedlives.foundation import links, redirects
from tests.factories import (
    book,
    create_author,
    create_charity,
    create_date,
    create_guest_pass,
    create_page,
    create_picture,
    create_post,
    create_subscription,
    create_venue,
)

pytestmark = pytest.mark.django_db

JUNK = [
    "",
    "0",
    "-1",
    "x",
    "9" * 30,
    "%00",
    "%ff%fe",
    "%F0%9F%8E%89",
    "%D9%A3",
    "..%2f..%2fetc%2fpasswd",
    "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
    "'%20OR%201=1--",
    "%25s",
    "{{7*7}}",
    "%E2%80%8B",
    "a" * 5000,
]


@pytest.fixture
def addresses():
    """One of each kind of public page."""
    create_charity()
    date = create_date(venue=create_venue(), places=1)
    booking = book(date, "Ann", people=[Person("Ann", access="a ramp")])
    post = create_post(workshop=date.workshop)
    topic, tag = post.topics.create(name="Homes", slug="homes"), post.tags.create(name="Garden", slug="garden")
    author, month = post.bylines.get().author, timezone.localtime(post.publish_at)
    made = reverse("events:booking_made", args=[links.sign("made", booking.request_id.hex)])
    guest_pass = create_guest_pass()
    own = booking.get_absolute_url()
    return {
        "home": "/",
        "posts": reverse("blog:post_list"),
        "feed": reverse("blog:feed"),
        "feed, Atom": reverse("blog:atom_feed"),
        "feed of an author": reverse("blog:author_feed", args=[author.slug]),
        "feed of a topic": reverse("blog:topic_atom_feed", args=[topic.slug]),
        "feed of a tag": reverse("blog:tag_feed", args=[tag.slug]),
        "post": post.get_absolute_url(),
        "author": author.get_absolute_url(),
        "topics": reverse("blog:topic_list"),
        "topic": topic.get_absolute_url(),
        "tag": tag.get_absolute_url(),
        "archive": reverse("blog:archive_index"),
        "year": reverse("blog:archive_year", args=[month.year]),
        "month": reverse("blog:archive_month", args=[month.year, month.month]),
        "sitemap": reverse("site:sitemap_index"),
        "sitemap of the site": reverse("site:sitemap_of_site"),
        "sitemap of the blog": reverse("site:sitemap_of_blog"),
        "sitemap of posts": reverse("site:sitemap_of_posts", args=[month.year]),
        "robots": reverse("site:robots"),
        "page": create_page(title="About homes", menu="top").get_absolute_url(),
        "search": reverse("site:search"),
        "workshops": reverse("events:workshop_list"),
        "workshops in a place": reverse("events:town_detail", args=["london"]),
        "workshops that are over": reverse("events:past_list"),
        "workshop": date.workshop.get_absolute_url(),
        "workshop, dates that are over": reverse("events:workshop_past", args=[date.workshop.slug]),
        "date": date.get_absolute_url(),
        "calendar": date.get_calendar_url(),
        "calendar of all dates": reverse("events:all_dates_calendar"),
        "calendar of a workshop": reverse("events:workshop_calendar", args=[date.workshop.slug]),
        "reserve": date.get_reserve_url(),
        "made": made,
        "booking": own,
        "names": own + "names/",
        "needs": f"{own}needs/{booking.people.first().pk}/",
        "new dates": reverse("events:subscription_ask"),
        "new dates of a workshop": reverse("events:subscription_ask", args=[date.workshop.slug]),
        "asked": reverse("events:subscription_asked"),
        "confirm": create_subscription(is_confirmed=False).get_confirm_url(),
        "leave": create_subscription("bob@example.org").get_leave_url(),
        "number": own + "places/",
        "another date": own + "move/",
        "handing over": own + "hand-over/",
        "handed over": reverse("events:booking_handed_over"),
        "lost link": reverse("events:lost_link"),
        "lost link sent": reverse("events:lost_link_sent"),
        "suggest": reverse("blog:suggest_post"),
        "a guest's lost link": reverse("blog:guest_link_lost"),
        "a guest's": guest_pass.get_absolute_url(),
        "a guest's preview": guest_pass.get_absolute_url() + "preview/",
        "a link for reading": preview_links.create(guest_pass.post, guest_pass=guest_pass).get_absolute_url(),
        "login": reverse("account_login"),
    }


ASKING = ("new dates", "new dates of a workshop", "confirm", "leave", "lost link")
CHANGING = ("names", "needs", "number", "another date", "handing over", "handed over")
GUESTS = ("suggest", "a guest's lost link", "a guest's", "a guest's preview", "a link for reading")
PEOPLES_OWN = ("made", "booking", "reserve", *CHANGING, *ASKING, *GUESTS)
NO_PAGES = ("feed", "calendar", "sitemap", "robots")  # formats for machines


def for_people(name):
    return not name.startswith(NO_PAGES)


def test_every_public_page_answers(client, addresses):
    assert {name: client.get(address).status_code for name, address in addresses.items()} == dict.fromkeys(
        addresses, 200
    )


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_in_every_parameter_is_survived(client, addresses, junk):
    for address in addresses.values():
        # "before" by itself: what it says may be no page at all, and nothing else is looked at then.
        rest = "&".join(f"{name}={junk}" for name in ("page", "q", "next", "cancel", "year", junk or "x"))
        for query in (f"before={junk}", rest):
            response = client.get(f"{address}?{query}")
            assert response.status_code in (200, 404), f"{address}?{query}"
            assert b"<img src=x" not in response.content
        many = "&".join(f"a={n}" for n in range(1500))
        assert client.get(f"{address}?{many}").status_code in (200, 400)


@pytest.mark.parametrize("junk", [junk for junk in JUNK if junk], ids=range(len(JUNK) - 1))
def test_junk_in_every_part_of_an_address_is_survived(client, addresses, junk):
    for address in addresses.values():
        parts = address.strip("/").split("/")
        for number in range(len(parts)):
            changed = "/" + "/".join([*parts[:number], junk, *parts[number + 1 :]]) + "/"
            assert client.get(changed, follow=True).status_code in (200, 404, 429), changed


def test_pages_of_people_are_kept_by_nobody_and_reading_pages_set_no_cookie(client, addresses):
    for name in PEOPLES_OWN:
        assert "no-store" in client.get(addresses[name])["Cache-Control"], name
    for name in addresses.keys() - {*PEOPLES_OWN, "login"}:
        client.cookies.clear()
        assert not client.get(addresses[name]).cookies, name


def test_every_answer_carries_the_strict_policy_and_cannot_be_framed(client, addresses):
    for address in [*addresses.values(), "/nowhere/", "/admin/"]:
        response = client.get(address)
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_nothing_loads_from_another_host(client, addresses):
    loading = re.compile(
        r"<(?:script|img|iframe|source|video|audio|embed)[^>]*\ssrc=\"([^\"]+)|<link[^>]*href=\"([^\"]+)"
    )
    for address in (address for name, address in addresses.items() if for_people(name)):
        for match in loading.finditer(client.get(address).content.decode()):
            target = match[1] or match[2]
            assert target.startswith(("/", "data:")) or 'rel="canonical"' in match[0] or "alternate" in match[0], target


def test_a_demonstration_says_so_and_is_not_indexed_on_every_page(client, addresses):
    create_charity(is_demo=True)
    for name, address in addresses.items():
        if not for_people(name):
            continue
        page = client.get(address).content.decode()
        assert "This is a demonstration." in page, name
        assert '<meta name="robots" content="noindex, nofollow">' in page, name


@pytest.mark.parametrize(
    "path", ["/.git/config", "/media/", "/media/renditions/", "/static/../manage.py", "/media/../manage.py", "/.env"]
)
def test_nothing_lies_open(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["put", "delete", "patch", "trace", "options"])
def test_odd_methods_are_refused(client, addresses, method):
    del addresses["login"]  # allauth's, which answers OPTIONS
    for name, address in addresses.items():
        assert getattr(client, method)(address).status_code == 405, name


def test_a_foreign_host_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"x-forwarded-host": "evil.example"}).status_code == 200
    assert b"evil.example" not in client.get("/", headers={"x-forwarded-host": "evil.example"}).content


# Markup in what staff type is text everywhere it is shown

MARKUP = '"><img src=x onerror=alert(1)></script>'


def test_markup_in_names_and_titles_is_text_on_every_page(client, admin_client):
    create_charity(name=f"C {MARKUP}", phone=MARKUP[:40], access_contact_name=MARKUP)
    date = create_date(
        venue=create_venue(name=MARKUP, town=MARKUP, street=MARKUP, postcode="NW1"), access_provision=MARKUP
    )
    workshop = date.workshop
    workshop.title = workshop.summary = workshop.partners = workshop.audience = workshop.cost = MARKUP
    workshop.picture = create_picture(alt=MARKUP, caption=MARKUP, credit=MARKUP)
    workshop.save()
    create_date(area=MARKUP, starts_at=timezone.now() - timedelta(days=3))
    author = create_author(name=MARKUP, role=MARKUP, organisation=MARKUP, bio=MARKUP)
    author.handles.create(network=Handle.Network.X, name=MARKUP[1:])
    picture = create_picture(name=MARKUP, alt=MARKUP, caption=MARKUP, credit=MARKUP, pictured=MARKUP)
    post = create_post(
        title=MARKUP,
        standfirst=MARKUP,
        content_note=MARKUP,
        authors=[author],
        workshop=workshop,
        lead_picture=picture,
        body=f'<p>Words</p><figure data-picture="{picture.pk}"></figure>',
    )
    create_post(title=f"Another {MARKUP}", authors=[author], workshop=workshop)  # related, and beside it in time
    topic = post.topics.create(name=MARKUP, slug="t", description=MARKUP)
    tag = post.tags.create(name=MARKUP, slug="t")
    booking = book(date, MARKUP, email="ann@example.org", organisation=MARKUP, people=[Person(MARKUP)])
    draft = create_post(title=MARKUP, slug="draft", standfirst=MARKUP, is_published=False, authors=[author])
    guest_pass = create_guest_pass(post=draft, name=MARKUP, message=MARKUP)
    draft.notes.create(text=MARKUP, is_shared=True, guest_pass=guest_pass)
    page = create_page(title=MARKUP, slug="nasty", summary=MARKUP, menu="top", menu_title=MARKUP[:40])
    old = redirects.keep(f"/{MARKUP}", page)
    pages = [
        "/",
        page.get_absolute_url(),
        f"/search/?q={quote(MARKUP)}",
        "/search/?q=onerror",
        post.get_absolute_url(),
        *(f"/blog/{kind}" for kind in ("topics/", "archive/", f"archive/{timezone.localtime(post.publish_at).year}/")),
        *(
            f"{shelf}{format}"
            for shelf in ("/blog/", *(row.get_absolute_url() for row in (author, topic, tag)))
            for format in ("", "feed/", "feed/atom/")
        ),
        *(f"/sitemap-{section}.xml" for section in ("site", "blog")),
        reverse("events:workshop_list"),
        f"/workshops/in/{slugify(MARKUP)}/",
        reverse("events:past_list"),
        workshop.get_absolute_url(),
        f"{workshop.get_absolute_url()}past/",
        date.get_absolute_url(),
        date.get_reserve_url(),
        booking.get_absolute_url(),
        booking.get_absolute_url() + "names/",
        f"{booking.get_absolute_url()}needs/{booking.people.first().pk}/",
        guest_pass.get_absolute_url(),
        guest_pass.get_absolute_url() + "preview/",
        preview_links.create(guest_pass.post, guest_pass=guest_pass).get_absolute_url(),
    ]
    lists = ["blog_post", "blog_author", "events_workshop", "events_workshopdate", "events_venue", "events_booking"]
    lists += [
        "foundation_auditentry",
        "foundation_outgoingmail",
        "foundation_picture",
        "foundation_redirect",
        "site_page",
    ]
    desk = [reverse("admin:index"), reverse("admin:events_workshopdate_cancel", args=[date.pk])]
    desk += [reverse("admin:events_booking_add"), reverse("admin:events_workshop_delete", args=[workshop.pk])]
    desk += [reverse("admin:foundation_picture_delete", args=[picture.pk])]
    desk += [reverse(f"admin:{name}_changelist") for name in lists]
    for row in (post, author, picture, workshop, date, date.venue, booking, page, old):
        name = row._meta.label_lower.replace(".", "_")
        desk += [reverse(f"admin:{name}_{view}", args=[row.pk]) for view in ("change", "history")]

    for browser, addresses in ((client, pages), (admin_client, desk)):
        for address in addresses:
            response = browser.get(address)
            assert response.status_code == 200, address
            assert "<img src=x" not in response.content.decode(), address
