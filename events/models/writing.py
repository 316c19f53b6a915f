"""What staff write to the people of a date, and who asked to hear of new dates."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone

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
        return self.exclude(confirmed_at=None)


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
    link_version = models.PositiveSmallIntegerField(default=1, editable=False)

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
