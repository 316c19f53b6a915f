"""Signing in and out, its limits, forgotten and changed passwords."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from sharedlives.foundation import accounts
from sharedlives.foundation.models import AuditEntry, OutgoingMail, User
from tests.factories import create_user

from .people import (
    NEW_PASSWORD,
    PASSWORD,
    ask_for_new_password,
    boss,
    desk,
    give_app,
    is_signed_in,
    link_in,
    sign_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts")]

HOSTILE_NEXT = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "https:/evil.example",
    "http://testserver@evil.example/",
    "http://www.example.org/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\tevil",
    "\t//evil.example",
    " //evil.example",
    "/\r\nSet-Cookie: a=b",
    "/\x00",
    "evil.example",
    "@evil.example",
]


# --- Signing in and out ----------------------------------------------------------------------------------------------


def test_the_desk_asks_to_sign_in_and_then_opens_the_page_that_was_wanted(client):
    user = boss()

    asked = client.get("/admin/foundation/user/", follow=True)
    assert asked.redirect_chain[-1][0] == "/accounts/login/?next=/admin/foundation/user/"

    response = client.post(
        "/accounts/login/", {"login": user.email, "password": PASSWORD, "next": "/admin/foundation/user/"}
    )
    assert response.url == "/admin/foundation/user/"
    assert is_signed_in(client)


def test_letters_of_the_address_may_be_large_or_small(client):
    boss()

    client.post("/accounts/login/", {"login": " Boss@Example.ORG ", "password": PASSWORD})

    assert is_signed_in(client)


def test_signing_in_makes_a_new_session(client):
    user = boss()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["session"] = planted

    sign_in(client, user)

    assert client.session.session_key != planted
    assert not Session.objects.filter(pk=planted).exists()


def test_signing_out_ends_the_session(client):
    user = boss()
    sign_in(client, user)
    key = client.session.session_key

    response = client.post("/admin/logout/")

    assert response.url == "/accounts/login/"
    assert not Session.objects.filter(pk=key).exists()


def test_a_link_cannot_sign_anybody_out(client):
    sign_in(client, boss())

    assert client.get("/admin/logout/").status_code == 405
    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)


@pytest.mark.parametrize("wanted", HOSTILE_NEXT)
def test_next_leads_to_pages_of_this_site_only(client, wanted):
    user = boss()

    response = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "next": wanted})
    assert response.url == "/admin/"
    assert client.get("/admin/login/", {"next": wanted}).url == "/admin/"
    assert client.get("/accounts/login/", {"next": wanted}).url == "/admin/"
    assert client.post("/accounts/logout/", {"next": wanted}).url == "/accounts/login/"
    assert client.get("/admin/login/", {"next": wanted}).url == "/accounts/login/?next=/admin/"


@pytest.mark.parametrize("wanted", ["/admin/foundation/user/?q=a&p=1", "/", "/accounts/2fa/"])
def test_own_paths_are_followed(wanted):
    assert accounts.is_own_path(wanted)


def test_somebody_signed_in_without_rights_gets_a_clear_refusal_and_no_loop(client):
    client.force_login(create_user(is_staff=False))

    for path in ("/admin/login/", "/admin/login/?next=/admin/"):
        response = client.get(path)
        assert response.status_code == 403
        assert b"This page is not open to you" in response.content
        assert b"0151 496 0000" in response.content
    followed = client.get("/admin/foundation/user/", follow=True)
    assert followed.status_code == 403
    assert len(followed.redirect_chain) == 1


def test_the_admin_of_django_signs_nobody_in_by_itself(client):
    """Its form knows neither limits nor second factors."""
    user = boss()
    fields = {"username": user.email, "password": PASSWORD}

    assert client.post("/admin/login/", fields).url == "/accounts/login/?next=/admin/"
    assert not is_signed_in(client)
    # Nor for a colleague who is signed in and tries the passwords of others.
    client.force_login(create_user())
    assert client.post("/admin/login/", fields).url == "/admin/"
    assert client.session["_auth_user_id"] != str(user.pk)


def test_the_admin_of_django_changes_no_password(client):
    client.force_login(boss())

    response = client.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD},
    )

    assert response.url == "/accounts/password/change/"
    assert User.objects.get().check_password(PASSWORD)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client):
    user = boss()

    def answer(email):
        response = client.post("/accounts/login/", {"login": email, "password": "not the password"})
        text = response.content.decode().replace(email, "EMAIL")
        return response.status_code, re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", text)

    assert answer(user.email) == answer("nobody@example.org")
    assert "do not go together" in answer(user.email)[1]


def test_an_invited_person_without_a_password_looks_like_an_unknown_one(client):
    user = create_user(email="new@example.org")
    user.set_unusable_password()
    user.save()

    response = client.post("/accounts/login/", {"login": user.email, "password": "not the password"})

    assert "do not go together" in response.content.decode()


def test_somebody_deactivated_cannot_sign_in(client):
    user = boss(is_active=False)

    response = sign_in(client, user)

    assert response.url == "/accounts/inactive/"
    assert not is_signed_in(client)


def test_sign_up_is_closed(client):
    page = client.get("/accounts/signup/")
    client.post(
        "/accounts/signup/",
        {"email": "me@example.org", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert b"Accounts come by invitation" in page.content
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["email/", "confirm-email/", "login/code/", "login/code/confirm/", "2fa/webauthn/signup/", "3rdparty/", "phone/"],
)
def test_pages_of_allauth_that_nobody_needs_are_not_there(client, path):
    assert client.get(f"/accounts/{path}").status_code == 404


@pytest.mark.parametrize("path", ["login/", "password/reset/", "signup/", "password/reset/done/"])
def test_pages_of_signing_in_are_kept_by_no_cache_and_no_search_engine(client, path):
    response = client.get(f"/accounts/{path}")

    assert "no-store" in response["Cache-Control"]
    assert b'content="noindex"' in response.content


def test_failed_attempts_are_logged_without_the_address(client, caplog):
    user = boss()
    caplog.set_level(logging.INFO)

    sign_in(client, user, "wrong")
    sign_in(client, user, "wrong again")

    lines = [record.getMessage() for record in caplog.records if "sign-in failed" in record.getMessage()]
    assert len(lines) == 2
    assert lines[0] == lines[1]
    assert "boss" not in caplog.text
    assert "wrong" not in caplog.text


@pytest.mark.parametrize("junk", ["\x00", "%ff", "a" * 5000, "é" * 300, "1e309", "{{7*7}}", "' OR 1=1--", "🙂@x"])
def test_junk_in_the_forms_is_answered_calmly(client, junk):
    for path, names in (
        ("login/", ["login", "password", "next"]),
        ("password/reset/", ["email", "next"]),
        ("2fa/passkeys/login/", ["credential"]),
        ("2fa/authenticate/", ["code"]),
        ("password/reset/key/1-abc/def/", ["password1", "password2"]),
    ):
        for response in (
            client.post(f"/accounts/{path}", dict.fromkeys(names, junk)),
            client.get(f"/accounts/{path}", dict.fromkeys(names, junk)),
        ):
            assert response.status_code < 500


# --- Requests that are not what they seem -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "www.example.org.evil.example", "evil.example:80@www.example.org"])
def test_another_host_is_refused_and_no_link_names_it(client, host):
    user = boss()

    response = client.post("/accounts/password/reset/", {"email": user.email}, headers={"host": host})

    assert response.status_code == 400
    assert not OutgoingMail.objects.exists()


def test_a_forwarded_host_is_not_believed(client):
    user = boss()

    client.post("/accounts/password/reset/", {"email": user.email}, headers={"x-forwarded-host": "evil.example"})

    assert "evil" not in OutgoingMail.objects.get().text


@pytest.mark.parametrize("extra", [{}, {"headers": {"origin": "https://evil.example"}}])
def test_a_form_sent_from_elsewhere_is_refused_and_gives_back_what_was_typed(extra):
    user = boss()

    response = sign_in(Client(enforce_csrf_checks=True), user, **extra)

    assert response.status_code == 403
    assert user.email.encode() in response.content
    assert PASSWORD.encode() not in response.content


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/", "/admin/foundation/user/", "/accounts/2fa/"])
def test_pages_with_forms_are_in_no_frame_no_cache_and_under_a_strict_policy(client, path):
    if path != "/accounts/login/":
        client.force_login(boss())

    response = client.get(path)

    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_twenty_wrong_passwords_from_one_address_are_stopped(client):
    user = boss()

    answers = [sign_in(client, user, f"guess {n}").status_code for n in range(20)]

    assert answers == [200] * 10 + [429] * 10


def test_one_wrong_password_each_from_200_addresses_is_stopped():
    user = boss()

    answers = [sign_in(Client(), user, "guess", REMOTE_ADDR=f"198.51.100.{n}").status_code for n in range(200)]

    assert answers == [200] * 10 + [429] * 190


def test_one_address_may_not_try_many_accounts():
    answers = [
        Client()
        .post("/accounts/login/", {"login": f"user{n}@example.org", "password": "guess"}, REMOTE_ADDR="198.51.100.7")
        .status_code
        for n in range(25)
    ]

    assert answers == [200] * 20 + [429] * 5


def test_the_limit_speaks_the_same_for_unknown_people(client):
    user = boss()

    def last_answer(email):
        cache.clear()
        for _ in range(11):
            response = client.post("/accounts/login/", {"login": email, "password": "guess"})
        return response.status_code, response.content.decode().replace(email, "EMAIL")

    assert last_answer(user.email) == last_answer("nobody@example.org")


def test_over_the_limit_people_are_told_in_words_whom_to_ring_and_when_to_try_again(client):
    user = boss()
    for _ in range(11):
        response = sign_in(client, user, "guess")

    assert response.status_code == 429
    assert response["Retry-After"] == "600"
    assert b"0151 496 0000" in response.content
    assert user.email.encode() in response.content  # what was typed is kept
    assert b"guess" not in response.content  # but for the secret


def test_the_owner_gets_in_again_when_the_attack_has_ended(client):
    user = boss()
    for _ in range(30):
        sign_in(client, user, "guess")
    assert sign_in(client, user).status_code == 429

    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        sign_in(client, user)
        assert is_signed_in(client)


def test_the_owner_gets_in_by_mail_while_the_attack_goes_on(client):
    user = boss()
    for n in range(30):
        sign_in(Client(), user, "guess", REMOTE_ADDR=f"198.51.100.{n}")
    assert sign_in(client, user).status_code == 429

    client.post("/accounts/password/reset/", {"email": user.email})
    page = client.get(link_in(OutgoingMail.objects.get()), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert is_signed_in(client)


def test_the_right_password_uses_up_no_tries(client):
    user = boss()

    for _ in range(25):
        client.logout()
        sign_in(client, user)

    assert is_signed_in(client)


def test_another_name_of_the_site_is_no_fresh_set_of_tries(client):
    user = boss()
    for host in ("testserver", "www.example.org"):
        for _ in range(10):
            response = sign_in(client, user, "guess", headers={"host": host})

    assert response.status_code == 429


def test_a_forged_forwarded_address_is_no_fresh_set_of_tries(client):
    answers = [
        client.post(
            "/accounts/login/",
            {"login": f"user{n}@example.org", "password": "guess"},
            headers={"x-forwarded-for": f"203.0.113.{n}"},
        ).status_code
        for n in range(21)
    ]

    assert answers[-1] == 429


def test_behind_a_proxy_the_value_it_wrote_counts(client, settings):
    settings.TRUSTED_PROXY_COUNT = 1

    def attempt(n, seen_by_proxy):
        return client.post(
            "/accounts/login/",
            {"login": f"user{n}@example.org", "password": "guess"},
            headers={"x-forwarded-for": f"203.0.113.{n}, {seen_by_proxy}"},
        ).status_code

    assert [attempt(n, "198.51.100.7") for n in range(21)][-1] == 429
    assert attempt(30, "198.51.100.8") == 200


def test_no_address_and_no_mailbox_lies_in_the_cache(client):
    sign_in(client, boss(), "guess", REMOTE_ADDR="198.51.100.7")

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM foundation_cache")
        rows = cursor.fetchall()

    assert rows
    assert "198.51.100.7" not in str(rows)
    assert "boss" not in str(rows)


def test_many_requests_for_new_passwords_are_stopped(client):
    answers = [client.post("/accounts/password/reset/", {"email": "ann@example.org"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert b"0151 496 0000" in answers[-1].content


# --- A forgotten password --------------------------------------------------------------------------------------------


def choose(client, link, password=NEW_PASSWORD):
    page = client.get(link, follow=True)
    return client.post(page.request["PATH_INFO"], {"password1": password, "password2": password}, follow=True)


def test_a_new_password_is_chosen_through_a_link(client):
    user = boss()

    ask_for_new_password(client, user.email)
    choose(client, link_in(OutgoingMail.objects.get()))

    assert is_signed_in(client)
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_the_link_stands_at_the_site_address_whatever_host_the_request_named(client):
    user = boss()

    client.post("/accounts/password/reset/", {"email": user.email}, headers={"host": "127.0.0.1"})

    mail = OutgoingMail.objects.get()
    assert "https://www.example.org/accounts/password/reset/key/" in mail.text
    assert "127.0.0.1" not in mail.text + mail.html
    assert ProcrastinateJob.objects.filter(task_name__contains="deliver_mail").count() == 1


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client):
    user = boss()
    known = ask_for_new_password(client, user.email)
    unknown = ask_for_new_password(client, "nobody@example.org")

    assert known.redirect_chain == unknown.redirect_chain
    assert known.content == unknown.content
    assert OutgoingMail.objects.count() == 1
    assert ProcrastinateJob.objects.count() == 1


def test_a_known_and_an_unknown_address_cost_nearly_the_same_work(client, django_assert_max_num_queries):
    user = boss()
    with django_assert_max_num_queries(60) as known:
        client.post("/accounts/password/reset/", {"email": user.email})
    with django_assert_max_num_queries(60) as unknown:
        client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    assert abs(len(known) - len(unknown)) <= 1


def test_somebody_deactivated_gets_no_link(client):
    user = boss(is_active=False)

    ask_for_new_password(client, user.email)

    assert not OutgoingMail.objects.exists()


def test_the_link_works_once(client):
    user = boss()
    ask_for_new_password(client, user.email)
    link = link_in(OutgoingMail.objects.get())
    choose(client, link)

    later = Client().get(link, follow=True)

    assert b"This link no longer works" in later.content
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_the_link_is_dead_after_a_day(client):
    user = boss()
    ask_for_new_password(client, user.email)
    link = link_in(OutgoingMail.objects.get())

    with time_machine.travel(timezone.now() + timedelta(hours=23)):
        assert b"Choose a new password" in client.get(link, follow=True).content
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert b"This link no longer works" in Client().get(link, follow=True).content


def test_an_older_link_ends_when_the_password_changes_otherwise(client):
    user = boss()
    ask_for_new_password(client, user.email)
    link = link_in(OutgoingMail.objects.get())
    user.set_password("something else entirely")
    user.save()

    assert b"This link no longer works" in client.get(link, follow=True).content


def test_opening_the_link_again_and_again_changes_nothing(client):
    user = boss()
    ask_for_new_password(client, user.email)
    link = link_in(OutgoingMail.objects.get())
    before = User.objects.values().get()

    for _ in range(2):
        Client().get(link)
        Client().head(link)

    assert User.objects.values().get() == before
    assert OutgoingMail.objects.count() == 1


def test_a_reset_password_ends_every_other_session(client):
    user = boss()
    elsewhere = desk(user)
    ask_for_new_password(client, user.email)

    choose(client, link_in(OutgoingMail.objects.get()))

    assert not is_signed_in(elsewhere)


def test_a_reset_still_asks_for_the_second_factor(client):
    user = boss()
    give_app(user)
    ask_for_new_password(client, user.email)

    response = choose(client, link_in(OutgoingMail.objects.get()))

    assert response.redirect_chain[-1][0] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("weak", ["short", "password12345", "boss@example.org", "123456789012"])
def test_weak_passwords_are_refused(client, weak):
    user = boss()
    ask_for_new_password(client, user.email)

    choose(client, link_in(OutgoingMail.objects.get()), weak)

    assert User.objects.get().check_password(PASSWORD)


# --- Changing one's own password -------------------------------------------------------------------------------------


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(client):
    user = boss()
    sign_in(client, user)
    elsewhere = desk(user)

    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


def test_the_old_password_must_be_known(client):
    client.force_login(boss())

    client.post(
        "/accounts/password/change/",
        {"oldpassword": "a guess", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert User.objects.get().check_password(PASSWORD)


def test_a_changed_password_is_told_by_mail_and_logged(client):
    user = boss()
    sign_in(client, user)

    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    mail = OutgoingMail.objects.get()
    assert mail.recipient == user.email
    assert mail.text.startswith("Your password was changed.")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.object_label) == (user, "changed the password", f"User {user.pk}")


def test_a_session_without_a_click_ends_after_eight_hours(client):
    sign_in(client, boss())

    with time_machine.travel(timezone.now() + timedelta(hours=7, minutes=59)):
        assert is_signed_in(client)
    with time_machine.travel(timezone.now() + timedelta(hours=16)):
        assert not is_signed_in(client)
