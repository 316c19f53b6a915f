from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .bookings import Place


class AccessNeed(models.Model):
    """What one person needs; special-category data (UK GDPR article 9), kept apart and only by consent.

    Gone 14 days after the date and at once on cancelling; never in lists, mails, exports or the log.
    """

    class State(models.TextChoices):
        TO_DO = "to do", "To do"
        CHECK_AGAIN = "check again", "Check again"
        CANNOT_YET = "cannot yet", "Cannot yet: talk to them"
        ARRANGED = "arranged", "Arranged"

    place = models.OneToOneField(Place, on_delete=models.CASCADE, related_name="need")
    access = models.TextField("access needs", max_length=2000, blank=True)
    dietary = models.TextField("dietary needs", max_length=1000, blank=True)
    is_for_somebody_else = models.BooleanField("given by somebody else, who says the person agrees", default=False)
    state = models.CharField("how it stands", max_length=11, choices=State, default=State.TO_DO)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="who sees to it",
    )
    due_on = models.DateField("due", null=True, blank=True)
    arrangement = models.TextField("what is arranged", max_length=1000, blank=True)
    consented_at = models.DateTimeField(default=timezone.now)

    personal_fields = frozenset({"access", "dietary", "arrangement"})

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(access="") | ~Q(dietary=""), name="need_says_something"),
        ]

    def __str__(self):
        return f"Needs of {self.place}"
