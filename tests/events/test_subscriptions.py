"""Asking to hear of new dates, confirming it by mail, leaving: events/subscriptions.py and its pages."""

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from events import bookings, corrections, emails, subscriptions
from events.models import Booking, Subscription
from sharedlives.foundation import bounces, jobs
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import (
    book,
    create_charity,
    create_date,
    create_page,
    create_subscription,
    create_user,
    create_workshop,
)
from tests.foundation import reports

pytestmark = pytest.mark.django_db

ALL = "/new-dates/"


def mails(to="ann@example.org"):
    return list(OutgoingMail.objects.filter(recipient=to).order_by("pk"))


def last_mail(to="ann@example.org"):
    return mails(to)[-1]


def link(mail, page):
    return re.search(rf"https://www.example.org(/new-dates/{page}/\S+)", mail.text)[1]


@pytest.fixture(autouse=True)
def _facts():
    create_charity()


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_somebody_asks_confirms_and_is_on_the_list(client):
    workshop = create_workshop()

    response = client.post(f"{workshop.get_absolute_url()}new-dates/", {"email": "ann@example.org"}, follow=True)
    assert "We have written to the address that you gave" in response.content.decode()
    subscription = Subscription.objects.get()
    assert (subscription.workshop, subscription.email, subscription.confirmed_at) == (workshop, "ann@example.org", None)

    page = client.post(link(last_mail(), "confirm"), follow=True).content.decode()
    subscription.refresh_from_db()
    assert subscription.confirmed_at is not None
    assert "You are on our list." in page
    assert f"new dates of {workshop.title}" in page


def test_the_list_of_workshops_leads_to_all_and_a_workshop_to_its_own(client):
    workshop = create_workshop()

    assert f'href="{ALL}"' in client.get("/workshops/").content.decode()
    assert f'href="{workshop.get_absolute_url()}new-dates/"' in client.get(workshop.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("fields", "is_offered"),
    [
        ({"places": 20, "area": "Leeds"}, True),
        ({"mode": "online", "area": ""}, False),
        ({"mode": "online", "area": "", "places": 0}, True),
        ({"mode": "online", "area": "", "state": "cancelled"}, True),
        ({"mode": "online", "area": "", "starts_at": timezone.now() - timedelta(days=2)}, True),
    ],
    ids=["venue to be confirmed", "open", "full", "cancelled", "over"],
)
def test_a_date_that_is_hard_to_join_leads_to_new_ones(client, fields, is_offered):
    date = create_date(**fields)

    assert ("new-dates/" in client.get(date.get_absolute_url()).content.decode()) == is_offered


def test_a_workshop_that_is_not_published_has_no_such_page(client):
    workshop = create_workshop(is_published=False)

    assert client.get(f"{workshop.get_absolute_url()}new-dates/").status_code == 404


def test_the_form_says_what_will_come_and_leads_to_the_page_about_privacy(client):
    assert "/privacy/" not in client.get(ALL).content.decode()
    create_page(title="Privacy", slug="privacy", menu="foot")

    main = client.get(ALL).content.decode().partition("<main")[2].partition("</main>")[0]

    assert "one mail in a morning at most" in main
    assert 'href="/privacy/"' in main


def test_everybody_is_answered_alike(client):
    workshop = create_workshop()
    create_subscription("known@example.org", workshop=workshop)
    create_subscription("waits@example.org", workshop=workshop, is_confirmed=False)
    subscriptions.leave(create_subscription("left@example.org", workshop=workshop))

    answers = set()
    for name in ("known", "waits", "left", "never"):
        response = client.post(f"{workshop.get_absolute_url()}new-dates/", {"email": f"{name}@example.org"})
        answers.add((response.status_code, response.url, response.content))

    assert len(answers) == 1
    assert {mail.recipient: mail.template.rpartition("/")[2] for mail in OutgoingMail.objects.all()} == {
        "known@example.org": "subscription_known",
        "waits@example.org": "subscription_confirm",
        "left@example.org": "subscription_confirm",
        "never@example.org": "subscription_confirm",
    }


