"""The same pages of a small and of a full database, asked in turns: what else the machine does slows both."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sharedlives.foundation.models import Charity
from tests.factories import create_charity


def begin(*tables: str) -> None:
    """Empty these tables of the database, which must hold nothing but what a benchmark left."""
    charity = Charity.objects.filter(pk=1).first()
    if charity and charity.name != "Kind Places":
        sys.exit("This database holds something else; give an empty one.")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    create_charity()


def fill(what: Callable[[], str]) -> None:
    began = time.monotonic()
    filled = what()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"{filled}; filling took {time.monotonic() - began:.1f} s")


def on_the_server(*commands: str) -> None:
    """Run SQL outside the two databases, while nobody is in them."""
    connection.close()
    with psycopg.connect(**connection.get_connection_params() | {"dbname": "postgres"}, autocommit=True) as server:
        for command in commands:
            server.execute(command)


class Small:
    """A copy of the database as it is now, dropped at the end of the block."""

    def __enter__(self):
        self.full = connection.settings_dict["NAME"]
        self.name = f"{self.full}_few"
        on_the_server(f'DROP DATABASE IF EXISTS "{self.name}"', f'CREATE DATABASE "{self.name}" TEMPLATE "{self.full}"')
        return self

    def __exit__(self, *exc_info):
        connection.close()
        connection.settings_dict["NAME"] = self.full
        on_the_server(f'DROP DATABASE "{self.name}"')

    def measure(self, pages: Callable[[], dict[str, Cost]], times: int) -> tuple[dict[str, Cost], dict[str, Cost]]:
        """For both databases what each page costs, by name."""
        asked = {}
        for database in (self.name, self.full):
            self.use(database)
            asked[database] = pages()
            for cost in asked[database].values():
                cost.look()
        for _ in range(times):
            for database in (self.name, self.full):
                self.use(database)
                for cost in asked[database].values():
                    cost.try_once()
        return asked[self.name], asked[self.full]

    def use(self, database: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = database
        Client().get("/blog/")  # connects, and reads the charity's facts


class Cost:
    """What it costs to ask for a page, or to `do` something else."""

    def __init__(self, address: str = "", *, client: Client | None = None, do: Callable[[], object] | None = None):
        self.address, self.client, self.taken = address, client or Client(), []
        self.do = do or self.get

    def get(self):
        response = self.client.get(self.address)
        if response.status_code != 200:
            sys.exit(f"{self.address} answered {response.status_code}")

    def look(self) -> None:
        """How many queries it takes, and the slowest of them: mostly, for each second a process reads a fact anew."""
        tries = [self.queries_of_one_try() for _ in range(3)]
        queries = min(tries, key=len)
        self.queries = len(queries)
        self.slowest = max(queries, key=lambda query: float(query["time"]), default=None)

    def queries_of_one_try(self) -> list[dict]:
        with CaptureQueriesContext(connection) as captured:
            self.do()
        return captured.captured_queries

    def try_once(self) -> None:
        began = time.perf_counter()
        self.do()
        self.taken.append((time.perf_counter() - began) * 1000)

    @property
    def median(self) -> float:
        return statistics.median(self.taken)


def tell(few: dict[str, Cost], many: dict[str, Cost], *, numbers: tuple[int, int], of: str) -> None:
    small, full = (f"{number:,} {of}" for number in numbers)
    print(f"{'median ms with':34}{'queries':>12}{small:>18}{full:>18}{'ratio':>9}")
    for name in few:
        a, b = few[name], many[name]
        queries = str(a.queries) if a.queries == b.queries else f"{a.queries} / {b.queries}"
        print(f"{name:34}{queries:>12}{a.median:>18.1f}{b.median:>18.1f}{b.median / a.median:>9.2f}")


def explain(costs: dict[str, Cost], how_many: int) -> None:
    """The plans of the slowest queries, one for each page at the most."""
    by_time = sorted((cost for cost in costs.values() if cost.slowest), key=lambda cost: -float(cost.slowest["time"]))
    names = {id(cost): name for name, cost in costs.items()}
    for cost in [cost for cost in by_time if cost.slowest["sql"].startswith("SELECT")][:how_many]:
        print(f"\n{names[id(cost)]}: {cost.slowest['time']} s\n{cost.slowest['sql'][:600]}")
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {cost.slowest['sql']}")
            print("\n".join(f"    {line}" for (line,) in cursor.fetchall()))
