"""Erasing a person at their wish (UK GDPR article 17): who they were goes, the counts stay right."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from sharedlives.foundation import audit, mail
from sharedlives.foundation.models import OutgoingMail, User

from . import locking, waiting_list
from .bookings import end
from .locking import activity
from .models import Booking, Subscription
from .models.bookings import phone_key

ERASED = "(erased)"


def of_the_same_contact(booking: Booking) -> list[Booking]:
    """All bookings under this e-mail address, or under this number where there is none; houses share both."""
    same = Q(email__iexact=booking.email) if booking.email else Q(email="", phone_key=phone_key(booking.phone))
    return list(Booking.objects.filter(same).select_related("date__workshop", "date__venue").order_by("date_id", "pk"))


@activity
def erase(booking: Booking, *, by: User) -> int:
    """Forget everybody under the contact of this booking; how many bookings that were.

    What is still to come ends first, without a mail, and free places are offered. Names, addresses, needs, repeated
    requests, words for the telephone, the text of mails about them and wishes for news go; what was booked, when and
    in which state stays, as a number among others.
    """
    bookings = of_the_same_contact(booking)
    # In the order of keys, as whoever moves between two dates does.
    dates = {date_id: locking.lock_date(date_id) for date_id in sorted({one.date_id for one in bookings})}
    if booking.email:
        Subscription.objects.of(booking.email).delete()
        mail.forget(OutgoingMail.objects.filter(recipient__iexact=booking.email))
    for one in bookings:
        one.date = dates[one.date_id]
        if one.is_active and not one.date.has_ended():
            end(one, by=by)
        _forget(one)
        audit.record(by, "erased", one, note=str(one.date))
    for date in dates.values():
        waiting_list.settle(date)
    return len(bookings)


def _forget(booking: Booking) -> None:
    mail.forget(mail.about(booking))
    booking.people.all().delete()  # with what they need
    booking.people.bulk_create(
        booking.people.model(booking=booking, position=position) for position in range(1, booking.places + 1)
    )
    booking.repeats.all().delete()
    booking.ring_tasks.update(words="")
    booking.ring_tasks.filter(done_at=None).update(done_at=timezone.now())
    booking.contact_name = ERASED
    # The database wants a way to reach them: this one leads nowhere.
    booking.email, booking.phone = "", ERASED
    booking.organisation = booking.reach_by = booking.coming_key = booking.request_digest = ""
    booking.needs_more_time, booking.wants_news_at = False, None
    booking.link_version += 1
    booking.save()