def test_the_answer_takes_the_same_number_of_queries_more_or_less(client, django_assert_max_num_queries):
    create_subscription("known@example.org")
    client.post(ALL, {"email": "first@example.org"})
    with django_assert_max_num_queries(40) as known:
        client.post(ALL, {"email": "known@example.org"})
    with django_assert_max_num_queries(40) as unknown:
        client.post(ALL, {"email": "never@example.org"})

    assert abs(len(known) - len(unknown)) <= 6


def test_whoever_hears_of_all_workshops_hears_of_each_already():
    create_subscription("ann@example.org")

    subscriptions.ask("Ann@Example.org", create_workshop())

    assert last_mail().template == "events/email/subscription_known"
    assert Subscription.objects.count() == 1


def test_whoever_hears_of_one_workshop_can_ask_for_all():
    create_subscription("ann@example.org", workshop=create_workshop())

    subscriptions.ask("ann@example.org")

    assert last_mail().template == "events/email/subscription_confirm"
    assert Subscription.objects.confirmed().count() == 1


def test_asking_again_before_confirming_sends_the_link_again_and_begins_the_week_anew():
    subscriptions.ask("ann@example.org")
    Subscription.objects.update(created_at=timezone.now() - timedelta(days=6))

    subscriptions.ask("ANN@example.org")

    assert Subscription.objects.get().created_at > timezone.now() - timedelta(minutes=1)
    assert len(OutgoingMail.objects.all()) == 2


def test_the_database_holds_one_subscription_for_each_address_and_workshop():
    create_subscription("ann@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        create_subscription("ANN@example.org")


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@", "a b@example.org", "ann@example.org\r\nBcc: x@y.z", "\0", "a" * 400]
)
def test_what_is_no_address_gets_an_error_and_is_kept(client, email):
    response = client.post(ALL, {"email": email})

    assert response.status_code == 200
    assert "<title>Error: Tell me about new dates" in response.content.decode()
    assert not Subscription.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_what_fills_in_the_hidden_field_is_asked_to_press_once_more_and_keeps_what_it_typed(client):
    page = client.post(ALL, {"email": "ann@example.org", "website": "https://spam.example"}).content.decode()
    assert "Please press the button at the end once more." in page
    assert not Subscription.objects.exists()

    typed = dict(re.findall(r'name="(email|website|was_asked)"(?: value="([^"]*)")?', page))
    assert typed == {"email": "ann@example.org", "website": "", "was_asked": "1"}
    assert client.post(ALL, typed | {"website": "filled in again"}).status_code == 302


def test_one_inbox_gets_five_mails_in_a_day_and_then_the_visitor_a_phone_number(client):
    statuses = [client.post(ALL, {"email": f"ann+{n}@example.org"}).status_code for n in range(6)]
    response = client.post(ALL, {"email": "Ann@example.org"})

    assert statuses == [302] * 5 + [429]
    assert int(response["Retry-After"]) > 0
    page = response.content.decode()
    assert "0151 496 0000" in page
    assert "Ann@example.org" in page
    assert OutgoingMail.objects.count() == 5


def test_one_visitor_can_ask_fifty_times_in_ten_minutes(client):
    for n in range(50):
        client.post(ALL, {"email": f"person{n}@example.org"})

    assert client.post(ALL, {"email": "next@example.org"}).status_code == 429
    assert OutgoingMail.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_the_same_moment_have_one_row():
    create_charity()
    barrier = threading.Barrier(4)

    def ask():
        barrier.wait()
        subscriptions.ask("ann@example.org")
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Subscription.objects.count() == 1
    assert OutgoingMail.objects.count() == 4


# --- Confirming and leaving -------------------------------------------------------------------------------------------


def test_a_scanner_that_opens_every_link_changes_nothing(client):
    subscriptions.ask("ann@example.org")
    before = list(Subscription.objects.values())

    for page in ("confirm", "leave"):
        for _ in range(2):
            assert client.get(link(last_mail(), page)).status_code == 200
            assert client.head(link(last_mail(), page)).status_code == 200

    assert list(Subscription.objects.values()) == before


def test_confirming_twice_is_harmless(client):
    subscriptions.ask("ann@example.org")
    address = link(last_mail(), "confirm")
    client.post(address)
    first = Subscription.objects.get().confirmed_at

    response = client.post(address, follow=True)

    assert Subscription.objects.get().confirmed_at == first
    assert "You are on our list." in response.content.decode()


