"""Mails that come back later: each report, whoever sent it, is noted at the mail that it is about; junk is not."""

import io
import sys
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from sharedlives.foundation import bounces, mail
from sharedlives.foundation.bounces import Outcome
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.events.test_pages import shows
from tests.factories import create_charity, create_user
from tests.foundation import reports
from tests.foundation.reports import OUR_ID
from tests.server import all_at_once

pytestmark = pytest.mark.django_db

State = OutgoingMail.State


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def sent_mail(message_id=OUR_ID, state=State.SENT):
    return OutgoingMail.objects.create(
        template="events/email/booking_confirmed",
        recipient="ann@example.com",
        subject="You have a place",
        text="You have a place.",
        message_id=message_id,
        state=state,
    )


FINAL = {
    "postfix": (
        reports.postfix,
        "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    "exchange": (
        reports.exchange,
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@example.com not found by SMTP address lookup",
    ),
    "exim": (reports.exim, "550 No such person at this address"),
    "qmail": (reports.qmail, "Remote host said: 550 5.7.1 Mailbox disabled"),
    "gmail": (
        reports.gmail,
        "550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 double-checking the"
        " address",
    ),
}


@pytest.mark.parametrize("server", FINAL)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_mail_that_came_back_is_known_with_the_servers_words(server, line_end):
    report, words = FINAL[server]
    row, other = sent_mail(), sent_mail("<other@www.example.org>")

    assert bounces.receive(report().replace(b"\n", line_end)) == Outcome.CAME_BACK

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, row.last_error) == (State.BOUNCED, words)
    assert other.state == State.SENT


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (reports.postfix_delayed, "connect to mx.example.com[192.0.2.25]:25: Connection timed out"),
        (reports.exim_warning, "Delay reason: 451 4.7.1 Greylisting in action, please come back later"),
    ],
)
def test_a_mail_that_is_only_late_is_noted_and_stays_sent(report, words):
    row = sent_mail()

    assert bounces.receive(report()) == Outcome.NOTED

    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.SENT, f"Not delivered yet: {words}")


def test_a_server_that_gave_up_after_trying_for_days_is_final_though_its_status_says_later():
    row = sent_mail()

    bounces.receive(reports.postfix(status="4.4.7", diagnostic="smtp; 451 still greylisted"))

    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.BOUNCED, "451 still greylisted")


@pytest.mark.parametrize("report", [reports.away, reports.answer, reports.receipt])
def test_what_people_and_their_programs_answer_is_no_report(report):
    row = sent_mail()

    assert bounces.receive(report()) == Outcome.NO_REPORT

    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.SENT, "")


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "", "nonsense"])
def test_a_report_of_success_is_no_bounce(action):
    row = sent_mail()

    outcome = bounces.receive(reports.postfix(action=action, status="2.0.0"))

    row.refresh_from_db()
    assert (outcome, row.state) == (Outcome.NO_REPORT, State.SENT)


def test_a_report_about_none_of_our_mails_changes_nothing():
    row = sent_mail()

    assert bounces.receive(reports.postfix("<somebody.else@example.net>")) == Outcome.UNKNOWN

    row.refresh_from_db()
    assert row.state == State.SENT


def test_a_report_without_our_mail_in_it_is_left_for_people():
    row = sent_mail()
    without = reports.postfix().replace(OUR_ID.encode(), b"")

    assert bounces.receive(without) == Outcome.UNKNOWN
    row.refresh_from_db()
    assert row.state == State.SENT


def test_one_recipient_of_several_who_did_not_get_it_counts():
    row = sent_mail()
    report = reports.postfix().replace(
        b"Final-Recipient: rfc822; ann@example.com",
        b"Final-Recipient: rfc822; bob@example.com\nAction: delivered\nStatus: 2.0.0\n\n"
        b"Final-Recipient: rfc822; ann@example.com",
        1,
    )

    bounces.receive(report)

    row.refresh_from_db()
    assert row.state == State.BOUNCED


def test_a_report_told_twice_is_noted_once():
    row = sent_mail()

    for _ in range(3):
        bounces.receive(reports.postfix())

    assert AuditEntry.objects.filter(object_id=str(row.pk), action="noted that it came back").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_report_told_eight_times_at_once_is_noted_once():
    sent_mail()

    all_at_once(8, lambda n: bounces.receive(reports.exchange()))

    assert AuditEntry.objects.filter(action="noted that it came back").count() == 1


@pytest.mark.parametrize("state", [State.WAITING, State.FAILED, State.KEPT])
def test_only_a_mail_that_went_out_can_come_back(state):
    row = sent_mail(state=state)

    bounces.receive(reports.postfix())

    row.refresh_from_db()
    assert (row.state, row.last_error) == (state, "")


# Junk


def nested(depth):
    """A message within a message within a message ..."""
    inner = reports.postfix()
    for number in range(depth):
        inner = b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number) + inner
    return inner


