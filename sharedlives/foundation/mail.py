"""Outgoing mail: a row in the caller's transaction, delivered by a job, tried again with growing pauses."""

from __future__ import annotations

import logging
import re
import smtplib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import formataddr
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.template import Context, Engine, loader
from django.utils import timezone

from .models import Charity, OutgoingMail

log = logging.getLogger(__name__)

# Pauses after each failure; together a little over two days, as mail servers themselves keep trying.
PAUSES = [timedelta(minutes=m) for m in (1, 2, 5, 15, 60, 180, 480, 960, 1440)]
KEEP_BODIES = timedelta(days=90)
# Of the codes of RFC 3463: a full mailbox, and what is about security or policy.
NOT_THE_ADDRESS = re.compile(r"\b5\.(?:2\.2|7\.\d{1,3})\b")
DID_NOT_ARRIVE = [OutgoingMail.State.FAILED, OutgoingMail.State.BOUNCED]


def send(
    template: str,
    *,
    to: str,
    context: Mapping[str, object],
    about: models.Model | None = None,
    reply_to: str = "",
    calendar: str = "",
    unsubscribe_url: str = "",
) -> OutgoingMail:
    """Write a mail from `<template>.subject.txt`, `.txt` and `.html`, to go out once the transaction has committed.

    `context` holds plain values; `charity` (the charity's facts) is added, and its `access_contact` where none is
    given. `calendar` is the text of an .ics file. Answers go to `reply_to`, or to the mailbox of the charity.
    `unsubscribe_url`, for what somebody subscribed to, is where a POST without a form leaves at once: mail programs
    show a button for it.
    """
    from .jobs import deliver_mail

    charity = Charity.current()
    values = {"access_contact": charity.access_contact, **context, "charity": charity}
    mail = OutgoingMail.objects.create(
        template=template,
        about=about_words(about) if about else "",
        recipient=to,
        reply_to=reply_to or charity.email,
        # One line, whatever a name or title contains (RFC 5322 section 2.2).
        subject=" ".join(_text(f"{template}.subject.txt", values).split())[:255],
        text=_in_paragraphs(_text(f"{template}.txt", values)),
        html=loader.render_to_string(f"{template}.html", values),
        calendar=calendar,
        unsubscribe_url=unsubscribe_url,
        message_id=f"<{uuid.uuid4()}@{urlsplit(charity.site_address).hostname}>",
    )
    deliver_mail.defer(mail_id=mail.pk)
    return mail


def _text(name: str, values: Mapping[str, object]) -> str:
    return Engine.get_default().render_to_string(name, Context(dict(values), autoescape=False))