def test_the_link_for_leaving_cannot_confirm_nor_the_other_way_round(client):
    subscriptions.ask("ann@example.org")
    confirm, leave = (link(last_mail(), page).split("/")[3] for page in ("confirm", "leave"))

    assert client.get(f"/new-dates/confirm/{leave}/").status_code == 404
    assert client.post(f"/new-dates/leave/{confirm}/").status_code == 404
    assert Subscription.objects.get().confirmed_at is None


def test_one_press_leaves_everything_and_deletes_the_address(client):
    for workshop in (None, create_workshop()):
        create_subscription("ann@example.org", workshop=workshop)
    create_subscription("bob@example.org")
    subscriptions.ask("ann@example.org")

    address = link(last_mail(), "leave")
    assert "Stop, and delete my address" in client.get(address).content.decode()
    page = client.post(address).content.decode()

    assert "You have left the list." in page
    assert [each.email for each in Subscription.objects.all()] == ["bob@example.org"]


def test_a_mail_program_leaves_with_its_own_button(mailoutbox):
    """RFC 8058: the headers, and a POST without cookie or token that is answered without a redirect."""
    from sharedlives.foundation import mail

    create_subscription("ann@example.org")
    subscriptions.ask("ann@example.org")
    mail.deliver(last_mail().pk)
    (sent,) = mailoutbox
    address = sent.extra_headers["List-Unsubscribe"].removeprefix("<https://www.example.org").removesuffix(">")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)

    answers = [
        strict.post(address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded").status_code
        for _ in range(2)
    ]

    assert answers == [200, 200]
    assert not Subscription.objects.exists()
    assert not strict.cookies


def test_the_button_on_our_page_needs_no_cookie_either(client):
    page = client.get(create_subscription("ann@example.org").get_leave_url())

    assert not page.cookies
    assert "csrf" not in page.content.decode()


def test_an_old_link_says_kindly_that_it_has_ended(client):
    subscription = create_subscription("ann@example.org")
    client.post(subscription.get_leave_url())

    for address in (subscription.get_confirm_url(), subscription.get_leave_url()):
        response = client.get(address)
        assert response.status_code == 410
        assert "Ask again" in response.content.decode()
    assert client.post(subscription.get_confirm_url()).status_code == 410
    assert not Subscription.objects.exists()


def test_an_old_link_opens_nothing_for_somebody_who_came_back(client):
    old = create_subscription("ann@example.org")
    old_link = old.get_confirm_url()
    subscriptions.leave(old)
    subscriptions.ask("ann@example.org")

    assert client.post(old_link).status_code == 410
    assert Subscription.objects.get().confirmed_at is None


def test_what_nobody_confirms_is_forgotten_after_seven_days():
    create_subscription("ann@example.org", is_confirmed=False, created_at=timezone.now() - timedelta(days=7, minutes=1))
    create_subscription("bob@example.org", is_confirmed=False, created_at=timezone.now() - timedelta(days=6, hours=23))
    create_subscription("cat@example.org", created_at=timezone.now() - timedelta(days=400))

    assert subscriptions.forget_unconfirmed() == 1

    assert {each.email for each in Subscription.objects.all()} == {"bob@example.org", "cat@example.org"}


# --- Mails that come back ---------------------------------------------------------------------------------------------


def lose(subscription, words="550 5.1.1 No such user", state="bounced"):
    """A mail about new dates went out, and this is what became of it."""
    emails.new_dates(subscription, [create_date()])
    row = last_mail(subscription.email)
    OutgoingMail.objects.filter(pk=row.pk).update(state=state, last_error=words)
    jobs.tell_that_it_did_not_arrive(row.pk)
    subscription.refresh_from_db()


def test_an_address_from_which_our_mail_comes_back_is_written_to_no_more():
    garden = create_workshop(title="Garden")
    own, of_all = create_subscription("ann@example.org", workshop=garden), create_subscription("Ann@example.org")
    create_subscription("bob@example.org")

    lose(own)

    assert list(Subscription.objects.confirmed().values_list("email", flat=True)) == ["bob@example.org"]
    of_all.refresh_from_db()
    assert own.stopped_at
    assert of_all.stopped_at
    assert AuditEntry.objects.filter(action="stopped: our mail came back").count() == 2


def test_a_report_that_the_mailbox_does_not_exist_stops_it():
    subscription = create_subscription("ann@example.org")
    emails.new_dates(subscription, [create_date()])
    row = last_mail()
    OutgoingMail.objects.filter(pk=row.pk).update(state="sent")

    bounces.receive(reports.postfix(row.message_id))
    jobs.tell_that_it_did_not_arrive(row.pk)

    assert not Subscription.objects.confirmed().exists()


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("ConnectionRefusedError: [Errno 111] Connection refused", "failed"),  # ours was away for two days
        ("451 4.7.1 Greylisted", "failed"),
        ("552 5.2.2 Mailbox full", "bounced"),
        ("550 5.7.1 Message rejected as spam", "bounced"),
        ("554 5.7.26 SPF and DKIM missing", "failed"),
    ],
)
def test_what_is_no_fault_of_the_address_stops_nobody(words, state):
    subscription = create_subscription("ann@example.org")

    lose(subscription, words, state)

    assert subscription.stopped_at is None


