"""One move from WordPress, tried or applied: the same work in the same transaction, which a trial rolls back."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from django.db import models, transaction
from django.utils import timezone

from ..models import ImportRun
from . import addresses, dates, plain_text, reading, texts
from .addresses import Addresses, Blog
from .library import Library
from .media import Folder, Media, Network
from .reading import Export
from .report import Report, Source
from .shelves import People, Shelves
from .standing import Imported
from .texts import Texts

LEFT = {
    "nav_menu_item": ("menu entries", "Menus are made anew here, from the pages.", False),
    "revision": ("older versions of posts", "Only the last version comes.", False),
    "customize_changeset": ("changes of the theme", "The look of the old site does not come.", False),
    "custom_css": ("style sheets", "The look of the old site does not come.", False),
    "oembed_cache": ("stored embeds", "WordPress keeps them for itself.", False),
    "wp_global_styles": ("styles", "The look of the old site does not come.", False),
    "wp_template": ("templates", "The look of the old site does not come.", False),
    "wp_template_part": ("templates", "The look of the old site does not come.", False),
    "wp_navigation": ("menus", "Menus are made anew here, from the pages.", False),
    "user_request": ("privacy requests", "They stay where they were made.", False),
}


class _RolledBack(Exception):
    """The end of a trial."""


class Run:
    def __init__(self, export: Export, media: Media, report: Report):
        self.export, self.media, self.report = export, media, report
        self.blog = Blog.of(export)
        self.is_applied = report.is_applied
        self.actor_name = f"the move from {self.blog.host or 'a plain text'}"[:150]
        self.origin = f"From {self.blog.address or self.blog.title}"
        self.addresses = Addresses(export, self.blog)
        self.imported = Imported(self.blog.key)
        self.library, self.shelves, self.people, self.texts = Library(self), Shelves(self), People(self), Texts(self)

    def everything(self) -> None:
        """Whatever the export holds, each thing in its turn. Within a transaction."""
        self._tell_what_stays()
        self.shelves.take_declared()
        self.library.take_all()
        self.people.take_all()
        self._note_addresses()
        self.texts.plan()
        self.texts.take_all()
        self.library.finish()
        self._keep_addresses()
        self.report.name_posts(
            {id: thing.pk for id, thing in self.texts.taken.items() if self.export.known[id].type == "post"}
        )

    def _tell_what_stays(self) -> None:
        for kind, number in self.export.left.items():
            what, why, is_loss = LEFT.get(kind, (f"things of the kind “{kind}”", "A plugin or theme made them.", True))
            self.report.skip(what, why, number, is_loss=is_loss)
        why = "This site has none. Save them there if you want to keep them."
        self.report.skip("comments", why, self.export.comments, is_loss=True)
        for name, number in self.export.own_fields.items():
            self.report.skip(f"uses of the own field “{name[:80]}”", "Own fields have no place here.", number,
                             is_loss=True)  # fmt: skip
        for id, title, line in self.export.twice:
            self.report.lost(Source(title or "(no title)", "post", id, line), "Its number is taken by another thing.")
        if self.export.controls:
            note = f"{self.export.controls:,} characters that no XML may hold were left out of the file."
            self.report.note(Source(self.report.file, "file"), note)

    def _note_addresses(self) -> None:
        for item in self.export.items("text"):
            known = self.export.known[item["id"]]
            for old in item["meta"].get("_wp_old_slug", []):
                self.addresses.old_slug(known, old)
            moment = dates.of_item(item)
            if known.type == "post" and known.status not in texts.PASSED_OVER:
                self.shelves.take_used(item)
            if known.type == "post" and known.status == "publish" and moment:
                self.addresses.date(moment)
        self.addresses.whole_blog()

    def target(self, meaning: tuple[str, ...]) -> models.Model | str | None:
        """What of ours an old address means; None if it did not come."""
        kind, key, *more = meaning
        if kind == "text":
            return self.texts.taken.get(key)
        if kind == "file":
            return self._target_of_file(key)
        if kind == "term":
            return self.shelves.found.get((key, more[0]))
        if kind == "author":
            return self.people.guests.get(key)
        return key

    def _target_of_file(self, id: str) -> models.Model | None:
        """The picture; else what the file belonged to."""
        return self.library.pictures.get(id) or self.texts.taken.get(self.export.known[id].parent)

    def _keep_addresses(self) -> None:
        if not self.blog.host:
            return
        new, there = addresses.keep(self.blog.host, texts.redirect_rows(self))
        for outcome, number in (("new", new), ("unchanged", there)):
            if number:
                self.report.count("old addresses", outcome, number)


def move(
    file: IO[bytes],
    *,
    name: str,
    is_applied: bool,
    folder: Path | None = None,
    fetch: Network | None = None,
    fetch_hosts: list[str] | None = None,
) -> Report:
    """Move in what an export holds, or with `is_applied` False say exactly what that would do.

    `folder` holds wp-content/uploads; `fetch_hosts` (hosts beside the blog's own; None: not at all) lets pictures be
    fetched from the network, `fetch` is for tests. Raises reading.Broken for a file that cannot be read, and
    media.Missing for a folder that cannot; then nothing is changed. The report is kept as an ImportRun.
    """
    began = timezone.now()
    with reading.read(file) as export:
        blog = Blog.of(export)
        report = Report(blog=blog.address or "an unnamed blog", file=name[:255], is_applied=is_applied)
        sources: list[Folder | Network] = [Folder(folder)] if folder else []
        if fetch or fetch_hosts is not None:
            sources.append(fetch or Network([*blog.hosts, *(fetch_hosts or [])]))
        _carry_out(Run(export, Media(sources), report))
    keep_report(report, began)
    return report


def move_text(file: IO[bytes], *, name: str, is_applied: bool) -> Report:
    """The same for several posts in a plain text, which become drafts. Raises reading.Broken."""
    began = timezone.now()
    with plain_text.read(file, name) as export:
        report = Report(blog="a plain text", file=name[:255], is_applied=is_applied)
        _carry_out(Run(export, Media([]), report))
    keep_report(report, began)
    return report


def _carry_out(run: Run) -> None:
    try:
        with transaction.atomic():
            run.everything()
            if not run.is_applied:
                raise _RolledBack
    except _RolledBack:
        run.report.forget_keys()
    except BaseException:
        run.library.take_back_files()
        raise


def keep_report(report: Report, began) -> ImportRun:
    kept = ImportRun.objects.create(
        blog=report.blog[:300],
        file_name=report.file,
        is_applied=report.is_applied,
        finished_at=timezone.now(),
        report=report.as_json(),
        has_losses=report.has_losses,
    )
    ImportRun.objects.filter(pk=kept.pk).update(started_at=began)
    return kept
