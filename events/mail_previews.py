"""What our mails say: each one as it would go out now, by doing the real thing to invented people, and undoing it all.

A new mail needs a line in PREVIEWS; a test finds the one that has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from sharedlives.foundation import wall_clock
from sharedlives.foundation.models import Charity, OutgoingMail, User
from sharedlives.foundation.spoken import LONDON

from . import bookings, changing_bookings, changing_dates, emails, morning, subscriptions, waiting_list
from .bookings import BookingRefused, Person
from .models import Booking, Subscription, Venue, Workshop, WorkshopDate
from .what_changed import Facts

ADDRESS = "robin@example.org"
FAR_ENOUGH = timedelta(days=21)


class Example:
    """An invented date with one place, like the one that is looked at, and Robin, who writes to us about it."""

    def __init__(self, date: WorkshopDate, by: User):
        self.date, self.by = date, by

    def reserve(self) -> Booking:
        return bookings.reserve(
            self.date, contact_name="Robin Example", email=ADDRESS, phone="0151 496 0100", people=[Person(name="Robin")]
        ).booking

    def somebody_else(self) -> Booking:
        return bookings.reserve(self.date, contact_name="Sam Example", email="sam@example.org").booking

    def wait(self) -> Booking:
        self.first = self.somebody_else()
        return self.reserve()

    def be_offered(self) -> Booking:
        booking = self.wait()
        bookings.cancel(self.first)
        return booking


@dataclass(frozen=True)
class Preview:
    name: str
    # What has happened when it goes out.
    after: str
    do: Callable[[Example], object]
    template: str = ""

    @property
    def template_name(self) -> str:
        return f"events/email/{self.template or self.name}"


def _be_given(example: Example) -> None:
    booking = example.wait()
    # Once booking has closed staff ring down the list.
    WorkshopDate.objects.filter(pk=example.date.pk).update(booking_closes_at=timezone.now())
    bookings.cancel(example.first, by=example.by)
    waiting_list.give_place(booking, by=example.by)


def _let_the_offer_end(example: Example) -> None:
    booking = example.be_offered()
    Booking.objects.filter(pk=booking.pk).update(offer_ends_at=timezone.now())
    waiting_list.settle_date(example.date.pk)


def _bring_somebody(example: Example) -> None:
    WorkshopDate.objects.filter(pk=example.date.pk).update(places=2)
    changing_bookings.change_number(example.reserve(), people=2, support_workers=0)


def _come_a_week_later(example: Example) -> None:
    later = WorkshopDate(workshop=example.date.workshop, state=example.date.state, places=1)
    for field in COPIED:
        setattr(later, field, getattr(example.date, field))
    week = timedelta(weeks=1)
    later.starts_at = example.date.starts_at + week
    later.ends_at = example.date.ends_at and example.date.ends_at + week
    later.save()
    changing_bookings.move_to_date(example.reserve(), later)


def _hand_over(booking: Booking, name: str, email: str) -> None:
    changing_bookings.hand_over(booking, contact_name=name, email=email)


def _move_by_a_week(example: Example, **options: bool) -> None:
    example.date.refresh_from_db()
    facts = Facts.of(example.date)
    starts_at, ends_at = _weeks_later(1, facts.starts_at, facts.ends_at)
    new = replace(facts, starts_at=starts_at, ends_at=ends_at)
    changing_dates.change_date(example.date, new, by=example.by, explanation="The trainer is ill.", **options)


def _confirm_the_venue(example: Example) -> None:
    # Of the charity's own venues; one is made up where there are none.
    venue = Venue.objects.first() or Venue.objects.create(name="Friends House", street="Euston Road", town="London")
    awaited = {"mode": WorkshopDate.Mode.IN_PERSON, "venue": None, "area": venue.town}
    WorkshopDate.objects.filter(pk=example.date.pk).update(**awaited)
    example.date.refresh_from_db()
    facts = replace(Facts.of(example.date), venue=venue, area="")
    changing_dates.change_date(example.date, facts, by=example.by)


def _close_early(example: Example) -> None:
    WorkshopDate.objects.filter(pk=example.date.pk).update(booking_closes_at=timezone.now())
    waiting_list.date_changed(example.date)


MESSAGE = {
    "subject": "What to bring",
    "text": "Please bring something that tells of your home.\n\nThis is where your own words go.",
}


def _ask_for_news(example: Example) -> Subscription:
    subscriptions.ask(ADDRESS, example.date.workshop)
    return Subscription.objects.of(ADDRESS).get()


def _ask_for_news_again(example: Example) -> None:
    subscriptions.confirm(_ask_for_news(example))
    subscriptions.ask(ADDRESS, example.date.workshop)


def _hear_of_news(example: Example) -> None:
    subscriptions.confirm(_ask_for_news(example))
    emails.new_dates(Subscription.objects.of(ADDRESS).get(), [example.date])


def _begin_the_day(example: Example) -> None:
    example.reserve()
    now = timezone.now()
    morning.write(example.by, since=now - timedelta(days=1), until=now + timedelta(minutes=1))


PREVIEWS = [
    Preview("booking_confirmed", "They reserve, and there is room", Example.reserve),
    Preview("booking_waiting", "They reserve, and all places are taken", Example.wait),
    Preview("offer", "A place becomes free, and it is their turn", Example.be_offered),
    Preview("offer_lapsed", "They did not answer in time", _let_the_offer_end),
    Preview("booking_place_given", "Staff give them a place from the waiting list", _be_given),
    Preview("booking_reserved_again", "They reserve a second time", lambda e: (e.reserve(), e.reserve())),
    Preview("booking_number_changed", "They change for how many they booked", _bring_somebody),
    Preview("booking_moved", "They come on another date", _come_a_week_later),
    Preview(
        "booking_handed_over",
        "They hand their place over to a colleague",
        lambda e: _hand_over(e.reserve(), "Sam Example", "sam@example.org"),
    ),
    Preview(
        "booking_handed_to_you",
        "A colleague hands a place over to them",
        lambda e: _hand_over(e.somebody_else(), "Robin Example", ADDRESS),
    ),
    Preview("own_links", "They have lost their link, and ask for it again", lambda e: emails.own_links([e.reserve()])),
    Preview("reminder", "The workshop is near", lambda e: emails.reminder(e.reserve())),
    Preview("message", "You write to the people of a date", lambda e: emails.message(e.reserve(), **MESSAGE)),
    Preview("answer", "What they asked for is arranged", lambda e: emails.answer(e.reserve(), is_arranged=True)),
    Preview(
        "answer_to_talk",
        "What they asked for cannot be arranged yet",
        lambda e: emails.answer(e.reserve(), is_arranged=False),
        "answer",
    ),
    Preview(
        "offer_taken_back",
        "You close booking while a place is offered to them",
        lambda e: (e.be_offered(), _close_early(e)),
    ),
    Preview(
        "date_changed",
        "You change the time, and ask whether they can still come",
        lambda e: (e.reserve(), _move_by_a_week(e, asks_again=True)),
    ),
    Preview(
        "date_changed_venue", "The venue is confirmed", lambda e: (e.reserve(), _confirm_the_venue(e)), "date_changed"
    ),
    Preview(
        "date_changed_offered",
        "You change the time while a place is offered to them",
        lambda e: (e.be_offered(), _move_by_a_week(e)),
        "date_changed",
    ),
    Preview(
        "date_changed_waiting",
        "You change the time, and they wait",
        lambda e: (e.wait(), _move_by_a_week(e)),
        "date_changed",
    ),
    Preview(
        "still_coming", "They have not said whether they can still come", lambda e: emails.still_coming(e.reserve())
    ),
    Preview(
        "date_postponed",
        "You postpone the date, and they had a place",
        lambda e: (e.reserve(), changing_dates.postpone_date(e.date, by=e.by, reason="The trainer is ill.")),
    ),
    Preview(
        "date_postponed_offered",
        "You postpone the date while a place is offered to them",
        lambda e: (e.be_offered(), changing_dates.postpone_date(e.date, by=e.by, reason="The trainer is ill.")),
        "date_postponed",
    ),
    Preview("booking_cancelled", "They cancel", lambda e: bookings.cancel(e.reserve())),
    Preview(
        "booking_cancelled_by_us",
        "Staff cancel for them",
        lambda e: bookings.cancel(e.reserve(), by=e.by),
        "booking_cancelled",
    ),
    Preview("left_the_list", "They leave the waiting list", lambda e: bookings.cancel(e.wait()), "booking_cancelled"),
    Preview("said_no", "They say no to an offer", lambda e: bookings.cancel(e.be_offered()), "booking_cancelled"),
    Preview(
        "date_cancelled",
        "You cancel the date, and they had a place",
        lambda e: (e.reserve(), changing_dates.cancel_date(e.date, by=e.by, reason="Too few people could come.")),
    ),
    Preview(
        "date_cancelled_waiting",
        "You cancel the date, and they were waiting",
        lambda e: (e.wait(), changing_dates.cancel_date(e.date, by=e.by, reason="Too few people could come.")),
        "date_cancelled",
    ),
    Preview("subscription_confirm", "They ask to hear of new dates", _ask_for_news),
    Preview("subscription_known", "They ask again, and hear of them already", _ask_for_news_again),
    Preview("new_dates", "There is a new date, and they asked to hear of it", _hear_of_news),
    Preview("morning", "Each working morning: to whoever may change bookings", _begin_the_day),
    Preview(
        "rush",
        "Very many reserve at once: to the charity itself",
        lambda e: emails.rush(e.date, requests=40, minutes=8, networks=35),
    ),
]


@dataclass(frozen=True)
class Shown:
    """A mail as it would go out, or why it cannot be shown."""

    preview: Preview
    mail: OutgoingMail | None
    refusal: str = ""


def all_of(workshop: Workshop, like: WorkshopDate | None, *, by: User) -> list[Shown]:
    """Every mail about a workshop, or about a date `like` this one."""
    return [show(preview, workshop, like, by=by) for preview in PREVIEWS]


def named(name: str) -> Preview | None:
    return next((preview for preview in PREVIEWS if preview.name == name), None)


def show(preview: Preview, workshop: Workshop, like: WorkshopDate | None, *, by: User) -> Shown:
    with undone():
        # An unpublished workshop takes no bookings yet, and its mails are to be read before it does.
        Workshop.objects.filter(pk=workshop.pk, is_published=False).update(is_published=True)
        try:
            preview.do(Example(_example_date(workshop, like), by))
        except BookingRefused as refusal:
            return Shown(preview, None, str(refusal))
        return Shown(preview, written(preview.template_name, to=[ADDRESS, by.email, Charity.current().email]))


def somebody_of(date: WorkshopDate, *, state: str) -> Booking:
    """Robin among the people of a real date, though it may be full or over; only within `undone`."""
    # As cancelled, it takes no place of anybody's even for this moment.
    booking = date.bookings.create(
        state=Booking.State.CANCELLED, contact_name="Robin Example", email=ADDRESS, places=1, coming_key="robin example"
    )
    booking.date, booking.state = date, state
    if state == Booking.State.OFFERED:
        booking.offer_ends_at = date.closes_at
    return booking


@contextmanager
def undone() -> Iterator[None]:
    """Really done, so that everything is as it will be; and then nothing of it stays, mails and jobs included."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def written(template: str, *, to: list[str]) -> OutgoingMail | None:
    return OutgoingMail.objects.filter(template=template, recipient__in=to).order_by("-pk").first()


