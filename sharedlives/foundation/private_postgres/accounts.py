"""Under which account the server runs, since PostgreSQL refuses root, and where that account may keep its files."""

import contextlib
import ctypes
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import NoPostgres, programs

CLONE_NEWUSER = 0x10000000
PUBLIC_FOLDER = Path("/var/tmp")
# A socket's whole path has 104 bytes on macOS and 108 on Linux, and the server adds "/.s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 83
# libpq takes a comma for the end of a host's name; nothing else odd is worth the trouble either.
PLAIN_PATH = re.compile(r"/[\w./ +-]*\Z", re.ASCII)


@dataclass
class Account:
    uid: int  # the owner of the files, as we see it
    base: Path  # a folder that this account can reach, for clusters and sockets
    run_as: dict = field(default_factory=dict)  # Popen's arguments

    def find_programs(self):
        prepare = self._reachable_copy if "user" in self.run_as else (lambda folder: folder)
        return programs.find(prepare, **self.run_as)

    def socket_folder(self):
        if len(os.fsencode(self.base)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.match(str(self.base)):
            return self.base
        temporary = tempfile.gettempdir()
        short = Path(temporary if len(temporary) < 40 and PLAIN_PATH.match(temporary) else "/tmp")
        return own_folder(short / _name_for(self.base), self.uid)

    def _reachable_copy(self, folder):
        """This folder of programs, or a copy where others than root can run them."""
        with contextlib.suppress(PermissionError):
            programs.major_version(folder, **self.run_as)
            return folder
        home = folder.parent
        made = (folder / "postgres").stat().st_mtime_ns
        copy = self.base.parent / f"programs-{_hash(home, made)}"
        if not copy.exists():
            for old in self.base.parent.glob("programs-*"):
                shutil.rmtree(old, ignore_errors=True)
            _copy_programs(home, copy)
        return copy / home.parent.name / home.name / "bin"


def choose(folder):
    folder.chmod(0o700)
    if os.geteuid() and _has_a_name(os.geteuid()):
        # Some file systems (a Windows disk under WSL) open every folder to everybody, and PostgreSQL refuses those.
        keeps_others_out = not folder.stat().st_mode & 0o077
        return Account(os.geteuid(), folder if keeps_others_out else _public_folder(folder, os.geteuid()))
    if can_enter_namespace(folder):
        return Account(os.geteuid(), folder, {"preexec_fn": enter_namespace})
    nobody = pwd.getpwnam("nobody")
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return Account(nobody.pw_uid, _public_folder(folder, nobody.pw_uid), account)


def _has_a_name(uid):
    """initdb asks for the name of whoever runs it; in a container there may be none."""
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def can_enter_namespace(folder):
    """Whether namespaces are allowed here, and from inside of one this folder can be reached."""
    look = ["/bin/sh", "-c", 'test -w "$0" && test -x "$0"', folder]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return not subprocess.run(look, cwd="/", preexec_fn=enter_namespace).returncode
    return False


def enter_namespace():
    """Run in the child: appear as an ordinary user, in a user namespace of one's own."""
    uid, gid = os.geteuid(), os.getegid()
    appears_as = next(entry for entry in pwd.getpwall() if entry.pw_uid and entry.pw_gid)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{appears_as.pw_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{appears_as.pw_gid} {gid} 1")


def _public_folder(folder, uid):
    parent = PUBLIC_FOLDER if os.access(PUBLIC_FOLDER, os.W_OK) else Path(tempfile.gettempdir())
    outer = own_folder(parent / _name_for(folder), os.geteuid(), 0o755)
    return own_folder(outer / "postgres", uid)


def own_folder(path, uid, mode=0o700):
    """Make the folder; where everybody may write, somebody may have laid a trap of that name."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
        raise NoPostgres(f"{path} is needed for the private database, but belongs to another account: remove it.")
    if found.st_uid != uid:
        os.chown(path, uid, -1, follow_symlinks=False)
    path.chmod(mode)
    return path


def _name_for(folder):
    return f"sharedlives-{os.geteuid()}-{_hash(folder)}"


def _hash(*parts):
    return hashlib.sha256("\n".join(map(str, parts)).encode(errors="surrogateescape")).hexdigest()[:16]


def _copy_programs(home, copy):
    unfinished = copy.with_name("programs.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unneeded = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(home, unfinished / home.parent.name / home.name, symlinks=True, ignore=unneeded)
    libraries = home.parent.with_name(f"{home.parent.name}.libs")  # what the wheel brings along
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o555)
    unfinished.rename(copy)
