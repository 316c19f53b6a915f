"""One hot date through the real server: how many reservations a second, and is nobody too many, lost or doubled?

    export DATABASE_URL=postgres://... SECRET_KEY=x TRUSTED_PROXY_COUNT=1
    python -m benchmarks.reserve_race [--clients 16] [--visitors 400] [--places 20] [--workers 3]
        [--kill SECONDS] [--restart-postgres "COMMAND" --after SECONDS]

Uses the database of DATABASE_URL, which is emptied of workshops and bookings first: never one with real content.
`--kill` ends a web worker with SIGKILL every so many seconds; `--restart-postgres` runs a shell command meanwhile.
"""

import argparse
import os
import queue
import statistics
import subprocess
import sys
import threading
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.db import connection

from events.models import Booking, RepeatedRequest
from sharedlives.foundation.models import Charity, OutgoingMail
from tests.factories import create_charity, create_date, create_workshop
from tests.server import Server, Visitor


def main():
    options = read_options()
    charity = Charity.objects.filter(pk=1).first()
    if charity and charity.name != "Kind Places":
        sys.exit("This database holds something else; give an empty one.")
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE events_workshop, foundation_outgoingmail, foundation_limitcount, procrastinate_jobs CASCADE"
        )
    create_charity()
    date = create_date(workshop=create_workshop(), places=options.places)
    with Server(connection.settings_dict["NAME"], workers=options.workers, threads=options.threads) as server:
        connection.close()
        began = time.monotonic()
        pages, times = visit(server, date.get_reserve_url(), options)
        took = time.monotonic() - began
        lost = [page for page in pages if page is None or Visitor(server.port).get(page)[0] != 200]
    tell(options, pages, times, took, lost)


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--visitors", type=int, default=400)
    parser.add_argument("--places", type=int, default=20)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--kill", type=float, default=0)
    parser.add_argument("--restart-postgres", default="")
    parser.add_argument("--after", type=float, default=3)
    return parser.parse_args()


def visit(server, path, options):
    """Let `clients` threads bring `visitors` through the form; the pages they were led to, and seconds each took."""
    waiting = queue.SimpleQueue()
    for number in range(options.visitors):
        waiting.put(number)
    pages, times, over = [], [], threading.Event()

    def client():
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            began = time.monotonic()
            visitor = Visitor(server.port, address=f"10.{number // 250}.0.{number % 250}")
            pages.append(visitor.reserve(path, f"Person {number}", patience=120))
            times.append(time.monotonic() - began)

    def kill():
        while not over.wait(options.kill):
            server.kill_a_worker()

    def restart():
        if not over.wait(options.after):
            subprocess.run(options.restart_postgres, shell=True, check=True)

    threads = [threading.Thread(target=client) for _ in range(options.clients)]
    troubles = [threading.Thread(target=kill)] if options.kill else []
    troubles += [threading.Thread(target=restart)] if options.restart_postgres else []
    for thread in troubles + threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    for thread in troubles:
        thread.join()
    return pages, times


def tell(options, pages, times, took, lost):
    states = list(Booking.objects.values_list("state", flat=True))
    confirmed, waiting = states.count("confirmed"), states.count("waiting")
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"{options.visitors} visitors, {options.clients} at a time, {options.workers} workers: {took:.1f} s")
    print(f"  reservations a second: {len(pages) / took:.0f} (two requests each: the form and the answer)")
    print(f"  seconds for form and answer: median {statistics.median(times):.2f}, p99 {p99:.2f}")
    print(f"  answered {len(pages) - pages.count(None)}, lost {len(lost)}, doubled {len(pages) - len(set(pages))}")
    print(f"  bookings {len(states)}: {confirmed} with a place of {options.places}, {waiting} waiting")
    print(f"  asked again {RepeatedRequest.objects.count()}, mails {OutgoingMail.objects.count()}")
    if lost or len(states) != options.visitors or confirmed != min(options.places, options.visitors):
        sys.exit("WRONG: something was lost, doubled or oversold")


if __name__ == "__main__":
    main()