def _example_date(workshop: Workshop, like: WorkshopDate | None) -> WorkshopDate:
    like = like or workshop.dates.upcoming().first() or workshop.dates.in_order().last()
    date = WorkshopDate(workshop=workshop, area="London")
    if like:
        for field in COPIED:
            setattr(date, field, getattr(like, field))
        date.starts_at, date.ends_at = _far_enough(like.starts_at, like.ends_at)
    else:
        date.starts_at, date.ends_at = _far_enough(
            datetime(2019, 10, 28, 11, tzinfo=LONDON), datetime(2019, 10, 28, 15, tzinfo=LONDON)
        )
    date.state, date.places = WorkshopDate.State.SCHEDULED, 1
    date.save()
    return date


COPIED = (
    *("mode", "join_link", "join_note", "venue", "area", *WorkshopDate.PROVISIONS, "access_provision"),
    *("access_contact_name", "access_contact_phone", "access_contact_email"),
)


def _far_enough(starts_at: datetime, ends_at: datetime | None) -> tuple[datetime, datetime | None]:
    """The times of the date itself, or the same weekday and hours so many weeks later that an offer has time to end."""
    weeks = max(timedelta(), timezone.now() + FAR_ENOUGH - starts_at) // timedelta(weeks=1)
    return _weeks_later(weeks + 1 if starts_at < timezone.now() + FAR_ENOUGH else 0, starts_at, ends_at)


def _weeks_later(weeks: int, starts_at: datetime, ends_at: datetime | None) -> tuple[datetime, datetime | None]:
    later = timedelta(weeks=weeks)
    return wall_clock.later(starts_at, later), ends_at and wall_clock.later(ends_at, later)
