"""Mails that come back later: what a mail server reports is read, and noted at the mail that it is about.

Anybody can send us anything that looks like such a report, so nothing is believed but a Message-ID that we gave out,
and nothing breaks on junk.
"""

from __future__ import annotations

import base64
import binascii
import email
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import Enum
from itertools import islice

from django.db import transaction

from . import audit, mail
from .models import OutgoingMail

log = logging.getLogger(__name__)

# Reports are small. What is longer is most likely our own mail, given back whole: its beginning says enough.
LONGEST = 250_000
MOST_PARTS = 100
MOST_IDS = 50

MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
ORIGINAL_ID = re.compile(r"^[ \t>|]*Message-ID:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
CODE = re.compile(r"(?<![\d.])(?:[45]\d\d(?=[ -])|[45]\.\d{1,3}\.\d{1,3}(?![\d.]))")
ROBOT = re.compile(r"\b(?:mailer-daemon|postmaster|mail delivery (?:sub)?system)\b", re.IGNORECASE)
LOST = re.compile(r"undeliver|returned|failure|failed|delivery status|not be delivered|delayed", re.IGNORECASE)
DELAYED = re.compile(r"\bdelayed\b|\bwarning\b|\bstill trying\b|will (?:be )?re-?tr(?:y|ied)", re.IGNORECASE)


class Outcome(Enum):
    NO_REPORT = "no report about a mail"
    UNKNOWN = "about none of our mails"
    NOTED = "noted; the mail server still tries"
    CAME_BACK = "noted: the mail came back"


@dataclass(frozen=True)
class Report:
    """What a mail server tells of one of our mails."""

    message_ids: list[str]
    is_final: bool
    words: str


def receive(raw: bytes) -> Outcome:
    """Note what a message tells, if it is a report about a mail of ours. Told twice, it is noted once."""
    report = parse(raw)
    if report is None:
        return Outcome.NO_REPORT
    with transaction.atomic():
        row = OutgoingMail.objects.select_for_update().filter(message_id__in=report.message_ids).first()
        if row is None:
            return Outcome.UNKNOWN
        if report.is_final:
            if mail.came_back(row, report.words):
                audit.record(None, "noted that it came back", row, by_itself=True)
            return Outcome.CAME_BACK
        mail.is_delayed(row, report.words)
        return Outcome.NOTED


def parse(raw: bytes) -> Report | None:
    """The report in a message, or None: answers of people, of their holidays, receipts and junk are none."""
    try:
        message = email.message_from_bytes(raw[:LONGEST])
        parts = list(islice(message.walk(), MOST_PARTS))
        return _delivery_status(message, parts) or _in_plain_words(message, parts)
    except Exception as error:  # whatever somebody may send, nested a thousand times or cut anywhere
        log.warning("a message to the mailbox for bounces could not be read: %s", type(error).__name__)
        return None


def _delivery_status(message: Message, parts: list[Message]) -> Report | None:
    """RFC 3464: a part with fields, one block for the message and one for each recipient."""
    blocks = [
        block for part in parts if part.get_content_type() == "message/delivery-status" for block in _blocks(part)
    ]
    outcomes = [(_action(block), block) for block in blocks]
    for wanted in ("failed", "delayed"):
        for action, block in outcomes:
            if action == wanted:
                told = block.get("diagnostic-code", "").partition(";")[2] or block.get("diagnostic-code", "")
                words = _one_line(told) or block.get("status", "") or wanted
                return Report(_ids(message, parts, blocks), is_final=wanted == "failed", words=words)
    return None


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    payload = part.get_payload()
    inner = payload if isinstance(payload, list) else [email.message_from_string(str(payload))]
    blocks = [block for block in inner if isinstance(block, Message)]
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":
        text = "".join(block.as_string() for block in blocks)
        try:
            decoded = base64.b64decode(text).decode(errors="replace")
        except (binascii.Error, ValueError):
            return
        blocks = [email.message_from_string(block) for block in re.split(r"\r?\n\r?\n", decoded)]
    for block in blocks:
        yield {name.lower(): str(value) for name, value in block.items()}


def _action(block: dict[str, str]) -> str:
    """'failed', 'delayed', 'delivered' ...; where none is named the first figure of the status tells."""
    action = block.get("action", "").strip().lower().partition(" ")[0]
    kind = block.get("status", "").strip()[:1]
    return action or {"5": "failed", "4": "delayed"}.get(kind, "")


def _in_plain_words(message: Message, parts: list[Message]) -> Report | None:
    """Reports from before there was a form for them, as Exim and qmail write."""
    subject, sender = str(message.get("Subject", "")), str(message.get("From", ""))
    is_report = "X-Failed-Recipients" in message or (ROBOT.search(sender) and LOST.search(subject))
    if not is_report or message.get_content_type() == "multipart/report":
        return None
    # Our own words come after those of the server.
    told = re.split(r"^-{2,}.*copy of|^--- Below this line", _text(parts), maxsplit=1, flags=re.MULTILINE)[0]
    lines = [_one_line(line) for line in told.splitlines()]
    words = next((line for line in lines if CODE.search(line)), "") or _one_line(told)[:200]
    code = CODE.search(words)
    is_soft = DELAYED.search(subject) or (code is not None and code[0].startswith("4") and DELAYED.search(told))
    return Report(_ids(message, parts, []), is_final=not is_soft, words=words)


def _ids(message: Message, parts: list[Message], blocks: list[dict[str, str]]) -> list[str]:
    """Every Message-ID that the report may be about."""
    named = [str(message.get(name, "")) for name in ("In-Reply-To", "References")]
    named += [block.get(name, "") for block in blocks for name in ("original-message-id", "x-original-message-id")]
    # The original stands below as a message, as its headers alone, or as text.
    named += [str(part.get("Message-ID", "")) for part in parts[1:]]
    found = [found for text in named for found in MESSAGE_ID.findall(text)]
    found += ORIGINAL_ID.findall(_text(parts))
    return list(dict.fromkeys(found))[:MOST_IDS]


def _text(parts: list[Message]) -> str:
    texts = [part.get_payload(decode=True) for part in parts if part.get_content_maintype() == "text"]
    return "\n".join(text.decode(errors="replace") for text in texts if isinstance(text, bytes))


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:500]
