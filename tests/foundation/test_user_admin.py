"""The page about users at the desk, and that nobody gives themselves more rights through it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from sharedlives.foundation.models import AuditEntry, OutgoingMail, User
from tests.factories import create_user

from .people import PASSWORD, ask_for_new_password, boss, desk, in_role, invite, is_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts")]


# --- The page about users at the desk --------------------------------------------------------------------------------


def test_staff_never_set_the_password_of_others():
    host = boss()
    colleague = create_user()
    client = desk(host)

    page = client.get(f"/admin/foundation/user/{colleague.pk}/change/").content.decode()
    assert 'name="password' not in page
    client.post(
        f"/admin/foundation/user/{colleague.pk}/change/",
        {"name": "New Name", "email": colleague.email, "is_active": "on", "password": "x", "password1": "x"},
    )

    colleague.refresh_from_db()
    assert colleague.name == "New Name"
    assert colleague.check_password(PASSWORD)
    # As Django's own user admin would.
    assert client.get(f"/admin/foundation/user/{colleague.pk}/password/").status_code in (302, 404)


def test_deactivating_signs_out_at_once_and_for_good():
    host, colleague = boss(), create_user()
    elsewhere = desk(colleague)
    assert is_signed_in(elsewhere)
    client = desk(host)
    fields = {"name": colleague.name, "email": colleague.email}

    client.post(f"/admin/foundation/user/{colleague.pk}/change/", fields)
    assert not is_signed_in(elsewhere)

    client.post(f"/admin/foundation/user/{colleague.pk}/change/", fields | {"is_active": "on"})
    assert User.objects.get(pk=colleague.pk).is_active
    assert not is_signed_in(elsewhere)
    assert is_signed_in(client)


def test_several_people_are_deactivated_by_an_action_but_never_oneself():
    host, colleague = boss(), create_user()
    elsewhere = desk(colleague)

    desk(host).post("/admin/foundation/user/", {"action": "deactivate", "_selected_action": [host.pk, colleague.pk]})

    assert not is_signed_in(elsewhere)
    assert set(User.objects.filter(is_active=True)) == {host}
    assert [entry.object_id for entry in AuditEntry.objects.filter(action="action: deactivate")] == [str(colleague.pk)]


def test_nobody_locks_themselves_out():
    host = boss()

    page = desk(host).post(f"/admin/foundation/user/{host.pk}/change/", {"name": host.name, "email": host.email})

    assert b"You cannot deactivate yourself" in page.content
    assert b"You cannot take this away from yourself" in page.content
    host.refresh_from_db()
    assert host.is_active
    assert host.is_superuser


def test_a_changed_address_is_told_to_the_old_one():
    host, colleague = boss(), create_user(email="old@example.org")

    desk(host).post(
        f"/admin/foundation/user/{colleague.pk}/change/",
        {"name": colleague.name, "email": "new@example.org", "is_active": "on"},
    )

    mail = OutgoingMail.objects.get()
    assert mail.recipient == "old@example.org"
    assert mail.text.startswith("The e-mail you sign in with was changed.")


def test_people_who_have_done_things_are_not_deleted():
    host, active, never_came = boss(), create_user(last_login=timezone.now()), create_user(email="never@example.org")
    client = desk(host)

    assert client.post(f"/admin/foundation/user/{active.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/foundation/user/{never_came.pk}/delete/", {"post": "yes"}).status_code == 302
    client.post(
        "/admin/foundation/user/", {"action": "delete_selected", "_selected_action": [active.pk], "post": "yes"}
    )

    assert set(User.objects.all()) == {host, active}


def test_the_list_of_users_takes_the_same_queries_for_one_and_for_many(django_assert_max_num_queries):
    host = boss()
    client = desk(host)
    client.get("/admin/foundation/user/")
    with django_assert_max_num_queries(60) as few:
        client.get("/admin/foundation/user/")
    for n in range(5):
        in_role("Read only", email=f"user{n}@example.org")
    with django_assert_max_num_queries(60) as many:
        client.get("/admin/foundation/user/")

    assert len(many) == len(few)


# --- Nobody gives themselves more ------------------------------------------------------------------------------------


def test_an_office_manager_cannot_make_anybody_a_superuser():
    manager = in_role("Office managers")
    client = desk(manager)

    page = client.get(f"/admin/foundation/user/{manager.pk}/change/").content.decode()
    assert "is_superuser" not in page
    client.post(
        f"/admin/foundation/user/{manager.pk}/change/",
        {
            "name": manager.name,
            "email": manager.email,
            "is_active": "on",
            "is_superuser": "on",
            "is_staff": "on",
            "user_permissions": [Permission.objects.get(codename="view_accessneed").pk],
            "groups": [group.pk for group in manager.groups.all()],
        },
    )
    invite(client, is_superuser="on")

    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.user_permissions.through.objects.exists()


def test_an_office_manager_gives_no_role_whose_rights_they_lack():
    manager = in_role("Office managers")
    client = desk(manager)
    access_needs = Group.objects.get(name="Access needs team")

    page = client.get("/admin/foundation/user/add/").content.decode()
    assert "Access needs team" not in page
    assert "Workshop organisers" not in page
    assert "Office managers" in page
    refused = invite(client, groups=[access_needs.pk])
    client.post(
        f"/admin/foundation/user/{manager.pk}/change/",
        {"name": manager.name, "email": manager.email, "is_active": "on", "groups": [access_needs.pk]},
    )

    assert b"is not one of the available choices" in refused.content
    assert not User.objects.filter(email="ann@example.org").exists()
    assert list(manager.groups.values_list("name", flat=True)) == ["Office managers"]


def test_an_office_manager_gives_the_roles_they_hold():
    manager = in_role("Office managers", "Workshop organisers", "Read only")

    invite(desk(manager), groups=[Group.objects.get(name="Workshop organisers").pk])

    ann = User.objects.get(email="ann@example.org")
    assert list(ann.groups.values_list("name", flat=True)) == ["Workshop organisers"]
    assert OutgoingMail.objects.get().recipient == "ann@example.org"


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("role", [None, "Workshop organisers", "Access needs team"])
def test_an_office_manager_cannot_touch_people_with_more_rights(role, is_active):
    """Their own mailbox in the other's row, then a new password: that would be the other's account."""
    manager = in_role("Office managers")
    fields = {"email": "target@example.org", "is_active": is_active}
    target = in_role(role, **fields) if role else create_user(is_superuser=True, **fields)
    client = desk(manager)
    before = User.objects.values().get(pk=target.pk)

    for path, data in [
        (f"{target.pk}/change/", {"name": "x", "email": "mine@example.org", "is_active": "on"}),
        (f"{target.pk}/delete/", {"post": "yes"}),
    ]:
        assert client.post(f"/admin/foundation/user/{path}", data).status_code == 403
    for action in ("deactivate", "invite_again", "remove_second_step"):
        page = client.post("/admin/foundation/user/", {"action": action, "_selected_action": [target.pk]}, follow=True)
        assert b"has rights that you do not have" in page.content

    assert User.objects.values().get(pk=target.pk) == before
    assert not OutgoingMail.objects.exists()
    assert not AuditEntry.objects.exists()


def test_seeing_users_is_not_changing_them():
    reader = create_user(permissions=["foundation.view_user"])
    client = desk(reader)

    assert client.get(f"/admin/foundation/user/{reader.pk}/change/").status_code == 200
    assert client.post(f"/admin/foundation/user/{reader.pk}/change/", {"name": "x"}).status_code == 403
    assert client.get("/admin/foundation/user/add/").status_code == 403
    client.post("/admin/foundation/user/", {"action": "deactivate", "_selected_action": [boss().pk]})
    assert User.objects.filter(is_active=True).count() == 2


def test_links_that_open_accounts_are_not_read_in_the_outgoing_mail(client):
    target = boss()
    ask_for_new_password(client, target.email)
    mail = OutgoingMail.objects.get()
    manager = desk(in_role("Office managers"))

    page = manager.get(f"/admin/foundation/outgoingmail/{mail.pk}/change/")
    assert page.status_code == 200
    assert b"/password/reset/key/" not in page.content
    assert b"boss@example.org" in page.content
    assert manager.get(f"/admin/foundation/outgoingmail/{mail.pk}/html/").status_code == 403
    # Nor letter by letter, through the address of the list.
    for lookup in ("text__contains", "html__regex", "text__startswith", "subject__contains"):
        refused = manager.get("/admin/foundation/outgoingmail/", {lookup: "You can"})
        assert refused.status_code in (302, 400)
    assert b"/password/reset/key/" in desk(target).get(f"/admin/foundation/outgoingmail/{mail.pk}/change/").content


@pytest.mark.parametrize("lookup", ["password__startswith", "email__startswith", "name__contains"])
def test_the_list_of_users_tells_no_hidden_values_letter_by_letter(lookup):
    reader = create_user(permissions=["foundation.view_user"])

    assert desk(reader).get("/admin/foundation/user/", {lookup: "a"}).status_code in (302, 400)
