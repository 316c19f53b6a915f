"""One hot date through the real server: how many bookings a second, and is nobody too many, lost or doubled?

    python -m benchmarks.reserve_race [--clients 16] [--visitors 400] [--places 20] [--workers 3] [--threads 4]
        [--opened-before]        everybody has had the form open since before: only the sending is measured
        [--without-jobs]         no job worker beside the web server
        [--kill-web SECONDS]     kill -9 of a web worker every so many seconds
        [--kill-jobs SECONDS]    the same for the job worker
        [--stop-postgres SECONDS]    once, in the middle, the database is stopped for so long
        [--mail refuses|hangs|greylists]    what the mail server does; else it takes everything

Brings a PostgreSQL of its own in .local/benchmark, which waits for the disk as a real one does. The visitors run on the
same cores as the server, so what each part used of the processor stands beside the result.
"""

import argparse
import contextlib
import os
import queue
import statistics
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.faults import AT_A_TIME, Jobs, MailServer, Postgres, meanwhile
from benchmarks.processor_time import ProcessorTime
from tests.processes import free_port

POSTGRES = Postgres(Path(__file__).parent.parent / ".local" / "benchmark")
POSTGRES.make_database("reserve_race")
MAIL_PORT = free_port()

os.environ |= {
    "DATABASE_URL": f"postgres://{POSTGRES.address['user']}@/reserve_race",
    "PGHOST": POSTGRES.address["host"],
    "PGPORT": POSTGRES.address["port"],
    "MAIL_PORT": str(MAIL_PORT),
    "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    "SECRET_KEY": "of no value",
}

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from events.models import Booking, RepeatedRequest
from sharedlives.foundation.models import OutgoingMail
from tests.factories import create_charity, create_date, create_workshop
from tests.server import Server, Visitor

PATIENCE = 120  # seconds: how long a visitor presses again when no answer comes
WARMING_UP = 90  # visitors
# Seconds: who greylists wants to be asked again after a minute, and a mail over which something died is missed after
# five.
MAILED_WITHIN = 660


def main():
    options = read_options()
    call_command("migrate", verbosity=0)
    create_charity()
    path = create_date(workshop=create_workshop(), places=options.places).get_reserve_url()
    connection.close()
    mail_server = MailServer(options.mail)
    with mail_server.listening(MAIL_PORT), web_server(options) as web:
        warm_up(options, web, path)
        with contextlib.nullcontext() if options.without_jobs else Jobs() as jobs:
            is_right = let_them_rush(options, web, jobs, mail_server, path)
    if not is_right:
        sys.exit("WRONG: something was lost, doubled or oversold")


def warm_up(options, web, path):
    """A process reads its templates with the first visitors."""
    first = Race(options, web, path, WARMING_UP)
    first.run(first.reserve)
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE events_booking, foundation_outgoingmail, foundation_limitcount, procrastinate_jobs CASCADE"
        )
        cursor.execute("UPDATE events_workshopdate SET places = places")  # counted anew
    connection.close()


def let_them_rush(options, web, jobs, mail_server, path):
    """Whether all of it went as it must."""
    race = Race(options, web, path, options.visitors)
    if options.opened_before:
        race.run(race.open_form)
    parts = {"web": web.process.pid, "PostgreSQL": POSTGRES.pid} | ({"jobs": jobs.process.pid} if jobs else {})
    with ProcessorTime(parts) as used, troubles(options, web, jobs):
        race.run(race.reserve)
    race.tell(used)
    return race.is_right() and (not jobs or tell_of_mails(options, jobs, mail_server))


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--visitors", type=int, default=400)
    parser.add_argument("--places", type=int, default=20)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--opened-before", action="store_true")
    parser.add_argument("--without-jobs", action="store_true")
    parser.add_argument("--kill-web", type=float, default=0)
    parser.add_argument("--kill-jobs", type=float, default=0)
    parser.add_argument("--stop-postgres", type=float, default=0)
    parser.add_argument("--mail", choices=["refuses", "hangs", "greylists"], default="")
    return parser.parse_args()


def web_server(options):
    return Server("reserve_race", workers=options.workers, threads=options.threads, settings="benchmarks.settings")


@contextlib.contextmanager
def troubles(options, web, jobs):
    with (
        meanwhile(web.kill_a_worker, every=options.kill_web),
        meanwhile(lambda: jobs.kill(), every=options.kill_jobs),
        meanwhile(lambda: POSTGRES.stop_for(options.stop_postgres), every=options.stop_postgres, once=True),
    ):
        yield


