from django.db import models


class LimitCount(models.Model):
    """How often somebody did something in one stretch of time; `key` is an HMAC, never an address.

    `about` names the row of ours that it was done to, where that is to be summed up: "events.workshopdate:7".
    """

    key = models.CharField(max_length=64)
    window_starts_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    about = models.CharField(max_length=60, blank=True, db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window_starts_at"], name="limit_count_once")]
        indexes = [
            models.Index(fields=["window_starts_at"], name="limit_count_by_age"),
            models.Index(fields=["window_starts_at"], condition=~models.Q(about=""), name="limit_count_about"),
        ]

    def __str__(self):
        return f"{self.count} since {self.window_starts_at}"
