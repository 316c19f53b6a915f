from __future__ import annotations

import re
from dataclasses import replace

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from sharedlives.foundation import search, slugs
from sharedlives.foundation.contacts import Contact
from sharedlives.foundation.models import Charity, Picture
from sharedlives.foundation.richtext import RichTextField

STILL_BOOKED = "People have booked, and would no longer find what they booked."
# Words that stand in addresses of our own below /workshops/.
RESERVED_SLUGS = ("in", "past")


def validate_not_reserved(slug: str) -> None:
    slugs.refuse_reserved(slug, RESERVED_SLUGS)


class WorkshopQuerySet(models.QuerySet):
    def published(self):
        return self.filter(is_published=True)


class Workshop(models.Model):
    """What people come to; when and where are its dates."""

    title = models.CharField(max_length=150)
    slug = models.SlugField(
        "address",
        max_length=80,
        unique=True,
        validators=[validate_not_reserved],
        help_text="The last part of its address, after /workshops/. Keep it.",
    )
    summary = models.CharField(max_length=300, help_text="One or two plain sentences, shown in lists.")
    description = RichTextField(blank=True, help_text="What people will do and take away, in plain words.")
    partners = models.CharField(max_length=200, blank=True, help_text='With whom you run it, like "Nesta".')
    audience = models.CharField("who it is for", max_length=200, blank=True)
    cost = models.CharField(max_length=100, default="Free")
    picture = models.ForeignKey(
        Picture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="workshops",
        help_text="Stands on its page, and where somebody shares it.",
    )
    contact_name = models.CharField(
        "who answers questions", max_length=100, blank=True, help_text="Signs our mails. Empty: the charity's own name."
    )
    contact_phone = models.CharField("their phone", max_length=40, blank=True)
    contact_email = models.EmailField(
        "their e-mail",
        blank=True,
        help_text="A mailbox that people read: answers to our mails go there. Empty: the charity's.",
    )
    sign_off = models.TextField(
        "how our mails end",
        max_length=300,
        blank=True,
        help_text='Like "We look forward to meeting you". The name of who answers questions follows.',
    )
    reminds_a_week_before = models.BooleanField(
        "remind people a week before as well",
        default=False,
        help_text="Everybody with a place is reminded two days before in any case.",
    )
    is_published = models.BooleanField(
        "published", default=False, help_text="Shown on the site, with those of its dates that are not drafts."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # When the words that calendars show last changed; the database keeps it (migration 0008).
    calendar_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    search_vector = search.vector(A="title", B="summary partners audience", C="description")

    objects = search.SearchableManager.from_queryset(WorkshopQuerySet)()

    class Meta:
        ordering = ["title", "pk"]
        indexes = [GinIndex(fields=["search_vector"], name="workshop_search")]

    def __str__(self):
        return self.title

    def clean(self):
        if self.pk and not self.is_published and any(date.bookings.active().exists() for date in self.dates.upcoming()):
            raise ValidationError({"is_published": f"{STILL_BOOKED} Cancel its dates first."})

    def get_absolute_url(self):
        return reverse("events:workshop_detail", args=[self.slug])

    def is_public(self) -> bool:
        """The twin of `WorkshopQuerySet.published()`."""
        return self.is_published

    @property
    def is_free(self) -> bool:
        return self.cost.strip().lower() == "free"

    @property
    def contact(self) -> Contact:
        """Who answers questions and signs our mails: its own, or the office for what it leaves empty."""
        office = Charity.current().contact
        return replace(
            office,
            name=self.contact_name or office.name,
            phone=self.contact_phone or office.phone,
            email=self.contact_email or office.email,
        )


def town_in(area: str) -> str:
    """'Birmingham' for "Birmingham city centre", 'Leeds' for "Central Leeds, near the station"."""
    return re.sub(r"^central\s+|\s+(city\s+|town\s+)?centre$", "", area.partition(",")[0].strip(), flags=re.IGNORECASE)


class Venue(models.Model):
    """Where a workshop takes place, with what is known about access there."""

    class Answer(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"
        UNKNOWN = "unknown", "Not known yet"

    name = models.CharField(max_length=120)
    street = models.CharField("address", max_length=200, help_text="Building number and street.")
    town = models.CharField("town or city", max_length=80)
    postcode = models.CharField(max_length=10)
    map_url = models.URLField("link to a map", blank=True, validators=[URLValidator(schemes=["http", "https"])])
    travel = models.TextField("getting there", max_length=2000, blank=True)
    step_free = models.CharField("step-free from the street", max_length=7, choices=Answer, default=Answer.UNKNOWN)
    lift = models.CharField("lift to other floors", max_length=7, choices=Answer, default=Answer.UNKNOWN)
    accessible_toilet = models.CharField(max_length=7, choices=Answer, default=Answer.UNKNOWN)
    changing_places = models.CharField("Changing Places toilet", max_length=7, choices=Answer, default=Answer.UNKNOWN)
    hearing_loop = models.CharField(max_length=7, choices=Answer, default=Answer.UNKNOWN)
    blue_badge_parking = models.CharField("Blue Badge parking", max_length=7, choices=Answer, default=Answer.UNKNOWN)
    quiet_room = models.CharField(max_length=7, choices=Answer, default=Answer.UNKNOWN)
    assistance_dogs = models.CharField("assistance dogs welcome", max_length=7, choices=Answer, default=Answer.UNKNOWN)
    access_note = models.TextField("more about access", max_length=2000, blank=True)
    access_checked_on = models.DateField("access checked on", null=True, blank=True)
    # When its name or address last changed; the database keeps it (migration 0008).
    calendar_changed_at = models.DateTimeField(default=timezone.now, editable=False)

    ACCESS_FACTS = (
        "step_free",
        "lift",
        "accessible_toilet",
        "changing_places",
        "hearing_loop",
        "blue_badge_parking",
        "quiet_room",
        "assistance_dogs",
    )

    class Meta:
        ordering = ["town", "name", "pk"]

    def __str__(self):
        return f"{self.name}, {self.town}"

    @property
    def line(self) -> str:
        return f"{self.name}, {self.street}, {self.town} {self.postcode}"

    @property
    def has_access_facts(self) -> bool:
        return any(getattr(self, name) != self.Answer.UNKNOWN for name in self.ACCESS_FACTS)

    def access_answers(self) -> dict[str, bool]:
        """What is known, as yes or no."""
        return {
            fact: answer == self.Answer.YES.label
            for fact, answer in self.access_facts()
            if answer != self.Answer.UNKNOWN.label
        }

    def access_facts(self) -> list[tuple[str, str]]:
        """What is known about access, as (fact, answer in words)."""
        return [
            (capfirst(self._meta.get_field(name).verbose_name), self.Answer(getattr(self, name)).label)
            for name in self.ACCESS_FACTS
        ]
