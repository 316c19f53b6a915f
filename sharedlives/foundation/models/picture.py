from __future__ import annotations

import secrets
from datetime import date as Day
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone


def new_key() -> str:
    return secrets.token_hex(16)


# How long before the end of a consent staff are told.
SOON = timedelta(days=30)


class PictureQuerySet(models.QuerySet):
    def consented(self, today: Day | None = None) -> PictureQuerySet:
        """Those that may be shown today; for one picture, `may_be_shown()`."""
        return self.filter(Q(consent_until=None) | Q(consent_until__gte=today or timezone.localdate()))

    def consent_over(self, today: Day | None = None) -> PictureQuerySet:
        return self.filter(consent_until__lt=today or timezone.localdate())

    def consent_soon_over(self, today: Day | None = None) -> PictureQuerySet:
        today = today or timezone.localdate()
        return self.filter(consent_until__range=(today, today + SOON))

    def undescribed(self) -> PictureQuerySet:
        """Those of which nobody has decided what is read aloud; for one, `is_alt_decided`."""
        return self.filter(alt="", is_decorative=False)

    def described(self) -> PictureQuerySet:
        return self.exclude(alt="")

    def decorative(self) -> PictureQuerySet:
        return self.filter(is_decorative=True)

    def consent_unknown(self) -> PictureQuerySet:
        return self.filter(consent=Picture.Consent.UNKNOWN)

    def used(self) -> PictureQuerySet:
        return self.exclude(pk__in=Picture.objects.unused())

    def unused(self) -> PictureQuerySet:
        """Those that stand nowhere; for one, `uses()`."""
        for relation in _relations():
            rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            self = self.exclude(Exists(rows))
        return self


def _relations() -> list:
    """What points at pictures, whatever the layer: a post's text, its lead picture, an author's portrait ..."""
    related = Picture._meta.related_objects
    between = {relation.through for relation in related if relation.many_to_many}
    return [relation for relation in related if relation.related_model not in between]


class Picture(models.Model):
    """A picture of the library. Its file is one that we made ourselves from what was uploaded: upright, at most 2560
    pixels long, without any metadata; what the public sees are the renditions made from it."""

    class Consent(models.TextChoices):
        NOBODY = "nobody", "Nobody can be recognised"
        WRITTEN = "written", "Written consent"
        SPOKEN = "spoken", "Spoken consent, noted by us"
        PUBLIC = "public", "Taken at a public event, people were told"
        STOCK = "stock", "From a picture agency, with release"
        UNKNOWN = "unknown", "Not known yet"

    # Part of every file's name; a new one for new bytes, so that a name never changes its content.
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    format = models.CharField(max_length=4, editable=False)  # of our own copy: "jpeg" or "png"
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    has_renditions = models.BooleanField("all sizes are made", default=False, editable=False)
    alt = models.CharField(
        "description",
        max_length=300,
        blank=True,
        help_text="What somebody who cannot see it should know: what is going on, who is in it. Read aloud instead of "
        "the picture.",
    )
    is_decorative = models.BooleanField(
        "only decoration",
        default=False,
        help_text="Says nothing that the text does not say. Screen readers pass it by.",
    )
    caption = models.CharField(max_length=300, blank=True, help_text="Printed below it.")
    credit = models.CharField(max_length=150, blank=True, help_text='Who took it, like "Photograph: Ada Rowan".')
    pictured = models.CharField(
        "who is in it", max_length=300, blank=True, help_text="For the staff only; never shown on the site."
    )
    consent = models.CharField("on what basis", max_length=7, choices=Consent, default=Consent.UNKNOWN)
    consent_until = models.DateField(
        "until",
        null=True,
        blank=True,
        help_text="The last day on which it may be shown. Then a grey panel stands in its place.",
    )
    focal_x = models.PositiveSmallIntegerField("from the left", default=50)
    focal_y = models.PositiveSmallIntegerField("from the top", default=50)
    name = models.CharField("called", max_length=150, help_text="For finding it again; at first the name of the file.")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="pictures"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    # The ends of consent that staff had a mail about, so that nobody is told twice, and again when the day is moved.
    warned_of = models.DateField(null=True, editable=False)
    told_of = models.DateField(null=True, editable=False)

    objects = PictureQuerySet.as_manager()

    personal_fields = frozenset({"pictured"})

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(format__in=["jpeg", "png"]), name="picture_format"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="picture_has_a_size"),
            models.CheckConstraint(condition=Q(focal_x__lte=100, focal_y__lte=100), name="picture_focal_point_inside"),
            models.CheckConstraint(
                condition=~Q(is_decorative=True) | Q(alt=""), name="picture_decorative_or_described"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.is_decorative and self.alt:
            raise ValidationError({"alt": "Describe it or call it decoration, not both."})

    @property
    def is_alt_decided(self) -> bool:
        return bool(self.alt) or self.is_decorative

    def may_be_shown(self, today: Day | None = None) -> bool:
        """The twin of `PictureQuerySet.consented()`."""
        return self.consent_until is None or self.consent_until >= (today or timezone.localdate())

    def get_absolute_url(self) -> str:
        """Its largest file: where the address leads that it had on another site."""
        from ..picture_elements import address

        return address(self, width=self.width)

    def is_public(self) -> bool:
        """Whether the public sees it somewhere on the site."""
        return self.may_be_shown() and any(use.is_public() for use in self.uses())

    def uses(self) -> list[models.Model]:
        """Where it stands: posts, pages, authors."""
        found = (
            row
            for relation in _relations()
            for row in relation.related_model._default_manager.filter(**{relation.field.name: self}).order_by("pk")
        )
        return list(dict.fromkeys(found))
