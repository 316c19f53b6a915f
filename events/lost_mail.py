"""What becomes of a booking whose mail did not arrive: staff ring, and no clock runs meanwhile."""

from __future__ import annotations

from sharedlives.foundation.models import OutgoingMail

from . import ring_list, waiting_list
from .locking import activity
from .models import Booking, RingTask


@activity
def rather_ring(booking: Booking, mail: OutgoingMail) -> None:
    """Ask staff to ring, where there is a number and still something to tell. Raises Busy."""
    _date, booking = waiting_list.settled_booking(booking)
    is_corrected = mail.recipient.lower() != booking.email.lower()
    if is_corrected or not booking.phone or not booking.is_still_to_come:
        return
    # Whoever was reached since the mail went out knows of the offer.
    if booking.is_offered and mail.created_at >= booking.state_changed_at:
        waiting_list.ring_about_offer(booking)
    else:
        ring_list.add(booking, RingTask.Why.MAIL_CAME_BACK)
