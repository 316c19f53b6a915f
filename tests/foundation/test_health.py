import logging
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.db import connection
from django.utils import timezone

from sharedlives.foundation import jobs, worker_watch
from sharedlives.foundation.models import Worker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_answers_whatever_host_is_named_and_never_redirects(client, settings, path):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_other_pages_refuse_a_foreign_host(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_readiness_tells_the_workers_age_in_the_body_only(client):
    assert client.get("/readyz").json()["worker_last_seen_seconds"] is None
    Worker.objects.update_or_create(pk=1, defaults={"last_seen_at": timezone.now() - timedelta(hours=3)})

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "database": "ok",
        "migrations": "ok",
        "worker_last_seen_seconds": pytest.approx(10800, abs=5),
    }


def test_readiness_says_when_migrations_are_missing(client):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'events' AND name = "
            "(SELECT max(name) FROM django_migrations WHERE app = 'events')"
        )

    response = client.get("/readyz")

    assert (response.status_code, response.json()["migrations"]) == (503, "missing")


def test_a_silent_worker_is_reported_once_and_again_after_it_came_back(settings, caplog):
    settings.ADMINS = [("", "ops@example.org")]
    with caplog.at_level(logging.ERROR):
        Worker.objects.create(pk=1, last_seen_at=timezone.now() - timedelta(minutes=9))
        assert worker_watch.look() is False

        silent = timezone.now() - timedelta(minutes=11)
        Worker.objects.update(last_seen_at=silent)
        assert [worker_watch.look(), worker_watch.look()] == [True, False]
        assert len(django_mail.outbox) == 1
        assert [record.message for record in caplog.records] == [
            "the job worker has been silent for 10 minutes: mails are waiting"
        ]

        jobs.show_sign_of_life(0)
        assert worker_watch.look() is False
        Worker.objects.update(last_seen_at=silent)
        assert worker_watch.look() is True


def test_a_worker_that_was_never_seen_gets_ten_minutes():
    assert worker_watch.look() is False
    assert worker_watch.age() is None
    Worker.objects.update(looked_for_since=timezone.now() - timedelta(minutes=11))
    assert worker_watch.look() is True
