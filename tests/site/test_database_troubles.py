"""A database that is full, slow or read-only, for real: everybody is told in words, at once, and loses nothing."""

from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from django.test import Client

from events.models import Booking
from tests.events.test_desk import date_form
from tests.factories import create_charity, create_date, create_post, create_user
from tests.processes import wait_for
from tests.server import Server, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

NAME, WORDS = "Marmaduke", "A day for Marmaduke and a colleague"
# Seconds; and what nobody has to wait for: the longest anything may take is one question and the work around it.
GIVES_UP_AFTER, NEVER = 1, 4
VISITOR, PASSWORD = "sharedlives_test_visitor", "of no value"


@pytest.fixture
def site():
    create_charity()
    return create_date(), create_post()


def served(**env):
    env = {"SLOWEST_QUERY": str(GIVES_UP_AFTER)} | env
    return Server(connection.settings_dict["NAME"], workers=1, threads=1, env=env)


def visitor(server):
    return Visitor(server.port, timeout=NEVER)


def colleague(server):
    """A member of staff who has signed in."""
    client = Client()
    client.force_login(create_user(is_staff=True, is_superuser=True))
    somebody = visitor(server)
    somebody.cookies["session"] = client.cookies["session"].value
    return somebody


class Everybody:
    """People with a page open, the form of a booking and that of a date at the desk among them."""

    def __init__(self, server, site):
        self.date, post = site
        self.reader, self.staff = visitor(server), colleague(server)
        self.public = ["/", "/workshops/", self.date.get_absolute_url(), self.date.get_reserve_url()]
        self.public += ["/blog/", post.get_absolute_url(), "/search/?q=day", "/sitemap.xml", "/workshops/calendar.ics"]
        self.date_page = f"/admin/events/workshopdate/{self.date.pk}/change/"
        post_page = f"/admin/blog/post/{post.pk}/change/"
        self.desk = ["/admin/", self.date_page, post_page, "/admin/events/booking/"]
        self.booking = self.reader.open_form(self.date.get_reserve_url(), NAME, patience=NEVER)
        self.date_form = date_form(self.date) | {"access_provision": WORDS}
        assert self.staff.get(self.date_page)[0] == 200

    def look(self):
        return [self.reader.get(page) for page in self.public]

    def work(self):
        return [self.staff.get(page) for page in self.desk]

    def reserve(self):
        return self.reader.post(self.date.get_reserve_url(), self.booking)

    def save(self):
        return self.staff.post(self.date_page, self.date_form)

    def all_is_well(self):
        show(self.look() + self.work())
        assert [self.reserve()[0], self.save()[0]] == [302, 302]
        self.date.refresh_from_db()
        assert self.date.access_provision == WORDS
        assert Booking.objects.get().contact_name == NAME


def show(answers):
    assert [status for status, _location, _page in answers] == [200] * len(answers)


def are_told(answers):
    for status, _location, page in answers:
        assert status == 503
        assert "We will be back in a few minutes" in page
        assert "0151 496 0000" in page
        assert not [word for word in ("OperationalError", "psycopg", VISITOR, "statement", "SELECT") if word in page]


def nothing_typed_is_lost(everybody):
    are_told([booking := everybody.reserve(), date := everybody.save()])
    assert (NAME in booking[2], "marmaduke@example.org" in booking[2], WORDS in date[2]) == (True, True, True)


# --- Slow -------------------------------------------------------------------------------------------------------------


@contextmanager
def every_table_locked():
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        tables = connection.introspection.table_names()
        other.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        connection.close()
        yield
        other.rollback()


def test_a_slow_database_makes_nobody_wait_for_a_page_that_never_comes(site):
    with served() as server:
        everybody = Everybody(server, site)
        with every_table_locked():
            are_told(
                [everybody.reader.get(page) for page in everybody.public[2:4]]
                + [everybody.staff.get(everybody.date_page)]
            )
            nothing_typed_is_lost(everybody)
        everybody.all_is_well()


# --- Full -------------------------------------------------------------------------------------------------------------


CONNECTIONS = 2  # the one thread that answers, and the one that looks now and then whether the worker lives


@contextmanager
def few_connections():
    """For a role that may connect so many times: the server's variables, and what takes all of them."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {VISITOR} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT {CONNECTIONS}")
        cursor.execute(f"GRANT pg_read_all_data, pg_write_all_data TO {VISITOR}")
    address = {key: value for key, value in connection.get_connection_params().items() if key in ("host", "port")}
    env = {"DATABASE_URL": f"postgres://{VISITOR}:{quote(PASSWORD)}@/{name}"}
    env |= {f"PG{key.upper()}": str(value) for key, value in address.items()}

    def connect():
        with suppress(psycopg.OperationalError):  # until the server has left
            return psycopg.connect(dbname=name, user=VISITOR, password=PASSWORD, **address)

    @contextmanager
    def all_taken():
        with ExitStack() as taken:
            for _ in range(CONNECTIONS):
                taken.enter_context(wait_for(connect))
            yield

    try:
        yield env, all_taken
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [VISITOR])
            cursor.execute(f"DROP OWNED BY {VISITOR}")
            cursor.execute(f"DROP ROLE {VISITOR}")


def test_a_database_without_a_free_connection_is_told_at_once_and_mends_itself(site):
    with few_connections() as (env, all_taken), served(CONN_MAX_AGE="0", **env) as server:
        everybody = Everybody(server, site)
        with all_taken():
            are_told(everybody.look() + everybody.work())
            nothing_typed_is_lost(everybody)
        everybody.all_is_well()


# --- Read-only --------------------------------------------------------------------------------------------------------


@contextmanager
def read_only():
    """As a standby is, or a database whose disk is full: for all who connect from now on."""
    name = connection.settings_dict["NAME"]
    elsewhere = connection.get_connection_params() | {"dbname": "postgres", "cursor_factory": psycopg.Cursor}
    connection.close()
    throw_out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(**elsewhere, autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        server.execute(throw_out, [name])
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            server.execute(throw_out, [name])


def test_a_read_only_database_still_shows_every_page_and_keeps_what_was_typed(site):
    with served() as server:
        everybody = Everybody(server, site)
        with read_only():
            show(everybody.look() + everybody.work())
            nothing_typed_is_lost(everybody)
        everybody.all_is_well()
