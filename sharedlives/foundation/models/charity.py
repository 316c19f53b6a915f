import time
from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.http.request import validate_host

from sharedlives.foundation.contacts import Contact

GOOD_FOR = 1.0  # seconds


def validate_site_address(value: str) -> None:
    """Refuses an address that this site would not answer at; links in mails would lead nowhere."""
    parts = urlsplit(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValidationError("Only the beginning of the address, like https://www.example.org")
    host = parts.hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS) or host in settings.OLD_HOSTS:
        raise ValidationError(
            "The site does not answer at %(host)s. Ask whoever runs the server to add it to ALLOWED_HOSTS first.",
            params={"host": parts.hostname},
        )


class Charity(models.Model):
    """The charity's own facts, one row, edited by staff; shown on every page, mail and printed sheet."""

    name = models.CharField(max_length=100, default="Our charity")
    strapline = models.CharField(
        max_length=200, blank=True, help_text="One plain sentence about what the charity does; it opens the home page."
    )
    address = models.TextField("postal address", max_length=400, blank=True)
    charity_number = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=40, blank=True, help_text="The number for everybody, as it should be printed.")
    email = models.EmailField(
        "e-mail", blank=True, help_text="A mailbox that people read. Answers to our mails go there."
    )
    access_contact_name = models.CharField("name", max_length=100, blank=True)
    access_contact_phone = models.CharField("phone", max_length=40, blank=True)
    access_contact_email = models.EmailField("e-mail", blank=True)
    access_contact_text = models.CharField("text message number", max_length=40, blank=True)
    access_contact_relay = models.CharField(
        "Relay UK number", max_length=40, blank=True, help_text="Like 18001 0151 496 0000."
    )
    access_contact_hours = models.CharField(
        "hours",
        max_length=100,
        blank=True,
        help_text='When the phone is answered, like "Monday to Friday, 9am to 5pm".',
    )
    site_address = models.CharField(
        max_length=200,
        default="http://127.0.0.1:8000",
        validators=[URLValidator(schemes=["http", "https"]), validate_site_address],
        help_text="Where this site lives, like https://www.example.org; every link in a mail begins with it.",
    )
    is_demo = models.BooleanField(default=False, editable=False)

    # The facts as this process last saw them: good for a second, since one page or mail asks several times; and kept
    # beyond, so that "we have a problem" pages can show a phone number.
    _last_seen: "Charity | None" = None
    _seen_at = 0.0

    class Meta:
        verbose_name = verbose_name_plural = "the charity's facts"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="charity_is_one_row")]

    def __str__(self):
        return self.name

    @classmethod
    def current(cls) -> "Charity":
        """The facts as they stood at most a second ago; unsaved defaults before anybody has entered them."""
        now = time.monotonic()
        if Charity._last_seen is None or now - Charity._seen_at > GOOD_FOR:
            Charity._last_seen = cls.objects.filter(pk=1).first() or cls(pk=1)
            Charity._seen_at = now
        return Charity._last_seen

    @classmethod
    def remembered(cls) -> "Charity":
        """The facts while the database is away: as this process last saw them, or empty."""
        return Charity._last_seen or cls(pk=1, name="This website")

    @property
    def contact(self) -> Contact:
        """The office, for any question."""
        return Contact(name=self.name, phone=self.phone, email=self.email, hours=self.access_contact_hours)

    @property
    def access_contact(self) -> Contact:
        """Whom to ask about access; the office where nobody is named for it."""
        named = Contact(
            name=self.access_contact_name,
            phone=self.access_contact_phone,
            text=self.access_contact_text,
            relay=self.access_contact_relay,
            email=self.access_contact_email,
            hours=self.access_contact_hours,
        )
        return named or replace(self.contact, name=self.access_contact_name)

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        Charity._seen_at = 0.0

    def clean(self):
        self.site_address = self.site_address.rstrip("/")
