import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from sharedlives.site import roles
from sharedlives.site.roles import ROLES, apply_roles
from tests.factories import create_user

pytestmark = pytest.mark.django_db


def all_permissions():
    return {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    }


def permissions_of(group):
    return {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in group.permissions.select_related("content_type")
    }


def test_every_permission_in_the_table_exists():
    assert roles.missing_permissions(all_permissions()) == set()


def test_a_slip_of_the_pen_is_noticed(monkeypatch):
    monkeypatch.setitem(ROLES, "Writers", ["blog.ad_post"])

    assert "blog.ad_post" in roles.missing_permissions(all_permissions())


def test_the_database_holds_exactly_the_table():
    assert {group.name: permissions_of(group) for group in Group.objects.all()} == {
        name: set(permissions) for name, permissions in ROLES.items()
    }


def test_applying_the_table_twice_changes_nothing():
    before = {group.pk: permissions_of(group) for group in Group.objects.all()}

    apply_roles()

    assert {group.pk: permissions_of(group) for group in Group.objects.all()} == before


def test_what_the_table_does_not_say_is_taken_away():
    writers = Group.objects.get(name="Writers")
    writers.permissions.add(Permission.objects.get(codename="change_user"))
    Group.objects.create(name="Made by hand")

    apply_roles()

    assert permissions_of(writers) == set(ROLES["Writers"])
    assert not Group.objects.filter(name="Made by hand").exists()


def test_a_permission_that_left_the_table_leaves_the_people(monkeypatch):
    user = create_user()
    user.groups.add(Group.objects.get(name="Office managers"))
    monkeypatch.setitem(ROLES, "Office managers", ["foundation.view_charity"])

    apply_roles()

    assert user.get_all_permissions() == {"foundation.view_charity"}


def test_people_keep_their_role_when_the_table_is_applied_again():
    user = create_user()
    user.groups.add(Group.objects.get(name="Office managers"))

    apply_roles()

    assert [group.name for group in user.groups.all()] == ["Office managers"]


def test_only_the_access_needs_team_sees_access_needs():
    holders = {name for name, permissions in ROLES.items() if any("accessneed" in each for each in permissions)}

    assert holders == {"Access needs team"}


def test_nobody_by_role_publishes_but_publishers():
    assert {name for name, permissions in ROLES.items() if "blog.publish_post" in permissions} == {"Publishers"}


def test_read_only_only_reads():
    assert all(permission.partition(".")[2].startswith("view_") for permission in ROLES["Read only"])
    assert [name for name in ROLES["Read only"] if "foundation" in name] == ["foundation.view_picture"]


def test_roles_stand_after_the_last_app_of_a_migrate_on_an_empty_database():
    """As on a fresh machine: no permission, no group, and Django sends its signal app by app."""
    Group.objects.all().delete()
    Permission.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert {group.name: permissions_of(group) for group in Group.objects.all()} == {
        name: set(permissions) for name, permissions in ROLES.items()
    }


@pytest.mark.django_db(transaction=True)
def test_roles_come_back_when_all_tables_were_emptied():
    call_command("flush", verbosity=0, interactive=False)

    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_migrating_back_to_before_there_were_groups_is_no_error():
    class NothingYet:
        def get_model(self, *args):
            raise LookupError

    roles.apply_roles_after_migrate(apps=NothingYet(), using="default")


def test_applying_the_table_takes_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(4 + 3 * len(ROLES)):
        apply_roles()
