import argparse
import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from .planted import MUTANTS

ROOT = Path(__file__).resolve().parent.parent
COPIED = ["benchmarks", "blog", "events", "sharedlives", "static", "templates", "tests", "manage.py", "pyproject.toml"]
LONGEST = 300
LAST_WORDS = 1500  # characters of pytest's, where a fault was not seen
# Plugins that take longer to load than these tests to run.
WITHOUT = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist"]


def main():
    options = read_options()
    chosen = [mutant for mutant in MUTANTS if options.only.lower() in mutant.fault.lower()]
    if lost := [mutant for mutant in chosen if (ROOT / mutant.file).read_text().count(mutant.old) != 1]:
        sys.exit("\n".join(f"RENEW ME: {m.fault}. {m.file} holds this text not once:\n{m.old}" for m in lost))
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        stack.enter_context(a_server_kept_running())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mutants-")))
        lanes = [Lane(folder, number) for number in range(options.lanes)]
        in_turn(lanes, shares(sorted({test for mutant in chosen for test in mutant.tests}), len(lanes)), Lane.begin)
        if failed := [words for lane in lanes for words in lane.told]:
            sys.exit("These tests fail without any fault:\n" + "\n".join(failed))
        # First those that need a database of their own, which takes longest.
        in_turn(lanes, sorted(chosen, key=lambda mutant: not mutant.changes_the_database), Lane.judge)
    told = [words for lane in lanes for words in lane.told]
    print("\n".join(told))
    print(f"{len(chosen) - len(told)} of {len(chosen)} faults were seen, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if told else 0)


def read_options():
    parser = argparse.ArgumentParser(prog="python -m mutants", description="Plant faults and see the tests fail.")
    parser.add_argument("--only", default="", metavar="WORD", help="only those whose description holds it")
    parser.add_argument("--lanes", type=int, default=2, metavar="N", help="how many at a time, each in its own copy")
    return parser.parse_args()


@contextlib.contextmanager
def a_server_kept_running():
    """The private PostgreSQL ends with its last user: without one it would start anew for each mutant."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    yield
    connection.close()


def shares(tests, count):
    return [share for number in range(count) if (share := tests[number::count])]


def in_turn(lanes, things, do):
    """Each lane takes the next thing when it is free."""
    left = queue.SimpleQueue()
    for thing in things:
        left.put(thing)

    def work(lane):
        with contextlib.suppress(queue.Empty):
            while True:
                do(lane, left.get_nowait())

    threads = [threading.Thread(target=work, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Lane:
    """A copy of the tree with a test database of its own."""

    def __init__(self, folder, number):
        self.root, self.name, self.told = folder / str(number), f"mutants_{os.getpid()}_{number}", []
        self.root.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, self.root / name)

    def begin(self, tests):
        code, words = self.run(tests, "--create-db")
        if code:
            self.told.append(words[-LAST_WORDS:])

    def judge(self, mutant):
        path = self.root / mutant.file
        sound = path.read_text()
        path.write_text(sound.replace(mutant.old, mutant.new))
        try:
            # A test database made by a changed migration is nobody else's.
            own = mutant.changes_the_database
            code, words = self.run(mutant.tests, "--create-db" if own else "--reuse-db", suffix="_own" if own else "")
        finally:
            path.write_text(sound)
        if code == 0:
            self.told.append(f"SURVIVED: {mutant.fault} ({mutant.file})")
        elif code != 1 or not re.search(r"\d+ failed", words):
            self.told.append(f"NOT TRIED: {mutant.fault} ({mutant.file})\n{words[-LAST_WORDS:]}")
        print("." if code == 1 else "!", end="", flush=True)

    def run(self, tests, database, suffix=""):
        """The exit code of pytest, and its words."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-x", "-q", *WITHOUT, database, *tests],
            cwd=self.root,
            # pytest-django names the test database by it; a .pyc is told from its source by second and length alone.
            env=os.environ | {"TOX_PARALLEL_ENV": self.name + suffix, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            words, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return -1, f"took longer than {LONGEST} s"
        return process.returncode, words


if __name__ == "__main__":
    main()
