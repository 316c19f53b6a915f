"""The mailbox into which mails come back: looked through over IMAP, and left as it is for the people who read it.

Only what mail servers send is fetched at all. What was understood is marked as read, with a flag of ours; nothing is
moved or deleted, and nobody's own letters are touched.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import ssl
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils import timezone

from . import bounces
from .bounces import Outcome

log = logging.getLogger(__name__)

PATIENCE = 30  # seconds
SINCE = timedelta(days=14)
# The newest ones: what is about none of our mails stays in the box, and must not keep others out.
AT_MOST = 200
FLAG = "SharedLivesNoted"
FROM_SERVERS = (
    'OR HEADER "Content-Type" "delivery-status"'
    ' OR HEADER "X-Failed-Recipients" "@" OR FROM "mailer-daemon" FROM "postmaster"'
)
# English whatever the server's language: IMAP knows no other months.
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class MailboxAway(Exception):
    """It cannot be reached or read at present."""


def look_through() -> int:
    """Note what has come back; how many mails that were. Raises MailboxAway."""
    try:
        with _opened(settings.BOUNCE_MAILBOX) as box:
            flags = _flags(box)
            return sum(_note(box, uid, flags) for uid in _from_servers(box, flags)[-AT_MOST:])
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        # Never the error's own words: they may hold the password.
        raise MailboxAway(type(error).__name__) from None


@contextlib.contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=PATIENCE)
    else:
        box = imaplib.IMAP4(host, parts.port or 143, timeout=PATIENCE)
    try:
        if parts.scheme == "imap+tls":
            box.starttls(ssl.create_default_context())
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        _answer(box.select(_quoted(folder)))
        yield box
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            box.logout()
        # Where the connection broke, logging out has closed nothing.
        with contextlib.suppress(OSError):
            box.shutdown()


def _flags(box: imaplib.IMAP4) -> str:
    """What marks a message as noted: a flag of ours, where the server keeps such; where not, that it was read."""
    _kind, kept = box.response("PERMANENTFLAGS")
    words = b" ".join(flags for flags in kept or [] if isinstance(flags, bytes))
    return rf"\Seen {FLAG}" if b"\\*" in words or FLAG.encode() in words else r"\Seen"


def _from_servers(box: imaplib.IMAP4, flags: str) -> list[str]:
    # One that somebody has read already is still to be noted, if the server can tell the two apart.
    new = f"UNKEYWORD {FLAG}" if FLAG in flags else "UNSEEN"
    day = timezone.now() - SINCE
    since = f"{day.day}-{MONTHS[day.month - 1]}-{day.year}"
    [found] = _answer(box.uid("SEARCH", f"SINCE {since} {new} {FROM_SERVERS}"))
    return (found or b"").decode().split()


def _note(box: imaplib.IMAP4, uid: str, flags: str) -> bool:
    # PEEK leaves it unread, for whoever reads the box.
    fetched = _answer(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{bounces.LONGEST}>)"))
    raw = next((item[1] for item in fetched if isinstance(item, tuple)), b"")
    outcome = bounces.receive(raw)
    if outcome in (Outcome.CAME_BACK, Outcome.NOTED):
        _answer(box.uid("STORE", uid, "+FLAGS", f"({flags})"))
    return outcome is Outcome.CAME_BACK


def _answer(answer: tuple[str, list]) -> list:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error
    return data


def _quoted(folder: str) -> str:
    if any(sign < " " for sign in folder):
        raise ValueError
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
