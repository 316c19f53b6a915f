"""The mailbox into which mails come back: what mail servers report is noted, and people's letters are left alone."""

import ipaddress
import logging
import socket
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from sharedlives.foundation import bounce_mailbox, jobs
from sharedlives.foundation.models import OutgoingMail
from tests.factories import create_charity
from tests.foundation import reports
from tests.foundation.imap_server import Mailbox
from tests.foundation.test_bounces import sent_mail

pytestmark = pytest.mark.django_db

State = OutgoingMail.State
NOTED = {r"\Seen", "SharedLivesNoted"}


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def box(settings):
    box = Mailbox()
    with box.served() as port:
        settings.BOUNCE_MAILBOX = f"imap://bounces%40example.org:secret%20%40%2F@127.0.0.1:{port}/Returned%20mail"
        yield box


def test_what_came_back_is_noted_and_marked_and_nothing_else_is_touched(box):
    row = sent_mail()
    letter = box.put(reports.answer())
    away = box.put(reports.away())
    returned = box.put(reports.postfix())
    strangers = box.put(reports.exim("<somebody.else@example.net>"))

    assert bounce_mailbox.look_through() == 1

    row.refresh_from_db()
    assert row.state == State.BOUNCED
    assert box.flags == {letter: set(), away: set(), returned: NOTED, strangers: set()}
    fetched = [command for command in box.commands if "FETCH" in command]
    assert [int(command.split()[2]) for command in fetched] == [returned, strangers]


def test_what_was_noted_is_not_fetched_again(box):
    sent_mail()
    box.put(reports.exchange())
    bounce_mailbox.look_through()
    box.commands.clear()

    assert bounce_mailbox.look_through() == 0

    assert not [command for command in box.commands if "FETCH" in command]


def test_what_somebody_has_read_already_is_still_noted(box):
    row = sent_mail()
    box.put(reports.qmail(), r"\Seen")

    bounce_mailbox.look_through()

    row.refresh_from_db()
    assert row.state == State.BOUNCED


def test_where_the_server_keeps_no_flags_of_ours_what_is_noted_is_marked_as_read(box):
    box.keeps_flags = False
    sent_mail()
    uid = box.put(reports.postfix())

    assert (bounce_mailbox.look_through(), bounce_mailbox.look_through()) == (1, 0)

    assert box.flags[uid] == {r"\Seen"}


def test_a_mail_that_is_only_late_is_marked_too(box):
    row = sent_mail()
    uid = box.put(reports.exim_warning())

    assert bounce_mailbox.look_through() == 0

    row.refresh_from_db()
    assert (row.state, row.last_error[:18], box.flags[uid]) == (State.SENT, "Not delivered yet:", NOTED)


def test_nothing_is_ever_deleted_or_moved(box):
    sent_mail()
    box.put(reports.postfix())

    bounce_mailbox.look_through()

    for command in box.commands:
        assert not any(word in command.upper() for word in ("EXPUNGE", "DELETED", "MOVE", "COPY", "CLOSE"))


def test_junk_in_the_box_keeps_nothing_else_out(box):
    row = sent_mail()
    box.put(b"From: mailer-daemon@x\nContent-Type: multipart/report; boundary=b\n\n--b\n\xff\xfe\x00")
    box.put(b"From: postmaster@x\n\n" + b"x" * 3_000_000)
    box.put(reports.gmail())

    bounce_mailbox.look_through()

    row.refresh_from_db()
    assert row.state == State.BOUNCED


def test_old_reports_about_none_of_our_mails_keep_no_new_one_out(box, monkeypatch):
    monkeypatch.setattr(bounce_mailbox, "AT_MOST", 3)
    row = sent_mail()
    for number in range(5):
        box.put(reports.postfix(f"<{number}@example.net>"))
    box.put(reports.postfix())

    bounce_mailbox.look_through()

    row.refresh_from_db()
    assert row.state == State.BOUNCED


@pytest.mark.parametrize("fails_at", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE", "LOGOUT"])
def test_a_connection_that_breaks_loses_nothing(box, fails_at):
    row = sent_mail()
    box.put(reports.postfix())
    box.fails_at = fails_at
    jobs.look_through_bounce_mailbox(0)
    box.fails_at = ""

    jobs.look_through_bounce_mailbox(0)

    row.refresh_from_db()
    assert row.state == State.BOUNCED


def test_a_wrong_password_is_told_to_whoever_runs_the_server_without_it(box, caplog):
    box.password = "another"

    with caplog.at_level(logging.ERROR):
        jobs.look_through_bounce_mailbox(0)

    assert "the mailbox for bounces cannot be read" in caplog.text
    assert "secret" not in caplog.text


def test_a_server_that_is_away_or_silent_or_named_wrongly_stops_no_job(settings, monkeypatch):
    monkeypatch.setattr(bounce_mailbox, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for address in (f"127.0.0.1:{port}", "127.0.0.1:1", "no.such.host.invalid", ":x", "127.0.0.1:99999999"):
            settings.BOUNCE_MAILBOX = f"imap://a:b@{address}/INBOX"
            jobs.look_through_bounce_mailbox(0)
            with pytest.raises(bounce_mailbox.MailboxAway):
                bounce_mailbox.look_through()


def test_without_a_mailbox_nothing_is_looked_through(settings):
    assert settings.BOUNCE_MAILBOX == ""

    jobs.look_through_bounce_mailbox(0)


# --- Over TLS ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """A file with a key and a certificate for this machine that nobody trusts yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.org")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(params=["imaps", "imap+tls"])
def private_box(request, settings, certificate):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    box = Mailbox(tls=tls, at_once=request.param == "imaps")
    with box.served() as port:
        settings.BOUNCE_MAILBOX = (
            f"{request.param}://bounces%40example.org:secret%20%40%2F@127.0.0.1:{port}/Returned%20mail"
        )
        yield box


def test_over_tls_what_came_back_is_noted_and_no_password_is_sent_before(private_box, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    row = sent_mail()
    private_box.put(reports.postfix())

    assert bounce_mailbox.look_through() == 1

    row.refresh_from_db()
    assert row.state == State.BOUNCED
    assert any(command.startswith("LOGIN") for command in private_box.commands)
    assert set(private_box.in_the_clear) <= {"CAPABILITY", "STARTTLS"}


def test_a_server_that_nobody_vouches_for_gets_no_password(private_box):
    with pytest.raises(bounce_mailbox.MailboxAway, match="^SSLCertVerificationError$"):
        bounce_mailbox.look_through()

    assert not any(command.startswith("LOGIN") for command in private_box.commands)


def test_a_server_that_knows_no_tls_gets_no_password_either(box, settings):
    settings.BOUNCE_MAILBOX = settings.BOUNCE_MAILBOX.replace("imap://", "imap+tls://")

    with pytest.raises(bounce_mailbox.MailboxAway):
        bounce_mailbox.look_through()

    assert not any(command.startswith("LOGIN") for command in box.commands)
