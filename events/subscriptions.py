"""Who wants to hear of new dates: nobody before they confirmed it by mail, and one press leaves.

Answers to strangers are the same for every address; what is true of an address only its own mails tell.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sharedlives.foundation import audit

from . import emails
from .models import Subscription, Workshop

KEEP_UNCONFIRMED = timedelta(days=7)


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
    if Subscription.objects.filter(pk=subscription.pk, confirmed_at=None).update(confirmed_at=timezone.now()):
        audit.record(None, "confirmed", subscription, note=subscription.subject)


@transaction.atomic
def leave(subscription: Subscription) -> None:
    """Forget the address, whatever else it asked to hear of: one press ends all mails about new dates."""
    for each in Subscription.objects.of(subscription.email).select_for_update():
        audit.record(None, "left and was forgotten", each, note=each.subject)
        each.delete()


def forget_unconfirmed() -> int:
    """Delete what nobody confirmed within a week; how many."""
    limit = timezone.now() - KEEP_UNCONFIRMED
    return Subscription.objects.filter(confirmed_at=None, created_at__lt=limit).delete()[0]
