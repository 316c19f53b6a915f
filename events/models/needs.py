from datetime import date as Day

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .bookings import Place
from .dates import WorkshopDate


class AccessNeedQuerySet(models.QuerySet):
    def unanswered(self):
        """Those that somebody still has to see to; none of a workshop that is over or has no time now."""
        upcoming = WorkshopDate.objects.upcoming().exclude(state=WorkshopDate.State.POSTPONED)
        return self.exclude(state=AccessNeed.State.ARRANGED).filter(place__booking__date__in=upcoming)

    def late(self, today: Day):
        return self.unanswered().filter(due_on__lt=today)

    def in_order(self):
        """What is due first comes first."""
        return self.order_by(F("due_on").asc(nulls_first=True), "place__booking__date__starts_at", "pk")


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

    objects = AccessNeedQuerySet.as_manager()

    personal_fields = frozenset({"access", "dietary", "arrangement"})

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(access="") | ~Q(dietary=""), name="need_says_something"),
        ]

    def __str__(self):
        return f"Needs of {self.place}"

    @property
    def person(self) -> str:
        """What to call them."""
        return self.place.name or f"{self.place.booking.contact_name}, person {self.place.position}"

    @property
    def is_arranged(self) -> bool:
        return self.state == self.State.ARRANGED

    @property
    def words_for_them(self) -> str:
        """How it stands, for the person's own page, which shows nothing of what they need."""
        if self.is_arranged:
            return "we have a note of needs, and what is needed is arranged"
        if self.state == self.State.CANNOT_YET:
            return "we have a note of needs, and would like to talk with you about it: please ring us"
        return "we have a note of needs, and are on it"

    @property
    def fingerprint(self) -> str:
        """Another one when anything changes that matters to whoever sees to it; it tells nothing of what it says."""
        date = self.place.booking.date
        facts = [self.access, self.dietary, self.arrangement, self.state, self.owner_id, self.due_on, self.consented_at]
        return salted_hmac(
            "events.need", repr([*facts, date.pk, date.calendar_sequence]), algorithm="sha256"
        ).hexdigest()
