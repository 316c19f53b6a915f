"""Codes from an app as a second step, and who must have one."""

import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from sharedlives.foundation import accounts
from sharedlives.foundation.models import AuditEntry, OutgoingMail, User
from tests.factories import create_user

from .people import PASSWORD, boss, code_now, desk, give_app, in_role, is_signed_in, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts")]


def test_whoever_may_see_access_needs_must_have_a_second_step(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    person = in_role("Access needs team")

    assert accounts.needs_second_factor(person)
    give_app(person)
    assert not accounts.needs_second_factor(User.objects.get())


def test_superusers_need_one_and_others_do_not(settings):
    settings.REQUIRE_SECOND_FACTOR = True

    assert accounts.needs_second_factor(boss())
    assert not accounts.needs_second_factor(in_role("Workshop organisers"))


def test_the_setting_switches_it_off(settings):
    settings.REQUIRE_SECOND_FACTOR = False

    assert not accounts.needs_second_factor(boss())


def test_recovery_codes_alone_are_no_second_step(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    person = boss()
    Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data={})

    assert accounts.needs_second_factor(person)


def test_the_desk_stays_shut_until_it_is_set_up_and_says_why(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    person = in_role("Access needs team")
    client = desk(person)

    for path in ("/admin/", "/admin/events/accessneed/", "/admin/jsi18n/", "/admin/foundation/user/add/"):
        response = client.get(path)
        assert (response.status_code, response.url) == (302, "/accounts/2fa/")
    assert b"it needs a second step" in client.get("/accounts/2fa/").content
    assert client.post("/admin/foundation/user/add/", {}).url == "/accounts/2fa/"

    give_app(person)
    assert client.get("/admin/").status_code == 200


def test_asking_costs_one_query_for_people_who_have_one(settings, django_assert_num_queries):
    settings.REQUIRE_SECOND_FACTOR = True
    person = boss()
    give_app(person)

    with django_assert_num_queries(1):
        accounts.needs_second_factor(person)


def test_public_pages_ask_nothing(settings, client):
    settings.REQUIRE_SECOND_FACTOR = True
    client.force_login(boss())

    assert client.get("/accounts/password/change/").status_code == 200


def test_an_app_is_set_up_after_the_password_was_asked_once_more(client, django_capture_on_commit_callbacks):
    user = boss()
    sign_in(client, user)
    asked = client.get("/accounts/2fa/app/activate/")
    assert asked.url.startswith("/accounts/reauthenticate/")

    client.post(asked.url, {"password": PASSWORD})
    page = client.get("/accounts/2fa/app/activate/").content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/accounts/2fa/app/activate/", {"code": code_now(secret)})

    assert response.url == "/accounts/2fa/recovery-codes/"
    assert accounts.has_second_factor(user)
    assert secret not in str(list(Authenticator.objects.values()))
    assert OutgoingMail.objects.get().text.startswith("An app now gives you codes for signing in.")


def test_signing_in_asks_for_the_code(client):
    user = boss()
    secret = give_app(user)

    assert sign_in(client, user).url == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert is_signed_in(client)


def test_a_code_works_once():
    user = boss()
    secret = give_app(user)
    first, second = Client(), Client()
    at = 1_700_000_010
    with time_machine.travel(at, tick=False):
        for client in (first, second):
            sign_in(client, user)
            client.post("/accounts/2fa/authenticate/", {"code": code_now(secret, at)})

    with time_machine.travel(at + 1, tick=False):
        assert is_signed_in(first)
        assert not is_signed_in(second)


def test_wrong_codes_are_stopped(client):
    user = boss()
    secret = give_app(user)
    sign_in(client, user)

    for _ in range(10):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    response = client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})

    assert b"too many wrong codes" in response.content
    assert not is_signed_in(client)


def test_a_code_still_fits_after_the_secret_key_was_replaced(client, settings):
    user = boss()
    secret = give_app(user)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]

    sign_in(client, user)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})

    assert is_signed_in(client)


def test_a_lost_secret_key_refuses_codes_and_breaks_nothing(client, settings):
    user = boss()
    secret = give_app(user)
    settings.SECRET_KEY = "a new one, the old one is lost"

    sign_in(client, user)
    response = client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})

    assert response.status_code == 200
    assert not is_signed_in(client)


def test_a_colleague_removes_a_lost_second_step(client):
    host, person = boss(), create_user()
    give_app(person)
    elsewhere = desk(person)

    desk(host).post("/admin/foundation/user/", {"action": "remove_second_step", "_selected_action": [person.pk]})

    assert not Authenticator.objects.filter(user=person).exists()
    assert not is_signed_in(elsewhere)
    assert OutgoingMail.objects.get().recipient == person.email
    assert AuditEntry.objects.filter(actor=host, action="action: remove second step").exists()


def test_changing_ones_sign_in_needs_the_password_once_more(client):
    user = boss()
    give_app(user)
    client.force_login(user)

    for path in ("app/deactivate/", "recovery-codes/generate/", "passkeys/add/"):
        response = client.post(f"/accounts/2fa/{path}", {})
        assert response.status_code == 302
        assert "reauthenticate" in response.url
    assert accounts.has_second_factor(user)
