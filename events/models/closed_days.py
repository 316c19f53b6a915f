from django.db import models


class ClosedDay(models.Model):
    """A day on which nobody answers the office's phone, beside Saturdays and Sundays: it gives people longer to answer.

    Filled beforehand with bank holidays and the week after Christmas (events/closed_days.py).
    """

    day = models.DateField(unique=True)
    name = models.CharField("why", max_length=60, blank=True)
    is_closed = models.BooleanField(
        "nobody answers the phone",
        default=True,
        help_text="Take the tick away if you do answer. A bank holiday that is deleted here comes back by night.",
    )

    class Meta:
        verbose_name = "closed day"
        verbose_name_plural = "days the office is closed"
        ordering = ["day"]

    def __str__(self):
        return f"{self.day:%A} {self.day.day} {self.day:%B %Y}"