def test_a_late_report_stops_nobody_who_has_confirmed_since(client):
    subscription = create_subscription("ann@example.org")
    emails.new_dates(subscription, [create_date()])
    row = last_mail()
    Subscription.objects.update(confirmed_at=timezone.now())

    OutgoingMail.objects.filter(pk=row.pk).update(state="bounced", last_error="550 5.1.1 No such user")
    jobs.tell_that_it_did_not_arrive(row.pk)

    assert Subscription.objects.confirmed().exists()


def test_whoever_was_stopped_asks_and_confirms_like_anybody_and_hears_of_what_comes_then(client):
    subscription = create_subscription("ann@example.org", told_at=timezone.now() - timedelta(days=9))
    lose(subscription)

    subscriptions.ask("ann@example.org")
    assert last_mail().template == "events/email/subscription_confirm"
    client.post(link(last_mail(), "confirm"))

    subscription.refresh_from_db()
    assert (subscription.stopped_at, subscription.told_at) == (None, None)
    assert subscription.heard_up_to > timezone.now() - timedelta(minutes=1)


def test_staff_see_who_was_stopped_and_let_them_go_on(client):
    subscription = create_subscription("ann@example.org")
    create_subscription("bob@example.org")
    lose(subscription)

    page = organiser(client).get("/admin/events/subscription/?stopped=yes")
    assert [row.email for row in page.context["cl"].result_list] == ["ann@example.org"]
    client.post("/admin/events/subscription/", {"action": "go_on", "_selected_action": [subscription.pk]})

    subscription.refresh_from_db()
    assert subscription.stopped_at is None
    assert AuditEntry.objects.get(action="goes on").actor_name == "Cole League"


def test_what_was_stopped_is_forgotten_after_three_months():
    old, recent = create_subscription("ann@example.org"), create_subscription("bob@example.org")
    Subscription.objects.filter(pk=old.pk).update(stopped_at=timezone.now() - timedelta(days=91))
    Subscription.objects.filter(pk=recent.pk).update(stopped_at=timezone.now() - timedelta(days=89))

    subscriptions.forget_unconfirmed()

    assert list(Subscription.objects.all()) == [recent]


def test_the_log_never_holds_the_address():
    subscriptions.ask("ann@example.org")
    subscriptions.confirm(Subscription.objects.get())
    subscriptions.leave(Subscription.objects.get())

    entries = list(AuditEntry.objects.filter(object_type="events.subscription"))
    assert len(entries) == 3
    assert not [entry for entry in entries if "ann" in f"{entry.object_label} {entry.note} {entry.changes}".lower()]


# --- The tick beside a reservation ------------------------------------------------------------------------------------


def test_the_tick_is_confirmed_by_a_link_in_the_mail_about_the_booking(client):
    book(create_date(), "Ann", wants_news=True)

    (mail,) = mails()
    assert mail.template == "events/email/booking_confirmed"
    assert "/new-dates/confirm/" in mail.html
    assert Subscription.objects.get().confirmed_at is None
    client.post(link(mail, "confirm"))
    assert [(each.email, each.workshop) for each in Subscription.objects.confirmed()] == [("ann@example.org", None)]


