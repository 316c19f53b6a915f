"""What would break the promises of booking, found in the data itself; nothing is found while all is well.

Reckoned anew in SQL, not asked of the code that keeps the promises. Each check costs one query or two, however many
rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from sharedlives.foundation.mail import DID_NOT_ARRIVE, KEEP_BODIES
from sharedlives.foundation.models import OutgoingMail

from .models import ACTIVE, HOLDS_A_PLACE, AccessNeed, Booking, RingTask, WorkshopDate
from .models.dates import WorkshopDateQuerySet
from .needs import KEEP_NEEDS, KEEP_NEEDS_WHILE_POSTPONED

State, Why = Booking.State, RingTask.Why

# Jobs run every minute, or every night: what is later than this was forgotten.
MINUTELY, NIGHTLY = timedelta(minutes=15), timedelta(days=2)
ABOUT_A_BOOKING = f"{Booking._meta.label_lower}:"
ABOUT_WHAT_THEY_HAVE = [Why.MOVED, Why.NUMBER, Why.HANDED_OVER, Why.CHANGED, Why.POSTPONED, Why.REMINDER]
LOOK_AT_THE_WORKER = "Is the job worker running?"
RECOUNT = "Recount them: manage.py check_bookings --recount."


class Finding(NamedTuple):
    """One thing that must not be, and what to do about it."""

    about: WorkshopDate | Booking
    words: str

    def __str__(self):
        return f"{capfirst(self.about._meta.verbose_name)} {self.about.pk} ({self.about}): {self.words}"

    @property
    def desk_url(self) -> str:
        return reverse(f"admin:events_{self.about._meta.model_name}_change", args=[self.about.pk])


def findings(dates: WorkshopDateQuerySet | None = None, *, most: int | None = None) -> Iterator[Finding]:
    """Whatever is wrong on these dates, or on all; of each kind `most` at the most."""
    dates = WorkshopDate.objects.all() if dates is None else dates
    for check in CHECKS:
        yield from check(dates, most)


def recount() -> tuple[int, list[WorkshopDate]]:
    """Have the database count the places of dates anew where they are wrong; how many, and where it refused.

    It refuses where more people hold a place than may.
    """
    wrong, refused = list(_dates_counted_wrongly(WorkshopDate.objects.all())), []
    for date in wrong:
        try:
            with transaction.atomic():
                WorkshopDate.objects.filter(pk=date.pk).update(places=F("places"))
        except IntegrityError:
            refused.append(date)
    return len(wrong) - len(refused), refused


# Places


def _counted(dates: WorkshopDateQuerySet) -> QuerySet[Any]:
    """With what their bookings add up to, whether that is other than what is counted, and how many are too many."""
    holds = Q(bookings__state__in=HOLDS_A_PLACE)
    support = Least(F("support"), F("held_back"))
    is_right = Q(
        Q(first_offer_ends_at=F("first_end")) | Q(first_offer_ends_at=None, first_end=None),
        support_taken=support,
        ordinary_taken=F("people") + F("support") - support,
        waiting=F("queue"),
    )
    return (
        WorkshopDate.objects.filter(pk__in=dates)
        .in_order()
        .annotate(
            people=Coalesce(Sum("bookings__places", filter=holds), 0),
            support=Coalesce(Sum("bookings__support_workers", filter=holds), 0),
            queue=Count("bookings", filter=Q(bookings__state=State.WAITING)),
            first_end=Min("bookings__offer_ends_at", filter=Q(bookings__state=State.OFFERED)),
            held_back=_held_back(),
            is_wrong=Case(When(is_right, then=Value(False)), default=Value(True), output_field=BooleanField()),
            too_many=F("people")
            + _at_least_none(F("support") - F("held_back"))
            - (F("places") + F("overbook") - F("held_back")),
        )
    )


def _held_back(prefix: str = "") -> Case:
    released = Q(**{f"{prefix}support_is_released": True})
    return Case(When(released, then=Value(0)), default=F(f"{prefix}support_places"), output_field=IntegerField())


def _at_least_none(number: Combinable) -> Greatest:
    return Greatest(Value(0), number, output_field=IntegerField())


def _dates_counted_wrongly(dates: WorkshopDateQuerySet) -> QuerySet[Any]:
    return _counted(dates).filter(is_wrong=True)


def places(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    """Counters that are not the sum, and people too many: one look at all bookings for both."""
    for date in _counted(dates).filter(Q(is_wrong=True) | Q(too_many__gt=0))[:most]:
        if date.is_wrong:
            yield Finding(date, f"the counters are not the sum of its bookings. {RECOUNT}")
        if date.too_many and date.too_many > 0:
            held, may = date.people + date.support, date.places + date.overbook
            words = f"{held} people hold a place where {may} may. Allow more places, or ring some of them."
            yield Finding(date, words)


def people_who_are_not_listed(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    bookings = Booking.objects.active().filter(date__in=dates)
    counted = bookings.annotate(listed=Count("people"), last=Max("people__position")).order_by("pk")
    for booking in counted.exclude(listed=F("places"), last=F("places"))[:most]:
        words = f"places reserved: {booking.places}, people listed: {booking.listed}"
        yield Finding(booking, f"{words}. Ask who is coming, and put it right on its page.")


def bookings_of_cancelled_dates(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    for booking in _on(dates).active().filter(date__state=WorkshopDate.State.CANCELLED)[:most]:
        yield Finding(booking, "its date is cancelled and it is not. Cancel it on its page, which tells the person.")


# Offers


def _on(dates: WorkshopDateQuerySet):
    bookings = Booking.objects.filter(date__in=dates)
    return bookings.select_related("date__workshop", "date__venue").order_by("pk")


def offers_without_an_end(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    for booking in _on(dates).filter(state=State.OFFERED, offer_ends_at=None)[:most]:
        yield Finding(booking, "a place is held for them without an end. Ring them, and note their answer on its page.")


def offers_that_nobody_has_ended(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    late = _on(dates).filter(state=State.OFFERED, offer_ends_at__lt=timezone.now() - MINUTELY)
    for booking in late[:most]:
        yield Finding(
            booking, f"the offer was to be answered by {booking.answer_by}, and nobody ended it. {LOOK_AT_THE_WORKER}"
        )


def offers_of_dates_that_take_nobody(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    late = timezone.now() - MINUTELY
    takes_nobody = ~Q(date__state=WorkshopDate.State.SCHEDULED) | Q(date__starts_at__lt=late)
    takes_nobody |= Q(date__booking_closes_at__lt=late)
    # One that is overdue has been told of already.
    for booking in _on(dates).filter(takes_nobody, state=State.OFFERED, offer_ends_at__gte=late)[:most]:
        yield Finding(booking, "it has an offer, and its date takes nobody now. Give it the place, or cancel it.")


def offers_that_nobody_hears_of(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    for booking in _on(dates).filter(state=State.OFFERED, email="").exclude(ring_tasks__why=Why.OFFER)[:most]:
        yield Finding(booking, "a place is held for them, and nobody was asked to ring them. Ring them now.")


def support_places_still_held_back(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    late = Q(release_support_at__lt=timezone.now() - MINUTELY, support_is_released=False)
    for date in dates.filter(late, state=WorkshopDate.State.SCHEDULED).in_order()[:most]:
        yield Finding(date, f"its support places should be for everybody by now. {LOOK_AT_THE_WORKER}")


def queues_that_stand_still(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    now = timezone.now()
    may_offer = Q(date__state=WorkshopDate.State.SCHEDULED, date__starts_at__gt=now)
    may_offer &= Q(date__booking_closes_at=None) | Q(date__booking_closes_at__gt=now)
    fits = Q(date__places=None) | Q(needed__lte=F("free"))
    earlier = Booking.objects.filter(date=OuterRef("date"), state=State.WAITING).filter(
        Q(queued_at__lt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__lt=OuterRef("pk"))
    )
    standing = (
        _on(dates)
        .filter(may_offer, state=State.WAITING)
        .annotate(
            free=F("date__places") + F("date__overbook") - _held_back("date__") - F("date__ordinary_taken"),
            support_left=_at_least_none(_held_back("date__") - F("date__support_taken")),
            needed=F("places") + _at_least_none(F("support_workers") - F("support_left")),
        )
        .filter(Q(date__places=None) | Q(free__gt=0), fits, Q(date__fill_gaps=True) | ~Exists(earlier))
    )
    for booking in standing[:most]:
        yield Finding(booking, f"it waits while its places are free, and has no offer. {LOOK_AT_THE_WORKER}")


# What people are told


def calls_with_nothing_to_tell(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    nothing = (
        Q(why=Why.OFFER) & ~Q(booking__state=State.OFFERED)
        # Where we had to take an offer back, they wait again.
        | Q(why=Why.LAPSED) & ~Q(booking__state__in=[State.LAPSED, State.WAITING])
        | Q(why=Why.PLACE_GIVEN) & ~Q(booking__state=State.CONFIRMED)
        | Q(why=Why.CANCELLED) & ~Q(booking__state=State.CANCELLED)
        | Q(why=Why.DATE_CANCELLED) & ~Q(booking__date__state=WorkshopDate.State.CANCELLED)
        | Q(why__in=ABOUT_WHAT_THEY_HAVE) & ~Q(booking__state__in=ACTIVE)
    )
    tasks = RingTask.objects.filter(nothing, done_at=None, booking__date__in=dates)
    for task in tasks.select_related("booking__date__workshop", "booking__date__venue").order_by("pk")[:most]:
        said = task.get_why_display()
        yield Finding(task.booking, f'somebody is asked to ring ("{said}"), and that is not so now. Tick it off.')


def mails_that_did_not_go(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    mails = OutgoingMail.objects.filter(about__startswith=ABOUT_A_BOOKING)
    late = mails.filter(state=OutgoingMail.State.WAITING, next_attempt_at__lt=timezone.now() - MINUTELY)
    for booking, mail in _with_their_bookings(late.order_by("next_attempt_at", "pk")[:most]):
        yield Finding(booking, f"{mail} to them is waiting since {mail.created_at:%d %B, %H:%M}. {LOOK_AT_THE_WORKER}")


def mails_that_never_arrived(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    """Where people are still to come, and are still written to at that address, and nobody is to ring them."""
    undelivered = OutgoingMail.objects.filter(
        about__startswith=ABOUT_A_BOOKING,
        state__in=DID_NOT_ARRIVE,
        created_at__gt=timezone.now() - KEEP_BODIES,
    )
    coming = Booking.objects.active().filter(date__in=dates.upcoming())
    to_ring = Q(why=Why.MAIL_CAME_BACK) | Q(why=Why.OFFER, done_at=None)
    coming = coming.exclude(pk__in=RingTask.objects.filter(to_ring).values("booking"))
    newest = undelivered.order_by("about", "-pk").distinct("about")
    found = ((b, mail) for b, mail in _with_their_bookings(newest, coming) if b.email.lower() == mail.recipient.lower())
    for booking, mail in islice(found, most):
        yield Finding(booking, f"{mail} did not reach them. Ring them, or correct the address and send it again.")


def _with_their_bookings(mails, bookings: QuerySet[Booking] | None = None) -> Iterator[tuple[Booking, OutgoingMail]]:
    """Each mail with the booking it is about, where that is among `bookings`."""
    by_booking = {int(mail.about.removeprefix(ABOUT_A_BOOKING)): mail for mail in mails}
    bookings = Booking.objects.all() if bookings is None else bookings
    for booking in bookings.filter(pk__in=by_booking).select_related("date__workshop", "date__venue").order_by("pk"):
        yield booking, by_booking[booking.pk]


# What is kept


def needs_kept_too_long(dates: WorkshopDateQuerySet, most: int | None) -> Iterator[Finding]:
    """Of all dates; told by the date, for whoever reads this need not know who told anything."""
    limit = timezone.now() - KEEP_NEEDS - NIGHTLY
    postponed_limit = timezone.now() - KEEP_NEEDS_WHILE_POSTPONED - NIGHTLY
    is_over = Q(ends_at__lt=limit) | Q(ends_at=None, starts_at__lt=limit)
    is_waited_for = Q(state=WorkshopDate.State.POSTPONED, starts_at__gte=postponed_limit)
    over = WorkshopDate.objects.filter(is_over).exclude(is_waited_for)
    booking = "place__booking"
    old = AccessNeed.objects.filter(Q(**{f"{booking}__date__in": over}) | ~Q(**{f"{booking}__state__in": ACTIVE}))
    counts = dict(old.values_list(f"{booking}__date").annotate(Count("pk")).order_by()[:most])
    for date in WorkshopDate.objects.filter(pk__in=counts).in_order():
        many = counts[date.pk]
        words = f"{many} note{'s' * (many > 1)} of needs should be gone by now. {LOOK_AT_THE_WORKER}"
        yield Finding(date, words)


CHECKS = [
    places,
    people_who_are_not_listed,
    bookings_of_cancelled_dates,
    offers_without_an_end,
    offers_that_nobody_has_ended,
    offers_of_dates_that_take_nobody,
    offers_that_nobody_hears_of,
    support_places_still_held_back,
    queues_that_stand_still,
    calls_with_nothing_to_tell,
    mails_that_did_not_go,
    mails_that_never_arrived,
    needs_kept_too_long,
]
