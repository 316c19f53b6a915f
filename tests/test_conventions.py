"""Promises that people forget."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parent.parent
# Knowledge runs one way: each may import itself and what stands left of it.
LAYERS = ["sharedlives.foundation", "events", "blog", "sharedlives.site"]


def files(pattern):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
    found = [ROOT / name for name in names if re.fullmatch(pattern, name) and (ROOT / name).is_file()]
    assert found, f"nothing is called {pattern}, so nothing would be checked"
    return found


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join([*package, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("layer", "higher"), [(layer, LAYERS[n + 1 :]) for n, layer in enumerate(LAYERS[:-1])])
def test_knowledge_runs_one_way(layer, higher):
    upward = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files(rf"{layer.replace('.', '/')}/.*\.py")
        for name in imports(path)
        if any(name == above or name.startswith(f"{above}.") for above in higher)
    }
    assert upward == set()


def test_html_is_marked_safe_in_two_places_only():
    marked = {
        str(path.relative_to(ROOT))
        for path in files(r"(blog|events|sharedlives|templates)/.*\.(py|html)")
        # A constant of ours may be marked; a value may not.
        if re.search(r"\|\s*safe\b|mark_safe\((?!\")|autoescape off", path.read_text())
    }
    # Rich text, which was cleaned when it was saved; and JSON, in which no "<" is left.
    assert marked == {f"sharedlives/foundation/templatetags/{name}.py" for name in ("richtext", "structured_data")}


def test_nothing_of_ours_is_inline():
    """The Content-Security-Policy forbids inline scripts and styles; mails are under no policy."""
    inline = re.compile(r"<style(?! nonce)|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\s(src=|type=\"application/json\"))")
    found = {
        str(path.relative_to(ROOT))
        for path in files(r"templates/.*\.html")
        if "email" not in path.parts and inline.search(path.read_text())
    }
    assert found == set()


def test_every_variable_is_explained():
    read = set(
        re.findall(r"(?:env(?:\.\w+)?|_required)\(\s*\"([A-Z_]+)\"", (ROOT / "sharedlives/settings.py").read_text())
    )
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == explained


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_have_names_that_say_what_they_do():
    unnamed = {
        path.name
        for path in files(r"(blog|events|sharedlives)/.*migrations/\d+_.*\.py")
        if re.search(r"_(auto|alter|initial)_?", path.name)
    }
    assert unnamed == set()


def test_locks_name_no_host_and_hold_hashes():
    for path in files(r"requirements.*\.txt"):
        text = path.read_text()
        assert "--index-url" not in text
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
