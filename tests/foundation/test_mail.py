import contextlib
import email
import email.policy
import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.db import connection, transaction
from django.utils import timezone

from sharedlives.foundation import jobs, mail
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date, create_workshop
from tests.processes import free_port
from tests.server import all_at_once

State = OutgoingMail.State


@pytest.fixture(autouse=True)
def charity(db):
    return create_charity()


class Server:
    """A mail server on this machine that answers as told and keeps what it accepted."""

    def __init__(self):
        self.accepted = []
        self.answer_to_recipient = "250 OK"
        self.answer_to_data = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server, session, envelope):
        if self.answer_to_data.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.accepted.append((envelope.rcpt_tos, message))
        return self.answer_to_data


@pytest.fixture
def server(settings):
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield handler
    controller.stop()


def confirmation():
    book(create_date(), "Ann")
    return OutgoingMail.objects.get()


def defers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'mail_id', scheduled_at FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def test_a_mail_and_its_job_exist_only_if_the_work_was_committed():
    with contextlib.suppress(RuntimeError), transaction.atomic():
        book(create_date(), "Ann")
        raise RuntimeError
    assert not OutgoingMail.objects.exists()
    assert defers() == []

    row = confirmation()

    assert row.state == State.WAITING
    assert [mail_id for mail_id, _at in defers()] == [str(row.pk)]


def test_a_delivered_mail_is_complete_and_goes_to_one_recipient(server):
    row = confirmation()

    jobs.deliver_mail(row.pk)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == (State.SENT, 1, "")
    [(recipients, message)] = server.accepted
    assert recipients == ["ann@example.org"]
    assert message["Subject"] == row.subject
    assert (message["From"], message["Reply-To"]) == ("Kind Places <office@example.org>", "office@example.org")
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    assert parts["text/plain"].startswith("You have a place.")
    assert "<h1>You have a place.</h1>" in parts["text/html"]
    assert "BEGIN:VCALENDAR" in parts["text/calendar"]


def test_what_somebody_subscribed_to_can_be_left_with_the_button_of_the_mail_program(server):
    address = "https://www.example.org/workshops/news/leave/" + "x" * 120 + "/"
    kind = {"to": "ann@example.org", "context": {"invited_by": "Cole"}}
    subscribed = mail.send("foundation/email/invitation", unsubscribe_url=address, **kind)
    other = mail.send("foundation/email/invitation", **kind)

    for row in (subscribed, other):
        mail.deliver(row.pk)

    [(_to, with_button), (_to, without)] = server.accepted
    assert with_button["List-Unsubscribe"].strip() == f"<{address}>"
    assert with_button["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (without["List-Unsubscribe"], without["List-Unsubscribe-Post"]) == (None, None)


def test_a_mail_is_delivered_once_however_often_its_job_runs(server):
    row = confirmation()

    for _ in range(3):
        mail.deliver(row.pk)
        OutgoingMail.objects.update(next_attempt_at=timezone.now() - timedelta(days=1))

    assert len(server.accepted) == 1


def test_a_refusal_that_says_later_is_tried_again_with_growing_pauses(server):
    row = confirmation()
    server.answer_to_recipient = "451 greylisted, come back"

    mail.deliver(row.pk)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == (State.WAITING, 1, "451 greylisted, come back")
    assert timedelta(seconds=55) < row.next_attempt_at - timezone.now() <= timedelta(minutes=1)
    assert defers()[-1] == (str(row.pk), row.next_attempt_at)
    assert mail.deliver(row.pk) is None  # not due yet

    server.answer_to_recipient = "250 OK"
    OutgoingMail.objects.update(next_attempt_at=timezone.now())
    assert mail.deliver(row.pk) == State.SENT


def test_pauses_grow_until_the_mail_counts_as_failed(server):
    row = confirmation()
    server.answer_to_data = "452 no room"

    pauses = []
    for _ in range(len(mail.PAUSES) + 1):
        OutgoingMail.objects.update(next_attempt_at=timezone.now())
        mail.deliver(row.pk)
        row.refresh_from_db()
        pauses.append(row.next_attempt_at - timezone.now())

    assert row.state == State.FAILED
    assert pauses[:-1] == sorted(pauses[:-1])


def test_a_final_refusal_fails_at_once_with_the_servers_words(server):
    row = confirmation()
    server.answer_to_recipient = "550 no such mailbox"

    assert mail.deliver(row.pk) == State.FAILED

    row.refresh_from_db()
    assert row.last_error == "550 no such mailbox"


def test_one_bad_recipient_holds_up_nobody_else(server):
    date = create_date()
    book(date, "Ann", email="bad@example.org")
    book(date, "Bob")
    bad, good = OutgoingMail.objects.order_by("pk")
    OutgoingMail.objects.filter(pk=bad.pk).update(recipient="not an address at all")

    for row in (bad, good):
        mail.deliver(row.pk)

    good.refresh_from_db()
    assert good.state == State.SENT


def test_a_server_that_is_away_or_hangs_keeps_the_mail_waiting(settings):
    row = confirmation()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 0.2
    mail.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, "refused" in row.last_error.lower()) == (State.WAITING, True)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT = silent.getsockname()[1]
        OutgoingMail.objects.update(next_attempt_at=timezone.now())
        mail.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, "timed out" in row.last_error.lower()) == (State.WAITING, 2, True)


