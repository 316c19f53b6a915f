"""Staff come by invitation: `sharedlives/foundation/invitations.py` and the page behind its link."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from sharedlives.foundation import invitations, links
from sharedlives.foundation.models import AuditEntry, OutgoingMail, User
from tests.factories import create_charity, create_user
from tests.server import all_at_once

from .people import NEW_PASSWORD, PASSWORD, boss, desk, invite, is_signed_in, link_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts")]


def invited(by=None):
    """Ann, just invited; gives her and the path of her link."""
    user = create_user(email="ann@example.org", name="Ann Other")
    user.set_unusable_password()
    user.save()
    invitations.invite(user, by=by or boss())
    return user, link_in(OutgoingMail.objects.latest("pk"))


def accept(client, link, **fields):
    return client.post(link, {"name": "Ann Other", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD} | fields)


def test_staff_are_invited_by_mail():
    host = boss()
    organisers = Group.objects.get(name="Workshop organisers")

    response = invite(desk(host), groups=[organisers.pk])

    assert response.status_code == 302
    ann = User.objects.get(email="ann@example.org")
    assert list(ann.groups.all()) == [organisers]
    assert not ann.has_usable_password()
    assert not ann.is_superuser
    mail = OutgoingMail.objects.get()
    assert mail.recipient == "ann@example.org"
    assert mail.reply_to == host.email
    assert mail.text.startswith("Bo Ss has set up an account for you on our website.")
    assert mail.subject == "Bo Ss invites you to Kind Places's website"
    assert "https://www.example.org/accounts/invitation/" in mail.html
    assert AuditEntry.objects.filter(actor=host, action="invited", object_id=str(ann.pk)).exists()


def test_mails_to_colleagues_do_not_ask_what_they_need_to_take_part():
    create_charity(access_contact_phone="0151 496 0777")
    invited()

    mail = OutgoingMail.objects.get()
    assert "0151 496 0777" not in mail.text + mail.html
    assert "0151 496 0000" in mail.text


def test_the_invited_person_chooses_name_and_password_and_is_signed_in(client):
    user, link = invited()
    page = client.get(link)
    assert b"ann@example.org" in page.content
    assert b'value="Ann Other"' in page.content
    before = client.session.session_key

    response = accept(client, link, name="Ann O'Ther")

    assert response.url == "/admin/"
    assert client.session.session_key != before
    user.refresh_from_db()
    assert user.name == "Ann O'Ther"
    assert user.check_password(NEW_PASSWORD)
    assert is_signed_in(client)
    assert AuditEntry.objects.filter(actor=user, action="accepted the invitation").exists()


def test_accepting_signs_out_whoever_used_this_browser_before(client):
    host = boss()
    user, link = invited(by=host)
    client.force_login(host)
    before = client.session.session_key

    accept(client, link)

    assert client.session["_auth_user_id"] == str(user.pk)
    assert not Session.objects.filter(pk=before).exists()


def test_opening_the_invitation_again_and_again_changes_nothing():
    _user, link = invited()
    before = list(User.objects.order_by("pk").values()), AuditEntry.objects.count()

    for _ in range(2):
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200

    assert (list(User.objects.order_by("pk").values()), AuditEntry.objects.count()) == before


def test_an_invitation_works_once(client):
    user, link = invited()
    accept(client, link)

    again = accept(Client(), link, password1="another password here", password2="another password here")

    assert again.status_code == 410
    assert b"This invitation no longer works" in again.content
    assert User.objects.get(pk=user.pk).check_password(NEW_PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_link_make_one_password():
    user, link = invited()

    def press(n):
        password = f"four quiet herons {n}"
        return accept(Client(), link, password1=password, password2=password).status_code

    assert sorted(all_at_once(2, press)) == [302, 410]
    assert AuditEntry.objects.filter(actor=user, action="accepted the invitation").count() == 1


def test_an_invitation_is_valid_for_seven_days(client):
    _user, link = invited()

    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        response = accept(client, link)
        assert response.status_code == 410
        assert b"has run out" in response.content
        assert b"0151 496 0000" in response.content


def test_inviting_again_ends_the_earlier_link(client):
    host = boss()
    user, link = invited(by=host)

    desk(host).post("/admin/foundation/user/", {"action": "invite_again", "_selected_action": [user.pk]})

    newer = link_in(OutgoingMail.objects.latest("pk"))
    assert newer != link
    assert client.get(link).status_code == 410
    assert client.get(newer).status_code == 200


def test_correcting_the_address_of_somebody_invited_invites_anew_and_ends_the_earlier_link(client):
    host = boss()
    user, link = invited(by=host)

    desk(host).post(
        f"/admin/foundation/user/{user.pk}/change/",
        {"name": user.name, "email": "anne@example.org", "is_active": "on"},
    )

    newest = OutgoingMail.objects.latest("pk")
    assert newest.recipient == "anne@example.org"
    assert client.get(link).status_code == 410
    assert client.get(link_in(newest)).status_code == 200


def test_deactivating_somebody_invited_ends_the_link(client):
    user, link = invited()
    user.is_active = False
    user.save()

    assert accept(client, link).status_code == 410


def test_nobody_with_a_password_is_invited_again():
    host = boss()
    colleague = create_user()

    page = desk(host).post(
        "/admin/foundation/user/", {"action": "invite_again", "_selected_action": [colleague.pk]}, follow=True
    )

    assert b"has a password already" in page.content
    assert not OutgoingMail.objects.exists()
    assert User.objects.get(pk=colleague.pk).check_password(PASSWORD)


@pytest.mark.parametrize(
    "token", ["x", "1-2-3", "1-99999999999-abc:sig", "a" * 3000, "%00", "1-1-1-1:x", "é", "..", "{{7*7}}"]
)
def test_broken_invitations_all_look_alike(client, token):
    response = client.get(f"/accounts/invitation/{token}/")

    assert response.status_code in (404, 410)
    if response.status_code == 410:
        assert b"This link is not complete." in response.content


def test_a_link_made_for_something_else_is_no_invitation(client):
    user, link = invited()

    parts = links.read("invitation", link.split("/")[-2])

    assert client.get(f"/accounts/invitation/{links.sign('booking', *parts)}/").status_code == 410


def test_the_invitation_is_kept_by_no_cache_and_told_to_no_other_site(client):
    _user, link = invited()

    response = client.get(link)

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "Anne Somebody", "password2": "Anne Somebody"}, "too similar to the name"),
        ({"password2": "something else"}, "not the same as the first"),
        ({"password1": "", "password2": ""}, "This field is required"),
    ],
)
def test_a_refused_password_keeps_the_typed_name(client, fields, message):
    user, link = invited()

    response = accept(client, link, name="Anne Somebody", **fields)

    assert response.status_code == 200
    text = response.content.decode()
    assert message in text
    assert 'value="Anne Somebody"' in text
    assert "<title>Error: " in text
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert user.name == "Ann Other"


def test_a_person_without_a_name_is_asked_for_one(client):
    _user, link = invited()

    assert "This field is required" in accept(client, link, name=" ").content.decode()


def test_many_tries_at_invitations_are_stopped(client):
    answers = [client.post("/accounts/invitation/x/").status_code for _ in range(31)]

    assert answers == [410] * 30 + [429]
