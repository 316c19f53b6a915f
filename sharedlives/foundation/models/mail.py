from django.db import models
from django.utils import timezone


class OutgoingMail(models.Model):
    """A mail is a row first, written in the transaction that causes it; a job delivers it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        BOUNCED = "bounced", "Came back"
        KEPT = "kept", "Kept here (demonstration)"

    created_at = models.DateTimeField("written", default=timezone.now, editable=False)
    template = models.CharField("kind", max_length=100, editable=False)
    about = models.CharField(max_length=100, blank=True, editable=False)
    recipient = models.EmailField("to")
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True, help_text="The .ics file that goes with it.")
    # For mails that somebody subscribed to: where one press leaves (RFC 8058).
    unsubscribe_url = models.TextField(blank=True, editable=False)
    message_id = models.CharField(max_length=255, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField("next try", default=timezone.now)
    last_error = models.TextField("what the mail server said", blank=True)
    delivered_at = models.DateTimeField("sent", null=True, blank=True)
    lost_at = models.DateTimeField("failed or came back", null=True, blank=True, editable=False)

    personal_fields = frozenset(
        {"recipient", "reply_to", "subject", "text", "html", "calendar", "unsubscribe_url", "last_error"}
    )

    class Meta:
        verbose_name = "outgoing mail"
        verbose_name_plural = "outgoing mail"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="outgoing_mail_by_time"),
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="outgoing_mail_waiting"),
            models.Index(fields=["lost_at"], condition=models.Q(lost_at__isnull=False), name="outgoing_mail_lost"),
            models.Index(fields=["about"], name="outgoing_mail_about"),
            models.Index(
                fields=["about", "-id"],
                condition=models.Q(state__in=["failed", "bounced"]),
                name="outgoing_mail_undelivered",
            ),
            models.Index(fields=["message_id"], name="outgoing_mail_by_message_id"),
        ]
        permissions = [("resend_outgoingmail", "Can send a mail again")]

    def __str__(self):
        return f"Mail {self.pk}"

    def opens_an_account(self):
        """Whether a link in it signs somebody on the staff in."""
        return self.template.startswith("foundation/email/")
