"""run.py in a small project of its own. pip is a stand-in that notes what it is asked to do; the real one is tried by
whoever starts `python3 run.py test` in a fresh clone."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import is_running, text_of, wait_for

ROOT = Path(__file__).parent.parent
RUN = ROOT / "run.py"

# What the modules ensurepip and pip do here. PACE makes one of them hang, or fail.
ENSUREPIP = """
import os, pathlib, subprocess, sys, sysconfig, time
pip = pathlib.Path(sysconfig.get_path("purelib"), "pip")
pip.mkdir()
if os.environ.get("PACE") == "ensurepip hangs":
    child = subprocess.Popen(["sleep", "60"])
    pathlib.Path("hanging").write_text(str(child.pid))
    time.sleep(60)
(pip / "__init__.py").touch()
(pip / "__main__.py").write_text(pathlib.Path(__file__).with_name("pip_main.py").read_text())
"""
PIP = """
import os, pathlib, sys, sysconfig, time
asked = pathlib.Path(sys.argv[-1]).name
pace = os.environ.get("PACE", "")
if pace == "pip hangs":
    pathlib.Path("hanging").write_text(str(os.getpid()))
    time.sleep(60)
if pace == "no network" or (pace == "no wheel" and "embedded" in asked):
    sys.exit("ERROR: No matching distribution found for django==5.2")
time.sleep(0.5 if pace == "slow" else 0)
with open("asked-of-pip", "a") as note:
    note.write(asked + "\\n")
pathlib.Path(sysconfig.get_path("purelib"), "pytest.py").write_text("import sys; print('pytest', sys.argv[1:])")
"""
MANAGE = """
import os, sys
print("manage.py", sys.argv[1:], os.environ["SHAREDLIVES_LOCAL_FOLDER"], os.getcwd())
"""
PROGRAMS = """
import os, sys
def main():
    none = os.environ.get("PROGRAMS") == "none"
    print("There are no PostgreSQL programs here." if none else "PostgreSQL 15 in /usr/lib")
    sys.exit(none)
