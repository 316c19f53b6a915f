"""Who has heard of the last change of a date, by mail or by telephone, and who has not yet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import TextChoices

from sharedlives.foundation import mail, spoken
from sharedlives.foundation.models import OutgoingMail

from .changing_dates import TELLING
from .models import Booking, RingTask, WorkshopDate


class How(TextChoices):
    TO_RING = "to ring", "Still to be rung"
    NOT_REACHED = "not reached", "Our mail could not be delivered: ring them"
    ON_ITS_WAY = "on its way", "Mail on its way"
    MAILED = "mailed", "Told by mail"
    RUNG = "rung", "Told by telephone"


OF_MAIL = {
    OutgoingMail.State.WAITING: How.ON_ITS_WAY,
    OutgoingMail.State.SENT: How.MAILED,
    OutgoingMail.State.KEPT: How.MAILED,
    OutgoingMail.State.FAILED: How.NOT_REACHED,
    OutgoingMail.State.BOUNCED: How.NOT_REACHED,
}


@dataclass(frozen=True)
class Hearer:
    booking: Booking
    how: How
    when: str

    @property
    def is_open(self) -> bool:
        return self.how in (How.TO_RING, How.NOT_REACHED)


def of(date: WorkshopDate) -> dict[str, list[Hearer]]:
    """People by how they heard of what last changed for them, those who have not first; empty where nothing did."""
    tasks = _newest_tasks(date)
    letters = _newest_letters(date)
    heard = defaultdict(list)
    for booking in date.bookings.order_by("contact_name", "pk"):
        task, letter = tasks.get(booking.pk), letters.get(mail.about_words(booking))
        if letter and (task is None or task.created_at < letter.created_at):
            how = OF_MAIL[OutgoingMail.State(letter.state)]
            heard[how].append(Hearer(booking, how, spoken.short_day(letter.created_at)))
        elif task and task.done_at is None:
            due = f"due {task.due_on:%a} {task.due_on.day} {task.due_on:%b}"
            heard[How.TO_RING].append(Hearer(booking, How.TO_RING, due))
        elif task and task.done_by_id:
            heard[How.RUNG].append(Hearer(booking, How.RUNG, spoken.short_day(task.done_at)))
        # A task that nobody did was overtaken by something newer, of which they heard.
    return {str(how.label): heard[how] for how in How if heard[how]}


def _newest_tasks(date: WorkshopDate) -> dict[int, RingTask]:
    tasks = RingTask.objects.filter(booking__date=date, why__in=TELLING).order_by("created_at", "pk")
    return {task.booking_id: task for task in tasks}


def _newest_letters(date: WorkshopDate) -> dict[str, OutgoingMail]:
    about = [mail.about_words(booking) for booking in date.bookings.only("date")]
    letters = OutgoingMail.objects.filter(about__in=about, template__in=TELLING.values()).order_by("created_at", "pk")
    return {letter.about: letter for letter in letters.only("about", "state", "created_at")}
