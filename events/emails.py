"""The mails about bookings, each from three template files; written in the transaction that causes them.

Whoever has no e-mail is rung instead, where `why` says about what: one place decides how people hear of something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from sharedlives.foundation import links, mail, spoken
from sharedlives.foundation.models import Charity, OutgoingMail, User

from . import ring_list
from .calendar import date_calendar
from .models import Booking, RingTask, Subscription, Workshop, WorkshopDate
from .what_changed import WhatChanged

if TYPE_CHECKING:
    from .morning import Report

Why = RingTask.Why


def booking_made(booking: Booking, *, names: Sequence[str] | None = None, queue_words: str | None = None) -> None:
    """How a booking stands: they have a place, or they wait. An offer has a mail of its own.

    `names` of those coming and `queue_words` from whoever knows them, and holds a lock that others wait for.
    """
    _send(
        "booking_confirmed" if booking.has_a_place else "booking_waiting",
        booking,
        names=names,
        queue_words=queue_words,
        with_calendar=booking.has_a_place,
        news_url=_news_url(booking),
    )


def offer(booking: Booking, *, is_rung: bool) -> None:
    """`is_rung`: staff ring as well, for the workshop is too near for three working days."""
    _send("offer", booking, is_rung=is_rung, phone=booking.phone)


def offer_lapsed(booking: Booking) -> None:
    _send("offer_lapsed", booking, why=Why.LAPSED)


def offer_taken_back(booking: Booking) -> None:
    """Through no fault of theirs: they wait where they did before."""
    said = "We are sorry: we had to take our offer back, because booking has closed. You did nothing wrong."
    _send("offer_taken_back", booking, why=Why.LAPSED, words=_words(said, still_theirs(booking)))


def reserved_again(booking: Booking) -> None:
    _send("booking_reserved_again", booking, news_url=_news_url(booking))


def place_given(booking: Booking, *, is_told: bool = False) -> None:
    _send("booking_place_given", booking, why=None if is_told else Why.PLACE_GIVEN, with_calendar=True)


def booking_cancelled(booking: Booking, *, before: str, by_staff: bool, is_told: bool) -> None:
    """`before` is the state it had: a place, an offer, or waiting. `is_told`: nobody need ring them."""
    why = None if is_told else Why.CANCELLED
    _send("booking_cancelled", booking, why=why, before=str(before), by_staff=by_staff)


def number_changed(booking: Booking, *, is_told: bool) -> None:
    _send("booking_number_changed", booking, why=None if is_told else Why.NUMBER)


def moved(booking: Booking, old: WorkshopDate, *, is_told: bool) -> None:
    """One calendar entry alone: mail programs read no more. The words ask for the old one to be taken out."""
    why = None if is_told else Why.MOVED
    _send("booking_moved", booking, why=why, with_calendar=True, old_when=old.when, old_where=old.where)


def handed_over(booking: Booking) -> None:
    """To the one who gave their place away; who has it now is told to nobody."""
    _send("booking_handed_over", booking)


def handed_to_you(booking: Booking, *, giver: str, is_told: bool) -> None:
    why = None if is_told else Why.HANDED_OVER
    _send("booking_handed_to_you", booking, why=why, with_calendar=True, giver=giver)


def own_links(bookings: Sequence[Booking]) -> None:
    """The links of all that is booked under one address, in one mail."""
    workshop = bookings[0].date.workshop
    # Several workshops may have several people who answer; then the office does.
    is_one = all(booking.date.workshop == workshop for booking in bookings)
    contact = workshop.contact if is_one else Charity.current().contact
    mail.send(
        "events/email/own_links",
        to=bookings[0].email,
        about=bookings[0],
        reply_to=contact.email,
        context={
            "sign_off": workshop.sign_off if is_one else "",
            "signed": contact,
            "bookings": [
                {
                    "workshop": booking.date.workshop.title,
                    "when": booking.date.when,
                    "where": booking.date.where,
                    "contact_name": booking.contact_name,
                    "reference": booking.spoken_reference,
                    "how_it_stands": booking.how_it_stands,
                    "url": links.absolute(booking.get_absolute_url()),
                }
                for booking in bookings
            ],
        },
    )


def date_changed(
    booking: Booking, changed: WhatChanged, explanation: str, *, lost_offer: bool, new_offer: bool, asks_again: bool
) -> None:
    """Another time, another place, a venue that is known now; each hears what becomes of their place, offer or turn.

    `new_offer`: their turn has come by the change, and this one mail tells both.
    """
    _send(
        "date_changed",
        booking,
        why=Why.CHANGED,
        words=_words(
            changed.in_words,
            explanation,
            still_theirs(booking, new_offer=new_offer),
            CAN_YOU_COME if asks_again else "",
        ),
        with_calendar=booking.has_a_place,
        subject=changed.subject,
        headline=changed.headline,
        lines=changed.lines,
        explanation=explanation,
        checks_needs=changed.time_or_place,
        lost_offer=lost_offer,
        new_offer=new_offer,
        asks_again=asks_again,
        is_rung=ring_list.waits_for_a_call(booking),
        **_states(booking),
    )


def date_postponed(booking: Booking, reason: str, *, when: str, lost_offer: bool) -> None:
    """`when` is the time at which it does not take place."""
    said = f"“{booking.date.workshop.title}” on {when} is postponed. We will tell you the new time."
    _send(
        "date_postponed",
        booking,
        why=Why.POSTPONED,
        words=_words(said, reason, still_theirs(booking)),
        with_calendar=booking.has_a_place,
        reason=reason,
        old_time=when,
        lost_offer=lost_offer,
        **_states(booking),
    )


def date_cancelled(booking: Booking, reason: str, *, had_a_place: bool) -> None:
    said = f"We are sorry: “{booking.date.workshop.title}” on {booking.date.when} will not take place."
    # Only who has the entry in their calendar needs it taken out.
    _send(
        "date_cancelled",
        booking,
        why=Why.DATE_CANCELLED,
        words=_words(said, reason),
        with_calendar=had_a_place,
        reason=reason,
        had_a_place=had_a_place,
    )


def still_coming(booking: Booking) -> None:
    """Asked once more, because they have not answered; silence keeps the place."""
    words = f"“{booking.date.workshop.title}” is {booking.date.when}, {booking.date.where}."
    _send("still_coming", booking, why=Why.CHANGED, words=_words(words, CAN_YOU_COME))


CAN_YOU_COME = "Can you still come?"


def still_theirs(booking: Booking, *, new_offer: bool = False) -> str:
    """What they have on a date that has changed, as staff say it."""
    places = "place" if booking.places == 1 else f"{booking.places} places"
    if booking.has_a_place:
        return f"You keep your {places}."
    if new_offer:
        return f"We have {'a place' if booking.places == 1 else places} for you."
    if booking.is_offered:
        return f"We still hold your {places} for you."
    return f"You keep your turn: you are {booking.queue_words} on the waiting list."


def _states(booking: Booking) -> dict[str, Any]:
    return {"has_a_place": booking.has_a_place, "is_offered": booking.is_offered, "is_waiting": booking.is_waiting}


def _words(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def reminder(booking: Booking) -> None:
    """They have a place; how to get there, and how to say that they cannot come."""
    _send("reminder", booking, why=Why.REMINDER, day=spoken.day(booking.date.starts_at))


def message(booking: Booking, *, subject: str, text: str) -> None:
    """What staff wrote, as plain text; whoever has no e-mail is told the same by telephone."""
    _send("message", booking, why=Why.MESSAGE, words=f"{subject}\n\n{text}", subject=subject, text=text)


def answer(booking: Booking, *, is_arranged: bool) -> None:
    """What they asked us for is arranged, or we would like to talk; never what it is, nor that it is a need."""
    _send("answer", booking, reply_to=booking.date.access_contact.email, is_arranged=is_arranged)


def _send(
    name: str,
    booking: Booking,
    *,
    names: Sequence[str] | None = None,
    queue_words: str | None = None,
    why: Why | None = None,
    words: str = "",
    with_calendar: bool = False,
    reply_to: str = "",
    **more: object,
) -> None:
    """`words` is what to say to whom staff ring."""
    if not booking.email:
        if why:
            ring_list.add(booking, why, words=words)
        return
    date = booking.date
    if names is None:
        names = [place.name for place in booking.people.all()]
    if queue_words is None:
        queue_words = booking.queue_words if booking.is_waiting else ""
    mail.send(
        f"events/email/{name}",
        to=booking.email,
        about=booking,
        reply_to=reply_to or date.workshop.contact.email,
        calendar=date_calendar(date) if with_calendar else "",
        context={
            "contact_name": booking.contact_name,
            "reference": booking.spoken_reference,
            "workshop": date.workshop.title,
            "when": date.when,
            "where": date.where,
            "will_have_venue": booking.is_active and date.will_have_venue(),
            "travel": date.venue.travel if date.venue else "",
            "joins_online": booking.may_join_online,
            "join_link": date.join_link if booking.may_join_online else "",
            "join_note": date.join_note if booking.may_join_online else "",
            "provisions": date.provisions(),
            "access_provision": date.access_provision,
            "date_url": links.absolute(date.get_absolute_url()),
            "workshop_url": links.absolute(date.workshop.get_absolute_url()),
            "booking_url": links.absolute(booking.get_absolute_url()),
            "cannot_come_url": links.absolute(booking.get_absolute_url()) + "?cancel#cancel",
            "names": [name for name in names if name],
            "how_it_stands": booking.how_it_stands,
            "has_a_place": booking.has_a_place,
            "places": booking.places,
            "support_workers": booking.support_workers,
            "queue_words": queue_words,
            "fills_gaps": date.fill_gaps,
            "answer_by": booking.answer_by,
            "access_contact": date.access_contact,
            "sign_off": date.workshop.sign_off,
            "signed": date.workshop.contact,
            **more,
        },
    )


# Those who asked to hear of new dates


def confirm_subscription(subscription: Subscription) -> None:
    confirm_url = links.absolute(subscription.get_confirm_url())
    _send_to_subscriber("subscription_confirm", subscription, workshop=subscription.workshop, confirm_url=confirm_url)


def subscribed_already(subscription: Subscription) -> None:
    _send_to_subscriber("subscription_known", subscription, workshop=subscription.workshop)


def new_dates(subscription: Subscription, dates: Sequence[WorkshopDate]) -> None:
    """All dates that are new to somebody, in one mail."""
    shown = [
        {
            "workshop": date.workshop.title,
            "when": date.when,
            "where": date.where,
            "availability": date.availability_sentence,
            "url": links.absolute(date.get_absolute_url()),
        }
        for date in dates
    ]
    is_of_one = len({date.workshop_id for date in dates}) == 1
    workshop = dates[0].workshop if is_of_one else None
    _send_to_subscriber("new_dates", subscription, workshop=workshop, dates=shown)


def _send_to_subscriber(name: str, subscription: Subscription, *, workshop: Workshop | None, **more: object) -> None:
    """In the words of `workshop` where it is about that one alone."""
    leave_url = links.absolute(subscription.get_leave_url())
    signed = workshop.contact if workshop else Charity.current().contact
    mail.send(
        f"events/email/{name}",
        to=subscription.email,
        about=subscription,
        reply_to=signed.email,
        unsubscribe_url=leave_url,
        context={
            "sign_off": workshop.sign_off if workshop else "",
            "signed": signed,
            "subject": subscription.subject,
            "since": spoken.day(subscription.confirmed_at) if subscription.confirmed_at else "",
            "leave_url": leave_url,
            **more,
        },
    )


def _news_url(booking: Booking) -> str:
    """Where somebody who reserved and ticked that they want to hear of new dates confirms it, without a second mail."""
    if not (booking.wants_news_at and booking.email):
        return ""
    if Subscription.objects.confirmed().of(booking.email).covering(None).exists():
        return ""
    return links.absolute(Subscription.objects.asked(booking.email, None).get_confirm_url())


# For the charity itself

RUSH = "events/email/rush"
MORNING = "events/email/morning"
MOST_DATES = 40


def morning(user: User, report: Report) -> OutgoingMail:
    """What is new and to do this morning: counts and links alone."""
    shown = report.dates[:MOST_DATES]
    return mail.send(
        MORNING,
        to=user.email,
        about=user,
        context={
            "summary": report.summary,
            "dates": [{"name": str(each.date), "words": each.words, "url": _at_the_desk(each.date)} for each in shown],
            "more": len(report.dates) - len(shown),
            "to_ring": report.to_ring,
            "lost_mails": report.lost_mails,
            **{
                name: [{"name": str(date), "url": _at_the_desk(date)} for date in getattr(report, name)]
                for name in ("without_venue", "without_time", "without_number")
            },
            "ring_url": links.absolute(reverse("admin:events_ringtask_changelist")),
            "mail_url": _lost_mail_at_the_desk() if user.has_perm("foundation.view_outgoingmail") else "",
            "dates_url": links.absolute(reverse("admin:events_workshopdate_changelist")),
        },
    )


def _lost_mail_at_the_desk() -> str:
    return links.absolute(reverse("admin:foundation_outgoingmail_changelist") + "?went=lost")


def _at_the_desk(date: WorkshopDate) -> str:
    return links.absolute(reverse("admin:events_workshopdate_change", args=[date.pk]))


def rush(date: WorkshopDate, *, requests: int, minutes: int, networks: int) -> None:
    """Very many are reserving on one date at this moment."""
    if address := Charity.current().email:
        bookings = f"{reverse('admin:events_booking_changelist')}?date__id__exact={date.pk}"
        context = {
            "date": str(date),
            "requests": requests,
            "minutes": minutes,
            "networks": networks,
            "bookings_url": links.absolute(bookings),
        }
        mail.send(RUSH, to=address, about=date, context=context)
