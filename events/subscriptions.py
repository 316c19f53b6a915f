"""Who wants to hear of new dates: nobody before they confirmed it by mail, and one press leaves.

Answers to strangers are the same for every address; what is true of an address only its own mails tell.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sharedlives.foundation import audit, mail
from sharedlives.foundation.models import OutgoingMail, User

from . import emails
from .models import Subscription, Workshop

KEEP_UNCONFIRMED = timedelta(days=7)
# For staff to see it, and for whoever moves into a mailbox that was full or broken.
KEEP_STOPPED = timedelta(days=90)


@transaction.atomic
def ask(email: str, workshop: Workshop | None = None) -> None:
    """Write to somebody who wants to hear of new dates of `workshop`, or of all; they confirm by a link in the mail.

    Whoever hears of them already is told so instead.
    """
    if known := Subscription.objects.confirmed().of(email).covering(workshop).first():
        emails.subscribed_already(known)
        return
    subscription = Subscription.objects.asked(email, workshop)
    emails.confirm_subscription(subscription)
    audit.record(None, "asked to hear of new dates", subscription, note=subscription.subject)


@transaction.atomic
def confirm(subscription: Subscription) -> None:
    """Confirming twice changes nothing. They hear of dates that are announced from now on."""
    not_yet = Subscription.objects.filter(pk=subscription.pk).exclude(pk__in=Subscription.objects.confirmed())
    if not_yet.update(confirmed_at=timezone.now(), told_at=None, stopped_at=None):
        audit.record(None, "confirmed", subscription, note=subscription.subject)


@transaction.atomic
def leave(subscription: Subscription) -> None:
    """Forget the address, whatever else it asked to hear of: one press ends all mails about new dates."""
    for each in Subscription.objects.of(subscription.email).select_for_update():
        audit.record(None, "left and was forgotten", each, note=each.subject)
        each.delete()


@transaction.atomic
def stop(subscription: Subscription, lost: OutgoingMail) -> None:
    """Write no more to an address that takes no mail: asking again in vain harms the name of whoever sends.

    Until they confirm once more, or staff know better.
    """
    if not mail.is_refused_for_good(lost):
        return
    # What they confirmed after that mail they read in another one.
    for each in Subscription.objects.confirmed().of(lost.recipient).filter(confirmed_at__lt=lost.created_at):
        Subscription.objects.filter(pk=each.pk).update(stopped_at=timezone.now())
        audit.record(None, "stopped: our mail came back", each, note=each.subject, by_itself=True)


@transaction.atomic
def go_on(subscription: Subscription, *, by: User) -> bool:
    """Staff know that the address takes mail again; whether it had been stopped."""
    if not Subscription.objects.filter(pk=subscription.pk).exclude(stopped_at=None).update(stopped_at=None):
        return False
    audit.record(by, "goes on", subscription, note=subscription.subject)
    return True


def forget_unconfirmed() -> int:
    """Delete what nobody confirmed within a week, and what was stopped three months ago; how many."""
    now = timezone.now()
    unconfirmed = Q(confirmed_at=None, created_at__lt=now - KEEP_UNCONFIRMED)
    return Subscription.objects.filter(unconfirmed | Q(stopped_at__lt=now - KEEP_STOPPED)).delete()[0]
