"""What `serve` prepares before it opens: tables, static files, made-up content and people to sign in as.

All of it may be cut short at any moment and is done again, or left alone, at the next start.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from sharedlives.foundation.models import Charity
from sharedlives.site import demo

EASILY_READ = "abcdefghjkmnpqrstuvwxyz23456789"


def prepare(say) -> None:
    with _one_at_a_time():
        _bring_tables_up_to_date(say)
        _collect_static_files(say)
        with contextlib.suppress(demo.RealContent):
            demo.load(timezone.localdate())


@contextlib.contextmanager
def _one_at_a_time():
    with open(settings.LOCAL_FOLDER / "prepare.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bring_tables_up_to_date(say) -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)


def _collect_static_files(say) -> None:
    """Only when a file has changed; from nothing when the last time was cut short and may have left half a file."""
    if settings.DEBUG:
        return
    done = settings.LOCAL_FOLDER / "static_files_collected"
    found = _static_files_fingerprint()
    before = done.read_text() if done.exists() else ""
    if found == before:
        return
    say("Preparing style sheets and scripts ...")
    done.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=not before)
    write_privately(done, found)


def _static_files_fingerprint() -> str:
    known = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = os.stat(storage.path(path))
            known.update(f"{path} {file.st_mtime_ns} {file.st_size}\n".encode())
    return known.hexdigest()


def sign_ins() -> dict[str, str]:
    """The demo accounts and their passwords, made once for this machine and kept in a file of its owner's."""
    file = settings.LOCAL_FOLDER / "demo_passwords.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    known = {}
    for user in get_user_model().objects.filter(email__in=demo.STAFF):
        known[user.email] = kept.get(user.email) or {"password": _made_up_password(), "stored": ""}
        # Comparing what is stored saves a second of hashing at each start.
        if known[user.email]["stored"] != user.password:
            user.set_password(known[user.email]["password"])
            user.save(update_fields=["password"])
            known[user.email]["stored"] = user.password
    if known != kept:
        write_privately(file, json.dumps(known, indent=2))
    return {email: known[email]["password"] for email in demo.STAFF if email in known}


def _made_up_password() -> str:
    return "-".join("".join(secrets.choice(EASILY_READ) for _ in range(5)) for _ in range(3))


def write_privately(path, text: str) -> None:
    """All of it or nothing, and readable by its owner alone."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)


def use_site_address(address: str) -> None:
    """Links in mails lead to where the site answers now; an address in the real world is left alone."""
    charity = Charity.current()
    if urlsplit(charity.site_address).hostname in ("127.0.0.1", "localhost") and charity.site_address != address:
        Charity.objects.update_or_create(pk=1, defaults={"site_address": address})
