from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .bookings import Booking


class RingTask(models.Model):
    """Something that staff have to tell somebody by telephone, because a mail would not reach them, or not in time."""

    class Why(models.TextChoices):
        OFFER = "offer", "We have a place for them"
        LAPSED = "lapsed", "Our offer to them has ended"
        PLACE_GIVEN = "place given", "They have a place now"
        CANCELLED = "cancelled", "Their booking is cancelled"
        MOVED = "moved", "Their booking is on another date now"
        CHANGED = "changed", "Time or place of the workshop has changed"
        POSTPONED = "postponed", "The workshop is postponed"
        DATE_CANCELLED = "date cancelled", "The workshop is cancelled"
        REMINDER = "reminder", "Remind them of the workshop"
        MESSAGE = "message", "We wrote to everybody"
        MAIL_CAME_BACK = "mail came back", "Our mail to them came back"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="ring_tasks")
    why = models.CharField("what to tell", max_length=20, choices=Why)
    words = models.TextField("what to say", blank=True)
    due_on = models.DateField("due")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField("done", null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "person to ring"
        verbose_name_plural = "people to ring"
        ordering = ["due_on", "created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "why"],
                condition=Q(done_at=None) & ~Q(why="message"),
                name="ring_task_is_open_once",
            ),
        ]

    def __str__(self):
        return f"Ring about {self.booking}"
