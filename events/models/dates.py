from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from sharedlives.foundation import slugs, spoken
from sharedlives.foundation.contacts import Contact
from sharedlives.foundation.models import Charity

from .workshops import STILL_BOOKED, Venue, Workshop, town_in


class Stamp(models.Aggregate):
    """A digest over these columns of all rows."""

    arity = None
    output_field = models.CharField()
    template = "MD5(STRING_AGG(ROW(%(expressions)s)::text, '' ORDER BY ROW(%(expressions)s)))"


class WorkshopDateQuerySet(models.QuerySet):
    def published(self):
        """Dates the public may see: cancelled ones too, so that nobody looks for theirs in vain."""
        return self.filter(workshop__is_published=True).exclude(state=WorkshopDate.State.DRAFT)

    def upcoming(self):
        """Not over yet, the next one first; those that are postponed to nobody knows when come last."""
        now = timezone.now()
        is_postponed = Q(state=WorkshopDate.State.POSTPONED)
        is_to_come = Q(ends_at__gt=now) | Q(ends_at=None, starts_at__gt=now - LENGTH_WHEN_UNKNOWN)
        postponed_last = Case(When(is_postponed, then=1), default=0)
        return self.filter(is_to_come | is_postponed).in_order().order_by(postponed_last, "starts_at", "pk")

    def awaiting_venue(self):
        """In fourteen days or less, and nobody knows where yet: staff hear of it every day until they do."""
        last = (timezone.localtime(timezone=spoken.LONDON) + VENUE_IS_DUE).replace(hour=23, minute=59, second=59)
        without = self.upcoming().taking_place().filter(venue=None)
        return without.exclude(mode=WorkshopDate.Mode.ONLINE).filter(starts_at__lte=last)

    def to_look_forward_to(self):
        """What is worth telling people who asked for new dates: they can reserve, now or later."""
        now = timezone.now()
        dates = self.published().taking_place().filter(starts_at__gt=now)
        return dates.exclude(booking_closes_at__lte=now).filter(tells_subscribers=True)

    def past(self):
        """Those that took place, the last one first."""
        now = timezone.now()
        over = Q(ends_at__lte=now) | Q(ends_at=None, starts_at__lte=now - LENGTH_WHEN_UNKNOWN)
        return self.filter(over).taking_place().in_order().order_by("-starts_at", "-pk")

    def taking_place(self):
        """Neither cancelled nor postponed."""
        return self.filter(state=WorkshopDate.State.SCHEDULED)

    def for_calendars(self):
        """What a calendar is told of: what is to come within a year, and for a while what was cancelled, also after
        its time."""
        now = timezone.now()
        cancelled = Q(state=WorkshopDate.State.CANCELLED)
        # The time of the last change is that of cancelling: nothing of a cancelled date is changed after that.
        lately = self.filter(cancelled, calendar_changed_at__gt=now - CANCELLED_IN_CALENDARS)
        return (self.upcoming().exclude(cancelled).filter(starts_at__lt=now + CALENDARS_REACH) | lately).in_order()

    def stamp(self) -> str:
        """Another one whenever calendars have to be told something of these dates: one comes, goes or is changed."""
        told = Stamp("pk", "calendar_changed_at", "workshop__calendar_changed_at", "venue__calendar_changed_at")
        return self.aggregate(stamp=told)["stamp"] or ""

    def with_room(self):
        """Where an ordinary place is free; `ordinary_left` of one row."""
        ordinary = F("places") + F("overbook")
        return self.filter(
            Q(places=None)
            | Q(ordinary_taken__lt=ordinary - F("support_places"))
            | Q(support_is_released=True, ordinary_taken__lt=ordinary)
        )

    def awaiting_time(self):
        """Postponed, and the day on which it was to be has passed: people wait to hear when it is."""
        return self.filter(state=WorkshopDate.State.POSTPONED, starts_at__lte=timezone.now()).in_order()

    def in_order(self):
        return self.select_related("workshop", "venue").order_by("starts_at", "pk")


ALREADY_TAKEN = "More places are taken already. Cancel bookings first, or allow overbooking."
COUNTED = ["ordinary_taken", "support_taken", "waiting", "first_offer_ends_at"]
MOST_PLACES = 2**31 - 1  # PostgreSQL's integer
# How long a date without an end is taken to last.
LENGTH_WHEN_UNKNOWN = timedelta(hours=4)
# How long before a date its venue should be known.
VENUE_IS_DUE = timedelta(days=14)
# How long calendars hear of a date that was cancelled: some look only now and then.
CANCELLED_IN_CALENDARS = timedelta(days=30)
# How far ahead calendars look that subscribe to many dates.
CALENDARS_REACH = timedelta(days=366)


