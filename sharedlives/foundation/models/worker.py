from django.db import models
from django.utils import timezone


class Worker(models.Model):
    """One row: when the job worker last showed that it lives, and whether its silence was reported."""

    last_seen_at = models.DateTimeField(null=True)
    # A worker that never came is silent since somebody first looked for it.
    looked_for_since = models.DateTimeField(default=timezone.now)
    silence_reported_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="worker_is_one_row")]

    def __str__(self):
        return f"last seen {self.last_seen_at}"