def _in_paragraphs(text: str) -> str:
    """One empty line between two paragraphs, whatever a template left out between them."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def about_words(obj: models.Model) -> str:
    return f"{obj._meta.label_lower}:{obj.pk}"


def about(obj: models.Model) -> models.QuerySet[OutgoingMail]:
    """The mails that `obj` caused, newest first."""
    return OutgoingMail.objects.filter(about=about_words(obj))


def deliver(mail_id: int) -> OutgoingMail.State | None:
    """Hand one waiting mail to the mail server; None when it is not due or another process has it.

    The row stays locked meanwhile, so a mail goes out once however many workers try. After a crash between the
    server's answer and our commit it goes out a second time, with the same Message-ID.
    """
    with transaction.atomic():
        due = OutgoingMail.objects.filter(state=OutgoingMail.State.WAITING, next_attempt_at__lte=timezone.now())
        mail = due.select_for_update(skip_locked=True).filter(pk=mail_id).first()
        if mail is None:
            return None
        mail.attempts += 1
        charity = Charity.current()
        if charity.is_demo:
            mail.state = OutgoingMail.State.KEPT
        else:
            _hand_over(mail, charity)
        if mail.state == OutgoingMail.State.FAILED:
            mail.lost_at = timezone.now()
            _tell(mail)
        if mail.state == OutgoingMail.State.WAITING:
            _schedule(mail)
        else:
            mail.delivered_at = timezone.now() if mail.state == OutgoingMail.State.SENT else None
        mail.save(update_fields=["state", "attempts", "last_error", "delivered_at", "lost_at", "next_attempt_at"])
    return OutgoingMail.State(mail.state)


def _hand_over(mail: OutgoingMail, charity: Charity) -> None:
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL or formataddr((charity.name, charity.email)),
        [mail.recipient],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers=_headers(mail),
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    if mail.calendar:
        message.attach("workshop.ics", mail.calendar, "text/calendar; method=PUBLISH; charset=utf-8")
    try:
        message.send()
    except Exception as error:  # whatever goes wrong, staff must see it and nobody else's mail may wait for it
        mail.last_error = _words(error)
        is_final = _is_refused_for_good(error) or mail.attempts > len(PAUSES)
        mail.state = OutgoingMail.State.FAILED if is_final else OutgoingMail.State.WAITING
        log.warning("mail %s not delivered, attempt %s: %s", mail.pk, mail.attempts, type(error).__name__)
    else:
        mail.state = OutgoingMail.State.SENT
        mail.last_error = ""


def _headers(mail: OutgoingMail) -> dict[str, str]:
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    if mail.unsubscribe_url:
        # RFC 8058: the mail program's own button posts to it, without showing a page.
        headers |= {
            "List-Unsubscribe": f"<{mail.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return headers


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return f"{code} {_decoded(words)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _is_refused_for_good(error: Exception) -> bool:
    """Answers of 500 and above are final, those of 400 say "later" (RFC 5321 section 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # our own settings are wrong; mails must not be lost for it
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _schedule(mail: OutgoingMail) -> None:
    from .jobs import deliver_mail

    mail.next_attempt_at = timezone.now() + PAUSES[mail.attempts - 1]
    deliver_mail.configure(schedule_at=mail.next_attempt_at).defer(mail_id=mail.pk)


def send_again(mail: OutgoingMail) -> None:
    """Put a mail back in the queue, at once; its counting of attempts begins anew."""
    from .jobs import deliver_mail

    with transaction.atomic():
        OutgoingMail.objects.filter(pk=mail.pk).update(
            state=OutgoingMail.State.WAITING, attempts=0, next_attempt_at=timezone.now(), lost_at=None
        )
        deliver_mail.defer(mail_id=mail.pk)


def came_back(mail: OutgoingMail, words: str) -> bool:
    """Note that a mail which went out did not arrive; whether that is news. Lock the row first."""
    if mail.state != OutgoingMail.State.SENT:
        return False
    mail.state, mail.last_error, mail.lost_at = OutgoingMail.State.BOUNCED, words, timezone.now()
    mail.save(update_fields=["state", "last_error", "lost_at"])
    _tell(mail)
    return True


def is_delayed(mail: OutgoingMail, words: str) -> None:
    """The server still tries; it may yet arrive."""
    if mail.state == OutgoingMail.State.SENT:
        mail.last_error = f"Not delivered yet: {words}"
        mail.save(update_fields=["last_error"])


def _tell(mail: OutgoingMail) -> None:
    from .jobs import tell_that_it_did_not_arrive

    tell_that_it_did_not_arrive.defer(mail_id=mail.pk)


def tell_that_it_did_not_arrive(mail_id: int) -> None:
    """Whatever the mail was about hears of it, if it has a method for that: a booking asks staff to ring."""
    mail = OutgoingMail.objects.filter(pk=mail_id, state__in=DID_NOT_ARRIVE).first()
    label, _, key = mail.about.partition(":") if mail else ("", "", "")
    if mail and label:
        thing = apps.get_model(label)._base_manager.filter(pk=key).first()
        if hear := getattr(thing, "mail_did_not_arrive", None):
            hear(mail)


def is_refused_for_good(mail: OutgoingMail) -> bool:
    """Whether it is the address that takes no mail: not that ours was held to be spam, a box full, or a server away."""
    words = mail.last_error
    is_final = mail.state == OutgoingMail.State.BOUNCED or words.startswith("5")
    return mail.state in DID_NOT_ARRIVE and is_final and not NOT_THE_ADDRESS.search(words)


def lost(obj: models.Model, *, to: str) -> OutgoingMail | None:
    """The newest mail about `obj` to this address, if it did not arrive."""
    newest = about(obj).filter(recipient__iexact=to).exclude(state=OutgoingMail.State.WAITING).first()
    return newest if newest and newest.state in DID_NOT_ARRIVE else None


def lost_since(moment: datetime) -> models.QuerySet[OutgoingMail]:
    """What is known since then to have failed or come back."""
    return OutgoingMail.objects.filter(state__in=DID_NOT_ARRIVE, lost_at__gte=moment)


def overdue() -> models.QuerySet[OutgoingMail]:
    """Waiting mails whose job was lost, for instance with a worker that was killed."""
    return OutgoingMail.objects.filter(
        state=OutgoingMail.State.WAITING, next_attempt_at__lt=timezone.now() - timedelta(minutes=5)
    )


def forget_old_bodies() -> int:
    """Remove what was written and to whom, 90 days after; that a mail went out stays."""
    old = OutgoingMail.objects.filter(created_at__lt=timezone.now() - KEEP_BODIES).exclude(text="")
    return forget(old, why="(removed after 90 days)")


def forget(mails: models.QuerySet[OutgoingMail], *, why: str = "(erased)") -> int:
    """Remove what was written and to whom; how many. What still waited to go out does not go."""
    mails.filter(state=OutgoingMail.State.WAITING).update(state=OutgoingMail.State.FAILED)
    nothing = dict.fromkeys(["recipient", "reply_to", "text", "html", "calendar", "unsubscribe_url", "last_error"], "")
    return mails.update(subject=why, **nothing)
