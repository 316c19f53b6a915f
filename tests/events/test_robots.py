"""Programs are noticed without a puzzle; and no person is turned away, whatever helps them to fill in a form."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from events.forms import new_stamp
from events.models import Booking
from events.views import reserving
from tests.factories import create_charity, create_date, create_workshop

pytestmark = pytest.mark.django_db

ONCE_MORE = "Please press the button at the end once more."
INPUT = r'<input type="(?:hidden|text|email|tel)" name="([^"]+)" value="([^"]*)"'


@pytest.fixture(autouse=True)
def _as_for_visitors(settings):
    create_charity()
    settings.QUICKEST_PERSON = 2


class Browser:
    """Opens the form, fills it in, presses; and presses again what it is shown."""

    def __init__(self, client, date):
        self.client, self.path = client, date.get_reserve_url()
        self.show(client.get(self.path))

    def show(self, response):
        self.response, self.page = response, html.unescape(response.content.decode())
        self.shown = dict(re.findall(INPUT, self.page))

    def press(self, **typed):
        needed = {"support_workers": "0", "people-TOTAL_FORMS": "1", "people-INITIAL_FORMS": "0"}
        self.show(self.client.post(self.path, needed | self.shown | typed))
        return self.response.status_code == 302


@pytest.fixture
def browser(client):
    return Browser(client, create_date())


@pytest.fixture
def later():
    """Half a minute after the form was opened."""
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        yield


ANN = {"contact_name": "Ann", "email": "ann@example.org", "organisation": "The Lantern"}


def test_a_person_is_asked_nothing(browser, later):
    assert browser.press(**ANN)
    assert Booking.objects.get().contact_name == "Ann"


@pytest.mark.parametrize("open_for", [timedelta(hours=3), timedelta(days=9)])
def test_a_form_may_stay_open_for_hours_and_days(browser, open_for):
    with time_machine.travel(timezone.now() + open_for, tick=False):
        assert browser.press(**ANN)


SPAM = "See https://a.example and http://b.example and www.c.example"
LIKE_A_PROGRAM = {
    "the hidden field": {"website": "https://spam.example"},
    "a hidden field with anything": {"website": "\x00" + "x" * 5000},
    "links": {"people-0-access": SPAM, "people-0-answering_for": "self", "keep_needs": "on"},
    "one text everywhere": {
        "contact_name": "casino",
        "organisation": "casino",
        "people-0-access": "casino",
        "people-0-answering_for": "self",
        "keep_needs": "on",
    },
}


@pytest.mark.parametrize("typed", LIKE_A_PROGRAM.values(), ids=LIKE_A_PROGRAM)
def test_what_looks_like_a_program_is_kept_and_asked_to_press_once_more_and_then_it_counts(browser, later, typed):
    assert not browser.press(**ANN | typed)

    assert not Booking.objects.exists()
    assert browser.response.status_code == 200
    assert ONCE_MORE in browser.page
    assert browser.shown["email"] == "ann@example.org"
    assert browser.shown.get("website", "") == ""

    assert browser.press(**{name: value for name, value in (ANN | typed).items() if name not in browser.shown})
    assert Booking.objects.get().email == "ann@example.org"


def test_sent_within_two_seconds_it_is_asked_once_more_and_a_quick_second_press_counts(browser):
    with time_machine.travel(timezone.now(), tick=False):
        browser.show(browser.client.get(browser.path))

        assert not browser.press(**ANN)
        assert ONCE_MORE in browser.page
        assert browser.press()

    assert Booking.objects.count() == 1


def test_who_was_asked_once_more_has_not_used_up_one_of_the_hundred(browser, monkeypatch):
    monkeypatch.setitem(reserving.RESERVATIONS, "limit", 1)
    with time_machine.travel(timezone.now(), tick=False):
        browser.show(browser.client.get(browser.path))

        assert not browser.press(**ANN)
        assert not browser.press(email="")
        assert browser.press(**ANN)
        browser.show(browser.client.get(browser.path))
        assert not browser.press(**ANN | {"contact_name": "Bea"})
        assert browser.response.status_code == 200
        assert not browser.press()
        assert browser.response.status_code == 429


def test_a_password_manager_that_fills_the_hidden_field_each_time_is_asked_once_only(browser, later):
    assert not browser.press(**ANN, website="https://my.example")
    assert browser.press(website="https://my.example")


def test_both_presses_are_one_request(browser, later):
    browser.press(**ANN, website="x")
    browser.press()
    browser.press()

    assert Booking.objects.count() == 1


def test_two_links_or_the_same_need_of_three_people_are_nothing_unusual(browser, later):
    told = {"keep_needs": "on", "people-TOTAL_FORMS": "3"}
    for number in range(3):
        told |= {f"people-{number}-access": "None", f"people-{number}-answering_for": "self"}
    told["people-0-dietary"] = "https://recipes.example and www.allergy.example"

    assert browser.press(**ANN, **told)


def test_after_a_broken_stamp_a_quick_second_press_counts(browser):
    assert not browser.press(**ANN, stamp="tampered")
    assert browser.press()


def test_a_stamp_that_says_it_was_asked_cannot_be_made_up(browser, later):
    stamp = new_stamp().replace(":", "-asked:")

    assert not browser.press(**ANN, website="x", stamp=stamp)
    assert not Booking.objects.exists()


def test_the_hidden_field_is_hidden_from_people_screen_readers_keyboards_and_autofill(browser):
    [trap] = re.findall(r'<div class="visually-hidden" aria-hidden="true">.*?</div>', browser.page, re.DOTALL)

    assert ">Leave this empty</label>" in trap
    assert 'autocomplete="off"' in trap
    assert 'tabindex="-1"' in trap
    assert "style=" not in trap


def test_the_untouched_form_is_the_same_for_everybody_but_for_its_secrets(client):
    date = create_date(workshop=create_workshop(partners="Nesta"))

    def page(query=""):
        shown = client.get(date.get_reserve_url() + query).content.decode()
        return re.sub(r'name="(csrfmiddlewaretoken|stamp)" value="[^"]+"', "", shown)

    first = page()
    client.post(date.get_reserve_url(), {"contact_name": "Ann", "add_person": "1"})

    assert page() == page("?contact_name=Ann&email=ann@example.org&website=x") == first
    assert "Nesta" in first


def test_a_hundred_residents_of_a_care_home_reserve_and_then_it_is_said_in_words(browser, later):
    stamps = [new_stamp() for _ in range(101)]
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        for number, stamp in enumerate(stamps[:100]):
            person = {"contact_name": f"Resident {number}", "email": f"resident.{number}@example.org"}
            assert browser.press(**person, stamp=stamp)

        assert not browser.press(**ANN, stamp=stamps[100])

    assert Booking.objects.count() == 100
    assert browser.response.status_code == 429
    assert 0 < int(browser.response["Retry-After"]) <= reserving.RESERVATIONS["seconds"]
    assert "Many places were reserved from where you are" in browser.page
    assert "0151 496 0000" in browser.page
    assert browser.shown["organisation"] == "The Lantern"