def test_without_the_tick_nothing_is_asked_or_kept():
    book(create_date(), "Ann")

    assert "new-dates" not in last_mail().text + last_mail().html
    assert not Subscription.objects.exists()


def test_whoever_waits_or_reserves_again_finds_the_link_too():
    date = create_date(places=1)
    book(date, "Ann")
    book(date, "Bob", wants_news=True)
    book(date, "Ann", organisation="Kind Homes", wants_news=True)

    for to, template in (("bob@example.org", "booking_waiting"), ("ann@example.org", "booking_reserved_again")):
        assert last_mail(to).template == f"events/email/{template}"
        assert link(last_mail(to), "confirm")


def test_whoever_hears_of_all_already_is_not_asked_again():
    create_subscription("ann@example.org")

    book(create_date(), "Ann", wants_news=True)

    assert "new-dates" not in last_mail().text


def test_a_corrected_address_gets_a_link_of_its_own_and_the_mistyped_one_is_never_on_the_list():
    booking = book(create_date(), "Ann", email="ann@exmaple.org", wants_news=True)

    corrections.correct_address(booking, email="ann@example.org")

    assert link(last_mail(), "confirm")
    assert not Subscription.objects.confirmed().exists()


def test_a_cancelled_booking_keeps_no_wish():
    booking = book(create_date(), "Ann", wants_news=True)
    assert booking.wants_news_at is not None

    bookings.cancel(booking)

    assert Booking.objects.get().wants_news_at is None


def test_without_an_e_mail_the_tick_is_explained(client):
    date = create_date()
    page = client.get(date.get_reserve_url()).content.decode()
    typed = {
        "stamp": re.search(r'name="stamp" value="([^"]+)', page)[1],
        "contact_name": "Ann",
        "phone": "0151 496 0102",
        "wants_news": "on",
        "support_workers": "0",
        "people-TOTAL_FORMS": "1",
        "people-INITIAL_FORMS": "0",
    }

    assert "We tell of new dates by e-mail." in client.post(date.get_reserve_url(), typed).content.decode()
    assert not Booking.objects.exists()
    assert client.post(date.get_reserve_url(), typed | {"wants_news": ""}).status_code == 302


# --- At the desk ------------------------------------------------------------------------------------------------------


def organiser(client):
    user = create_user()
    user.groups.add(Group.objects.get(name="Workshop organisers"))
    client.force_login(user)
    return client


def test_organisers_see_how_many_hear_of_each_workshop(client):
    garden = create_workshop(title="Garden")
    create_subscription("ann@example.org", workshop=garden)
    create_subscription("bob@example.org")
    create_subscription("cat@example.org", workshop=garden, is_confirmed=False)

    listed = organiser(client).get("/admin/events/subscription/").content.decode()
    page = client.get(f"/admin/events/workshop/{garden.pk}/change/").content.decode()

    listed = re.sub(r"\s+", " ", listed)
    assert "Garden (2)" in listed
    assert "All our workshops (1)" in listed
    assert "2 people; 1 of all workshops" in page
    assert client.get("/admin/events/subscription/?confirmed=no").context["cl"].result_count == 1


def test_organisers_erase_an_address_and_the_log_does_not_keep_it(client):
    for workshop in (None, create_workshop()):
        create_subscription("ann@example.org", workshop=workshop)
    found = organiser(client).get("/admin/events/subscription/?q=ann@example.org").context["cl"].queryset

    client.post(
        "/admin/events/subscription/",
        {"action": "delete_selected", "_selected_action": [each.pk for each in found], "post": "yes"},
    )

    assert not Subscription.objects.exists()
    entries = AuditEntry.objects.filter(action="deleted", object_type="events.subscription")
    assert len(entries) == 2
    assert not [entry for entry in entries if "ann@" in f"{entry.object_label}{entry.note}{entry.changes}"]


def test_without_the_permission_nobody_sees_the_list(client):
    user = create_user()
    user.groups.add(Group.objects.get(name="Read only"))
    client.force_login(user)

    assert client.get("/admin/events/subscription/").status_code == 403
