from __future__ import annotations

import re
import secrets
import unicodedata
import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf
from django.urls import reverse
from django.utils import timezone

from sharedlives.foundation import links, spoken
from sharedlives.foundation.models import OutgoingMail

from .dates import WorkshopDate

MOST_PEOPLE = 10
MOST_SUPPORT_WORKERS = 4
# Whom staff enter may bring more.
MOST_SUPPORT_WORKERS_BY_STAFF = 20


def new_reference() -> str:
    """Eight digits, read aloud in two fours; random, so that nobody counts our bookings, and never sufficient alone."""
    return f"{secrets.randbelow(10**8):08d}"


def spoken_reference(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def phone_key(phone: str) -> str:
    """A phone number as its digits alone, UK country code taken off, to compare numbers typed differently."""
    # Digits of every script, as the ones that everybody's phone has.
    digits = "".join(str(unicodedata.decimal(sign)) for sign in phone.replace("(0)", "") if sign.isdecimal())
    digits = re.sub(r"^00", "", digits) if phone.strip().startswith("00") else digits
    if phone.strip().startswith(("+44", "0044")):
        digits = "0" + digits.removeprefix("44")
    return digits


def coming_key(names: list[str], contact_name: str) -> str:
    """Who is coming, to tell bookings under one contact apart: the names given, or the contact's own."""
    given = sorted(" ".join(name.lower().split()) for name in names if name.strip())
    return "|".join(given or [" ".join(contact_name.lower().split())])[:500]


def lacks(reach_by: str, *, email: str, phone: str) -> str:
    """What is missing to reach somebody as they ask: "email" or "phone"; empty when nothing is."""
    if reach_by == Booking.ReachBy.EMAIL:
        return "" if email else "email"
    return "phone" if reach_by and not phone else ""


LACKS_IN_WORDS = {
    "email": "Give the e-mail address that we should write to.",
    "phone": "Give the phone number that we should use.",
}


def ordinal(number: int) -> str:
    """'1st', '2nd', '3rd', '11th'."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def answer_by(moment: datetime) -> str:
    """'Monday 28 October, 12 noon'; "noon" alone is a hard word."""
    day, time = spoken.day(moment), spoken.time(moment)
    return f"{day.rpartition(' ')[0]}, {f'12 {time}' if time in ('noon', 'midnight') else time}"


class BookingQuerySet(models.QuerySet):
    def active(self):
        return self.filter(state__in=ACTIVE)

    def of_the_same_people(self, *, email: str, phone: str, key: str):
        """Active ones under one contact and the same names; on one date there is one at most."""
        bookings = self.active().filter(coming_key=key)
        if email:
            # As the unique constraint compares them: `iexact` folds to capitals, not the same for all letters.
            return bookings.alias(address=Lower("email")).filter(address=Lower(Value(email)))
        return bookings.filter(email="", phone_key=phone_key(phone))

    def matching(self, typed: str):
        """For whoever rings: by reference, by number, or by words that all stand in names, address or organisation."""
        bookings = self
        if not re.search(r"[^\d\s+()-]", typed):
            digits = phone_key(typed)
            repeated = RepeatedRequest.objects.filter(reference__startswith=digits).values("booking")
            return bookings.filter(
                Q(reference__startswith=digits)
                | Q(phone_key__contains=digits)
                | Q(email__contains=digits)
                | Q(pk__in=repeated)
            )
        for word in typed.split():
            named = Place.objects.filter(name__icontains=word).values("booking")
            bookings = bookings.filter(
                Q(contact_name__icontains=word)
                | Q(email__icontains=word)
                | Q(organisation__icontains=word)
                | Q(pk__in=named)
            )
        return bookings

    def holding_a_place(self):
        return self.filter(state__in=HOLDS_A_PLACE)

    def waiting_in_order(self):
        return self.filter(state=Booking.State.WAITING).order_by("queued_at", "pk")

    def offered(self):
        """Those with an offer, the first who asked first; some may be overdue."""
        return self.filter(state=Booking.State.OFFERED).order_by("queued_at", "pk")

    def overdue(self):
        """Offers whose time has passed, whether or not anybody has noticed yet."""
        return self.offered().filter(offer_ends_at__lte=timezone.now())

    def not_overdue(self):
        return self.exclude(state=Booking.State.OFFERED, offer_ends_at__lte=timezone.now())

    def with_number_in_queue(self):
        """`number_in_queue` for those who wait, as `queue_words` says it for one; None for the others."""
        before = Q(queued_at__lt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__lt=OuterRef("pk"))
        waiting = Booking.objects.filter(before, date=OuterRef("date"), state=Booking.State.WAITING)
        earlier = waiting.order_by().values("date").annotate(number=Count("pk")).values("number")
        number = Coalesce(Subquery(earlier), 0) + 1
        return self.annotate(number_in_queue=Case(When(state=Booking.State.WAITING, then=number)))


class Booking(models.Model):
    """Places on one date, held or waited for under one contact."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        OFFERED = "offered", "Has an offer"
        CONFIRMED = "confirmed", "Has a place"
        CANCELLED = "cancelled", "Cancelled"
        LAPSED = "lapsed", "Offer ended"

    class Channel(models.TextChoices):
        SITE = "site", "On the site"
        PHONE = "phone", "By phone"
        POST = "post", "By post or mail"

    class ReachBy(models.TextChoices):
        EMAIL = "email", "By e-mail"
        PHONE = "phone", "By phone"
        TEXT = "text", "By text message"
        RELAY = "relay", "By Relay UK"

    date = models.ForeignKey(WorkshopDate, on_delete=models.PROTECT, related_name="bookings")
    reference = models.CharField(max_length=8, unique=True, default=new_reference, editable=False)
    state = models.CharField(max_length=10, choices=State)
    contact_name = models.CharField("contact", max_length=120)
    email = models.EmailField("e-mail", blank=True)
    phone = models.CharField(max_length=40, blank=True)
    phone_key = models.CharField(max_length=40, blank=True, editable=False)
    reach_by = models.CharField("reach them", max_length=5, choices=ReachBy, blank=True)
    organisation = models.CharField(max_length=150, blank=True)
    coming_key = models.CharField(max_length=500, editable=False)
    places = models.PositiveSmallIntegerField("people")
    support_workers = models.PositiveSmallIntegerField(default=0)
    needs_more_time = models.BooleanField("needs more time to answer", default=False)
    channel = models.CharField("reserved", max_length=10, choices=Channel, default=Channel.SITE)
    wants_news_at = models.DateTimeField("asked for news of workshops", null=True, blank=True)
    request_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    request_digest = models.CharField(max_length=64, blank=True, editable=False)
    link_version = models.PositiveSmallIntegerField(default=1, editable=False)
    created_at = models.DateTimeField("reserved on", default=timezone.now, editable=False)
    queued_at = models.DateTimeField("on the waiting list since", default=timezone.now, editable=False)
    state_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    # Held until then. While staff still have to ring somebody no clock runs for them: then it is the end of booking.
    offer_ends_at = models.DateTimeField("to be answered by", null=True, blank=True, editable=False)

    # For which start they were reminded: a workshop that moves is one to be reminded of again.
    reminded_of = models.DateTimeField(null=True, editable=False)
    reminded_a_week_before_of = models.DateTimeField(null=True, editable=False)
    # "Can you still come?" after a change; silence keeps the place.
    asked_again_at = models.DateTimeField("asked whether they can still come", null=True, blank=True, editable=False)
    still_coming_at = models.DateTimeField("said that they still come", null=True, blank=True, editable=False)

    objects = BookingQuerySet.as_manager()

    personal_fields = frozenset({"contact_name", "email", "phone", "phone_key", "organisation", "coming_key"})

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("export_booking", "Can take lists of bookings out of the site")]
        indexes = [
            models.Index(fields=["date", "state", "queued_at", "id"], name="booking_queue"),
            models.Index(fields=["-created_at", "-id"], name="booking_by_time"),
            models.Index(fields=["offer_ends_at"], condition=Q(state="offered"), name="booking_offers"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(email="") | ~Q(phone=""), name="booking_has_a_contact"),
            models.CheckConstraint(
                condition=Q(places__gte=1, places__lte=MOST_PEOPLE, support_workers__lte=MOST_SUPPORT_WORKERS_BY_STAFF),
                name="booking_is_for_a_sensible_number",
            ),
            # Houses, carers and offices share an inbox, so the address alone does not make a booking the same.
            models.UniqueConstraint(
                F("date"),
                Lower(Coalesce(NullIf("email", Value("")), "phone_key")),
                "coming_key",
                condition=Q(state__in=["waiting", "offered", "confirmed"]),
                name="booking_is_held_once",
            ),
            models.CheckConstraint(
                condition=Q(state="offered", offer_ends_at__isnull=False)
                | (~Q(state="offered") & Q(offer_ends_at=None)),
                name="booking_has_a_deadline_while_offered",
            ),
        ]

    def __str__(self):
        return f"Booking {spoken_reference(self.reference)}"

    def clean(self):
        if missing := lacks(self.reach_by, email=self.email, phone=self.phone):
            raise ValidationError({missing: LACKS_IN_WORDS[missing]})

    def save(self, *args, **kwargs):
        self.phone_key = phone_key(self.phone)
        super().save(*args, **kwargs)

    @property
    def spoken_reference(self) -> str:
        return spoken_reference(self.reference)

    @property
    def places_in_words(self) -> str:
        """'a place', '3 places'."""
        return "a place" if self.places == 1 else f"{self.places} places"

    @property
    def how_it_stands(self) -> str:
        """The one plain sentence that opens every page, mail and letter about a booking."""
        if self.date.is_cancelled:
            return "This workshop is cancelled."
        if self.date.is_postponed and self.is_active:
            kept = "your place" if self.places == 1 else f"your {self.places} places"
            keeps = f"You keep {kept}." if self.has_a_place else "You stay on the waiting list."
            return f"This workshop is postponed. {keeps}"
        if self.has_a_place:
            return f"You have {self.places_in_words}."
        if self.is_offered:
            return f"We have {self.places_in_words} for you. Tell us by {self.answer_by}."
        if self.is_waiting:
            return f"You are waiting for {self.places_in_words}."
        if self.offer_has_ended:
            return f"Our offer of {self.places_in_words} has ended."
        return "Your booking is cancelled."

    @property
    def we_reach_you(self) -> str:
        """'write to you', 'ring you': how they hear from us, for the middle of a sentence to them."""
        if self.email:
            return "write to you"
        by_other_ways = {"text": "text you", "relay": "ring you through Relay UK"}
        return by_other_ways.get(self.reach_by, "ring you")

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def holds_a_place(self) -> bool:
        """Nobody else can have it meanwhile: theirs, or offered to them."""
        return self.state in HOLDS_A_PLACE

    @property
    def has_a_place(self) -> bool:
        return self.state == self.State.CONFIRMED

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_offered(self) -> bool:
        """They can still say yes: a question asked at reading time, for no job need have run."""
        return self.state == self.State.OFFERED and bool(self.offer_ends_at) and self.offer_ends_at > timezone.now()

    @property
    def offer_has_ended(self) -> bool:
        return self.state == self.State.LAPSED or (self.state == self.State.OFFERED and not self.is_offered)

    @property
    def state_in_words(self) -> str:
        """For staff's lists, right at reading time."""
        return self.State.LAPSED.label if self.offer_has_ended else self.get_state_display()

    @property
    def answer_by(self) -> str:
        """'Monday 28 October, 12 noon': the end of an offer, in words."""
        return answer_by(self.offer_ends_at) if self.offer_ends_at else ""

    @property
    def is_asked_again(self) -> bool:
        """Whether we wait to hear if they can still come; silence keeps the place."""
        return self.has_a_place and self.asked_again_at is not None and self.still_coming_at is None

    @property
    def is_still_to_come(self) -> bool:
        """Whether there is still something to tell them, correct or arrange."""
        return self.is_active and not self.date.has_ended()

    @property
    def may_join_online(self) -> bool:
        """Whether they may know how to join: only people with a place, and only while there is something to join."""
        is_online = self.date.is_online or self.date.is_hybrid
        return is_online and self.has_a_place and not self.date.is_off and not self.date.has_ended()

    def mail_did_not_arrive(self, mail: OutgoingMail) -> None:
        """Heard from foundation/mail.py, of each mail about it that failed or came back."""
        from .. import lost_mail

        lost_mail.rather_ring(self, mail)

    def waiting_before(self):
        """Those who asked earlier and still wait."""
        return self.date.bookings.waiting_in_order().filter(self._asked_before())

    def _asked_before(self):
        return Q(queued_at__lt=self.queued_at) | Q(queued_at=self.queued_at, pk__lt=self.pk)

    def waiting_behind(self):
        """Those who asked later and still wait."""
        behind = Q(queued_at__gt=self.queued_at) | Q(queued_at=self.queued_at, pk__gt=self.pk)
        return self.date.bookings.waiting_in_order().filter(behind)

    def of_the_same_people(self):
        """Other active bookings of theirs on this date; none while this one is active."""
        same = self.date.bookings.of_the_same_people(email=self.email, phone=self.phone, key=self.coming_key)
        return same.exclude(pk=self.pk)

    @property
    def queue_words(self) -> str:
        """'3rd of 8', where somebody who waits stands."""
        before = Count("pk", filter=self._asked_before())
        count = self.date.bookings.waiting_in_order().aggregate(all=Count("pk"), before=before)
        return f"{ordinal(count['before'] + 1)} of {count['all']}"

    def get_absolute_url(self):
        """The person's own page; the address is the key to it."""
        return reverse("events:booking_detail", args=[links.sign("booking", self.pk, self.link_version)])


