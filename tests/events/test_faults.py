"""What goes wrong while somebody reserves: nothing answered is lost, nothing doubled, and no visitor waits for mail."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from events.models import Booking
from sharedlives.foundation import mail
from sharedlives.foundation.models import OutgoingMail
from tests.factories import book, create_charity, create_date
from tests.processes import free_port
from tests.server import ROOT, Server, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

State = OutgoingMail.State


@pytest.fixture
def date():
    create_charity()
    return create_date()


# --- The database -----------------------------------------------------------------------------------------------------


@contextmanager
def database_away():
    """As while it is restarted: whoever is connected is thrown out, and nobody comes in."""
    name = connection.settings_dict["NAME"]
    elsewhere = connection.get_connection_params() | {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
    connection.close()
    with psycopg.connect(**elsewhere, autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_while_the_database_is_away_people_are_told_in_words_and_afterwards_the_same_form_works(date):
    with Server(connection.settings_dict["NAME"]) as server:
        ann = Visitor(server.port, timeout=5)
        fields = ann.open_form(date.get_reserve_url(), "Ann", patience=5)
        with database_away():
            for _ in range(4):  # whichever process answers
                status, _location, page = ann.post(date.get_reserve_url(), fields)
                assert status == 503
            assert "We will be back in a few minutes" in page
            assert "ann@example.org" in page  # what was typed
            assert "connection" not in page

        answers = [ann.post(date.get_reserve_url(), fields) for _ in range(4)]

    assert {status for status, _location, _page in answers} == {302}
    assert len({location for _status, location, _page in answers}) == 1
    assert Booking.objects.count() == OutgoingMail.objects.count() == 1


def test_the_phone_number_is_known_to_a_process_that_has_served_a_page_before(date):
    with Server(connection.settings_dict["NAME"], workers=1) as server:
        visitor = Visitor(server.port, timeout=5)
        visitor.get(date.get_reserve_url())
        with database_away():
            assert "0151 496 0000" in visitor.get(date.get_reserve_url())[2]


# --- The mail server --------------------------------------------------------------------------------------------------


def test_who_reserves_never_speaks_with_the_mail_server(date, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        hanging.setblocking(False)
        monkeypatch.setenv("MAIL_PORT", str(hanging.getsockname()[1]))
        with Server(connection.settings_dict["NAME"], settings="benchmarks.settings") as server:
            page = Visitor(server.port, timeout=5).reserve(date.get_reserve_url(), "Ann", patience=5)
            status, _location, shown = Visitor(server.port).get(page)

        with pytest.raises(BlockingIOError):
            hanging.accept()

    assert (status, "You have a place" in shown) == (200, True)
    assert OutgoingMail.objects.get().state == State.WAITING


DELIVER = """
import os, sys, django
django.setup()
from django.conf import settings
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
from sharedlives.foundation import mail
print(mail.deliver(int(sys.argv[1])))
"""


class MailServer:
    """Takes every mail; `then` happens before it says so."""

    def __init__(self, then):
        self.taken, self.then = [], then
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *exc_info):
        self.controller.stop()

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope.content.decode().partition("Message-ID: ")[2].partition("\r\n")[0])
        self.then(server)
        return "250 OK"


def deliver(row, mail_server):
    """In a process of its own, as the worker does."""
    return subprocess.Popen(
        [sys.executable, "-c", DELIVER, str(row.pk), str(mail_server.controller.port)],
        cwd=ROOT,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "tests.settings", "SERVED_DATABASE": connection.settings_dict["NAME"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def throw_everybody_out():
    """As a database does that is stopped."""
    elsewhere = connection.get_connection_params() | {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**elsewhere, autocommit=True) as server:
        name = connection.settings_dict["NAME"]
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    connection.close()


@pytest.mark.parametrize("dies", ["worker", "database"])
def test_what_dies_between_sending_a_mail_and_noting_it_sends_it_twice_at_most_and_as_the_same_mail(date, dies):
    book(date, "Ann")
    row = OutgoingMail.objects.get()
    process = None
    death = {"worker": lambda: process.send_signal(signal.SIGKILL), "database": throw_everybody_out}[dies]
    with MailServer(then=lambda server: death()) as mail_server:
        process = deliver(row, mail_server)
        assert process.communicate(timeout=60)[0] == ""
        connection.close()
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.WAITING, 0)

        mail_server.then = lambda server: None
        assert deliver(row, mail_server).communicate(timeout=60)[0].strip() == State.SENT
        assert deliver(row, mail_server).communicate(timeout=60)[0].strip() == "None"

    assert mail_server.taken == [row.message_id] * 2


def test_a_mail_server_that_hangs_up_after_the_mail_is_asked_again_later(date, settings):
    book(date, "Ann")
    row = OutgoingMail.objects.get()
    with MailServer(then=lambda server: server.transport.abort()) as mail_server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.controller.port

        assert mail.deliver(row.pk) == State.WAITING

    row.refresh_from_db()
    assert "SMTPServerDisconnected" in row.last_error
    assert row.next_attempt_at > row.created_at
