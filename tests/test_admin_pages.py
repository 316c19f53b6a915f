"""Every page of the desk, for every role: opened to those whom the table of roles lets in, closed to the others.

Driven by what is registered: a page added later without a row to try it with fails here.
"""

import uuid

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from blog.models import Suggestion, Tag, Topic
from events import ring_list
from events.bookings import Person
from events.models import ClosedDay
from sharedlives.foundation import audit, redirects
from sharedlives.foundation.models import OutgoingMail
from sharedlives.site.roles import ROLES
from tests import factories

pytestmark = pytest.mark.django_db

# Names must differ, so that three rows can stand beside each other.
ROWS = {
    "foundation.User": lambda n: factories.create_user(email=f"row{n}@example.org", name=f"Row {n}"),
    "foundation.Charity": lambda n: factories.create_charity(),
    "foundation.Picture": lambda n: factories.create_picture(name=f"Picture {n}"),
    "foundation.AuditEntry": lambda n: audit.record(None, "tried", factories.create_venue(name=f"House {n}")),
    "foundation.OutgoingMail": lambda n: OutgoingMail.objects.create(
        template="events/email/booking_confirmed",
        recipient=f"row{n}@example.org",
        subject="Your place",
        text="You have a place.",
        message_id=f"<{n}@example.org>",
    ),
    "events.Workshop": lambda n: factories.create_workshop(title=f"Workshop {n}"),
    "events.Venue": lambda n: factories.create_venue(name=f"House {n}"),
    "events.WorkshopDate": lambda n: date(n),
    "events.Booking": lambda n: factories.book(date(n), f"Person {n}"),
    "events.AccessNeed": lambda n: need(n),
    "events.ClosedDay": lambda n: ClosedDay.objects.create(day=f"2019-07-0{n}", name="Moving house"),
    "events.RingTask": lambda n: ring_list.add(factories.book(date(n), f"Person {n}"), "offer"),
    "events.DateMessage": lambda n: date(n).messages.create(
        subject=f"What to bring {n}", text="A pen.", mails=1, calls=0
    ),
    "events.Subscription": lambda n: factories.create_subscription(f"row{n}@example.org"),
    "blog.Author": lambda n: factories.create_author(name=f"Author {n}"),
    "blog.Post": lambda n: factories.create_post(title=f"Post {n}", is_published=False),
    "blog.Topic": lambda n: Topic.objects.create(name=f"Topic {n}", slug=f"topic-{n}"),
    "blog.Tag": lambda n: Tag.objects.create(name=f"Tag {n}", slug=f"tag-{n}"),
    "blog.Suggestion": lambda n: Suggestion.objects.create(
        name=f"Somebody {n}", email=f"s{n}@example.org", idea="Beans.", request_id=uuid.uuid4()
    ),
    "site.Proposal": lambda n: factories.create_proposal(
        post=factories.create_post(title=f"Post {n}", is_published=False)
    ),
    "site.ImportRun": lambda n: factories.create_import_run(file_name=f"{n}.xml"),
    "foundation.Redirect": lambda n: redirects.keep(f"/old-{n}/", factories.create_page(title=f"Moved {n}")),
    "site.Page": lambda n: factories.create_page(title=f"Page {n}"),
}

# What nobody does at the desk, whatever their rights.
NEVER_ADDED = {
    "blog.Suggestion",
    "foundation.AuditEntry",
    "foundation.OutgoingMail",
    "foundation.Charity",
    "events.AccessNeed",
    "events.Subscription",
    "site.Proposal",
    "events.RingTask",
    "events.DateMessage",
    "site.ImportRun",
}
NEVER_CHANGED = {
    "blog.Suggestion",
    "foundation.AuditEntry",
    "foundation.OutgoingMail",
    "events.RingTask",
    "events.DateMessage",
    "events.Subscription",
    "site.ImportRun",
}
NEVER_DELETED = (NEVER_CHANGED - {"events.Subscription"}) | {
    "foundation.Charity",
    "events.Booking",
    "events.AccessNeed",
    "site.Proposal",
}

MODELS = {model._meta.label: model for model in admin.site._registry}
PEOPLE = ["superuser", "no role", *ROLES]


def date(n):
    workshop = factories.create_workshop(title=f"Workshop of date {n}")
    return factories.create_date(workshop=workshop, venue=factories.create_venue(name=f"House of date {n}"))


def need(n):
    booking = factories.book(date(n), f"Person {n}", people=[Person(name=f"Person {n}", access="A ramp, please")])
    return booking.people.get().need


def signed_in(who):
    user = factories.create_user(name="Who Asks", is_superuser=who == "superuser")
    if who in ROLES:
        user.groups.add(Group.objects.get(name=who))
    client = Client()
    client.force_login(user)
    return client