ACTIVE = frozenset({Booking.State.WAITING, Booking.State.OFFERED, Booking.State.CONFIRMED})
HOLDS_A_PLACE = frozenset({Booking.State.OFFERED, Booking.State.CONFIRMED})


class Place(models.Model):
    """One person of a booking. The name may follow; support workers need none."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="people")
    position = models.PositiveSmallIntegerField()
    name = models.CharField("first name", max_length=120, blank=True)

    personal_fields = frozenset({"name"})

    class Meta:
        ordering = ["booking", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["booking", "position"], name="place_is_counted_once")]

    def __str__(self):
        return f"Person {self.position} of {self.booking}"


class RepeatedRequest(models.Model):
    """Somebody reserved again under a date, contact and names that hold a booking already.

    Kept so that nothing is swallowed: staff see what differed. To the person it looks like any reservation, with a
    reference of its own, so that a stranger cannot learn who has booked.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="repeats")
    # That they asked for; the booking may move to another. Empty where it never did.
    asked_date = models.ForeignKey(WorkshopDate, on_delete=models.CASCADE, null=True, editable=False, related_name="+")
    reference = models.CharField(max_length=8, unique=True, default=new_reference, editable=False)
    request_id = models.UUIDField(unique=True, editable=False)
    request_digest = models.CharField(max_length=64, editable=False)
    differs = models.BooleanField(default=False)
    # What was asked for, without needs: those are only kept with the booking itself.
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField("asked on", default=timezone.now, editable=False)

    personal_fields = frozenset({"details"})

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return f"Request {spoken_reference(self.reference)}"

    @property
    def spoken_reference(self) -> str:
        return spoken_reference(self.reference)

    @property
    def date(self) -> WorkshopDate:
        return self.asked_date or self.booking.date

    def as_booking(self) -> Booking:
        """What the page after reserving shows: their own words, and the state that anybody would have been told.

        Never what the booking held says of itself (its organisation, support workers ...): whoever typed a name and an
        address need not be the person. Who has a place where a newcomer would wait learns so from the mail alone.
        """
        asked, held = self.details, self.booking
        state = Booking.State.WAITING if asked["told_to_wait"] and held.is_active else held.state
        if self.date != held.date:
            # They have no booking on this date any more; where they went is not for a stranger to read.
            state = Booking.State.CANCELLED
        return Booking(
            date=self.date,
            reference=self.reference,
            state=state,
            offer_ends_at=held.offer_ends_at if state == Booking.State.OFFERED else None,
            contact_name=asked["contact_name"],
            email=asked["email"],
            phone=asked["phone"],
            organisation=asked["organisation"],
            places=len(asked["people"]),
            support_workers=asked["support_workers"],
            reach_by=asked.get("reach_by", ""),
        )
