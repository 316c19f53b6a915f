"""What staff write to the people of one date: to whom, what it will look like, and sending it once."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.crypto import salted_hmac

from sharedlives.foundation import audit
from sharedlives.foundation.models import OutgoingMail, User

from . import emails, mail_previews, waiting_list
from .locking import BookingRefused
from .models import Booking, DateMessage, Place, WorkshopDate

State = Booking.State

STANDINGS = {
    "place": ("Have a place", [State.CONFIRMED]),
    "offer": ("Have an offer", [State.OFFERED]),
    "waiting": ("Wait", [State.WAITING]),
    "everybody": ("Everybody: have a place, have an offer or wait", [State.CONFIRMED, State.OFFERED, State.WAITING]),
}
WAYS = {"": "By mail or by phone", "mail": "By mail", "phone": "Only by phone"}


@dataclass(frozen=True)
class Chosen:
    """Which of the people of a date."""

    standing: str = "place"
    way: str = ""
    channel: str = ""
    with_support: bool = False
    not_reminded: bool = False
    names_missing: bool = False

    @property
    def in_words(self) -> str:
        """'Have a place; only by phone; with support workers'."""
        words = [STANDINGS[self.standing][0].partition(":")[0]]
        words += [WAYS[self.way].lower()] if self.way else []
        words += [f"reserved {Booking.Channel(self.channel).label.lower()}"] if self.channel else []
        words += ["with support workers"] if self.with_support else []
        words += ["not reminded yet"] if self.not_reminded else []
        words += ["names still missing"] if self.names_missing else []
        return "; ".join(words)


def people(date: WorkshopDate, chosen: Chosen) -> QuerySet[Booking]:
    """Those chosen, as things stand at this moment, whether or not a job has noticed that an offer ended."""
    bookings = date.bookings.not_overdue().filter(state__in=STANDINGS[chosen.standing][1])
    if chosen.way:
        bookings = bookings.filter(email="") if chosen.way == "phone" else bookings.exclude(email="")
    if chosen.channel:
        bookings = bookings.filter(channel=chosen.channel)
    if chosen.with_support:
        bookings = bookings.filter(support_workers__gt=0)
    if chosen.not_reminded:
        bookings = bookings.exclude(reminded_of=F("date__starts_at"))
    if chosen.names_missing:
        bookings = bookings.filter(Exists(Place.objects.filter(booking=OuterRef("pk"), name="")))
    return bookings.order_by("pk")


def count(date: WorkshopDate, chosen: Chosen) -> tuple[int, int]:
    """How many of them get a mail, and how many are to be rung."""
    addresses = people(date, chosen).values_list("email", flat=True)
    return sum(map(bool, addresses)), sum(not address for address in addresses)


def count_in_words(date: WorkshopDate, chosen: Chosen) -> str:
    mails, calls = count(date, chosen)
    if not mails + calls:
        return "Nobody is like that now."
    rung = f", and {calls} without e-mail {'is' if calls == 1 else 'are'} to be rung" if calls else ""
    return f"{mails} {'gets' if mails == 1 else 'get'} a mail{rung}."


def fingerprint(date: WorkshopDate, chosen: Chosen, subject: str, text: str) -> str:
    """Tells whether it is still the same words to the same people; says nothing of who they are."""
    keys = list(people(date, chosen).values_list("pk", flat=True))
    return salted_hmac("events.messages", json.dumps([keys, subject, text]), algorithm="sha256").hexdigest()


def sent(request_id: uuid.UUID) -> DateMessage | None:
    return DateMessage.objects.filter(request_id=request_id).first()


def send(
    date: WorkshopDate, chosen: Chosen, *, subject: str, text: str, request_id: uuid.UUID, by: User
) -> DateMessage:
    """Write to everybody chosen; whoever has no e-mail is put on the list of people to ring, with the words.

    The same `request_id` is one message, however often it is sent. Raises BookingRefused where there is nobody.
    """
    # Whose offer has just ended is not written to as if they had it. After that the date stays unlocked: nothing about
    # the bookings changes, and others reserve while a hundred mails are written.
    waiting_list.settle_date(date.pk)
    with transaction.atomic():
        bookings = list(people(date, chosen).prefetch_related("people"))
        by_mail = sum(bool(booking.email) for booking in bookings)
        message, is_new = DateMessage.objects.get_or_create(
            request_id=request_id,
            defaults={
                "date": date,
                "subject": subject,
                "text": text,
                "recipients": chosen.in_words,
                "mails": by_mail,
                "calls": len(bookings) - by_mail,
                "sent_by": by,
            },
        )
        if not is_new:
            return message
        if not bookings:
            raise BookingRefused("There is nobody to write to: choose others, or wait until somebody has reserved.")
        for booking in bookings:
            booking.date = date
            emails.message(booking, subject=subject, text=text)
        note = f"{message.recipients}: {message.mails} by mail, {message.calls} to ring"
        audit.record(by, "wrote to people", date, note=note)
    return message


def as_it_will_look(date: WorkshopDate, chosen: Chosen, *, subject: str, text: str) -> OutgoingMail:
    """The mail itself, written to an invented person of this date, and undone."""
    with mail_previews.undone():
        booking = mail_previews.somebody_of(date, state=STANDINGS[chosen.standing][1][0])
        emails.message(booking, subject=subject, text=text)
        mail = mail_previews.written("events/email/message", to=[mail_previews.ADDRESS])
    assert mail is not None
    return mail