def may(who, verb, label):
    never = {"add": NEVER_ADDED, "change": NEVER_CHANGED, "delete": NEVER_DELETED}.get(verb, set())
    app_label, model = label.lower().split(".")
    return label not in never and (who == "superuser" or f"{app_label}.{verb}_{model}" in ROLES.get(who, []))


def base(label):
    return f"/admin/{label.lower().replace('.', '/')}/"


def status(opened):
    return 200 if opened else 403


def test_there_is_a_row_for_every_page():
    assert set(MODELS) - set(ROWS) == set()


@pytest.mark.parametrize("label", MODELS)
@pytest.mark.parametrize("who", PEOPLE)
def test_each_page_opens_for_those_who_may_see_it_and_for_nobody_else(who, label):
    factories.create_charity()
    row = ROWS[label](1)
    client = signed_in(who)
    sees = may(who, "view", label) or may(who, "change", label) or (who == "superuser")
    page = base(label)

    answers = {
        "list": client.get(page).status_code,
        "page": client.get(f"{page}{row.pk}/change/").status_code,
        "history": client.get(f"{page}{row.pk}/history/").status_code,
        "add": client.get(f"{page}add/").status_code,
        "delete": client.get(f"{page}{row.pk}/delete/").status_code,
    }

    assert answers == {
        "list": status(sees),
        "page": status(sees),
        "history": status(sees),
        "add": status(may(who, "add", label)),
        "delete": status(may(who, "delete", label)),
    }


@pytest.mark.parametrize("label", MODELS)
@pytest.mark.parametrize("who", PEOPLE)
def test_what_one_may_not_do_is_refused_when_sent_without_the_page(who, label):
    factories.create_charity()
    row = ROWS[label](1)
    client = signed_in(who)
    before = MODELS[label].objects.values().get(pk=row.pk)
    count = MODELS[label].objects.count()

    for verb, path in (("add", "add/"), ("change", f"{row.pk}/change/"), ("delete", f"{row.pk}/delete/")):
        if not may(who, verb, label):
            assert client.post(base(label) + path, {"post": "yes"}).status_code == 403
    if not may(who, "delete", label):
        client.post(base(label), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})

    assert MODELS[label].objects.values().get(pk=row.pk) == before
    assert MODELS[label].objects.count() == count


@pytest.mark.parametrize("label", MODELS)
def test_strangers_are_asked_to_sign_in(client, label):
    row = ROWS[label](1)

    for path in ("", "add/", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/delete/"):
        for response in (client.get(base(label) + path), client.post(base(label) + path, {"post": "yes"})):
            assert response.status_code == 302
            assert response.url == f"/admin/login/?next={base(label)}{path}"


@pytest.mark.parametrize("label", MODELS)
def test_people_signed_in_who_are_not_staff_see_nothing(client, label):
    client.force_login(factories.create_user(is_staff=False, is_superuser=True))

    assert client.get(base(label), follow=True).status_code == 403


@pytest.mark.parametrize("label", [label for label in MODELS if label != "foundation.Charity"])
def test_a_list_takes_the_same_queries_for_one_row_and_for_three(label, long_memory, django_assert_max_num_queries):
    factories.create_charity()
    client = signed_in("superuser")
    ROWS[label](1)
    client.get(base(label))
    with django_assert_max_num_queries(60) as one:
        client.get(base(label))
    ROWS[label](2)
    ROWS[label](3)
    with django_assert_max_num_queries(60) as three:
        response = client.get(base(label))

    assert response.context["cl"].result_count >= 3
    assert len(three) == len(one)


@pytest.mark.parametrize("label", MODELS)
def test_junk_in_the_address_of_a_page_breaks_nothing(label):
    client = signed_in("superuser")

    for junk in ("p=x", "p=-1", "o=99.-99", "q=%00", "q=" + "a" * 3000, "pk__in=x", "all=1", "e=1", "nowhere__x=1"):
        assert client.get(f"{base(label)}?{junk}").status_code < 500
    for key in ("0", "99999999999999999999", "x", "-1", "_00", "1_2F", "None"):
        for page in ("change", "history", "delete"):
            assert client.get(f"{base(label)}{key}/{page}/").status_code in (302, 403, 404)


@pytest.mark.parametrize("who", PEOPLE)
def test_the_front_shows_each_role_its_own_pages(who):
    client = signed_in(who)

    shown = {label for label in MODELS if base(label) in client.get("/admin/").content.decode()}

    assert shown == {
        label
        for label in MODELS
        if who == "superuser" or any(may(who, verb, label) for verb in ("view", "add", "change"))
    }
