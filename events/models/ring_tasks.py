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
        NUMBER = "number", "They have another number of places now"
        HANDED_OVER = "handed over", "Somebody has handed their place over to them"
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

    @property
    def to_say(self) -> str:
        """One plain sentence to begin the call with."""
        return self.words or self._usual_words()

    def _usual_words(self) -> str:
        booking, date = self.booking, self.booking.date
        places = booking.places_in_words
        sentence = {
            self.Why.OFFER: f"We have {places} for you. Would you like to come?",
            self.Why.LAPSED: f"We did not hear from you in time, so our offer of {places} has ended.",
            self.Why.PLACE_GIVEN: f"A place has become free, and you have {places} now.",
            self.Why.CANCELLED: "Your booking is cancelled.",
            self.Why.MOVED: f"You have {places} on another date now.",
            self.Why.HANDED_OVER: f"You have {places}, handed over to you.",
            self.Why.CHANGED: "Something about the workshop has changed.",
            self.Why.DATE_CANCELLED: "We are sorry: this workshop will not take place.",
            self.Why.REMINDER: f"You have {places}. Are you still coming?",
        }.get(self.why, booking.how_it_stands)
        return f"{sentence} It is {date.workshop.title}, {date.when}, {date.where}."
