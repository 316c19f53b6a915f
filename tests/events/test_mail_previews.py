"""What our mails say, at the desk: every one of them, as it would go out, and nothing of it stays."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events import mail_previews
from events.models import WorkshopDate
from sharedlives.foundation.models import OutgoingMail
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db

TEMPLATES = Path(__file__).parents[2] / "templates" / "events" / "email"
ENDING = {
    "sign_off": "See you soon,\nall of us",
    "contact_name": "Olive Green",
    "contact_phone": "0151 496 0055",
    "contact_email": "olive@example.org",
}


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def organiser():
    return create_user(permissions=["events.view_workshop", "events.view_workshopdate"])


def everything():
    """How many rows there are of everything, jobs included."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def shown(organiser, date=None, workshop=None):
    return mail_previews.all_of(workshop or date.workshop, date, by=organiser)


def test_every_mail_can_be_previewed():
    written = {path.name.removesuffix(".subject.txt") for path in TEMPLATES.glob("*.subject.txt")}

    assert {preview.template_name.rpartition("/")[2] for preview in mail_previews.PREVIEWS} == written


def test_previews_have_names_of_their_own():
    names = [preview.name for preview in mail_previews.PREVIEWS]

    assert len(names) == len(set(names))


DATES = {
    "far": {},
    "tomorrow": {"starts_at": timezone.now() + timedelta(days=1)},
    "over": {"starts_at": timezone.now() - timedelta(days=100)},
    "full": {"places": 0},
    "cancelled": {"state": "cancelled"},
    "postponed": {"state": "postponed"},
    "draft": {"state": "draft"},
    "no limit": {"places": None},
    "closed": {"booking_closes_at": timezone.now() - timedelta(days=1)},
    "not open yet": {"booking_opens_at": timezone.now() + timedelta(days=1)},
    "online": {"mode": "online", "area": "", "join_link": "https://meet.example.org/x"},
    "hybrid": {"mode": "hybrid", "hours": 30},
}


@pytest.mark.parametrize("kind", DATES)
def test_each_mail_is_shown_and_can_be_read_aloud_whatever_the_date_is_like(organiser, kind):
    """Its first line is a sentence, no line is made of signs, no paragraph is torn apart or run together. About a
    workshop it ends with the workshop's words, and answers go to its contact."""
    date = create_date(workshop=create_workshop(**ENDING), **DATES[kind])

    for item in shown(organiser, date):
        assert item.refusal == ""
        assert item.mail.subject
        assert item.mail.html.startswith("<!doctype html>")
        assert item.mail.html.count("<h1>") == 1
        assert_can_be_read_aloud(item.mail.text, item.preview.name)
        if item.mail.about.startswith("events.booking:"):
            assert_ends_with_the_words_of_the_workshop(item.mail)


def assert_can_be_read_aloud(text, name):
    first = text.splitlines()[0]
    assert first[0].isupper() or first[0].isdigit(), name
    assert first.endswith((".", ":", "?")), name
    assert "\n\n\n" not in text, name
    assert "None" not in text, name
    for line in text.splitlines():
        assert line == line.rstrip(), name
        assert not line or any(sign.isalnum() for sign in line), name


def assert_ends_with_the_words_of_the_workshop(mail):
    assert mail.reply_to == "olive@example.org"
    assert "See you soon,\nall of us\nOlive Green\nPhone: 0151 496 0055\nE-mail: olive@example.org\n" in mail.text
    for words in ("See you soon,<br>all of us", "<strong>Olive Green</strong>", "mailto:olive@example.org"):
        assert words in mail.html


def test_each_mail_is_shown_for_a_workshop_without_a_date_that_nobody_can_see_yet(organiser):
    workshop = create_workshop(is_published=False)

    assert all(item.mail for item in shown(organiser, workshop=workshop))
    workshop.refresh_from_db()
    assert not workshop.is_published


def test_nothing_of_a_preview_stays(organiser):
    date = create_date()
    book(date, "Ann")
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        jobs = cursor.fetchone()

        shown(organiser, date)

        assert everything() == before
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == jobs


def test_without_words_of_its_own_a_mail_ends_with_the_charity_and_nothing_twice(organiser):
    for item in shown(organiser, create_date()):
        if not item.mail.about.startswith("events.booking:"):
            continue
        assert item.mail.reply_to == "office@example.org"
        assert "\nWith kind regards\nKind Places\n" in item.mail.text
        assert item.mail.text.count("0151 496 0000") == 1


def test_template_syntax_in_what_staff_typed_is_printed_as_it_is(organiser):
    code = "{{ charity.address }} {% now 'Y' %} %(x)s {0}"
    date = create_date(
        workshop=create_workshop(title=code, sign_off=code, contact_name=code),
        venue=create_venue(name=code, travel=code),
    )

    item = shown(organiser, date)[0]

    assert item.mail.text.count(code) >= 4
    assert item.mail.subject.startswith(f"You have a place: {code}")


@pytest.mark.parametrize("of", ["workshop", "workshopdate"])
def test_staff_read_every_mail_at_the_desk(client, organiser, of):
    date = create_date(workshop=create_workshop(**ENDING))
    client.force_login(organiser)
    pk = date.pk if of == "workshopdate" else date.workshop_id

    page = client.get(reverse(f"admin:events_{of}_mails", args=[pk]))
    html = client.get(reverse(f"admin:events_{of}_mail_html", args=[pk, "booking_confirmed"]))

    for preview in mail_previews.PREVIEWS:
        assert shows(page, preview.after)
    assert shows(page, "Answers go to olive@example.org")
    assert "<h1>You have a place.</h1>" in html.content.decode()
    assert html["Content-Security-Policy"].startswith("sandbox ")
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("of", ["workshop", "workshopdate"])
def test_mails_are_shown_to_nobody_who_may_not_see_workshops(client, of):
    date = create_date()
    client.force_login(create_user(email="other@example.org"))
    pk = date.pk if of == "workshopdate" else date.workshop_id

    assert client.get(reverse(f"admin:events_{of}_mails", args=[pk])).status_code == 403
    assert client.get(reverse(f"admin:events_{of}_mail_html", args=[pk, "offer"])).status_code == 403


def test_a_mail_that_there_is_not_is_not_found(client, organiser):
    date = create_date()
    client.force_login(organiser)

    for path in (f"{date.pk}/mails/nothing/", "0/mails/", "999999/mails/offer/"):
        assert client.get(f"/admin/events/workshopdate/{path}").status_code == 404


def test_looking_at_mails_holds_up_nobody_on_the_real_date(organiser):
    date = create_date()

    with CaptureQueriesContext(connection) as queries:
        shown(organiser, date)

    locked = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert locked
    assert not [sql for sql in locked if f'"events_workshopdate"."id" = {date.pk} ' in sql]


def test_the_example_keeps_weekday_and_hour_over_a_change_of_clocks():
    starts = timezone.make_aware(timezone.datetime(2019, 10, 21, 11), mail_previews.LONDON)

    later, _none = mail_previews._far_enough(starts, None)

    assert (later.weekday(), later.hour, later - timezone.now() >= mail_previews.FAR_ENOUGH) == (0, 11, True)
    assert WorkshopDate.objects.count() == 0
