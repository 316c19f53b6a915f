"""Workshops and bookings at the staff's desk."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from events import bookings, changing_bookings, changing_dates
from events.bookings import Person
from events.forms import new_stamp
from events.models import AccessNeed, Booking, RingTask, Venue, Workshop, WorkshopDate
from sharedlives.foundation import links
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from sharedlives.foundation.seen_version import version
from tests.events.test_pages import answers, shows
from tests.factories import book, create_charity, create_date, create_user, create_venue, create_workshop

pytestmark = pytest.mark.django_db

ORGANISER = [
    *(
        f"events.{verb}_{model}"
        for verb in ("view", "add", "change", "delete")
        for model in ("workshop", "workshopdate", "venue")
    ),
    "events.view_booking",
    "events.add_booking",
    "events.change_booking",
    "events.view_place",
    "events.view_repeatedrequest",
    "events.view_ringtask",
    "events.cancel_workshopdate",
]


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


def words(response):
    return " ".join(strip_tags(response.content.decode()).split())


def said(response):
    return [str(message) for message in response.context["messages"]]


def date_form(date, **changes):
    """What the change form of a date sends."""
    local = timezone.localtime(date.starts_at)
    sent = {
        "state": date.state,
        "starts_at_0": f"{local:%Y-%m-%d}",
        "starts_at_1": f"{local:%H:%M}",
        "ends_at_0": f"{local + timedelta(hours=4):%Y-%m-%d}",
        "ends_at_1": f"{local + timedelta(hours=4):%H:%M}",
        "venue": date.venue_id or "",
        "mode": date.mode,
        "area": date.area,
        "places": date.places,
        "support_places": date.support_places,
        "overbook": date.overbook,
        "booking_opens_at_0": "",
        "booking_opens_at_1": "",
        "booking_closes_at_0": "",
        "booking_closes_at_1": "",
        "release_support_at_0": "",
        "release_support_at_1": "",
        "access_provision": "",
        "seen_version": version(WorkshopDate.objects.get(pk=date.pk)),
    }
    return sent | changes


def change(date):
    return reverse("admin:events_workshopdate_change", args=[date.pk])


# Dates


def test_who_saves_a_date_second_is_told_what_differs_and_loses_nothing(desk, organiser):
    date = create_date(places=20)
    form = date_form(date)
    colleague = Client()
    colleague.force_login(create_user(name="Una", permissions=ORGANISER))
    colleague.post(change(date), form | {"places": "12", "hearing_loop": "on"})

    response = desk.post(change(date), form | {"access_provision": "A ramp", "places": "16"})

    text = words(response)
    assert re.search(r"Una saved this date at \S+, after you had opened it\. Yours is not saved yet", text)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', response.content.decode())
    assert rows == [("Places", "12", "16"), ("Hearing loop", "yes", "no"), ("What else we provide", "-", "A ramp")]
    assert inputs(response)["access_provision"] == "A ramp"
    assert inputs(response)["places"] == "16"
    date.refresh_from_db()
    assert (date.places, date.hearing_loop, date.access_provision) == (12, True, "")

    seen = re.search(r'name="seen_version" value="([^"]+)"', response.content.decode())[1]
    desk.post(change(date), form | {"access_provision": "A ramp", "places": "16", "seen_version": seen})
    date.refresh_from_db()
    assert (date.places, date.hearing_loop, date.access_provision) == (16, False, "A ramp")


def test_a_booking_meanwhile_is_no_change_of_the_date(desk):
    date = create_date()
    form = date_form(date, access_provision="A ramp")
    book(date)

    assert desk.post(change(date), form).status_code == 302


@pytest.mark.parametrize(
    ("make", "mine", "theirs"),
    [
        (create_workshop, {"audience": "Mine"}, {"description": "<p>A <b>longer</b> text</p>"}),
        (create_venue, {"travel": "Mine"}, {"travel": "Take the lift"}),
    ],
)
def test_who_saves_a_workshop_or_a_venue_second_is_told_as_well(desk, make, mine, theirs):
    row = make()
    form_page = reverse(f"admin:events_{row._meta.model_name}_change", args=[row.pk])
    form = inputs(desk.get(form_page))
    type(row).objects.update(**theirs)

    response = desk.post(form_page, form | mine)

    text = words(response)
    assert f"Somebody saved this {row._meta.verbose_name}, after you had opened it." in text
    assert strip_tags(next(iter(theirs.values()))) in text
    assert "Mine" in inputs(response).values()
    assert type(row).objects.filter(**theirs).exists()


def inputs(response):
    """What the form of the desk sends if nothing is touched."""
    form = response.context["adminform"].form
    sent = {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False)}
    for formset in response.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        sent |= {bound.html_name: bound.value() for bound in management}
    return sent


def test_the_list_of_dates_shows_taken_places_and_waiting(desk):
    date = create_date(places=2)
    for name in ("Ann", "Bob", "Cat"):
        book(date, name)

    response = desk.get(reverse("admin:events_workshopdate_changelist"))

    assert shows(response, '<td class="field-taken_of_places">2 of 2</td>')
    assert shows(response, '<td class="field-waiting">1</td>')


@pytest.mark.parametrize(
    ("model", "make"), [("workshopdate", create_date), ("booking", lambda **f: book(create_date(**f), f["area"]))]
)
def test_lists_take_the_same_queries_for_one_row_and_for_three(desk, long_memory, model, make):
    address = reverse(f"admin:events_{model}_changelist")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address).status_code == 200
        return len(captured)

    make(area="York")
    queries()
    with_one = queries()
    make(area="Leeds")
    make(area="Hull")

    assert queries() == with_one


def test_the_page_of_a_booking_takes_the_same_queries_for_one_person_and_for_three(desk, long_memory):
    date = create_date()
    pages = [reverse("admin:events_booking_change", args=[book(date, f"Ann {n}", people=n).pk]) for n in (1, 1, 3)]

    def queries(page):
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page).status_code == 200
        return len(captured)

    queries(pages[0])
    assert queries(pages[1]) == queries(pages[2])


def test_a_new_workshop_is_entered_with_its_three_dates_and_their_addresses_never_change(desk):
    venue = create_venue()
    sent = {
        "title": "Shared Lives where you are", "slug": "where-you-are", "summary": "A day.", "description": "",
        "audience": "", "partners": "", "cost": "Free", "is_published": "on",
        "dates-TOTAL_FORMS": "3", "dates-INITIAL_FORMS": "0",
    }  # fmt: skip
    when = [
        ("2019-10-28", "", venue.pk),
        ("2019-10-29", "Birmingham city centre", ""),
        ("2019-11-04", "Manchester", ""),
    ]
    for number, (day, area, place) in enumerate(when):
        sent |= {
            f"dates-{number}-starts_at_0": day, f"dates-{number}-starts_at_1": "11:00",
            f"dates-{number}-ends_at_0": day, f"dates-{number}-ends_at_1": "15:00",
            f"dates-{number}-mode": "in person",
            f"dates-{number}-venue": place, f"dates-{number}-area": area, f"dates-{number}-places": "20",
            f"dates-{number}-support_places": "0", f"dates-{number}-state": "scheduled",
        }  # fmt: skip

    response = desk.post(reverse("admin:events_workshop_add"), sent)

    assert response.status_code == 302
    dates = list(WorkshopDate.objects.order_by("starts_at"))
    assert [date.slug for date in dates] == [
        "london-october-2019",
        "birmingham-city-centre-october-2019",
        "manchester-november-2019",
    ]
    assert dates[0].when == "Monday 28 October 2019, 11am to 3pm"

    dates[1].area = "Coventry"
    dates[1].starts_at += timedelta(days=60)
    dates[1].ends_at += timedelta(days=60)
    dates[1].save()
    assert WorkshopDate.objects.get(pk=dates[1].pk).slug == "birmingham-city-centre-october-2019"


def test_a_second_date_in_the_same_place_and_month_gets_a_number():
    workshop = create_workshop()
    starts_at = timezone.now().replace(day=1) + timedelta(days=40)

    slugs = [
        create_date(workshop=workshop, area="Leeds", starts_at=starts_at.replace(day=day)).slug for day in (5, 6, 7)
    ]

    assert slugs[1:] == [f"{slugs[0]}-2", f"{slugs[0]}-3"]


def test_a_date_needs_a_venue_or_an_area(desk):
    date = create_date()

    response = desk.post(change(date), date_form(date, area=""))

    assert shows(response, "Choose a venue, or say in which area it will be.")


def test_places_cannot_be_lowered_below_what_is_taken(desk):
    date = create_date(places=5)
    book(date, "Ann", people=3)

    response = desk.post(change(date), date_form(date, places=2))

    assert shows(response, "More places are taken already.")
    date.refresh_from_db()
    assert date.places == 5


def test_support_places_cannot_be_lowered_so_that_their_people_no_longer_fit(desk):
    date = create_date(places=5, support_places=2)
    book(date, "Ann", people=3, support_workers=2)

    response = desk.post(change(date), date_form(date, places=4, support_places=0))

    assert shows(response, "More places are taken already.")


def test_what_people_have_booked_cannot_be_hidden(desk):
    date = create_date()
    booking = book(date, "Ann")
    workshop = {
        "title": "T",
        "slug": "t",
        "summary": "S",
        "cost": "Free",
        "dates-TOTAL_FORMS": 0,
        "dates-INITIAL_FORMS": 0,
        "seen_version": version(date.workshop),
    }
    page = reverse("admin:events_workshop_change", args=[date.workshop_id])

    assert shows(desk.post(change(date), date_form(date, state="draft")), "Cancel the date instead.")
    assert shows(desk.post(page, workshop), "Cancel its dates first.")

    bookings.cancel(booking)
    assert desk.post(page, workshop).status_code == 302
    assert desk.post(change(date), date_form(date, state="draft")).status_code == 302


def test_cancelled_is_no_choice_of_the_form_and_a_crafted_one_is_refused(desk):
    date = create_date()

    response = desk.post(change(date), date_form(date, state="cancelled"))

    assert response.status_code == 200
    date.refresh_from_db()
    assert date.state == WorkshopDate.State.SCHEDULED


def queue(desk, date):
    """What the page of a date says of each in its queue."""
    return [(entry.booking.contact_name, entry.why) for entry in desk.get(change(date)).context["entries"]]


def press(desk, act, booking, **sent):
    return desk.post(reverse(f"admin:events_booking_{act}", args=[booking.pk]), sent, follow=True)


def close(date):
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())


def test_the_page_of_a_date_shows_the_queue_in_order_and_why_each_has_no_place(desk):
    date = create_date(places=2)
    ann = book(date, "Ann")
    book(date, "Bob")
    cat, dan = book(date, "Cat", people=2), book(date, "Dan")

    assert queue(desk, date) == [
        ("Cat", "Not offered: no place is free."),
        ("Dan", "Not offered: no place is free."),
    ]

    bookings.cancel(ann)
    assert queue(desk, date) == [
        ("Cat", "Not offered: asks for 2 places; only 1 ordinary and 0 support places are free."),
        ("Dan", f"Would fit, but {cat} asked earlier, for 2 places, and goes first."),
    ]

    bookings.cancel(cat)
    dan.refresh_from_db()
    assert queue(desk, date) == [("Dan", f"Offered. They have until {dan.answer_by} to answer.")]


def test_staff_switch_on_that_smaller_groups_fill_gaps_and_everybody_can_read_it(desk, client):
    date = create_date(places=2)
    ann = book(date, "Ann")
    book(date, "Bob")
    cat, dan = book(date, "Cat", people=2), book(date, "Dan")
    bookings.cancel(ann)

    desk.post(change(date), date_form(date, fill_gaps="on"))

    cat.refresh_from_db()
    dan.refresh_from_db()
    assert (cat.state, dan.state) == ("waiting", "offered")
    for page in (date.get_absolute_url(), cat.get_absolute_url()):
        assert shows(client.get(page), "where the next group is too large for the free places")


def test_more_places_are_offered_to_those_who_wait_at_once(desk):
    date = create_date(places=1)
    book(date, "Ann")
    bob, cat = book(date, "Bob"), book(date, "Cat")

    desk.post(change(date), date_form(date, places=2))

    bob.refresh_from_db()
    cat.refresh_from_db()
    assert (bob.state, cat.state) == ("offered", "waiting")


def test_after_booking_has_closed_staff_ring_down_the_list_and_give_the_place_by_one_press(desk, organiser):
    date = create_date(places=1)
    ann, bob, cat = (book(date, name) for name in ("Ann", "Bob", "Cat"))
    close(date)
    bookings.cancel(ann)
    assert shows(desk.get("/admin/"), "booking has closed, places are free and 2 wait. Ring them in order.")
    assert queue(desk, date) == [
        ("Bob", "Booking has closed: ring them, in order."),
        ("Cat", "Booking has closed: ring them, in order."),
    ]

    response = press(desk, "give", cat, back="date")

    assert said(response) == [f"Cat ({cat}) has the place now. They are told by mail."]
    assert response.redirect_chain[-1][0] == change(date)
    cat.refresh_from_db()
    bob.refresh_from_db()
    assert (cat.state, bob.state) == ("confirmed", "waiting")
    entry = AuditEntry.objects.get(action="gave a place from the waiting list")
    assert (entry.actor, entry.note.endswith("1 who asked earlier passed over")) == (organiser, True)
    assert "only 0 ordinary" in said(press(desk, "give", bob))[0]


def test_who_is_to_be_rung_is_shown_with_a_number_though_mail_is_what_they_read_otherwise(desk):
    date = create_date(places=1)
    holder = book(date, "Holder")
    book(date, "Ann", phone="0151 496 0007")
    book(date, "Bob")

    def reached():
        return [entry.reach for entry in desk.get(change(date)).context["entries"]]

    assert reached() == ["Write to ann@example.org", "Write to bob@example.org"]
    WorkshopDate.objects.filter(pk=date.pk).update(booking_closes_at=timezone.now())
    bookings.cancel(holder)
    assert reached() == ["Ring 0151 496 0007", "Write to bob@example.org"]


def test_while_places_are_offered_by_themselves_nobody_is_given_one_out_of_order(desk):
    date = create_date(places=2)
    ann = book(date, "Ann")
    book(date, "Bob")
    book(date, "Cat", people=2)
    dan = book(date, "Dan")
    bookings.cancel(ann)

    assert said(press(desk, "give", dan)) == ["1 asked earlier: places are offered in order until booking closes."]
    dan.refresh_from_db()
    assert dan.state == "waiting"


def test_people_without_e_mail_are_rung_and_their_time_begins_when_they_were_reached(desk, organiser):
    date = create_date(places=1)
    ann = book(date, "Ann")
    bob = book(date, "Bob", email="", phone="0151 496 0007")
    bookings.cancel(ann)
    ringing = reverse("admin:events_ringtask_changelist")

    assert shows(desk.get("/admin/"), "1 person to ring")
    page = desk.get(ringing)
    assert shows(page, "0151 496 0007")
    assert shows(page, "We have a place for them")
    assert shows(desk.get(change(date)), "Reached, they want to think")
    bob.refresh_from_db()
    assert bob.offer_ends_at == date.closes_at

    response = press(desk, "reached", bob)

    bob.refresh_from_db()
    assert said(response) == [f"Noted. Bob ({bob}) has until {bob.answer_by} to answer."]
    assert bob.offer_ends_at < date.closes_at
    assert not shows(desk.get(ringing), "0151 496 0007")
    assert AuditEntry.objects.get(action="reached them by telephone").actor == organiser

    assert said(press(desk, "accept", bob)) == [f"Bob ({bob}) has the place now."]
    bob.refresh_from_db()
    assert bob.state == "confirmed"


def test_somebody_says_no_on_the_phone_and_the_next_is_offered_the_place(desk):
    date = create_date(places=1)
    ann, bob, cat = (book(date, name) for name in ("Ann", "Bob", "Cat"))
    bookings.cancel(ann)

    press(desk, "cancel", bob, back="date")

    cat.refresh_from_db()
    assert cat.state == "offered"


def test_what_is_told_by_telephone_is_ticked_off_but_an_offer_wants_an_answer(desk, organiser):
    date, other = create_date(places=1), create_date()
    ann = book(date, "Ann")
    book(date, "Bob", email="", phone="0151 496 0007")
    bookings.cancel(ann)
    book(other, "Cat", email="", phone="0151 496 0008")
    changing_dates.cancel_date(other, by=organiser)
    offer, cancelled = RingTask.objects.order_by("pk")

    response = desk.post(
        reverse("admin:events_ringtask_changelist"),
        {"action": "told", "_selected_action": [offer.pk, cancelled.pk]},
        follow=True,
    )

    assert said(response) == ["For an offer open the person's booking: it asks what they answered."]
    offer.refresh_from_db()
    cancelled.refresh_from_db()
    assert (offer.done_at, cancelled.done_by) == (None, organiser)


def test_a_released_support_place_can_no_longer_be_held_back(desk):
    date = create_date(places=2, support_places=1, release_support_at=timezone.now() - timedelta(minutes=1))
    book(date, "Ann")

    assert shows(desk.get(change(date)), "the support places are released")
    desk.post(change(date), date_form(date, support_places="2", release_support_at_0="", release_support_at_1=""))

    date.refresh_from_db()
    assert (date.support_is_released, date.support_places) == (True, 1)


def test_more_places_than_can_be_counted_are_refused(desk):
    date = create_date()

    response = desk.post(change(date), date_form(date, overbook=2**31 - 1))

    assert shows(response, "That is more than the database can count.")


@pytest.mark.django_db(transaction=True)
def test_a_post_to_the_history_of_a_date_does_no_harm(desk):
    date = create_date()

    assert desk.post(reverse("admin:events_workshopdate_history", args=[date.pk])).status_code == 200


@pytest.mark.parametrize("what", ["workshop", "workshopdate", "venue"])
def test_deleting_anything_with_bookings_is_refused(desk, what):
    date = create_date(venue=create_venue())
    book(date, "Ann")
    row = {"workshop": date.workshop, "workshopdate": date, "venue": date.venue}[what]

    response = desk.post(reverse(f"admin:events_{what}_delete", args=[row.pk]), {"post": "yes"})
    desk.post(
        reverse(f"admin:events_{what}_changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )

    assert response.status_code in (200, 403)
    assert (Workshop.objects.count(), WorkshopDate.objects.count(), Venue.objects.count(), Booking.objects.count()) == (
        1,
        1,
        1,
        1,
    )


# Bookings


def reserve_at_desk(desk, date, **fields):
    sent = answers(stamp=new_stamp(), channel="phone", **fields)
    return desk.post(f"{reverse('admin:events_booking_add')}?date={date.pk}", sent, follow=True)


def test_staff_reserve_for_somebody_on_the_phone(desk, organiser):
    date = create_date()
    assert shows(desk.get(reverse("admin:events_booking_add")), f"?date={date.pk}")

    response = reserve_at_desk(desk, date, email="", phone="0151 496 0007")

    booking = Booking.objects.get()
    assert said(response)[0] == f"They have a place. Reference: {booking.spoken_reference}."
    assert (booking.channel, booking.phone, booking.state) == ("phone", "0151 496 0007", "confirmed")
    assert AuditEntry.objects.get(action="reserved").actor == organiser


def test_staff_enter_more_support_workers_than_the_page_for_everybody_does(desk, client):
    date = create_date(places=10)
    assert shows(client.get(date.get_reserve_url()), "More than 4? Please ring us.")
    page = desk.get(f"{reverse('admin:events_booking_add')}?date={date.pk}")
    assert not shows(page, "ring us")
    assert shows(page, "They speak for somebody else, who agrees")

    reserve_at_desk(desk, date, support_workers="6")

    assert Booking.objects.get().support_workers == 6
    client.post(date.get_reserve_url(), answers(stamp=new_stamp(), email="bob@example.org", support_workers="6"))
    assert Booking.objects.count() == 1


def test_the_desk_says_when_the_person_waits_or_has_booked_already(desk):
    date = create_date(places=1)
    book(date, "Bob")

    assert "1st of 1 on the waiting list" in said(reserve_at_desk(desk, date))[0]
    assert "already; what you typed is kept" in said(reserve_at_desk(desk, date, organisation="The Lantern"))[0]


def test_mistakes_at_the_desk_lose_nothing(desk):
    response = reserve_at_desk(desk, create_date(), email="nonsense", organisation="The Lantern", people=2)

    assert shows(response, 'value="The Lantern"')
    assert shows(response, "Enter a valid email address.")
    assert shows(response, "Person 2")
    assert not Booking.objects.exists()


def test_a_reference_read_aloud_in_two_fours_finds_the_booking(desk):
    booking, other = book(create_date(), "Ann"), book(create_date(), "Bob")

    response = desk.get(reverse("admin:events_booking_changelist"), {"q": booking.spoken_reference})

    assert shows(response, booking.spoken_reference)
    assert not shows(response, other.spoken_reference)


def change_contact(desk, booking, **changes):
    sent = {name: getattr(booking, name) for name in ("contact_name", "email", "phone", "organisation")} | changes
    sent |= {f"{prefix}-{part}": "0" for prefix in ("people", "repeats") for part in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return desk.post(reverse("admin:events_booking_change", args=[booking.pk]), sent, follow=True)


def test_correcting_the_address_at_the_desk_sends_a_new_link(desk):
    booking = book(create_date(), "Ann", email="ann@exmaple.org")
    old = booking.get_absolute_url()

    response = change_contact(desk, booking, contact_name="Ann Lee", email="ann@example.org")

    booking.refresh_from_db()
    assert response.status_code == 200
    assert (booking.contact_name, booking.email) == ("Ann Lee", "ann@example.org")
    assert booking.get_absolute_url() != old
    assert OutgoingMail.objects.latest("pk").recipient == "ann@example.org"
    assert "ann" not in str(list(AuditEntry.objects.values_list("changes", flat=True))).lower()


def test_a_page_opened_before_a_place_was_handed_over_does_not_take_it_back(desk):
    booking = book(create_date(), "Ann")
    shown = desk.get(reverse("admin:events_booking_change", args=[booking.pk])).content.decode()
    assert f'name="seen" value="{booking.link_version}"' in shown
    changing_bookings.hand_over(booking, contact_name="Bob", email="bob@example.org")

    response = change_contact(desk, booking, organisation="The Lantern", seen=booking.link_version)

    assert said(response) == [
        "Nothing was saved. It has another contact or address since you opened the page. Please look at it again."
    ]
    given = Booking.objects.get(pk=booking.pk)
    assert (given.contact_name, given.email, given.organisation) == ("Bob", "bob@example.org", "")
    response = change_contact(desk, given, organisation="The Lantern", seen=given.link_version)
    assert Booking.objects.get(pk=booking.pk).organisation == "The Lantern"


def test_whoever_reads_mails_at_the_desk_cannot_act_for_those_they_were_written_to(client):
    manager = create_user(email="max@example.org")
    manager.groups.add(Group.objects.get(name="Office managers"))
    client.force_login(manager)
    booking = book(create_date(), "Ann")
    row = OutgoingMail.objects.get()
    token = booking.get_absolute_url().split("/")[-2]
    assert token in row.text
    assert token in row.html

    page = client.get(reverse("admin:foundation_outgoingmail_change", args=[row.pk]))
    html = client.get(reverse("admin:foundation_outgoingmail_html", args=[row.pk]))

    for response in (page, html):
        assert shows(response, "You have a place.")
        assert shows(response, "/bookings/[their own link]/")
        assert token.partition(":")[2] not in response.content.decode()
    address = "https://www.example.org/workshops/a-title-of-more-than-forty-letters-for-a-day/leeds-october-2019/"
    assert links.without_keys(address) == address


def test_in_a_demonstration_whoever_tries_the_site_goes_on_by_the_links_in_its_mails(client):
    create_charity(is_demo=True)
    client.force_login(create_user(email="admin@example.org", is_superuser=True))
    booking = book(create_date(), "Ann")
    row = OutgoingMail.objects.get()

    assert shows(client.get(reverse("admin:foundation_outgoingmail_change", args=[row.pk])), booking.get_absolute_url())


def test_taking_an_address_off_ends_its_link_and_mails_nobody(desk):
    booking = book(create_date(), "Ann", phone="0151 496 0007")
    old = booking.get_absolute_url()

    response = change_contact(desk, booking, email="")

    assert said(response)[0] == "The old link has ended."
    assert desk.get(old).status_code == 410
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("changes", [{"email": ""}, {"email": "bob@example.org"}])
def test_a_contact_that_holds_the_same_booking_is_refused_with_a_reason_and_nothing_is_saved(desk, changes):
    date = create_date()
    held = book(date, "Ann", phone="0151 496 0007", email=changes["email"])
    booking = book(date, "Ann", phone="0151 496 0007")

    response = change_contact(desk, booking, organisation="The Lantern", **changes)

    assert said(response) == [
        f"Nothing was saved. {held} has the same contact and names on this date. Cancel one of the two first."
    ]
    booking.refresh_from_db()
    assert (booking.email, booking.organisation, booking.is_active) == ("ann@example.org", "", True)
    assert not AuditEntry.objects.filter(action="changed").exists()


def test_somebody_whose_name_was_put_right_is_known_by_it_when_they_reserve_again(desk):
    booking = book(date := create_date(), "An", email="ann@example.org")

    change_contact(desk, booking, contact_name="Ann")

    assert book(date, "Ann") == booking


def test_cancelling_while_many_reserve_is_answered_with_a_sentence(desk, monkeypatch):
    def busy(booking, **how):
        raise bookings.Busy("Please try again.")

    monkeypatch.setattr(bookings, "cancel", busy)
    address = reverse("admin:events_booking_cancel", args=[book(create_date(), "Ann").pk])

    assert said(desk.post(address, follow=True)) == ["Please try again."]


def test_bookings_cannot_be_deleted_at_the_desk(desk):
    booking = book(create_date(), "Ann")
    assert desk.post(reverse("admin:events_booking_delete", args=[booking.pk]), {"post": "yes"}).status_code == 403


# Rights


def test_needs_have_their_own_permission(desk, client):
    book(create_date(), "Ann", people=[Person("Ann", access="XYZZY")])
    need = AccessNeed.objects.get()
    pages = [
        reverse("admin:events_accessneed_changelist"),
        reverse("admin:events_accessneed_change", args=[need.pk]),
    ]
    for page in pages:
        assert desk.get(page).status_code == 403
    for page in (
        reverse("admin:events_booking_changelist"),
        reverse("admin:events_booking_change", args=[need.place.booking_id]),
    ):
        assert not shows(desk.get(page), "XYZZY")

    client.force_login(create_user(email="ada@example.org", permissions=["events.view_accessneed"]))
    assert not shows(client.get(pages[0]), "XYZZY")
    assert shows(client.get(pages[1]), "XYZZY")


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        ("events_booking_cancel", "events.change_booking"),
        ("events_booking_accept", "events.change_booking"),
        ("events_booking_reached", "events.change_booking"),
        ("events_booking_give", "events.change_booking"),
    ],
)
def test_each_button_asks_for_its_permission(client, view, missing):
    date = create_date(places=1)
    ann, _bob = book(date, "Ann"), book(date, "Bob")
    client.force_login(create_user(permissions=[name for name in ORGANISER if name != missing]))

    response = client.post(reverse(f"admin:{view}", args=[ann.pk if "booking" in view else date.pk]))

    assert response.status_code == 403
    assert not Booking.objects.filter(state="cancelled").exists()


def test_reserving_at_the_desk_asks_for_its_permission(client):
    client.force_login(create_user(permissions=[name for name in ORGANISER if name != "events.add_booking"]))
    assert client.get(reverse("admin:events_booking_add")).status_code == 403


@pytest.mark.parametrize("date", ["0", "-1", "x", "٣", "9" * 30, "\0"])
def test_odd_dates_in_the_address_do_not_exist(desk, date):
    assert desk.get(reverse("admin:events_booking_add"), {"date": date}).status_code == 404
