"""The log of what was done: what it holds, that the desk always writes it, and that nobody can change it."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client

from events.models import Venue
from sharedlives.foundation import audit
from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.models import AuditEntry, Charity, OutgoingMail
from sharedlives.foundation.seen_version import version
from tests.factories import create_user, create_venue

from .people import boss, desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts")]

VENUE = {
    "name": "Art Gallery",
    "town": "Manchester",
    "street": "Mosley St",
    "postcode": "M2 3JL",
    **dict.fromkeys(Venue.ACCESS_FACTS, "unknown"),
}


def entries():
    return list(AuditEntry.objects.order_by("pk").values_list("actor_name", "action", "object_label"))


# --- What an entry holds ----------------------------------------------------------------------------------------------


def test_an_entry_says_who_did_what_with_before_and_after():
    colleague, venue = create_user(), create_venue()

    entry = audit.record(colleague, "moved", venue, changes={"town": ("London", "Leeds")}, note="as the owner asked")

    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name, entry.action) == (colleague, "Cole League", "moved")
    assert (entry.object_type, entry.object_id, entry.object_label) == ("events.venue", str(venue.pk), str(venue))
    assert entry.sentences() == ["town: London \u2192 Leeds"]


def test_of_personal_fields_only_the_change_is_kept():
    colleague = create_user()

    entry = audit.record(None, "changed", colleague, changes={"email": ("old@example.org", "new@example.org")})

    assert entry.changes == {"email": "changed"}
    assert entry.sentences() == ["email: changed"]
    assert entry.object_label == f"User {colleague.pk}"
    assert entry.actor_name == "the person themselves"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ((None, "x"), "field: nothing \u2192 x"),
        (("x", ""), "field: x \u2192 nothing"),
        ((False, True), "field: no \u2192 yes"),
        ((0, 1), "field: 0 \u2192 1"),
    ],
)
def test_changes_read_as_sentences(change, sentence):
    assert audit.record(None, "changed", create_venue(), changes={"field": change}).sentences() == [sentence]


def test_long_values_are_cut():
    entry = audit.record(None, "changed", create_venue(), changes={"travel": ("", "a" * 5000)})

    assert entry.changes["travel"][1] == "a" * 200 + "... (5000 characters)"


def test_an_entry_of_work_that_failed_is_gone_too():
    with transaction.atomic():
        audit.record(None, "changed", create_venue())
        transaction.set_rollback(True)

    assert entries() == []


# --- It cannot be changed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(action="nothing"),
        lambda entry: AuditEntry.objects.all().delete(),
        lambda entry: entry.delete(),
        lambda entry: entry.save(),
        lambda entry: AuditEntry.objects.bulk_update([entry], ["note"]),
        lambda entry: connection.cursor().execute("UPDATE foundation_auditentry SET note = 'x'"),
        lambda entry: connection.cursor().execute("DELETE FROM foundation_auditentry"),
    ],
)
def test_neither_the_orm_nor_raw_sql_changes_or_deletes_an_entry(attempt):
    entry = audit.record(None, "changed", create_venue())
    before = AuditEntry.objects.values().get()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        attempt(entry)

    assert AuditEntry.objects.values().get() == before


def test_the_table_is_not_emptied_either():
    """The tests switch this trigger off, to clean up after themselves; here it is on again."""
    audit.record(None, "changed", create_venue())

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE foundation_auditentry ENABLE TRIGGER audit_is_not_emptied")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE foundation_auditentry")

    assert AuditEntry.objects.count() == 1


def test_a_superuser_cannot_change_it_at_the_desk():
    entry = audit.record(None, "changed", create_venue())
    client = desk(boss())
    page = f"/admin/foundation/auditentry/{entry.pk}"

    assert client.get(f"{page}/change/").status_code == 200
    assert client.post(f"{page}/change/", {"note": "x"}).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/foundation/auditentry/add/").status_code == 403
    client.post(
        "/admin/foundation/auditentry/",
        {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"},
    )
    assert AuditEntry.objects.count() == 1


def test_an_entry_outlives_the_person_it_names():
    colleague = create_user()
    audit.record(colleague, "changed", create_venue())

    colleague.delete()

    assert AuditEntry.objects.get().actor_name == "Cole League"


# --- The desk always writes it ----------------------------------------------------------------------------------------


def test_every_page_of_the_desk_is_audited():
    assert [model for model, page in admin.site._registry.items() if not isinstance(page, AuditedModelAdmin)] == []


def test_pages_that_packages_bring_along_are_not_there():
    labels = {model._meta.app_label for model in admin.site._registry}

    assert labels <= {"foundation", "events", "blog", "site"}


def seen(venue):
    return VENUE | {"seen_version": version(venue)}


def test_adding_changing_and_deleting_leave_entries_and_no_log_of_djangos():
    client = desk(boss())

    client.post("/admin/events/venue/add/", VENUE)
    venue = Venue.objects.get()
    client.post(f"/admin/events/venue/{venue.pk}/change/", seen(venue) | {"town": "Salford"})
    client.post(f"/admin/events/venue/{venue.pk}/delete/", {"post": "yes"})

    assert [(who, what) for who, what, _label in entries()] == [
        ("Bo Ss", "added"),
        ("Bo Ss", "changed"),
        ("Bo Ss", "deleted"),
    ]
    assert AuditEntry.objects.get(action="changed").sentences() == ["town: Manchester \u2192 Salford"]
    assert not LogEntry.objects.exists()


def test_saving_without_a_change_leaves_none():
    client = desk(boss())
    client.post("/admin/events/venue/add/", VENUE)

    client.post(f"/admin/events/venue/{Venue.objects.get().pk}/change/", seen(Venue.objects.get()))

    assert [what for _who, what, _label in entries()] == ["added"]


def test_deleting_several_at_once_leaves_an_entry_for_each_and_asking_none():
    client = desk(boss())
    venues = [create_venue(name=f"House {n}") for n in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [venue.pk for venue in venues]}

    client.post("/admin/events/venue/", chosen)
    assert entries() == []
    client.post("/admin/events/venue/", chosen | {"post": "yes"})

    assert sorted(entries()) == [("Bo Ss", "deleted", str(venue)) for venue in venues]
    assert not Venue.objects.exists()


def test_an_action_leaves_an_entry_for_each_row():
    client = desk(boss())
    mails = [
        OutgoingMail.objects.create(
            recipient=f"{n}@example.org", subject="s", text="t", message_id=str(n), state=OutgoingMail.State.FAILED
        )
        for n in range(2)
    ]

    client.post(
        "/admin/foundation/outgoingmail/",
        {"action": "send_again", "_selected_action": [mail.pk for mail in mails]},
    )

    assert sorted(entries()) == [("Bo Ss", "action: send again", str(mail)) for mail in mails]
    assert all(str(mail.pk) in str(mail) for mail in mails)


def test_an_action_that_fails_leaves_no_entry(monkeypatch):
    client = desk(boss())
    client.raise_request_exception = False
    mail = OutgoingMail.objects.create(recipient="a@example.org", subject="s", text="t", message_id="1")

    def refuse(row):
        raise PermissionDenied

    monkeypatch.setattr("sharedlives.foundation.mail.send_again", refuse)
    client.post("/admin/foundation/outgoingmail/", {"action": "send_again", "_selected_action": [mail.pk]})

    assert entries() == []


def test_personal_values_never_reach_the_log_from_the_desk():
    client = desk(boss())
    colleague = create_user(email="secret@example.org")

    client.post(
        f"/admin/foundation/user/{colleague.pk}/change/",
        {"name": "New Name", "email": "fresh@example.org", "is_active": "on"},
    )

    entry = AuditEntry.objects.get(action="changed")
    assert entry.changes == {"name": "changed", "email": "changed"}
    everything = str(list(AuditEntry.objects.values()))
    assert "secret" not in everything
    assert "fresh" not in everything
    assert "New Name" not in everything


def test_roles_given_are_logged_by_name():
    client = desk(boss())
    colleague = create_user()
    roles = Group.objects.filter(name__in=["Read only", "Office managers"])

    client.post(
        f"/admin/foundation/user/{colleague.pk}/change/",
        {
            "name": colleague.name,
            "email": colleague.email,
            "is_active": "on",
            "groups": [role.pk for role in roles],
        },
    )

    assert AuditEntry.objects.get().sentences() == ["groups: nothing \u2192 Office managers, Read only"]


def test_the_charitys_facts_are_logged_like_everything_else():
    facts = Charity.current()
    fields = {
        name: getattr(facts, name)
        for name in ("name", "strapline", "charity_number", "address", "phone", "email", "site_address")
    } | {f"access_contact_{name}": "" for name in ("name", "phone", "email", "text", "relay", "hours")}

    desk(boss()).post("/admin/foundation/charity/1/change/", fields | {"phone": "0161 496 0009"})

    assert "phone: 0151 496 0000 \u2192 0161 496 0009" in AuditEntry.objects.get().sentences()


def test_the_history_page_shows_the_entries_of_one_thing():
    client = desk(boss())
    venue, other = create_venue(), create_venue(name="Another")
    audit.record(None, "painted", venue, changes={"town": ("London", "<b>Leeds</b>")}, note="blue")
    audit.record(None, "burnt", other)

    page = client.get(f"/admin/events/venue/{venue.pk}/history/").content.decode()

    assert "painted: blue" in page
    assert "London \u2192 &lt;b&gt;Leeds&lt;/b&gt;" in page
    assert "burnt" not in page


def test_the_history_of_what_one_may_not_see_is_closed():
    venue = create_venue()

    assert desk(create_user()).get(f"/admin/events/venue/{venue.pk}/history/").status_code == 403
    assert Client().get(f"/admin/events/venue/{venue.pk}/history/").status_code == 302


def test_the_front_of_the_desk_shows_ones_own_entries_only():
    host, colleague = boss(), create_user()
    audit.record(host, "painted", create_venue())
    audit.record(colleague, "burnt", create_venue())

    page = desk(host).get("/admin/").content.decode()

    assert "Painted: " in page
    assert "Burnt" not in page


def test_the_log_can_be_read_by_those_who_may():
    audit.record(None, "painted", create_venue())

    assert (
        b"painted"
        in desk(create_user(permissions=["foundation.view_auditentry"])).get("/admin/foundation/auditentry/").content
    )
    assert desk(create_user(email="b@example.org")).get("/admin/foundation/auditentry/").status_code == 403
