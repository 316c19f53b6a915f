"""What workshops cost with few dates and bookings and with many: pages, the desk, jobs, and the plans of the slowest.

    export DATABASE_URL=postgres://... SECRET_KEY=x
    python -m benchmarks.workshops [--few 250] [--many 2000] [--bookings 50] [--times 15] [--plans 5]

`--bookings` is how many there are for each date. Uses the database of DATABASE_URL, which is emptied of workshops and
mail first: never one with real content; the few stand in a copy of it, which is dropped at the end. A page that is flat
has a ratio near 1. Ends with 1 where the number of queries grows with the rows.
"""

import argparse
import itertools
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.db import connection
from django.db.models import Max
from django.test import Client
from django.utils import timezone

from benchmarks import comparing
from benchmarks.comparing import Cost
from events import announcing, checking, exports, jobs, lost_links, reminders, waiting_list
from events.demo_full import FIRST_NAMES, create_dates_and_bookings
from events.forms import new_stamp
from events.models import Booking, WorkshopDate
from events.templatetags.checking import MOST
from sharedlives.foundation.models import User
from tests.factories import create_user

STAFF = "desk@example.org"
ALONE = "Zenobia Quillfeather"
# Three mails and three entries in the log for each booking; of those who cancelled one in
# a hundred was refused.
MAILS_AND_LOG = """
    INSERT INTO foundation_outgoingmail (created_at, template, about, recipient, reply_to, subject, text, html,
        calendar, message_id, state, attempts, next_attempt_at, last_error, unsubscribe_url)
    SELECT created_at, 'events/email/booking_confirmed', 'events.booking:' || id, email, '', 'You have a place',
        repeat('x', 500), repeat('y', 1500), '', gen_random_uuid(),
        CASE WHEN id % 100 = 0 AND state = 'cancelled' THEN 'failed' ELSE 'sent' END, 1, created_at, '', ''
    FROM events_booking, generate_series(1, 3) WHERE email <> '' AND id > %(last)s;
    INSERT INTO foundation_auditentry (at, actor_name, action, object_type, object_id, object_label, note, changes)
    SELECT created_at, 'the person themselves', 'reserved', 'events.booking', id, 'Booking ' || reference, '', '{}'
    FROM events_booking, generate_series(1, 3) WHERE id > %(last)s;
"""


def main():
    options = read_options()
    comparing.begin("events_workshop", "events_venue", "foundation_outgoingmail", "foundation_limitcount")
    if not User.objects.filter(email=STAFF).exists():
        create_user(email=STAFF, is_staff=True, is_superuser=True)
    comparing.fill(lambda: dates_and_bookings(options.few, options))
    with comparing.Small() as small:
        comparing.fill(lambda: dates_and_bookings(options.many, options))
        few, many = small.measure(pages, options.times)
        comparing.tell(few, many, numbers=(options.few, options.many), of="dates")
        comparing.explain(many, options.plans)
    growing = [name for name in few if many[name].queries > few[name].queries and not name.startswith("job")]
    if growing:
        sys.exit(f"The queries grow with the rows: {', '.join(growing)}")


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=250)
    parser.add_argument("--many", type=int, default=2000)
    parser.add_argument("--bookings", type=int, default=50)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--plans", type=int, default=5)
    return parser.parse_args()


def dates_and_bookings(dates, options):
    last = Booking.objects.aggregate(last=Max("pk", default=0))["last"]
    create_dates_and_bookings(dates, dates * options.bookings, timezone.localdate())
    with connection.cursor() as cursor:
        cursor.execute(MAILS_AND_LOG.replace("%(last)s", str(last)))
    longest = WorkshopDate.objects.aggregate(longest=Max("waiting"))["longest"]
    return f"{WorkshopDate.objects.count()} dates, {Booking.objects.count()} bookings, up to {longest} waiting for one"


def pages():
    date, long_queue = quiet_date(), WorkshopDate.objects.order_by("-waiting").first()
    queue = list(long_queue.bookings.waiting_in_order())
    booking = date.bookings.filter(state="confirmed").exclude(email="").order_by("pk").first()
    # Found alone: how many bear one name grows with the bookings, and a list of several pages takes one query more.
    Booking.objects.filter(pk=booking.pk).update(contact_name=ALONE, email="zenobia@example.org")
    booking.refresh_from_db()
    return {
        **{name: Cost(address) for name, address in for_everybody(date).items()},
        "workshops, calendar, unchanged": Cost(do=AskingAgain("/workshops/calendar.ics")),
        "reserve, sent": Cost(do=Reserving(date)),
        "own page, with a place": Cost(booking.get_absolute_url()),
        "own page, move to another date": Cost(f"{booking.get_absolute_url()}move/"),
        "own page, 8th in the queue": Cost(queue[7].get_absolute_url()),
        "own page, last in the queue": Cost(queue[-1].get_absolute_url()),
        **at_the_desk(date, long_queue, booking),
        "desk: date, as CSV": Cost(do=lambda: sum(map(len, exports.csv_parts(long_queue.bookings.all())))),
        "job: what is due": Cost(do=waiting_list.due),
        "job: settle all": Cost(do=waiting_list.settle_due),
        "job: reminders": Cost(do=reminders.remind_due),
        "job: a lost link": Cost(do=lambda: lost_links.send("nobody's")),
        "job: new dates": Cost(do=announcing.tell_subscribers),
        "job: old needs": Cost(do=lambda: jobs.forget_old_needs(0)),
        "check_bookings": Cost(do=lambda: list(checking.findings())),
        "check for the front page": Cost(
            do=lambda: list(checking.findings(WorkshopDate.objects.upcoming(), most=MOST))
        ),
    }


