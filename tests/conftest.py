import math

import pytest
from django.db import connection

from sharedlives.foundation import worker_watch
from sharedlives.foundation.models import Charity, charity
from sharedlives.site import menus


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let tests that empty all tables empty the append-only log too; changing its rows stays refused."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE foundation_auditentry DISABLE TRIGGER audit_is_not_emptied")


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _facts_are_read_anew(monkeypatch):
    """Each test begins with its own facts: what a process remembers outlives a rolled-back test."""
    monkeypatch.setattr(Charity, "_last_seen", None)
    monkeypatch.setattr(Charity, "_seen_at", 0.0)


@pytest.fixture(autouse=True)
def _menus_are_empty(monkeypatch):
    """As the database is when a test begins, and known to be; the first page that is saved has them read again."""
    nothing_yet = menus.Menus()
    nothing_yet.read_at = math.inf
    monkeypatch.setattr(menus, "remembered", nothing_yet)


@pytest.fixture
def long_memory(monkeypatch):
    """What a process remembers for a second it remembers for the whole test, however slow the machine."""
    for module in (charity, menus):
        monkeypatch.setattr(module, "GOOD_FOR", 600)


@pytest.fixture(autouse=True)
def _nobody_watches_the_worker(monkeypatch):
    """Looking after the worker happens in a thread of its own, with a connection outside the test's transaction."""
    monkeypatch.setattr(worker_watch, "_looked_at", math.inf)


@pytest.fixture(autouse=True)
def _no_jobs_left(request):
    """Procrastinate's tables are unmanaged, so Django's flush after a transactional test passes them by."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_periodic_defers, procrastinate_workers CASCADE")