def calendar_uid(of: uuid.UUID) -> str:
    """By what calendars know a date for ever (docs/decisions/0012-calendar-files.md)."""
    return f"{of}@{urlsplit(Charity.current().site_address).hostname}"


class WorkshopDate(models.Model):
    """One time a workshop takes place: when, where, for how many.

    `ordinary_taken`, `support_taken`, `waiting` and `first_offer_ends_at` are counted by the database whenever a
    booking or this row changes (migrations 0002 and 0004); what Python writes into them is overwritten. Offers count
    as taken.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        POSTPONED = "postponed", "Postponed"
        CANCELLED = "cancelled", "Cancelled"

    class Mode(models.TextChoices):
        IN_PERSON = "in person", "In person"
        ONLINE = "online", "Online"
        HYBRID = "hybrid", "In person and online"

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="dates")
    slug = models.SlugField("address", max_length=100, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    starts_at = models.DateTimeField("starts", help_text="UK time.")
    ends_at = models.DateTimeField("ends", null=True, blank=True, help_text="UK time. May follow.")
    mode = models.CharField("how people take part", max_length=10, choices=Mode, default=Mode.IN_PERSON)
    join_link = models.URLField(
        "link to join online",
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Only people with a place see it: on their own page and in their mails. May follow.",
    )
    join_note = models.TextField(
        "how to join",
        max_length=1000,
        blank=True,
        help_text="For people with a place: a number to dial in, what they need, who helps when it does not work.",
    )
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, null=True, blank=True, related_name="dates")
    area = models.CharField(
        "area",
        max_length=100,
        blank=True,
        help_text="While the venue is to be confirmed: the town first, and enough to plan the journey, like "
        '"Birmingham city centre".',
    )
    places = models.PositiveIntegerField(
        null=True, blank=True, help_text="In all, the support places included. Empty: no limit."
    )
    support_places = models.PositiveIntegerField(
        default=0, help_text="Held back for support workers who come with somebody. Part of the places above."
    )
    overbook = models.PositiveIntegerField(
        default=0, help_text="How many more people you accept because some never come. They are told they have a place."
    )
    booking_opens_at = models.DateTimeField("booking opens", null=True, blank=True, help_text="Empty: at once.")
    booking_closes_at = models.DateTimeField("booking closes", null=True, blank=True, help_text="Empty: at the start.")
    bsl = models.BooleanField("British Sign Language", default=False)
    captions = models.BooleanField("live captions", default=False)
    hearing_loop = models.BooleanField(default=False)
    breaks = models.BooleanField("regular breaks", default=False)
    quiet_room = models.BooleanField(default=False)
    easy_read = models.BooleanField("Easy Read pack", default=False)
    access_provision = models.TextField(
        "what else we provide", max_length=2000, blank=True, help_text="On this date, in plain sentences."
    )
    access_contact_name = models.CharField(
        "whom to ask about access", max_length=100, blank=True, help_text="Empty: the charity's access contact."
    )
    access_contact_phone = models.CharField("their phone", max_length=40, blank=True)
    access_contact_email = models.EmailField("their e-mail", blank=True)
    release_support_at = models.DateTimeField(
        "held back until",
        null=True,
        blank=True,
        help_text="From then on support places that nobody has taken are for everybody. Empty: held back to the end.",
    )
    support_is_released = models.BooleanField(default=False, editable=False)
    fill_gaps = models.BooleanField(
        "let smaller groups fill gaps",
        default=False,
        help_text="Near the date: where the next group is too large for the free places, offer them to others."
        " Everybody who waits can read that you do.",
    )
    ordinary_taken = models.PositiveIntegerField(default=0, editable=False)
    support_taken = models.PositiveIntegerField(default=0, editable=False)
    waiting = models.PositiveIntegerField(default=0, editable=False)
    first_offer_ends_at = models.DateTimeField(null=True, editable=False)
    # Where it stood before it was moved, for search engines; set by whoever moves it (events/changing_dates.py).
    previous_starts_at = models.DateTimeField(null=True, editable=False)
    tells_subscribers = models.BooleanField(
        "tell those who asked for new dates",
        default=True,
        help_text="Once, by mail, the morning after it can be seen on the site.",
    )
    # Since when events/announcing.py has seen it fit to be told of; when that was done, and to how many people.
    ready_since = models.DateTimeField(null=True, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    announced_to = models.PositiveIntegerField(null=True, editable=False)
    calendar_uid = models.CharField(max_length=255, unique=True, editable=False)
    calendar_sequence = models.PositiveIntegerField(default=0, editable=False)
    calendar_changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WorkshopDateQuerySet.as_manager()

    PROVISIONS = ("bsl", "captions", "hearing_loop", "breaks", "quiet_room", "easy_read")

    class Meta:
        verbose_name = "date"
        ordering = ["starts_at", "pk"]
        permissions = [
            ("cancel_workshopdate", "Can cancel a date and mail everybody"),
            ("mail_workshopdate", "Can write to the people of a date"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="date_by_start"),
            models.Index(fields=["workshop", "starts_at", "id"], name="date_by_workshop"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["workshop", "slug"], name="date_address_is_unique"),
            models.CheckConstraint(
                condition=Q(mode="online") | Q(venue__isnull=False) | ~Q(area=""),
                name="date_has_venue_or_area",
                violation_error_message="Choose a venue, or say in which area it will be.",
            ),
            models.CheckConstraint(
                condition=~Q(mode="online") | Q(venue=None, area=""),
                name="date_online_has_no_venue",
                violation_error_message="An online date has no venue and no area.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="date_ends_after_it_starts",
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                condition=Q(places=None) | Q(support_places__lte=F("places")),
                name="date_support_places_are_places",
                violation_error_message="The support places are part of the places: there cannot be more of them.",
            ),
            models.CheckConstraint(
                condition=Q(places=None)
                | Q(ordinary_taken__lte=F("places") - F("support_places") + F("overbook"))
                | Q(support_is_released=True, ordinary_taken__lte=F("places") + F("overbook")),
                name="date_is_not_oversold",
                violation_error_message=ALREADY_TAKEN,
            ),
        ]

    def __str__(self):
        return f"{self.workshop}, {self.place_label}, {spoken.day(self.starts_at)}"

    def save(self, *args, **kwargs):
        if not self.slug:
            self.slug = self._new_slug()
        if not self.calendar_uid:
            self.calendar_uid = calendar_uid(uuid.uuid4())
        super().save(*args, **kwargs)
        # What the database counted while it wrote the row.
        self.refresh_from_db(fields=[*COUNTED, "calendar_sequence", "calendar_changed_at"])

    def clean(self):
        """Refuse to hide a date that people have booked, and fewer places than are taken.

        A form leaves the counters out, so that their constraint is not checked.
        """
        if self.pk and self.state == self.State.DRAFT and self.bookings.active().exists():
            raise ValidationError({"state": f"{STILL_BOOKED} Cancel the date instead."})
        if self.pk and self.places is not None and self._ordinary_taken() > self._ordinary_places():
            raise ValidationError({"places": ALREADY_TAKEN})
        if self._ordinary_places() > MOST_PLACES:
            raise ValidationError({"overbook": "That is more than the database can count."})
        if self.mode == self.Mode.IN_PERSON and (self.join_link or self.join_note):
            # Of no one field: a form may show only some of them.
            raise ValidationError(
                "This date is only in person, but says how to join online. Choose another way to take part, or take"
                " the link and the note out."
            )

    def _ordinary_places(self) -> int:
        return (self.places or 0) - self._held_back() + (self.overbook or 0)

    def _held_back(self) -> int:
        return 0 if self.support_is_released else self.support_places or 0

    def _ordinary_taken(self) -> int:
        """As the database will count it once the support places are what they are now."""
        people, support = self._taken(self.bookings.holding_a_place())
        return people + max(0, support - self._held_back())

    def _taken(self, bookings) -> tuple[int, int]:
        taken = bookings.aggregate(people=Coalesce(Sum("places"), 0), support=Coalesce(Sum("support_workers"), 0))
        return taken["people"], taken["support"]

    def _new_slug(self) -> str:
        """Place, month and year: "london-october-2019", numbered when taken. Made once and never again."""
        local = self.starts_at.astimezone(spoken.LONDON)
        words = f"{self.place_label} {local:%B %Y}"
        return slugs.free(words, self.workshop.dates, otherwise=f"{local:%Y-%m-%d}", longest=100)

    def get_absolute_url(self):
        return reverse("events:date_detail", args=[self.workshop.slug, self.slug])

    def get_reserve_url(self):
        return reverse("events:reserve_place", args=[self.workshop.slug, self.slug])

    def get_calendar_url(self):
        return reverse("events:date_calendar", args=[self.workshop.slug, self.slug])

    @property
    def told_calendars_at(self) -> datetime:
        """When what calendars are told of it last changed: its time and place, its workshop's words, its address."""
        moments = [self.calendar_changed_at, self.workshop.calendar_changed_at]
        return max([*moments, self.venue.calendar_changed_at] if self.venue else moments)

    # Where and when, in words

    @property
    def place_label(self) -> str:
        if self.is_online:
            return "Online"
        place = self.venue.town if self.venue else self.area
        return f"{place} and online" if self.is_hybrid else place

    @property
    def in_place(self) -> str:
        """'in London', 'online', 'in London and online': for the middle of a sentence."""
        return "online" if self.is_online else f"in {self.place_label}"

    @property
    def town(self) -> str:
        """Where it is found in lists by place; "" where it is only online."""
        return self.venue.town if self.venue else town_in(self.area)

    @property
    def venue_line(self) -> str:
        if self.is_online:
            return "Online"
        line = self.venue.line if self.venue else "Venue to be confirmed"
        return f"{line}, and online" if self.is_hybrid else line

    @property
    def where(self) -> str:
        if self.is_online:
            return "Online"
        where = self.venue.line if self.venue else f"{self.area} (venue to be confirmed)"
        return f"{where}, and online" if self.is_hybrid else where

    @property
    def access_contact(self) -> Contact:
        """Whom to ask about access on this date: its own contact, or the charity's for what is left empty."""
        usual = Charity.current().access_contact
        own_way = self.access_contact_phone or self.access_contact_email
        return replace(
            usual,
            # Never the usual name beside somebody else's number.
            name=self.access_contact_name or ("" if own_way else usual.name),
            phone=self.access_contact_phone or usual.phone,
            # Relay UK reaches any number with 18001 before it; it must be the number of the person named.
            relay=f"18001 {self.access_contact_phone}" if self.access_contact_phone else usual.relay,
            email=self.access_contact_email or usual.email,
        )

    @property
    def is_online(self) -> bool:
        """Only online; `is_hybrid` in both ways."""
        return self.mode == self.Mode.ONLINE

    @property
    def is_hybrid(self) -> bool:
        return self.mode == self.Mode.HYBRID

    def awaits_venue(self) -> bool:
        """Whether people come to a venue that is still to be confirmed."""
        return self.venue_id is None and not self.is_online

    def will_have_venue(self) -> bool:
        """Whether people will hear of a venue: not once the date is cancelled or over."""
        return self.awaits_venue() and self.is_still_to_come

    @property
    def tells_how_to_join(self) -> bool:
        """Whether people with a place can read how to join online, now or later."""
        return self.mode != self.Mode.IN_PERSON and self.is_still_to_come

    def provisions(self) -> list[str]:
        """What is provided on the day, in words: 'British Sign Language', 'Hearing loop' ..."""
        return [capfirst(words) for words in self._provided()]

    @property
    def provided_line(self) -> str:
        """'British Sign Language, hearing loop': the same within a sentence."""
        return ", ".join(self._provided())

    def _provided(self) -> list[str]:
        return [str(self._meta.get_field(name).verbose_name) for name in self.PROVISIONS if getattr(self, name)]

    @property
    def when(self) -> str:
        when = f"{spoken.day(self.starts_at)}, {spoken.hours(self.starts_at, self.ends_at)}"
        return f"postponed from {when}" if self.is_postponed else when

    @property
    def invitation(self) -> str:
        """What somebody writes to a colleague above the address of this date."""
        return f"{self.workshop.title}: {self.when}, {self.where}. {self.workshop.cost}. Reserve a place:"

    # What can be reserved

    @property
    def is_cancelled(self) -> bool:
        return self.state == self.State.CANCELLED

    @property
    def is_postponed(self) -> bool:
        return self.state == self.State.POSTPONED

    def is_told_of(self) -> bool:
        """Whether people must hear of another time or place, which has a way of its own (events/changing_dates.py)."""
        return self.is_postponed or self.bookings.active().exists()

    @property
    def has_moved(self) -> bool:
        """Whether it was announced for another time before."""
        return self.previous_starts_at is not None and self.previous_starts_at != self.starts_at

    @property
    def is_off(self) -> bool:
        """Nobody is to come at the time it says."""
        return self.is_cancelled or self.is_postponed

    @property
    def is_still_to_come(self) -> bool:
        """Neither cancelled nor over, though it may be postponed or have begun."""
        return not self.is_cancelled and not self.has_ended()

    def has_started(self) -> bool:
        """Never while it is postponed, though the old time passes."""
        return self.starts_at <= timezone.now() and not self.is_postponed

    def has_ended(self) -> bool:
        return self.has_started() and (self.ends_at or self.starts_at + LENGTH_WHEN_UNKNOWN) <= timezone.now()

    @property
    def closes_at(self):
        return min(self.booking_closes_at, self.starts_at) if self.booking_closes_at else self.starts_at

    def is_open_for_booking(self) -> bool:
        return self.why_closed() == ""

    def why_closed(self) -> str:
        """Why nobody can reserve now, as a sentence fit to show; empty when they can."""
        now = timezone.now()
        if self.is_cancelled:
            return "This date is cancelled."
        if self.is_postponed:
            return "This date is postponed. A new time will be announced here."
        if self.state == self.State.DRAFT or not self.workshop.is_published:
            return "This date is not open for booking."
        if self.has_started():
            return "This date is over." if self.has_ended() else "This workshop has already started."
        if now >= self.closes_at:
            return "Booking for this date has closed."
        if self.booking_opens_at and self.opens_later:
            return f"Booking opens on {spoken.day(self.booking_opens_at)} at {spoken.time(self.booking_opens_at)}."
        return ""

    @property
    def opens_later(self) -> bool:
        """Nobody can reserve yet, but will."""
        return self.booking_opens_at is not None and self.booking_opens_at > timezone.now() and not self.is_off

    @property
    def can_be_reserved(self) -> bool:
        """Now, or once booking opens."""
        return self.is_open_for_booking() or self.opens_later

    @property
    def taken(self) -> int:
        return self.ordinary_taken + self.support_taken

    @property
    def ordinary_left(self) -> int | None:
        """Places without those held back for support workers; None means no limit."""
        if self.places is None:
            return None
        return max(0, self._ordinary_places() - self.ordinary_taken)

    @property
    def support_left(self) -> int:
        return max(0, self._held_back() - self.support_taken)

    def release_is_due(self) -> bool:
        """Whether the time has come at which held-back places are for everybody, and nobody has noticed yet."""
        is_due = self.release_support_at is not None and self.release_support_at <= timezone.now()
        return is_due and not self.support_is_released and not self.is_postponed

    def has_overdue_offers(self) -> bool:
        return self.first_offer_ends_at is not None and self.first_offer_ends_at <= timezone.now()

    @property
    def places_left(self) -> int | None:
        """What a newcomer can get now: none while anybody waits; None means no limit.

        Right at reading time: what is due by the clock counts as done, though no job has done it yet.
        """
        if self.waiting and not self.fill_gaps:
            return 0
        if self.ordinary_left is None or not (self.release_is_due() or self.has_overdue_offers()):
            return self.ordinary_left
        held_back = 0 if self.release_is_due() else self._held_back()
        people, support = self._taken(self.bookings.holding_a_place().not_overdue())
        return max(0, self.places + self.overbook - held_back - people - max(0, support - held_back))

    def has_room_for(self, places: int, support_workers: int = 0) -> bool:
        """Whether so many people and their support workers fit together; who comes first is not asked here."""
        if self.ordinary_left is None:
            return True
        return places + max(0, support_workers - self.support_left) <= self.ordinary_left

    def has_room_instead_of(self, booking, places: int, support_workers: int) -> bool:
        """Whether a booking that holds places would fit with other numbers."""
        return (
            self.places is None or self.ordinary_taken_with(booking, places, support_workers) <= self._ordinary_places()
        )

    def ordinary_taken_with(self, booking, places: int, support_workers: int) -> int:
        """What the database will count once a booking holds so many places."""
        people, support = self._taken(self.bookings.holding_a_place().exclude(pk=booking.pk))
        return people + places + max(0, support + support_workers - self._held_back())

    def may_offer(self) -> bool:
        """Whether free places are offered by themselves: never for a date that is cancelled or closed."""
        return self.state == self.State.SCHEDULED and timezone.now() < self.closes_at

    def can_ever_hold(self, places: int, support_workers: int = 0) -> bool:
        """Whether the group would fit if nobody else came."""
        if self.places is None:
            return True
        held_back = self._held_back()
        return places + max(0, support_workers - held_back) <= self.places - held_back

    @property
    def is_full(self) -> bool:
        return self.places_left == 0

    @property
    def is_hard_to_join(self) -> bool:
        """Whether whoever looks at it may rather hear of another date: full, over, cancelled, its venue not known."""
        return self.awaits_venue() or not self.is_open_for_booking() or self.is_full

    @property
    def availability_sentence(self) -> str:
        """What somebody who would like to come needs to know, in a few words."""
        if closed := self.why_closed():
            return closed.removesuffix(".")
        left = self.places_left
        if self.waiting and left == 0:
            return "Full: people are waiting, and you can join them"
        if left is None:
            return "Places available"
        if left == 0:
            return "Full: you can join the waiting list"
        return "1 place left" if left == 1 else f"{left} places left"