def quiet_date():
    """One to come that never fills up, with some bookings; the same in both databases."""
    dates = WorkshopDate.objects.published().upcoming().filter(state="scheduled", waiting=0, ordinary_taken__gt=5)
    date = dates.order_by("pk").first()
    WorkshopDate.objects.filter(pk=date.pk).update(places=None)
    return date


def for_everybody(date):
    return {
        "home": "/",
        "workshops": "/workshops/",
        "workshops, past": "/workshops/past/",
        "workshops in a town": "/workshops/in/norwich/",
        "workshops, calendar": "/workshops/calendar.ics",
        "workshop": date.workshop.get_absolute_url(),
        "workshop, past": f"{date.workshop.get_absolute_url()}past/",
        "date": date.get_absolute_url(),
        "date, calendar entry": date.get_calendar_url(),
        "reserve": date.get_reserve_url(),
        "search, a town": "/search/?q=norwich",
        "sitemap": "/sitemap.xml",
    }


class AskingAgain:
    """Has the page already, and is told that nothing has changed."""

    def __init__(self, address):
        self.address, self.client = address, Client()
        self.known = self.client.get(address)["ETag"]

    def __call__(self):
        response = self.client.get(self.address, headers={"if-none-match": self.known})
        if response.status_code != 304:
            sys.exit(f"{self.address} answered {response.status_code} though nothing has changed")


class Reserving:
    """Sends the form as somebody new each time."""

    numbers = itertools.count(1)

    def __init__(self, date):
        self.date, self.client = date, Client()

    def __call__(self):
        number = next(self.numbers)
        sent = {
            "stamp": new_stamp(),
            "contact_name": f"Person {number}",
            "email": f"person.{number}@example.org",
            "support_workers": "0",
            "people-TOTAL_FORMS": 1,
            "people-INITIAL_FORMS": "0",
        }
        response = self.client.post(self.date.get_reserve_url(), sent)
        if response.status_code != 302:
            sys.exit(f"Reserving answered {response.status_code}")


def at_the_desk(date, long_queue, booking):
    client = Client()
    client.force_login(User.objects.get(email=STAFF))
    bookings = "/admin/events/booking/"
    addresses = {
        "front page": "/admin/",
        "dates": "/admin/events/workshopdate/",
        "dates, all": "/admin/events/workshopdate/?when=all",
        "dates, found": "/admin/events/workshopdate/?q=norwich",
        "date": f"/admin/events/workshopdate/{date.pk}/change/",
        "date with the longest queue": f"/admin/events/workshopdate/{long_queue.pk}/change/",
        "date, list for the door": f"/admin/events/workshopdate/{long_queue.pk}/door/",
        "date, access and food": f"/admin/events/workshopdate/{long_queue.pk}/summary/",
        "date, write to people": f"/admin/events/workshopdate/{long_queue.pk}/write/",
        "date, change": f"/admin/events/workshopdate/{long_queue.pk}/move/",
        "date, cancel": f"/admin/events/workshopdate/{long_queue.pk}/cancel/",
        "bookings": bookings,
        "bookings, last page": f"{bookings}?p={Booking.objects.count() // 100}",
        "bookings of a date": f"{bookings}?date__id__exact={date.pk}",
        "bookings who wait": f"{bookings}?state__exact=waiting",
        "bookings by reference": f"{bookings}?q={booking.spoken_reference.replace(' ', '+')}",
        "bookings by name": f"{bookings}?q={booking.contact_name.replace(' ', '+')}",
        "bookings by a first name": f"{bookings}?q={FIRST_NAMES[0]}",
        "bookings by e-mail": f"{bookings}?q={booking.email}",
        "bookings, nothing found": f"{bookings}?q=zzzzzz",
        "booking": f"{bookings}{booking.pk}/change/",
        "reserve, choose a date": f"{bookings}add/",
        "people to ring": "/admin/events/ringtask/",
        "needs": "/admin/events/accessneed/",
        "mail": "/admin/foundation/outgoingmail/",
        "log": "/admin/foundation/auditentry/",
    }
    return {f"desk: {name}": Cost(address, client=client) for name, address in addresses.items()}


if __name__ == "__main__":
    main()
