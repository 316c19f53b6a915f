"""The web process notices when the job worker has gone silent: then mails wait and nobody would know."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.core.mail import mail_admins
from django.db import Error, connection
from django.db.models.functions import Coalesce
from django.utils import timezone

from .models import Worker

log = logging.getLogger(__name__)

SILENT_AFTER = timedelta(minutes=10)
LOOK_EVERY = 60  # seconds, in each process

# Not at once: after the whole machine was off, the worker that starts beside us shows itself within a minute.
_looked_at = time.monotonic() + LOOK_EVERY


def age() -> timedelta | None:
    """How long ago the worker showed a sign of life; None when it never has."""
    worker = Worker.objects.filter(pk=1).first()
    return timezone.now() - worker.last_seen_at if worker and worker.last_seen_at else None


def look_now_and_then() -> None:
    """Called with each request; looks once a minute, in a thread of its own so that no visitor waits."""
    global _looked_at
    now = time.monotonic()
    if now - _looked_at < LOOK_EVERY:
        return
    _looked_at = now
    threading.Thread(target=_look_and_close, daemon=True).start()


def _look_and_close() -> None:
    try:
        look()
    except Error:
        pass  # a database that is away is told by other means
    finally:
        connection.close()


def look() -> bool:
    """Report a worker silent for ten minutes, once however many processes look; whether this call reported it."""
    now = timezone.now()
    Worker.objects.get_or_create(pk=1)
    silent = Worker.objects.alias(since=Coalesce("last_seen_at", "looked_for_since")).filter(
        since__lt=now - SILENT_AFTER, silence_reported_at=None
    )
    if not silent.update(silence_reported_at=now):
        return False
    log.error("the job worker has been silent for %s minutes: mails are waiting", SILENT_AFTER.seconds // 60)
    # Straight to the mail server: the queue is what stands still.
    mail_admins(
        "The job worker is silent",
        "No sign of life for ten minutes, so mails are waiting. Start it again: manage.py procrastinate worker",
        fail_silently=True,
    )
    return True
