from django.conf import settings
from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """Who did what, before and after. Append-only: a trigger in the database refuses changes and deletion."""

    at = models.DateTimeField("when", default=timezone.now)
    # No constraint in the database: an entry outlives the user it names and must never change.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    actor_name = models.CharField("who", max_length=150)
    action = models.CharField(max_length=60)
    object_type = models.CharField("kind of thing", max_length=60)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField("thing", max_length=200)
    note = models.CharField(max_length=500, blank=True)
    changes = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "log entry"
        verbose_name_plural = "log of what was done"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["object_type", "object_id", "-at"], name="audit_by_object"),
        ]

    def __str__(self):
        return f"{self.actor_name}: {self.action} {self.object_label}"

    def sentences(self):
        """What changed, one sentence a field; of personal fields only that they changed."""
        return [f"{name.replace('_', ' ')}: {_in_words(change)}" for name, change in self.changes.items()]


def _in_words(change):
    if not isinstance(change, list):
        return change
    before, after = (
        {True: "yes", False: "no"}[value] if isinstance(value, bool) else "nothing" if value in (None, "") else value
        for value in change
    )
    return f"{before} \u2192 {after}"