"""


@pytest.fixture
def project(tmp_path):
    """A folder with a space in its name that holds what run.py looks at."""
    folder = tmp_path / "shared lives"
    launcher = folder / "sharedlives" / "foundation" / "private_postgres"
    launcher.mkdir(parents=True)
    (launcher / "programs.py").write_text(PROGRAMS)
    for name in ("requirements.txt", "requirements-test.txt", "requirements-embedded.txt"):
        (folder / name).write_text(f"# {name}")
    (folder / "manage.py").write_text(MANAGE)
    shutil.copy(RUN, folder)
    stand_ins = tmp_path / "stand-ins"
    stand_ins.mkdir()
    (stand_ins / "ensurepip.py").write_text(ENSUREPIP)
    (stand_ins / "pip_main.py").write_text(PIP)
    return folder


def begin(project, *args, python=(), **variables):
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.Popen(
        [sys._base_executable, *python, project / "run.py", *args],
        env=environment | {"PYTHONPATH": str(project.parent / "stand-ins")} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As from a terminal: what a shell starts in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def run(project, *args, **variables):
    process = begin(project, *args, **variables)
    said, _ = process.communicate(timeout=30)
    return process.returncode, said


def asked_of_pip(project):
    file = project / "asked-of-pip"
    return file.read_text().split() if file.exists() else []


def test_an_old_python_can_read_the_file_and_says_what_is_needed(project):
    ast.parse(RUN.read_text(), feature_version=(3, 6))
    pretend = project.parent / "stand-ins" / "sitecustomize.py"
    pretend.write_text("import sys; sys.version_info, sys.version = (3, 9, 2, 'final', 0), '3.9.2 (default)'")

    code, said = run(project, "serve")

    assert code == 1
    assert said.startswith("This needs Python 3.11 or newer; this is Python 3.9.2.")
    assert said.count("\n") == 1


def test_without_a_command_it_explains_itself_and_changes_nothing(project):
    code, said = run(project)

    assert (code, "python3 run.py serve" in said) == (0, True)
    assert not (project / ".venv").exists()


def test_the_first_run_installs_and_hands_over_and_the_second_only_hands_over(project):
    code, said = run(project, "check", "--deploy")

    assert code == 0
    assert said.splitlines()[-1] == f"manage.py ['check', '--deploy'] {project}/.local {project}"
    assert asked_of_pip(project) == ["requirements.txt", "requirements-embedded.txt"]
    secret = project / ".local" / "secret_key"
    assert (len(secret.read_text()) > 50, secret.stat().st_mode & 0o777) == (True, 0o600)
    before = secret.read_text()

    code, said = run(project, "check")

    assert said == f"manage.py ['check'] {project}/.local {project}\n"
    assert asked_of_pip(project) == ["requirements.txt", "requirements-embedded.txt"]
    assert secret.read_text() == before


def test_what_was_installed_for_tests_also_serves(project):
    _, said = run(project, "test", "-k", "booking")
    assert said.splitlines()[-1] == "pytest ['-n', 'auto', '-k', 'booking']"

    run(project, "serve")

    assert asked_of_pip(project) == ["requirements-test.txt", "requirements-embedded.txt"]


def test_a_changed_list_of_packages_is_installed_and_older_sets_are_forgotten(project):
    run(project, "test")
    for name in ("requirements.txt", "requirements-test.txt"):
        (project / name).write_text("# newer")

    run(project, "serve")

    assert asked_of_pip(project)[2:] == ["requirements.txt"]
    assert set(json.loads((project / ".venv" / "installed.json").read_text())["sets"]) == {
        "requirements.txt",
        "requirements-embedded.txt",
    }


def test_with_a_database_of_ones_own_no_postgresql_is_installed_until_it_goes_away(project):
    run(project, "serve", DATABASE_URL="postgres://somewhere/else")
    (project / ".env").write_text("# no\nDATABASE_URL='postgres://somewhere/else'\n")
    run(project, "serve")
    assert asked_of_pip(project) == ["requirements.txt"]

    (project / ".env").write_text("DATABASE_URL=\n")
    run(project, "serve")

    assert asked_of_pip(project) == ["requirements.txt", "requirements-embedded.txt"]


def test_postgresql_of_the_system_will_do_where_the_wheel_does_not_come(project):
    code, said = run(project, "serve", PACE="no wheel")
    assert code == 0
    assert "using PostgreSQL 15 in /usr/lib instead" in said

    shutil.rmtree(project / ".venv")
    code, said = run(project, "serve", PACE="no wheel", PROGRAMS="none")

    assert code == 1
    assert said.splitlines()[-2:] == [
        "There are no PostgreSQL programs here.",
        "ERROR: No matching distribution found for django==5.2",
    ]


def test_without_a_network_it_says_so_and_the_next_run_goes_on(project):
    code, said = run(project, "serve", PACE="no network")

    assert code == 1
    assert "could not be installed. Most often that means no connection to the internet." in said
    assert "ERROR: No matching distribution found for django==5.2" in said
    assert "Traceback" not in said

    code, said = run(project, "serve")
    assert (code, "Making .venv" in said) == (0, False)


def test_a_python_without_ensurepip_is_told_what_to_install(project):
    (project.parent / "stand-ins" / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")

    code, said = run(project, "serve")

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert code == 1
    assert said.endswith(f"On Debian or Ubuntu: apt install python{version}-venv\n")
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("pace", ["ensurepip hangs", "pip hangs"])
def test_killed_at_installing_it_leaves_nothing_running_and_begins_again(project, pace):
    process = begin(project, "serve", PACE=pace)
    hanging = int(wait_for(lambda: text_of(project / "hanging")))
    assert is_running(hanging)

    process.kill()
    process.communicate()

    wait_for(lambda: not is_running(hanging))
    code, said = run(project, "serve")
    assert (code, said.splitlines()[0]) == (0, "The last installation was cut short: beginning again.")
    assert asked_of_pip(project) == ["requirements.txt", "requirements-embedded.txt"]


def test_interrupted_at_installing_it_ends_quietly(project):
    process = begin(project, "serve", PACE="pip hangs")
    hanging = int(wait_for(lambda: text_of(project / "hanging")))

    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=10)

    assert process.returncode == 130
    assert "Traceback" not in said
    assert not is_running(hanging)


def test_two_at_once_install_once(project):
    processes = [begin(project, "serve", PACE="slow") for _ in range(2)]

    answers = [process.communicate(timeout=30)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert sum("Another run.py is installing" in said for said in answers) == 1
    assert asked_of_pip(project) == ["requirements.txt", "requirements-embedded.txt"]


def test_a_venv_whose_python_has_gone_is_made_anew(project):
    run(project, "serve")
    (project / ".venv" / "bin" / "python").unlink()
    (project / ".venv" / "bin" / "python").symlink_to("/nowhere/python3.9")

    code, said = run(project, "serve")

    assert (code, said.splitlines()[0]) == (0, "Making .venv ...")
