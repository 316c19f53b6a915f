"""The access needs team at its desk: seeing to a need, telling people, and who sees what."""

import re

import pytest
from django.urls import reverse

from events import arranging, needs, reaching
from events.bookings import Person
from events.locking import BookingRefused, Busy
from events.models import AccessNeed, Booking, WorkshopDate
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.events.test_desk import ORGANISER, said
from tests.events.test_needs import arrange, told
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_user, create_venue

pytestmark = pytest.mark.django_db

State = AccessNeed.State
TEAM = ["events.view_accessneed", "events.change_accessneed"]


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def nora():
    return create_user(email="nora@example.org", name="Nora", permissions=TEAM)


@pytest.fixture
def desk(client, nora):
    client.force_login(nora)
    return client


def page(need):
    return reverse("admin:events_accessneed_change", args=[need.pk])


def press(client, need, button="save", **typed):
    sent = {"arrangement": "", "owner": "", "due_on": f"{need.due_on:%Y-%m-%d}", "seen": seen(need)}
    return client.post(page(need), sent | typed | {button: "1"}, follow=True)


def seen(need):
    return as_it_is(need).fingerprint


def as_it_is(need):
    return AccessNeed.objects.select_related("place__booking__date").get(pk=need.pk)


def log(need):
    return list(
        AuditEntry.objects.filter(object_type="events.place", object_id=need.place_id)
        .order_by("pk")
        .values_list("actor_name", "action")
    )


# One need


def test_a_need_is_taken_on_arranged_and_told_of(desk, nora):
    need = told(create_date())

    press(desk, need, "take")
    press(desk, need, "arranged", owner=nora.pk, arrangement="a ramp is hired")
    response = press(desk, need, "write", owner=nora.pk, arrangement="a ramp is hired")

    need = as_it_is(need)
    assert (need.owner, need.state, need.arrangement) == (nora, State.ARRANGED, "a ramp is hired")
    assert said(response) == ["A mail goes to ann@example.org. It says nothing of what they need."]
    assert log(need) == [
        ("Nora", "took on the needs"),
        ("Nora", "arranged the needs"),
        ("Nora", "wrote to them about the needs"),
    ]
    arranged = AuditEntry.objects.get(action="arranged the needs")
    assert arranged.changes == {"state": ["to do", "arranged"], "arrangement": ["", "changed"]}


def test_what_cannot_be_arranged_yet_asks_to_talk(desk, client):
    need = told(create_date())

    press(desk, need, "cannot_yet")

    assert as_it_is(need).state == State.CANNOT_YET
    assert shows(client.get(need.place.booking.get_absolute_url()), "would like to talk with you about it: please ring")


def test_the_page_shows_what_was_told_beside_what_the_date_offers(desk):
    venue = create_venue(step_free="yes", lift="no", access_note="The side door has no steps.")
    date = create_date(venue=venue, captions=True, access_provision="A break every hour.")
    booking = book(date, "Ann", people=[Person("Bea", access="a ramp\nand a seat", is_for_somebody_else=True)])
    response = desk.get(page(booking.people.get().need))

    for words in ("a ramp<br>and a seat", "by somebody else, who says that Bea agrees", "Live captions"):
        assert shows(response, words), words
    for words in (
        "A break every hour.",
        "<dt>Step-free from the street</dt><dd>Yes</dd>",
        "The side door has no steps.",
    ):
        assert shows(response, words), words


def test_typed_words_stay_when_something_changed_meanwhile(desk, nora):
    need = told(create_date())
    before = seen(need)
    needs.replace_need(need.place, Person(access="a ramp and a lift"))

    response = press(desk, need, "arranged", seen=before, arrangement="a ramp is hired")

    assert as_it_is(need).state == State.TO_DO
    for words in ("Something has changed since you opened this page", "a ramp is hired", "a ramp and a lift"):
        assert shows(response, words), words
    again = re.search(r'name="seen" value="([^"]+)"', response.content.decode())[1]
    press(desk, need, "arranged", seen=again, arrangement="both are hired")
    assert as_it_is(need).state == State.ARRANGED


@pytest.mark.parametrize("change", ["time", "move", "state", "arrangement"])
def test_whatever_changed_since_it_was_read_is_noticed(nora, change):
    need = told(create_date())
    before = seen(need)
    if change == "time":
        date = need.place.booking.date
        date.starts_at, date.ends_at = date.starts_at.replace(hour=23), None
        date.save()
    elif change == "move":
        Booking.objects.filter(pk=need.place.booking_id).update(date=create_date(area="Leeds"))
    elif change == "state":
        arrange(need)
    else:
        AccessNeed.objects.filter(pk=need.pk).update(arrangement="a ramp is hired")

    with pytest.raises(BookingRefused, match="Something has changed"):
        arranging.see_to(as_it_is(need), by=nora, seen=before, state=State.ARRANGED)


