"""Changing, postponing and cancelling at the desk: asked first, shown exactly, and then done once."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from events import bookings, changing_dates
from events.bookings import Person
from events.models import AccessNeed, Booking, RingTask, WorkshopDate
from events.what_changed import Facts
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from sharedlives.foundation.spoken import LONDON
from tests.events.test_desk import ORGANISER, change, date_form, said
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user, create_venue

pytestmark = pytest.mark.django_db

PHONE = "0151 496 0007"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def organiser():
    return create_user(email="olive@example.org", name="Olive", permissions=ORGANISER)


@pytest.fixture
def desk(client, organiser):
    client.force_login(organiser)
    return client


def address(date, step="move"):
    return reverse(f"admin:events_workshopdate_{step}", args=[date.pk])


def with_everybody(area="Leeds"):
    """One place: Ann has it; Bob waits, and Pat, who has only a telephone."""
    date = create_date(places=1, area=area)
    ann, bob = book(date, "Ann", people=[Person("Annie", access="A ramp")]), book(date, "Bob")
    return date, ann, bob, book(date, "Pat", email="", phone=PHONE)


def typed(date, **different):
    """What the first page sends as it is shown, with something else in it."""
    facts = {"mode": date.mode, "venue": date.venue_id or "", "area": date.area, "join_link": "", "join_note": ""}
    for name in ("starts_at", "ends_at"):
        moment = getattr(date, name)
        facts |= {
            f"{name}_0": f"{moment.astimezone(LONDON):%Y-%m-%d}",
            f"{name}_1": f"{moment.astimezone(LONDON):%H:%M}",
        }
    return facts | {"explanation": "", "seen": changing_dates.version(date)} | different


def later(date):
    return {"starts_at_1": "12:00", "ends_at_1": "16:00"}


def plan(response):
    return html.unescape(re.search(r'name="plan" value="([^"]+)"', response.content.decode())[1])


def everything():
    """All rows of our own tables: what is there, and how it stands."""
    models = [model for label in ("events", "foundation") for model in apps.get_app_config(label).get_models()]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models if model._meta.managed}


def jobs():
    return apps.get_model("procrastinate", "ProcrastinateJob").objects.count()


# The three steps


def test_the_first_page_shows_how_it_stands_and_nothing_is_stored(desk):
    date, *_people = with_everybody()
    before = everything(), jobs()

    response = desk.get(address(date))

    assert shows(response, "Nothing is saved or sent yet: the next page shows who will be told, and how.")
    assert shows(response, f'value="{date.starts_at.astimezone(LONDON):%Y-%m-%d}"')
    assert (everything(), jobs()) == before


@pytest.mark.parametrize("step", ["move", "postpone", "cancel"])
def test_the_dry_run_stores_nothing_and_its_numbers_are_those_of_the_real_thing(desk, step):
    date, *_people = with_everybody()
    before = everything(), jobs()
    sent = typed(date, **later(date)) if step == "move" else {"reason": "The boiler broke."}

    response = desk.post(address(date, step), sent)

    assert (everything(), jobs()) == before
    rehearsal = response.context["rehearsal"]
    assert rehearsal.told == (2, 1)
    assert [(one.name, one.by_mail, len(one.to_ring)) for one in rehearsal.audiences] == [
        ("With a place", 1, 0),
        ("On the waiting list", 1, 1),
    ]
    done = desk.post(address(date, step), {"plan": plan(response), "do": "1"}, follow=True)
    assert "2 people are told by mail. 1 has no e-mail: ring them" in said(done)[0]
    really = OutgoingMail.objects.get(recipient="ann@example.org", template__in=changing_dates.TELLING.values())
    shown = rehearsal.audiences[0].letter
    assert (shown.subject, without_their_own(shown.text)) == (really.subject, without_their_own(really.text))
    assert without_their_own(shown.html) == without_their_own(really.html)
    ring = RingTask.objects.get(done_at=None)
    assert ring.words == rehearsal.audiences[1].words


def without_their_own(text):
    """Names and links taken out, which an example has of its own."""
    text = re.sub(r"https://www.example.org/bookings/[^\s\"]+", "LINK", text)
    return re.sub(r"Coming: .*\n|: Annie", "", text).replace("Robin Example", "Ann")


def test_a_venue_in_another_town_than_was_announced_is_pointed_out_before_anybody_is_told(desk):
    date, *_people = with_everybody(area="Central birmingham, near the station")

    for town, is_elsewhere in (("Birmingham", False), ("London", True)):
        venue = create_venue(name=f"Hall in {town}", town=town)
        response = desk.post(address(date), typed(date, venue=venue.pk, area=""))
        assert shows(response, f"and this venue is in {town}.") == is_elsewhere


def test_the_dry_run_shows_the_mail_and_the_words_for_the_telephone_of_an_invented_person(desk):
    date, ann, *_people = with_everybody()

    response = desk.post(address(date), typed(date, **later(date), explanation="The train comes later."))

    text = response.content.decode()
    assert shows(response, "<strong>New time: Shared Lives where you are, ")
    assert shows(response, "The train comes later.")
    assert shows(response, "You keep your turn: you are 2nd of 2 on the waiting list.")
    assert shows(response, "Pat, 0151 496 0007")  # whom staff will have to ring
    assert "Robin Example" in text
    assert "Ann" not in text.partition("what they read or hear")[2]
    assert ann.get_absolute_url() not in text
    assert ann.email not in text


def test_the_html_half_can_be_seen_as_it_arrives_under_a_policy_of_its_own(desk):
    date, *_people = with_everybody()
    response = desk.post(address(date), typed(date, **later(date)))
    before = everything()

    seen = desk.post(address(date), {"plan": plan(response), "letter": "0"})

    assert seen.content.startswith(b"<!doctype html>")
    assert b"You keep your place." in seen.content
    assert seen["Content-Security-Policy"].startswith("sandbox")
    assert everything() == before
    for junk in ("9", "-1", "x", "\0", "٣", "9" * 5000):
        assert desk.post(address(date), {"plan": plan(response), "letter": junk}).status_code == 404


def test_a_double_click_sends_once(desk):
    date, *_people = with_everybody()
    pressed = {"plan": plan(desk.post(address(date), typed(date, **later(date)))), "do": "1"}

    first, second = (desk.post(address(date), pressed, follow=True) for _ in range(2))

    assert said(first)[0].startswith("The date is changed. 2 people are told by mail.")
    assert said(second) == ["The date is changed. Nobody else had to be told."]
    assert OutgoingMail.objects.filter(template="events/email/date_changed").count() == 2
    assert RingTask.objects.filter(why="changed").count() == 1
    assert AuditEntry.objects.filter(action="changed the date").count() == 1


@pytest.mark.parametrize("step", ["postpone", "cancel"])
def test_a_double_click_takes_off_once(desk, step):
    date, *_people = with_everybody()
    pressed = {"plan": plan(desk.post(address(date, step), {"reason": ""})), "do": "1"}

    first, second = (desk.post(address(date, step), pressed) for _ in range(2))

    assert first.status_code == second.status_code == 302
    assert OutgoingMail.objects.filter(recipient="ann@example.org").count() == 2


def test_without_the_last_press_nothing_is_done_and_back_keeps_what_was_typed(desk):
    date, *_people = with_everybody()
    shown = desk.post(address(date), typed(date, **later(date), explanation="The train comes later."))

    back = desk.post(address(date), {"plan": plan(shown), "back": "1"})

    assert shows(back, 'value="12:00"')
    assert shows(back, 'value="The train comes later."')
    date.refresh_from_db()
    assert date.calendar_sequence == 0


def test_a_plan_is_for_one_date_one_step_and_one_person_and_cannot_be_made_up(desk, client):
    date, *_people = with_everybody()
    other = create_date(area="York")
    mine = plan(desk.post(address(date), typed(date, **later(date))))

    desk.post(address(other), {"plan": mine, "do": "1"})
    desk.post(address(date, "cancel"), {"plan": mine, "do": "1"})
    desk.post(address(date), {"plan": mine[:-3] + "abc", "do": "1"})
    client.force_login(create_user(email="other@example.org", permissions=ORGANISER))
    client.post(address(date), {"plan": mine, "do": "1"})

    assert list(WorkshopDate.objects.values_list("calendar_sequence", flat=True)) == [0, 0]
    assert not OutgoingMail.objects.filter(template__in=changing_dates.TELLING.values()).exists()


def test_a_colleague_who_changed_the_date_meanwhile_is_noticed_at_either_step(desk):
    date, *_people = with_everybody()
    sent = typed(date, **later(date))
    pressed = {"plan": plan(desk.post(address(date), sent)), "do": "1"}
    changing_dates.change_date(date, replace(Facts.of(date), area="York"), by=create_user(name="Fay Ster"))

    for response in (desk.post(address(date), sent), desk.post(address(date), pressed)):
        assert shows(response, "Fay Ster changed this date at")
        assert shows(response, "York (venue to be confirmed)")  # how it stands now
        assert shows(response, 'value="12:00"')  # what was typed
    date.refresh_from_db()
    assert (date.area, date.calendar_sequence) == ("York", 1)


def test_whoever_has_looked_at_the_colleagues_change_can_go_on(desk):
    date, *_people = with_everybody()
    sent = typed(date, **later(date))
    WorkshopDate.objects.filter(pk=date.pk).update(area="York")
    refused = desk.post(address(date), sent)
    seen = re.search(r'name="seen" value="(\w+)"', refused.content.decode())[1]

    response = desk.post(address(date), sent | {"seen": seen, "area": "York"})

    assert response.context["rehearsal"].told == (2, 1)


# What can be entered


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({}, "Nothing is different yet"),
        (
            {"starts_at_0": "2001-01-01", "ends_at_0": "2001-01-01", "starts_at_1": "11:00", "ends_at_1": "15:00"},
            "The new time has passed already.",
        ),
        ({"ends_at_0": "2001-01-01"}, "The end must be after the start."),
        ({"area": ""}, "Choose a venue, or say in which area it will be."),
        ({"starts_at_0": "2030-03-31", "ends_at_0": "2030-03-31", "starts_at_1": "01:30"}, "couldn’t be interpreted"),
        ({"starts_at_0": "x", "starts_at_1": "\0"}, "Enter a valid date."),
        ({"venue": "9" * 30}, "Select a valid choice."),
        ({"mode": "on the moon"}, "Select a valid choice."),
        ({"join_link": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"explanation": "x" * 501}, "at most 500 characters"),
        ({"starts_at_1": "12:00", "ends_at_1": "16:00", "is_quiet": "on"}, "People travel by the time and the place"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(desk, different, sentence):
    date, *_people = with_everybody()
    before = everything()

    response = desk.post(address(date), typed(date, **{"explanation": "Because."} | different))

    assert shows(response, html.escape(sentence)) or shows(response, sentence)
    assert different.get("explanation") or shows(response, 'value="Because."')
    assert everything() == before


def test_junk_in_every_field_breaks_nothing(desk):
    date, *_people = with_everybody()
    for junk in ("\0", "\ud800".encode("utf-8", "surrogatepass").decode("latin1"), "9" * 400, "<b>", "=1+1", "٣"):
        sent = dict.fromkeys([*typed(date), "plan", "do", "back", "letter", "asks_again", "is_quiet", "reason"], junk)
        for step in ("move", "postpone", "cancel"):
            assert desk.post(address(date, step), sent).status_code in (200, 404)
    date.refresh_from_db()
    assert date.state == "scheduled"


def test_odd_signs_in_the_reason_do_no_harm(desk):
    date, *_people = with_everybody()
    shown = desk.post(address(date, "cancel"), {"reason": "The\0boiler\r\nbroke."})

    desk.post(address(date, "cancel"), {"plan": plan(shown), "do": "1"})

    mail = OutgoingMail.objects.get(template="events/email/date_cancelled", recipient="ann@example.org")
    assert "The boiler broke." in mail.text


def test_a_correction_without_mail_says_that_nobody_is_told(desk):
    date, *_people = with_everybody()

    shown = desk.post(address(date), typed(date, area="Leeds city centre", is_quiet="on"))
    assert shows(shown, "Nobody: you say that it is only a correction.")
    done = desk.post(address(date), {"plan": plan(shown), "do": "1"}, follow=True)

    assert said(done) == ["The date is changed. Nobody else had to be told."]
    date.refresh_from_db()
    assert date.area == "Leeds city centre"


def test_a_postponed_date_gets_its_new_time_the_same_way(desk):
    date, *_people = with_everybody()
    changing_dates.postpone_date(date, by=create_user())
    date.refresh_from_db()

    asked = desk.get(address(date))
    assert shows(asked, "<h1>Set a new time</h1>")
    shown = desk.post(address(date), typed(date, **later(date)))
    desk.post(address(date), {"plan": plan(shown), "do": "1"})

    date.refresh_from_db()
    assert date.state == "scheduled"


# Who may


@pytest.mark.parametrize(
    ("step", "permission"),
    [("move", "change"), ("postpone", "cancel"), ("cancel", "cancel"), ("ask", "cancel")],
)
def test_each_step_asks_for_its_permission(client, step, permission):
    date, *_people = with_everybody()
    others = [name for name in ORGANISER if name != f"events.{permission}_workshopdate"]
    client.force_login(create_user(permissions=others))

    assert client.post(address(date, step), typed(date, **later(date))).status_code == 403
    if step != "ask":
        assert client.get(address(date, step)).status_code == 403
    assert shows(client.get(change(date)), address(date, step)) is False


def test_who_may_not_see_bookings_sees_numbers_and_no_names(client):
    date, *_people = with_everybody()
    client.force_login(
        create_user(
            permissions=["events.view_workshopdate", "events.change_workshopdate", "events.cancel_workshopdate"]
        )
    )
    shown = client.post(address(date), typed(date, **later(date)))
    assert not shows(shown, "Pat")
    client.post(address(date), {"plan": plan(shown), "do": "1"})

    page = client.get(change(date))

    assert shows(page, "Still to be rung: 1")
    assert "Pat" not in page.content.decode()


@pytest.mark.parametrize(
    ("may", "words"), [([], "for what was there before."), (["view_accessneed"], "before: 1 note.")]
)
def test_how_many_told_needs_is_for_those_alone_who_may_see_needs(client, may, words):
    date, *_people = with_everybody()
    client.force_login(create_user(permissions=[*ORGANISER, *(f"events.{name}" for name in may)]))

    assert shows(client.post(address(date), typed(date, **later(date))), words)
    assert AccessNeed.objects.get().state == "to do"


# The ordinary form


def test_with_bookings_when_and_where_are_read_only_and_lead_to_their_own_page(desk):
    date, *_people = with_everybody()

    page = desk.get(change(date))

    assert 'name="starts_at_0"' not in page.content.decode()
    assert 'name="area"' not in page.content.decode()
    assert shows(page, f'<a href="{address(date)}">Change time or place</a>')
    sent = {"places": 5, "support_places": 0, "overbook": 0, "seen_version": date_form(date)["seen_version"]}
    assert desk.post(change(date), sent).status_code == 302


def test_without_bookings_they_are_changed_freely(desk):
    date = create_date(area="Leeds")
    assert 'name="starts_at_0"' in desk.get(change(date)).content.decode()

    before = date.starts_at
    assert desk.post(change(date), date_form(date, area="York", starts_at_1="00:30")).status_code == 302

    date.refresh_from_db()
    assert date.area == "York"
    assert date.starts_at.astimezone(LONDON).hour == 0
    assert date.previous_starts_at == before


@pytest.mark.parametrize("different", [{"area": "York"}, {"starts_at_1": "00:30"}, {"mode": "hybrid"}])
def test_whoever_had_the_form_open_when_somebody_booked_is_told_so(desk, different):
    date = create_date(area="Leeds")
    sent = date_form(date, **different)
    book(date, "Ann")

    response = desk.post(change(date), sent)

    assert shows(response, "Nothing is saved: people have booked this date.")
    date.refresh_from_db()
    assert date.area == "Leeds"


def test_postponed_is_no_choice_of_the_form(desk):
    date = create_date()

    assert desk.post(change(date), date_form(date, state="postponed")).status_code == 200

    date.refresh_from_db()
    assert date.state == "scheduled"


def test_a_date_without_bookings_that_was_seen_can_be_postponed_and_cancelled(desk):
    date = create_date()
    for step, state in (("postpone", "postponed"), ("cancel", "cancelled")):
        shown = desk.post(address(date, step), {"reason": ""})
        assert shows(shown, "Nobody: nobody has booked.")
        desk.post(address(date, step), {"plan": plan(shown), "do": "1"})
        date.refresh_from_db()
        assert date.state == state


# Afterwards


def test_after_a_cancelled_date_staff_see_who_was_told_and_who_is_still_to_be_rung(desk, organiser):
    date, ann, bob, pat = with_everybody()
    changing_dates.cancel_date(date, by=organiser)
    OutgoingMail.objects.filter(recipient=ann.email).update(state="sent")
    OutgoingMail.objects.filter(recipient=bob.email).update(state="bounced")

    page = desk.get(change(date))

    heard = {how: [hearer.booking.contact_name for hearer in hearers] for how, hearers in page.context["heard"].items()}
    assert heard == {
        "Still to be rung": ["Pat"],
        "Our mail could not be delivered: ring them": ["Bob"],
        "Told by mail": ["Ann"],
    }
    desk.post(
        reverse("admin:events_ringtask_changelist"),
        {"action": "told", "_selected_action": [RingTask.objects.get(done_at=None).pk]},
    )
    assert list(desk.get(change(date)).context["heard"]) == [
        "Our mail could not be delivered: ring them",
        "Told by mail",
        "Told by telephone",
    ]


def test_staff_see_who_can_still_come_and_ask_the_silent_once_more(desk, organiser):
    date = create_date()
    ann, bob, cat, pat = (book(date, name) for name in ("Ann", "Bob", "Cat", "Dan"))
    shown = desk.post(address(date), typed(date, **later(date), asks_again="on"))
    assert shows(shown, "Can you still come?")
    desk.post(address(date), {"plan": plan(shown), "do": "1"})
    desk.post(reverse("admin:events_booking_coming", args=[ann.pk]))
    bookings.cancel(Booking.objects.get(pk=bob.pk))

    page = desk.get(change(date))
    for words in ("Yes: 1", "No: their places went to the queue: 1", "No answer yet: 2"):
        assert shows(page, words)
    done = desk.post(address(date, "ask"), follow=True)

    assert said(done) == ["Asked once more. 2 people are told by mail."]
    assert not shows(done, "Ask those who have not answered once more")
    assert shows(done, "and once more on")


def test_the_booking_at_the_desk_has_the_answer_as_a_button(desk, organiser):
    date = create_date()
    pat = book(date, "Pat", email="", phone=PHONE)
    page = reverse("admin:events_booking_change", args=[pat.pk])
    assert not shows(desk.get(page), "They can still come")
    shown = desk.post(address(date), typed(date, **later(date), asks_again="on"))
    desk.post(address(date), {"plan": plan(shown), "do": "1"})
    assert shows(desk.get(page), "They can still come")

    response = desk.post(reverse("admin:events_booking_coming", args=[pat.pk]), follow=True)

    assert said(response)[0].endswith("can still come.")
    pat.refresh_from_db()
    assert pat.still_coming_at
    assert AuditEntry.objects.get(action="said they still come").note == "by phone"


def test_venues_that_are_awaited_nag_on_the_front_page_until_they_are_known(desk, organiser):
    date = create_date(area="Birmingham city centre", starts_at=timezone.now() + timedelta(days=10))
    front = reverse("admin:index")
    assert shows(desk.get(front), "all they know is “Birmingham city centre”.")

    changing_dates.change_date(date, replace(Facts.of(date), venue=create_venue(), area=""), by=organiser)

    assert not shows(desk.get(front), "Birmingham city centre")


def test_a_postponed_date_whose_old_time_has_passed_asks_for_a_new_one(desk, organiser, client):
    date = create_date()
    changing_dates.postpone_date(date, by=organiser)
    front = reverse("admin:index")
    assert not shows(desk.get(front), "Set a new time")

    past = timezone.now() - timedelta(days=1)
    WorkshopDate.objects.filter(pk=date.pk).update(starts_at=past, ends_at=None)
    assert shows(desk.get(front), f'<a href="{address(date)}">Set a new time</a>')

    client.force_login(create_user(permissions=["events.view_workshopdate"]))
    assert not shows(client.get(front), "Set a new time")
