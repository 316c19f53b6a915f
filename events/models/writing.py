"""What staff write to the people of a date, and who asked to hear of new dates."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils import timezone

from sharedlives.foundation import links
from sharedlives.foundation.models import OutgoingMail

from .dates import WorkshopDate
from .workshops import Workshop


class DateMessage(models.Model):
    """A mail that staff wrote to some of the people of one date, as it went out."""

    date = models.ForeignKey(WorkshopDate, on_delete=models.CASCADE, related_name="messages")
    subject = models.CharField(max_length=150)
    text = models.TextField(max_length=5000)
    recipients = models.CharField("to whom", max_length=200, editable=False)
    mails = models.PositiveIntegerField(editable=False)
    calls = models.PositiveIntegerField("to ring", editable=False)
    request_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    sent_at = models.DateTimeField("sent", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "message"
        ordering = ["-sent_at", "-pk"]

    def __str__(self):
        return self.subject


class SubscriptionQuerySet(models.QuerySet):
    def confirmed(self):
        """Those who are written to: they confirmed it, and none of these mails came back since."""
        return self.exclude(confirmed_at=None).filter(stopped_at=None)

    def of(self, email: str):
        """All of one person's."""
        # As the unique constraint compares them: `iexact` folds to capitals, not the same for all letters.
        return self.alias(address=Lower("email")).filter(address=Lower(Value(email)))

    def covering(self, workshop: Workshop | None):
        """Those by which somebody hears of new dates of `workshop`; None: of all workshops."""
        return self.filter(Q(workshop=None) | Q(workshop=workshop)) if workshop else self.filter(workshop=None)

    def not_told_of(self, moment: datetime):
        """Those who have not heard of what was announced at that moment; the twin of `heard_up_to`."""
        return self.alias(heard=Coalesce("told_at", "confirmed_at")).filter(heard__lt=moment)

    def asked(self, email: str, workshop: Workshop | None) -> Subscription:
        """The row of somebody who asks, to be confirmed by mail; the week in which they can begins anew."""
        # Two may ask at the same moment: the database lets one of the rows in, and both go on with that.
        self.bulk_create([Subscription(email=email, workshop=workshop)], ignore_conflicts=True)
        subscription = self.of(email).get(workshop=workshop)
        subscription.created_at = timezone.now()
        subscription.save(update_fields=["created_at"])
        return subscription

    def people(self) -> int:
        return self.aggregate(people=Count(Lower("email"), distinct=True))["people"]


class Subscription(models.Model):
    """Somebody who asked to be told of new dates, of one workshop or of all; counts once they confirmed by mail."""

    workshop = models.ForeignKey(
        Workshop,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="subscriptions",
        help_text="Empty: all workshops.",
    )
    email = models.EmailField("e-mail")
    created_at = models.DateTimeField("asked on", default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True, editable=False)
    # Of all dates announced up to this moment they have heard.
    told_at = models.DateTimeField("last told", null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField("our mail came back", null=True, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    personal_fields = frozenset({"email"})

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), F("workshop"), name="subscription_is_held_once", nulls_distinct=False
            ),
        ]

    def __str__(self):
        return f"Subscription {self.pk}"

    @property
    def heard_up_to(self):
        """What was announced up to then is not new to them: they were told, or it was there before they asked."""
        return self.told_at or self.confirmed_at

    @property
    def subject(self) -> str:
        """What they hear of, to go on after "new dates of"."""
        return str(self.workshop) if self.workshop else "all our workshops"

    def mail_did_not_arrive(self, mail: OutgoingMail) -> None:
        """Heard from foundation/mail.py, of each mail about it that failed or came back."""
        from .. import subscriptions

        subscriptions.stop(self, mail)

    def get_confirm_url(self):
        return reverse("events:subscription_confirm", args=[links.sign("subscribe", self.pk)])

    def get_leave_url(self):
        return reverse("events:subscription_leave", args=[links.sign("leave", self.pk)])