class Race:
    """All the visitors, so many at a time, and what they were answered."""

    def __init__(self, options, web, path, number):
        self.options, self.web, self.path = options, web, path
        self.visitors = [Visitor(web.port, address=f"10.{n // 250}.0.{n % 250}") for n in range(number)]
        self.fields = [None] * number
        self.pages = [None] * number

    def open_form(self, n):
        self.fields[n] = self.visitors[n].open_form(self.path, f"Person {n}", patience=PATIENCE)

    def reserve(self, n):
        if self.fields[n] is None:
            self.open_form(n)
        self.pages[n] = self.visitors[n].send(self.path, self.fields[n], patience=PATIENCE)

    def run(self, visit):
        """How long it took in all, and each of them."""
        for visitor in self.visitors:
            visitor.statuses.clear()
        waiting, self.times = queue.SimpleQueue(), []
        for n in range(len(self.visitors)):
            waiting.put(n)

        def client():
            with contextlib.suppress(queue.Empty):
                while True:
                    n = waiting.get_nowait()
                    began = time.monotonic()
                    visit(n)
                    self.times.append(time.monotonic() - began)

        threads = [threading.Thread(target=client) for _ in range(self.options.clients)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.took = time.monotonic() - began

    def tell(self, used):
        options, times = self.options, sorted(self.times)
        asked = "the form was open before" if options.opened_before else "each opens the form, then sends it"
        print(
            f"{options.visitors} visitors, {options.clients} at a time ({asked});"
            f" {options.workers} web workers of {options.threads} threads, load {os.getloadavg()[0]:.1f}"
        )
        print(f"  bookings a second: {(len(times) - self.pages.count(None)) / self.took:.0f}")
        print(
            f"  seconds of waiting: median {statistics.median(times):.2f}, p99 {times[int(len(times) * 0.99)]:.2f},"
            f" longest {times[-1]:.2f}"
        )
        print(f"  answers: {dict(sum((visitor.statuses for visitor in self.visitors), Counter()))}")
        each = ", ".join(f"{name} {1000 * seconds / len(times):.1f}" for name, seconds in used.seconds.items())
        print(f"  milliseconds of processor time a booking: {each}; {sum(used.seconds.values()) / self.took:.1f} cores")

    def is_right(self):
        pages = self.pages
        lost = [page for page in pages if page is None or Visitor(self.web.port).get(page)[0] != 200]
        states = Counter(Booking.objects.values_list("state", flat=True))
        repeats, mails = RepeatedRequest.objects.count(), mails_about_bookings().count()
        print(f"  lost {len(lost)}, doubled {len(pages) - len(set(pages))}, asked again {repeats}; mails {mails}")
        print(f"  bookings: {dict(states)}, for {self.options.places} places")
        confirmed = min(self.options.places, self.options.visitors)
        expected = {"confirmed": confirmed, "waiting": self.options.visitors - confirmed}
        return not lost and states == Counter(expected) and mails == self.options.visitors and repeats == 0


def mails_about_bookings():
    """The charity itself is written to as well: that there is a rush."""
    return OutgoingMail.objects.filter(about__startswith="events.booking:")


def tell_of_mails(options, jobs, server):
    """Whether every mail arrives, and none twice but what something died over between sending it and noting it: once
    each, and as many as are sent at a time (docs/decisions/0004)."""
    waiting = mails_about_bookings().filter(state=OutgoingMail.State.WAITING)
    print(f"  when the last visitor had their answer {waiting.count()} mails were waiting")
    if options.mail in ("refuses", "hangs"):
        return options.visitors == waiting.count()
    began = time.monotonic()
    while (left := waiting.count()) and time.monotonic() - began < MAILED_WITHIN:
        time.sleep(0.5)
    ours = set(mails_about_bookings().values_list("message_id", flat=True))
    arrived = Counter(message_id for message_id in server.accepted if message_id in ours)
    deaths = jobs.killed + bool(options.stop_postgres)
    twice, oftener = list(arrived.values()).count(2), sum(times > 2 for times in arrived.values())
    print(f"  mails after {time.monotonic() - began:.0f} s more: {len(arrived)} arrived, {left} waiting")
    print(f"  in {deaths} deaths {twice} mails went out twice, {oftener} oftener")
    return not left and len(arrived) == options.visitors and twice <= deaths * AT_A_TIME and not oftener


if __name__ == "__main__":
    main()
