"""The organisers' morning mail: what is new and what there is to do, in counts and links, about nobody by name.

On each day on which the office answers its phone, after the calls of that day are known. Nothing to say, no mail.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from sharedlives.foundation import mail
from sharedlives.foundation.models import OutgoingMail, User
from sharedlives.foundation.spoken import LONDON

from . import closed_days, emails
from .models import AccessNeed, Booking, RingTask, WorkshopDate
from .needs import Unanswered, open_counts

# Reminders, and with them whom to ring, are written at nine.
AT, UNTIL = time(9, 15), time(12)


@dataclass(frozen=True)
class OnDate:
    """How one date stands."""

    date: WorkshopDate
    new: int
    offers: int
    needs: int

    @property
    def words(self) -> str:
        """'3 new, 12 of 20 places taken, 4 waiting, 1 offer open, 2 needs unanswered'."""
        date = self.date
        taken = f"{date.taken} taken" if date.places is None else f"{date.taken} of {date.places} places taken"
        words = [f"{self.new} new"] if self.new else []
        words += [taken]
        words += [f"{date.waiting} waiting"] if date.waiting else []
        words += [counted(self.offers, "offer open", "offers open")] if self.offers else []
        words += [counted(self.needs, "need unanswered", "needs unanswered")] if self.needs else []
        return ", ".join(words)


@dataclass(frozen=True)
class Report:
    dates: list[OnDate]
    new: int
    to_ring: int
    unanswered: Unanswered
    lost_mails: int
    without_venue: list[WorkshopDate]
    without_time: list[WorkshopDate]
    without_number: list[WorkshopDate]

    @property
    def summary(self) -> str:
        """'3 new bookings, 2 people to ring'; empty where there is nothing to say."""
        parts = [
            (self.new, "new booking", "new bookings"),
            (self.to_ring, "person to ring", "people to ring"),
            (self.unanswered.needs, "access need unanswered", "access needs unanswered"),
            (self.unanswered.late, "of them late", "of them late"),
            (self.lost_mails, "mail that did not arrive", "mails that did not arrive"),
            (len(self.without_venue), "venue still to be found", "venues still to be found"),
            (len(self.without_time), "new time still to be set", "new times still to be set"),
        ]
        return ", ".join(counted(*part) for part in parts if part[0])


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def write_to_organisers() -> int:
    """Write to all organisers this morning who have not been written to; to how many. Late is better than never."""
    now, today = timezone.now(), closed_days.today()
    is_morning = _at(today, AT) <= now < _at(today, UNTIL)
    if not is_morning or closed_days.next_open_day(today) != today:
        return 0
    return sum(_write_once(user_id, today) for user_id in organisers().values_list("pk", flat=True))


def organisers() -> QuerySet[User]:
    """Who may change bookings by a role or right of their own; whoever runs the site may do all, but need not know."""
    permission = Permission.objects.filter(content_type__app_label="events", codename="change_booking")
    entitled = Q(user_permissions__in=permission) | Q(groups__permissions__in=permission)
    return User.objects.filter(entitled, is_active=True, is_staff=True).distinct().order_by("pk")


@transaction.atomic
def _write_once(user_id: int, today: Day) -> bool:
    # Locked, so that a job that runs twice writes once.
    user = User.objects.select_for_update().get(pk=user_id)
    until = _at(today, AT)
    last = mail.about(user).filter(template=emails.MORNING).first()
    if last and last.created_at >= until:
        return False
    return write(user, since=_since(last, today), until=until) is not None


def write(user: User, *, since: datetime, until: datetime) -> OutgoingMail | None:
    report = report_of(since=since, until=until)
    return emails.morning(user, report) if report.summary else None


def _since(last: OutgoingMail | None, today: Day) -> datetime:
    """The last mail told what was before its own morning; else the last working morning was the time for one."""
    if last:
        return _at(last.created_at.astimezone(LONDON).date(), AT)
    return _at(closed_days.last_open_day(today - timedelta(days=1)), AT)


def _at(day: Day, at: time) -> datetime:
    return datetime.combine(day, at, LONDON)


def report_of(*, since: datetime, until: datetime) -> Report:
    coming = list(WorkshopDate.objects.upcoming().filter(state=WorkshopDate.State.SCHEDULED))
    new = _by_date(Booking.objects.active().filter(created_at__gte=since, created_at__lt=until), "date")
    offers = _by_date(Booking.objects.offered().not_overdue(), "date")
    needs = _by_date(AccessNeed.objects.unanswered(), "place__booking__date")
    dates = [OnDate(date, new[date.pk], offers[date.pk], needs[date.pk]) for date in coming]
    due = RingTask.objects.filter(done_at=None, created_at__lt=until, due_on__lte=closed_days.today())
    return Report(
        dates=[each for each in dates if each.new or each.offers or each.needs or each.date.waiting],
        new=sum(each.new for each in dates),
        to_ring=due.count(),
        unanswered=open_counts(),
        lost_mails=mail.lost_since(since).filter(lost_at__lt=until).count(),
        without_venue=list(WorkshopDate.objects.awaiting_venue()),
        without_time=list(WorkshopDate.objects.awaiting_time()),
        # Online nobody needs a chair.
        without_number=[date for date in coming if date.places is None and not date.is_online],
    )


def _by_date(rows: QuerySet, name: str) -> Counter[int]:
    return Counter(dict(rows.order_by().values_list(name).annotate(Count("pk"))))
