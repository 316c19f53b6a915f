"""What processes and their children have used of the processor, from /proc (Linux)."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class ProcessorTime:
    """Seconds used from here on, by name: `with ProcessorTime({"web": pid}) as used: ...; used.seconds["web"]`.

    A process counts with its children, except for ours, which are the others.
    """

    def __init__(self, processes):
        self.processes, self.seconds = processes, {}

    def __enter__(self):
        self.before = self._now()
        return self

    def __exit__(self, *exc_info):
        now = self._now()
        self.seconds = {name: max(0, now[name] - self.before[name]) for name in now}

    def _now(self):
        family, used = _all_processes()
        return {
            name: sum(used.get(each, 0) for each in _with_children(pid, family)) / TICKS
            for name, pid in self.processes.items()
        } | {"visitors": sum(os.times()[:2])}


def _all_processes():
    """Children by parent, and the ticks each process has used, those of its dead children included."""
    family, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(folder.name)
        family.setdefault(int(fields[1]), []).append(pid)
        used[pid] = sum(map(int, fields[11:15]))
    return family, used


def _with_children(pid, family):
    return [pid] + [each for child in family.get(pid, ()) for each in _with_children(child, family)]
