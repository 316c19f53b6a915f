"""Home, the frame around every page, and the pages that say what could not be done."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from sharedlives.foundation.models import Charity
from sharedlives.site import views
from tests.factories import create_author, create_charity, create_date, create_post, create_workshop

pytestmark = pytest.mark.django_db


def words(response):
    return " ".join(strip_tags(response.content.decode()).split())


def error_pages():
    get = RequestFactory().get("/somewhere/")
    return {
        400: views.bad_request(get, Exception()),
        403: views.permission_denied(get, PermissionDenied()),
        404: views.page_not_found(get, Exception()),
        429: views.too_many_requests(get, 90),
        500: views.server_error(get),
        503: views.service_unavailable(get),
    }


# Home


def test_home_shows_the_next_four_dates_in_order(client):
    workshop = create_workshop(title="Planning together")
    for number in (5, 3, 1, 2, 4):
        create_date(workshop=workshop, area=f"Town {number}", starts_at=timezone.now() + timedelta(days=number))
    create_date(workshop=workshop, area="Long ago", starts_at=timezone.now() - timedelta(days=9))
    create_date(workshop=workshop, area="Not announced", state="draft")

    page = client.get("/")

    assert re.findall(r"Town \d|Long ago|Not announced", words(page).replace("in Town", "")) == [
        "Town 1",
        "Town 2",
        "Town 3",
        "Town 4",
    ]


def test_home_shows_the_latest_three_posts_with_standfirst_and_authors(client):
    author = create_author(name="Ann Author")
    for number in (1, 2, 3, 4):
        create_post(
            title=f"Post {number}",
            standfirst=f"What {number} is about.",
            authors=[author],
            publish_at=timezone.now() - timedelta(days=10 - number),
        )
    create_post(title="Post tomorrow", publish_at=timezone.now() + timedelta(days=1))

    text = words(client.get("/"))

    assert re.findall(r"Post \w+", text) == ["Post 4", "Post 3", "Post 2"]
    assert "What 4 is about." in text
    assert text.count("Ann Author") == 3


def test_home_reads_well_when_nothing_is_there_yet(client):
    create_charity(name="Kind Places", phone="0151 496 0000")

    text = words(client.get("/"))

    assert "Welcome to Kind Places" in text
    assert "No dates are planned just now." in text
    assert "Our first post is on its way." in text
    assert "None" not in text


def test_home_takes_as_many_queries_for_three_posts_as_for_one(client):
    def fill(number):
        create_post(title=f"Post {number}", authors=[create_author(name=f"Ann {number}")])
        create_date()

    def queries():
        Charity.current()
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        return [query["sql"] for query in captured if "foundation_charity" not in query["sql"]]

    fill(1)
    for_one = queries()
    fill(2)
    fill(3)
    assert len(queries()) == len(for_one) == 3


# The frame


@pytest.mark.parametrize("name", ["site:home", "events:workshop_list", "blog:post_list"])
def test_reading_sets_no_cookie(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 200
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.content.decode()


@pytest.mark.parametrize("name", ["site:home", "events:workshop_list", "blog:post_list"])
def test_every_page_has_one_heading_landmarks_and_a_skip_link(client, name):
    html = client.get(reverse(name)).content.decode()

    assert html.startswith("<!doctype html>")
    assert '<html lang="en-GB">' in html
    assert html.count("<h1") == html.count("<main ") == html.count("<header ") == html.count("<footer ") == 1
    assert html.index('<a class="skip-link" href="#main">') < html.index("<header ") < html.index('<main id="main"')


def test_a_demonstration_says_so_and_is_kept_out_of_search(client):
    create_charity(is_demo=True)
    html = client.get("/").content.decode()
    assert "This is a demonstration." in html
    assert '<meta name="robots" content="noindex, nofollow">' in html


def test_the_real_site_may_be_found(client):
    create_charity()
    html = client.get("/").content.decode()
    assert "demonstration" not in html
    assert '<meta name="robots" content="index, follow">' in html


def test_the_footer_says_whom_to_ask(client):
    create_charity(access_contact_name="Ada Cess", access_contact_text="07700 900123", charity_number="0000000")

    html = client.get("/").content.decode()

    assert "Ada Cess will be glad to help." in html
    assert '<a href="sms:07700900123">07700 900123</a>' in html
    assert "Registered charity 0000000" in html


def test_the_charity_cannot_break_the_page_by_its_name(client):
    create_charity(name='"><img src=x onerror=alert(1)></title>')
    html = client.get("/").content.decode()
    assert "<img" not in html
    assert html.count("</title>") == 1


# What could not be done


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_error_pages_say_what_to_do_and_whom_to_ring(status):
    create_charity(phone="0151 496 0000")
    response = error_pages()[status]
    html = response.content.decode()

    assert response.status_code == status
    assert html.count("<h1") == 1
    assert '<a href="tel:01514960000">0151 496 0000</a>' in html
    assert '<meta name="robots" content="noindex">' in html
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_error_pages_read_well_before_anything_is_known_about_the_charity(status):
    text = words(error_pages()[status])
    assert "None" not in text
    assert "Or ring us" not in text


@pytest.mark.parametrize("view", [views.server_error, views.service_unavailable])
def test_error_pages_keep_the_phone_number_while_the_database_is_away(view, monkeypatch):
    create_charity(phone="0151 496 0000")
    Charity.current()
    monkeypatch.setattr(Charity, "_seen_at", 0.0)
    monkeypatch.setattr(Charity.objects, "filter", _database_is_away)

    assert "0151 496 0000" in words(view(RequestFactory().get("/")))


def test_the_page_for_an_absent_database_does_not_ask_it(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = views.service_unavailable(RequestFactory().get("/"))
    assert response["Retry-After"] == "60"


def test_when_even_the_error_page_fails_there_are_words(monkeypatch):
    monkeypatch.setattr(views.loader, "render_to_string", _database_is_away)

    response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Something went wrong here" in words(response)
    assert "secret" not in words(response)


def _database_is_away(*args, **kwargs):
    raise OperationalError("connection to server failed: secret")


def test_an_unknown_address_is_answered_in_the_look_of_the_site(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "We cannot find that page" in words(response)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "in a minute"), (60, "in a minute"), (61, "in 2 minutes"), (3600, "in 60 minutes"), (86400, "in 24 hours")],
)
def test_over_a_limit_people_are_told_how_long_to_wait(seconds, said):
    response = views.too_many_requests(RequestFactory().get("/"), seconds)
    assert response["Retry-After"] == str(seconds)
    assert f"Please try again {said}." in words(response)


def test_over_a_limit_the_typed_text_is_kept():
    response = views.too_many_requests(RequestFactory().post("/", {"name": "Ann & Bea"}), 60)
    assert '<textarea id="kept-1" readonly rows="2">Ann &amp; Bea</textarea>' in response.content.decode()


def test_a_form_from_elsewhere_is_refused_and_its_text_given_back():
    create_charity()
    date = create_date()

    response = Client(enforce_csrf_checks=True).post(
        date.get_reserve_url(),
        {"contact_name": "Ann </textarea><script>", "password": "hidden", "csrfmiddlewaretoken": "x"},
    )

    html = response.content.decode()
    assert response.status_code == 403
    assert "Ann &lt;/textarea&gt;&lt;script&gt;" in html
    assert "hidden</textarea>" not in html
    assert "0151 496 0000" in html