def test_whoever_moves_to_another_date_at_this_moment_is_asked_for_again(nora):
    need = as_it_is(told(create_date()))
    Booking.objects.filter(pk=need.place.booking_id).update(date=create_date(area="Leeds"))

    # Without that the wrong date would be locked, and "check again" of the move be overwritten.
    with pytest.raises(Busy, match="has moved to another date"):
        arranging.see_to(need, by=nora, state=State.ARRANGED)
    with pytest.raises(Busy, match="has moved to another date"):
        needs.replace_need(need.place, Person(access="a lift"))
    assert as_it_is(need).state == State.TO_DO


def test_a_need_that_has_gone_is_said_to_have_gone(nora):
    need = told(create_date())
    needs.remove_need(need.place)

    with pytest.raises(BookingRefused, match="no longer there"):
        arranging.see_to(need, by=nora, state=State.ARRANGED)


def test_wrong_days_and_strangers_as_owners_are_refused_in_words(desk):
    need = told(create_date())
    stranger = create_user(email="sam@example.org")

    response = press(desk, need, owner=stranger.pk, due_on="2019-02-30", arrangement="kept")

    assert set(response.context["form"].errors) == {"owner", "due_on"}
    assert shows(response, "kept")
    assert as_it_is(need).owner is None


def test_what_they_take_back_on_the_telephone_is_deleted(desk):
    need = told(create_date())

    response = press(desk, need, "remove")

    assert not AccessNeed.objects.exists()
    assert said(response) == ["Removed, with everything that was noted about it."]
    assert log(need) == [("Nora", "removed the needs")]


def test_who_has_no_e_mail_is_told_by_telephone(desk):
    need = told(create_date(), email="", phone="0151 496 0000")
    arrange(need)

    assert not shows(desk.get(page(need)), "Write to ")
    assert shows(press(desk, need, "write"), "They gave no e-mail address.")
    press(desk, need, "told")

    assert log(need)[-1] == ("Nora", "told them about the needs")
    assert not OutgoingMail.objects.filter(template="events/email/answer").exists()


def test_nothing_is_written_before_there_is_an_answer(nora):
    with pytest.raises(BookingRefused, match="nothing to tell them yet"):
        arranging.write_to_them(told(create_date()), by=nora)


# What the person hears


@pytest.mark.parametrize(
    ("state", "opening"),
    [
        (State.ARRANGED, "What you asked us for is arranged."),
        (State.CANNOT_YET, "We would like to talk with you about what you asked us for."),
    ],
)
def test_the_mail_opens_with_how_it_stands_and_says_nothing_of_needs(nora, state, opening):
    need = told(create_date(access_contact_name="Ada Cess", access_contact_email="ada@example.org"))
    AccessNeed.objects.filter(pk=need.pk).update(state=state, arrangement="XYZZY")

    arranging.write_to_them(need, by=nora)

    mail = OutgoingMail.objects.get(template="events/email/answer")
    assert mail.text.startswith(opening)
    assert f"<h1>{opening}</h1>" in " ".join(mail.html.split())
    assert (mail.recipient, mail.reply_to) == ("ann@example.org", "ada@example.org")
    for words in ("ramp", "XYZZY", "your needs", "access needs"):
        assert words not in mail.text + mail.html + mail.subject, words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.TO_DO, "we have a note of needs, and are on it."),
        (State.CHECK_AGAIN, "we have a note of needs, and are on it."),
        (State.ARRANGED, "we have a note of needs, and what is needed is arranged."),
        (State.CANNOT_YET, "we have a note of needs, and would like to talk with you about it: please ring us."),
    ],
)
def test_the_own_page_says_how_it_stands_without_the_words(client, state, words):
    need = told(create_date())
    AccessNeed.objects.filter(pk=need.pk).update(state=state, arrangement="XYZZY is hired")

    response = client.get(need.place.booking.get_absolute_url())

    assert shows(response, f"Ann: {words}")
    assert not shows(response, "ramp")
    assert not shows(response, "XYZZY")


# How to reach them


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ({"email": "a@b.org"}, ["mailto:a@b.org"]),
        ({"email": "a@b.org", "phone": "0151 496 0000"}, ["mailto:a@b.org", "tel:01514960000"]),
        ({"phone": "0151 496 0000 ext 12", "reach_by": "phone"}, ["tel:01514960000"]),
        (
            {"email": "a@b.org", "phone": "+44 (0)7700 900123", "reach_by": "text"},
            ["sms:07700900123", "mailto:a@b.org", "tel:07700900123"],
        ),
        ({"phone": "0151 496 0000", "reach_by": "relay"}, ["tel:1800201514960000", "tel:01514960000"]),
        ({"phone": "00353 1 234 5678"}, ["tel:+35312345678"]),
        ({"phone": "٠١٥١ ٤٩٦ ٠٠٠٠"}, ["tel:01514960000"]),
    ],
)
def test_the_way_people_asked_for_comes_first_and_can_be_dialled(contact, expected):
    ways = reaching.ways(Booking(**contact))

    assert [way.url for way in ways] == expected
    assert [way.is_asked_for for way in ways] == [bool(contact.get("reach_by"))] + [False] * (len(ways) - 1)


def test_a_way_that_they_lack_is_not_said_to_be_asked_for():
    assert [way.is_asked_for for way in reaching.ways(Booking(email="a@b.org", reach_by="text"))] == [False]