JUNK = {
    "nothing": b"",
    "one byte": b"\xff",
    "noise": bytes(range(256)) * 400,
    "no end of headers": b"Subject: " + b"x" * 200_000,
    "headers without end": b"X: y\n" * 100_000,
    "a report cut short": reports.postfix()[:1500],
    "a part without an end": b'Content-Type: multipart/report; boundary="b"\n\n--b\nX: message/delivery-status\n',
    "a status that is text": b"Content-Type: message/delivery-status\n\nAction: failed",
    "a status that is no base64": (
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + b"=" * 999
    ),
    "an unknown charset": reports.exim().replace(
        b"Subject:", b'Content-Type: text/plain; charset="x-klingon"\nSubject:'
    ),
    "a broken header": b"From: =?utf-8?q?=FF?= <mailer-daemon@x>\nSubject: =?bogus?x?y?= failure notice\n\n550 no",
    "nested fifty times": nested(50),
    "nested five thousand times": nested(5000),
    "nested messages": b"Content-Type: message/rfc822\n\n" * 3000 + reports.exim(),
    "thirty megabytes": reports.postfix() + b"x" * 30_000_000,
    "many parts": b'Content-Type: multipart/report; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000,
    "a boundary of nothing": b'Content-Type: multipart/report; boundary=""\n\n--\n\n--\n' * 1000,
    "many ids": b"From: mailer-daemon@x\nSubject: failure notice\n\n550 no\n" + b"Message-ID: <x@y>\n" * 50_000,
    "NUL": reports.exim().replace(b"No such person", b"No\x00such\x1b[31m person"),
}


@pytest.mark.parametrize("kind", JUNK)
def test_junk_breaks_nothing_and_is_done_with_quickly(kind):
    sent_mail()
    began = time.monotonic()

    assert bounces.receive(JUNK[kind]) in Outcome

    assert time.monotonic() - began < 10
    for row in OutgoingMail.objects.all():
        assert row.last_error.isprintable()


def test_the_beginning_of_a_huge_report_is_enough():
    row = sent_mail()

    bounces.receive(reports.postfix() + b"x" * 30_000_000)

    row.refresh_from_db()
    assert row.state == State.BOUNCED


# From a mail server's pipe


def piped(monkeypatch, raw):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    said = io.StringIO()
    call_command("receive_bounce", stdout=said, stderr=said)
    return said.getvalue().strip()


def test_a_mail_server_passes_a_report_to_the_command(monkeypatch):
    row = sent_mail()

    assert piped(monkeypatch, reports.exim()) == "noted: the mail came back"
    row.refresh_from_db()
    assert row.state == State.BOUNCED
    assert piped(monkeypatch, b"Subject: hello\n\nHello.") == "no report about a mail"


def test_while_the_database_is_away_the_mail_server_keeps_the_report(monkeypatch):
    def away(raw):
        raise OperationalError

    monkeypatch.setattr(bounces, "receive", away)

    with pytest.raises(SystemExit) as ended:
        piped(monkeypatch, reports.exim())

    assert ended.value.code == 75


# At the desk


@pytest.fixture
def desk(client):
    manager = create_user(permissions=["foundation.view_outgoingmail", "foundation.resend_outgoingmail"])
    client.force_login(manager)
    return client


LIST = "/admin/foundation/outgoingmail/"


def test_staff_note_by_hand_what_came_back(desk):
    row, waiting = sent_mail(), sent_mail("<w@www.example.org>", State.WAITING)

    response = desk.post(LIST, {"action": "came_back", "_selected_action": [row.pk, waiting.pk]}, follow=True)

    row.refresh_from_db()
    waiting.refresh_from_db()
    assert (row.state, row.last_error) == (State.BOUNCED, "Noted by hand by Cole League")
    assert waiting.state == State.WAITING
    assert shows(response, "Only a mail that was sent can come back.")
    assert [entry.object_id for entry in AuditEntry.objects.filter(action="action: came back")] == [str(row.pk)]


def test_who_may_only_look_cannot_note_anything(client):
    row = sent_mail()
    client.force_login(create_user(permissions=["foundation.view_outgoingmail"]))

    client.post(LIST, {"action": "came_back", "_selected_action": [row.pk]})

    row.refresh_from_db()
    assert row.state == State.SENT


def test_the_front_of_the_desk_says_how_many_mails_did_not_arrive_and_leads_to_them(desk, client):
    assert not shows(desk.get("/admin/"), "came back or failed")
    came_back, failed = sent_mail(), sent_mail("<b@www.example.org>")
    bounces.receive(reports.postfix(came_back.message_id))
    OutgoingMail.objects.filter(pk=failed.pk).update(state=State.FAILED, lost_at=timezone.now())
    sent_mail("<c@www.example.org>")

    assert shows(desk.get("/admin/"), f'<a href="{LIST}?went=lost">2 mails')
    assert desk.get(f"{LIST}?went=lost").context["cl"].result_count == 2
    client.force_login(create_user(email="other@example.org"))
    assert not shows(client.get("/admin/"), "came back or failed")


def test_what_failed_long_ago_is_no_news(desk):
    row = sent_mail()
    bounces.receive(reports.postfix())
    OutgoingMail.objects.filter(pk=row.pk).update(lost_at=timezone.now() - timedelta(days=8))

    assert not shows(desk.get("/admin/"), "came back or failed")


def test_the_servers_words_go_with_the_address_that_they_quote():
    row = sent_mail()
    bounces.receive(reports.postfix())
    OutgoingMail.objects.update(created_at="2019-10-28T10:00Z")

    mail.forget_old_bodies()

    row.refresh_from_db()
    assert (row.recipient, row.last_error) == ("", "")
