"""Pages: their form at the desk, how they look, the menus they stand in."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from sharedlives.foundation.models import AuditEntry, Charity, Redirect
from sharedlives.foundation.seen_version import version
from sharedlives.site import menus
from sharedlives.site.models import Page, reserved_words, validate_free_address
from tests.factories import create_charity, create_page, create_picture, create_post, create_user

pytestmark = pytest.mark.django_db

ADD = reverse("admin:site_page_add")
EDIT = ["site.view_page", "site.add_page", "site.change_page"]


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


@pytest.fixture
def editor(client):
    client.force_login(create_user(email="editor@example.org", name="Eddie Editor", permissions=EDIT))
    return client


def form_of(page):
    return reverse("admin:site_page_change", args=[page.pk])


def filled_in(page=None, **changes):
    values = {
        "title": page.title if page else "About us",
        "slug": page.slug if page else "",
        "summary": page.summary if page else "",
        "body": page.body if page else "<p>We are a charity.</p>",
        "menu": page.menu if page else "",
        "position": "10",
        "seen_version": version(page) if page else "",
    }
    if page and page.is_published:
        values["is_published"] = "on"
    return values | changes


def words(response):
    return " ".join(strip_tags(response.content.decode()).split())


# What the public sees


def test_a_page_shows_its_title_summary_and_text(client):
    picture = create_picture(alt="A kitchen table")
    note = "<small>As counted in May.</small>"
    page = create_page(
        title="About us",
        summary="Who we are.",
        body=f'<p>We are{note} a charity.</p><figure data-picture="{picture.pk}"></figure>',
    )

    response = client.get(page.get_absolute_url())

    html = response.content.decode()
    assert "About us Who we are. We are" in words(response)
    assert 'alt="A kitchen table"' in html
    assert 'role="doc-endnotes"' in html
    assert '<link rel="canonical" href="https://www.example.org/about-us/">' in html
    assert '<meta name="description" content="Who we are.">' in html
    assert html.count("<h1") == 1
    assert not response.cookies


def test_a_page_that_is_not_published_is_for_staff_alone(client):
    page = create_page(is_published=False)
    address = page.get_absolute_url()
    assert client.get(address).status_code == 404

    client.force_login(create_user(email="no@example.org"))
    assert client.get(address).status_code == 404

    client.force_login(create_user(permissions=["site.view_page"]))
    response = client.get(address)
    assert "Only staff see this page." in words(response)
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response.content.decode()


def test_a_published_page_looks_at_nobodys_session(client):
    response = client.get(create_page().get_absolute_url())
    assert "Cookie" not in response.get("Vary", "")


def test_the_contact_page_says_what_the_facts_say_now(client):
    page = create_page(title="Contact", shows_contact=True)
    create_charity(phone="0151 496 0099", address="1 New Street")

    text = words(client.get(page.get_absolute_url()))

    assert re.findall(r"0151 496 00\d\d|1 New Street", text) == [
        "0151 496 0099",
        "1 New Street",
        "0151 496 0001",
        "1 New Street",
        "0151 496 0099",
    ]
    assert text.count("Ada Cess will be glad to help.") == 1


@pytest.mark.usefixtures("long_memory")
def test_a_page_asks_the_database_once(client):
    page = create_page()
    menus.current(), Charity.current()
    with CaptureQueriesContext(connection) as captured:
        client.get(page.get_absolute_url())
    assert len(captured) == 1


def test_markup_in_titles_is_text(client):
    nasty = '"><img src=x onerror=alert(1)></script>'
    page = create_page(title=nasty, slug="nasty", summary=nasty, menu="top", menu_title=nasty[:40])

    assert "<img" not in client.get(page.get_absolute_url()).content.decode()


# Its address


@pytest.mark.parametrize(
    "slug", ["admin", "accounts", "blog", "workshops", "bookings", "search", "media", "static", "healthz", "Blog"]
)
def test_an_address_that_the_site_itself_uses_is_refused(slug):
    with pytest.raises(ValidationError, match="itself uses"):
        validate_free_address(slug)


@pytest.mark.parametrize("slug", ["about", "2019", "true", "blogs", "adm"])
def test_any_other_address_is_free(slug):
    validate_free_address(slug)


def test_reserved_words_are_those_of_the_urlconf():
    assert {"admin", "blog", "workshops", "search", "media", "static"} <= reserved_words()
    assert not any("<" in word or not word for word in reserved_words())


def test_an_address_is_made_from_the_title_and_numbered(editor):
    create_page(title="About us")
    create_page(title="About us", slug="about-us-2")

    editor.post(ADD, filled_in(title="About us"))
    editor.post(ADD, filled_in(title="Search"))

    assert set(Page.objects.values_list("slug", flat=True)) == {"about-us", "about-us-2", "about-us-3", "search-2"}


def test_a_changed_address_leads_on(editor, client):
    page = create_page()
    editor.post(form_of(page), filled_in(page, slug="who-we-are"))

    assert client.get("/about-us/")["Location"] == "/who-we-are/"
    page.refresh_from_db()
    editor.post(form_of(page), filled_in(page, slug="about-us"))
    assert client.get("/about-us/").status_code == 200
    assert client.get("/who-we-are/")["Location"] == "/about-us/"


# Its form


def test_a_page_is_written_and_published_at_the_desk(editor):
    editor.post(ADD, filled_in(is_published="on", menu="foot", body="<p>We are <script>x</script>a charity.</p>"))

    page = Page.objects.get()
    assert (page.body, page.is_published, page.menu) == ("<p>We are a charity.</p>", True, "foot")
    assert AuditEntry.objects.get(action="added").object_label == "About us"


def test_an_empty_page_is_not_published(editor):
    response = editor.post(ADD, filled_in(is_published="on", body="<p></p>"))

    assert "To be published it needs a text." in words(response)
    assert editor.post(ADD, filled_in(is_published="on", body="", shows_contact="on")).status_code == 302


def test_pictures_in_the_text_are_noted(editor):
    picture = create_picture()
    editor.post(ADD, filled_in(body=f'<p>See</p><figure data-picture="{picture.pk}"></figure>'))

    assert list(Page.objects.get().pictures.all()) == [picture]


def test_who_saves_second_is_told_and_loses_nothing(editor):
    page = create_page(body="<p>First.</p>")
    mine = filled_in(page, body="<p>Mine.</p>")
    page.body = "<p>Theirs.</p>"
    page.save()

    response = editor.post(form_of(page), mine)

    text = words(response)
    assert "Somebody saved this page, after you had opened it." in text
    assert "Mine." in response.content.decode()
    assert "Theirs." in text
    page.refresh_from_db()
    assert page.body == "<p>Theirs.</p>"
    seen = re.search(r'name="seen_version" value="([^"]+)"', response.content.decode())[1]
    editor.post(form_of(page), mine | {"seen_version": seen})
    page.refresh_from_db()
    assert page.body == "<p>Mine.</p>"


def test_who_may_only_look_changes_nothing(client):
    page = create_page()
    client.force_login(create_user(permissions=["site.view_page"]))

    assert client.get(form_of(page)).status_code == 200
    assert client.post(form_of(page), filled_in(page, title="Mine")).status_code == 403


# The menus


def in_nav(response, label):
    nav = re.search(rf'<nav[^>]*aria-label="{label}">(.*?)</nav>', response.content.decode(), re.DOTALL)[1]
    return re.findall(r"<a [^>]*>([^<]*)</a>", nav)


def test_menus_hold_published_pages_in_their_order(client):
    create_page(title="Privacy", menu="foot", position=2)
    create_page(title="Accessibility statement", menu="foot", position=1, menu_title="Accessibility")
    create_page(title="About us", menu="top")
    create_page(title="Not yet", menu="top", is_published=False)
    create_page(title="Nowhere")

    response = client.get("/")

    assert in_nav(response, "Main") == ["Workshops", "Blog", "About us", "Search"]
    assert in_nav(response, "Footer") == ["Home", "Workshops", "Blog", "Accessibility", "Privacy"]


def test_the_menu_says_where_one_is(client):
    page = create_page(menu="top")
    html = client.get(page.get_absolute_url()).content.decode()

    assert '<a href="/about-us/" aria-current="page">About us</a>' in html
    assert html.count('aria-current="page"') == 1


@pytest.mark.usefixtures("long_memory")
def test_menus_are_read_once_in_a_second(client):
    create_page(menu="top")
    client.get("/search/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/search/")
    assert not [query for query in captured if "site_page" in query["sql"]]


def test_a_saved_page_is_in_the_menu_at_once(client):
    page = create_page(menu="top")
    client.get("/")
    page.menu_title = "Who we are"
    page.save()

    assert "Who we are" in in_nav(client.get("/"), "Main")


def test_menus_stay_while_the_database_is_away(client, monkeypatch):
    create_page(menu="top")
    client.get("/")
    menus.remembered.forget()
    monkeypatch.setattr(Page.objects, "in_menus", _away)
    client.raise_request_exception = False

    response = client.get("/search/")

    assert response.status_code == 503
    assert "About us" in in_nav(response, "Main")


def _away():
    raise OperationalError


# Old addresses at the desk


@pytest.fixture
def publisher(client):
    verbs = ("view", "add", "change", "delete")
    permissions = [f"foundation.{verb}_redirect" for verb in verbs]
    client.force_login(create_user(email="publisher@example.org", permissions=permissions))
    return client


REDIRECT_ADD = reverse("admin:foundation_redirect_add")


def test_an_old_address_is_added_by_hand(publisher):
    typed = {"path": "https://old.example.net/2019/A-Title/?utm_source=x", "leads_to": "/blog/"}
    assert publisher.post(REDIRECT_ADD, typed).status_code == 302

    row = Redirect.objects.get()
    assert (row.host, row.path, row.leads_to) == ("old.example.net", "/2019/a-title", "/blog/")
    assert publisher.get("/2019/a-title/")["Location"] == "/blog/"


def test_an_address_of_our_own_needs_no_host(publisher):
    publisher.post(REDIRECT_ADD, {"path": "https://www.example.org/old/", "leads_to": "https://www.example.org/blog/"})

    row = Redirect.objects.get()
    assert (row.host, row.path, row.leads_to) == ("", "/old", "/blog/")


@pytest.mark.parametrize(
    ("path", "leads_to", "said"),
    [
        ("/old/", "https://evil.example/", "Nothing on this site answers there"),
        ("/old/", "//evil.example/", "Nothing on this site answers there"),
        ("/old/", "/\\evil.example", "Nothing on this site answers there"),
        ("/old/", "/%0d%0ax/y/z/", "Nothing on this site answers there"),
        ("/old/", "javascript:alert(1)", "Nothing on this site answers there"),
        ("/old/", "/no/such/place/", "Nothing on this site answers there"),
        ("/old/", "//[x", "Nothing on this site answers there"),
        ("/old/", "/\t/evil.example/search/", "Nothing on this site answers there"),
        ("/blog/", "/blog/", "lead to itself"),
        ("old", "/blog/", "begins with"),
        ("https://[x", "/blog/", "no address"),
        (f"https://{'a' * 254}/old/", "/blog/", "no address"),
        ("/", "/blog/", "home page"),
    ],
)
def test_an_old_address_leads_to_nothing_foreign(publisher, path, leads_to, said):
    response = publisher.post(REDIRECT_ADD, {"path": path, "leads_to": leads_to})

    assert said in words(response).replace("&#x27;", "'")
    assert not Redirect.objects.exists()


def test_old_addresses_do_not_lead_round_in_a_circle(publisher):
    publisher.post(REDIRECT_ADD, {"path": "/one/", "leads_to": "/two/"})
    publisher.post(REDIRECT_ADD, {"path": "/two/", "leads_to": "/three/"})
    response = publisher.post(REDIRECT_ADD, {"path": "/three/", "leads_to": "/one/"})

    assert "leads back" in words(response)
    assert Redirect.objects.count() == 2


def test_an_old_address_stands_in_the_list_once(publisher):
    publisher.post(REDIRECT_ADD, {"path": "/old/", "leads_to": "/blog/"})
    response = publisher.post(REDIRECT_ADD, {"path": "/OLD", "leads_to": "/workshops/"})

    assert "in the list already" in words(response)


def test_what_follows_a_thing_goes_on_following_it_until_it_is_led_elsewhere(publisher):
    from sharedlives.foundation import redirects

    post = create_post()
    row = redirects.keep("/old/", post)
    address = reverse("admin:foundation_redirect_change", args=[row.pk])
    publisher.post(address, {"path": "/older/", "leads_to": post.get_absolute_url()})
    row.refresh_from_db()
    assert (row.path, row.target, row.leads_to) == ("/older", post, "")

    publisher.post(address, {"path": "/older/", "leads_to": "/workshops/"})
    row = Redirect.objects.get()
    assert (row.target, row.leads_to) == (None, "/workshops/")