# Lists and several


def test_the_list_shows_what_is_left_to_do_due_first_and_late_ones_marked(desk, nora):
    far, near = create_date(), create_date(area="Leeds")
    ann, bob, cal = told(far), told(near, "Bob"), told(near, "Cal")
    AccessNeed.objects.filter(pk=bob.pk).update(due_on="2019-10-01")
    arrange(cal, owner=nora)
    address = reverse("admin:events_accessneed_changelist")

    def shown(query=""):
        return [need.pk for need in desk.get(address + query).context["cl"].queryset]

    assert shown() == [bob.pk, ann.pk]
    assert shows(desk.get(address), "Late: Tue 1 Oct 2019")
    assert shown("?stands=late") == [bob.pk]
    assert shown("?stands=arranged") == [cal.pk]
    assert sorted(shown("?stands=all")) == sorted([ann.pk, bob.pk, cal.pk])
    assert shown("?stands=all&whose=mine") == [cal.pk]
    for junk in ("x", "-1", "²", "9" * 30, "%00"):
        assert shown(f"?whose={junk}&stands={junk}") == [bob.pk, ann.pk], junk
    assert shown("?whose=nobody") == [bob.pk, ann.pk]
    assert shown(f"?place__booking__date__id__exact={near.pk}") == [bob.pk]
    assert not shows(desk.get(address + "?stands=all"), "ramp")


def test_several_are_taken_on_or_arranged_at_once(desk, nora):
    several = [told(create_date(area=area)) for area in ("York", "Leeds", "Hull")]
    address = reverse("admin:events_accessneed_changelist")
    chosen = {"_selected_action": [need.pk for need in several[:2]]}

    desk.post(address, chosen | {"action": "take"})
    response = desk.post(address, chosen | {"action": "arranged"}, follow=True)

    assert said(response)[-1] == "2 needs changed."
    assert [(as_it_is(need).owner, as_it_is(need).state) for need in several] == [
        (nora, State.ARRANGED),
        (nora, State.ARRANGED),
        (None, State.TO_DO),
    ]
    assert log(several[0]) == [("Nora", "took on the needs"), ("Nora", "arranged the needs")]


def test_the_front_page_tells_the_team_how_many_wait(desk, client):
    AccessNeed.objects.filter(pk=told(create_date()).pk).update(due_on="2019-10-01")
    told(create_date(), "Bob")

    assert shows(desk.get("/admin/"), "2 needs to see to</a>")
    assert shows(desk.get("/admin/"), "1 late</a>")

    client.force_login(create_user(email="olive@example.org", permissions=ORGANISER))
    assert not shows(client.get("/admin/"), "to see to")


# Who sees what


def test_organisers_see_counts_and_never_whose(client):
    date = create_date()
    need = told(date)
    client.force_login(create_user(email="olive@example.org", permissions=ORGANISER))

    assert shows(
        client.get(reverse("admin:events_workshopdate_change", args=[date.pk])), "1 need unanswered, 30 days left"
    )
    for address in (page(need), reverse("admin:events_accessneed_changelist")):
        assert client.get(address).status_code == 403
        assert client.post(address, {"arranged": "1"}).status_code == 403
    booking = need.place.booking
    arranging.write_to_them(_arranged(need), by=create_user(email="nora@example.org"))
    response = client.get(reverse("admin:events_booking_change", args=[booking.pk]))
    for words in ("ramp", "need_", "arranged"):
        assert not shows(response, words), words


def _arranged(need):
    arrange(need)
    return need


def test_whoever_may_only_read_needs_changes_none(client):
    need = told(create_date())
    client.force_login(create_user(permissions=["events.view_accessneed"]))

    assert shows(client.get(page(need)), "a ramp")
    assert not shows(client.get(page(need)), '<form class="desk-form"')
    assert client.post(page(need), {"arranged": "1"}).status_code == 403
    assert as_it_is(need).state == State.TO_DO


def test_strangers_are_asked_to_sign_in(client):
    need = told(create_date())

    assert client.get(page(need)).url.startswith("/admin/login/")
    assert client.post(page(need), {"arranged": "1"}).url.startswith("/admin/login/")
    assert as_it_is(need).state == State.TO_DO


@pytest.mark.parametrize("lookup", ["access__startswith=a", "arrangement__contains=a", "place__name__startswith=A"])
def test_a_list_does_not_tell_letter_by_letter_what_it_hides(desk, lookup):
    told(create_date())

    response = desk.get(reverse("admin:events_accessneed_changelist") + f"?{lookup}")

    assert response.status_code == 400


def test_a_need_of_a_moved_date_shows_the_new_date(desk):
    date = create_date()
    need = told(date)
    arrange(need)
    WorkshopDate.objects.filter(pk=date.pk).update(area="Leeds")
    needs.check_again(date)

    assert shows(desk.get(page(need)), "<strong>Check again.</strong>")
    assert shows(desk.get(page(need)), "Leeds (venue to be confirmed)")
    assert shows(
        desk.get(reverse("admin:events_accessneed_history", args=[need.pk])), "set the needs to be checked again"
    )