def test_the_time_to_wait_for_a_mail_server_is_ten_seconds(settings):
    assert settings.EMAIL_TIMEOUT == 10


def test_a_failed_mail_can_be_sent_again(server):
    row = confirmation()
    server.answer_to_recipient = "550 no such mailbox"
    mail.deliver(row.pk)
    row.refresh_from_db()
    server.answer_to_recipient = "250 OK"

    mail.send_again(row)

    assert mail.deliver(row.pk) == State.SENT


def test_mails_whose_job_was_lost_are_picked_up(server):
    row = confirmation()
    jobs.pick_up_overdue_mail(0)
    assert server.accepted == []

    OutgoingMail.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=6))
    jobs.pick_up_overdue_mail(0)

    row.refresh_from_db()
    assert row.state == State.SENT


def test_no_mail_leaves_a_demonstration(server):
    create_charity(is_demo=True)
    row = confirmation()

    assert mail.deliver(row.pk) == State.KEPT
    assert server.accepted == []


@pytest.mark.parametrize("title", ["Two\r\nBcc: victim@example.org", "a\nb", "x" * 300, "{{ charity }} %(x)s {0}"])
def test_a_title_cannot_add_headers_or_run_in_a_template(server, title):
    date = create_date(workshop=create_workshop(title=title[:150]))
    book(date, "Ann\r\nCc: victim@example.org", email="ann@example.org")

    mail.deliver(OutgoingMail.objects.get().pk)

    [(recipients, message)] = server.accepted
    assert recipients == ["ann@example.org"]
    assert (message["Bcc"], message["Cc"]) == (None, None)
    assert " ".join(title[:20].split()) in message["Subject"]


def test_markup_in_a_name_is_text_in_both_halves():
    book(create_date(), "<b>Ann</b>", email="ann@example.org")

    row = OutgoingMail.objects.get()

    assert "<b>Ann</b>" in row.text
    assert "&lt;b&gt;Ann&lt;/b&gt;" in row.html


def test_bodies_are_forgotten_after_ninety_days():
    old, recent = confirmation(), None
    OutgoingMail.objects.update(
        created_at=timezone.now() - timedelta(days=91), unsubscribe_url="https://www.example.org/leave/secret/"
    )
    book(create_date(), "Bob")
    recent = OutgoingMail.objects.latest("pk")

    jobs.forget_what_is_no_longer_needed(0)

    old.refresh_from_db()
    recent.refresh_from_db()
    assert (old.recipient, old.text, old.html, old.calendar, old.unsubscribe_url) == ("", "", "", "", "")
    assert recent.recipient == "bob@example.org"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_deliver_a_mail_once(server):
    row = confirmation()

    results = all_at_once(8, lambda n: mail.deliver(row.pk))

    assert results.count(OutgoingMail.State.SENT) == 1
    assert results.count(None) == 7
    assert len(server.accepted) == 1
