from django.db import models


class LimitCount(models.Model):
    """How often somebody did something in one stretch of time; `key` is an HMAC, never an address."""

    key = models.CharField(max_length=64)
    window_starts_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window_starts_at"], name="limit_count_once")]
        indexes = [models.Index(fields=["window_starts_at"], name="limit_count_by_age")]

    def __str__(self):
        return f"{self.count} since {self.window_starts_at}"
