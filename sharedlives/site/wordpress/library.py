"""Attachments of the old blog as pictures of the library here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.core.files.base import ContentFile
from django.utils.text import Truncator

from sharedlives.foundation import picture_decoding, pictures, renditions, richtext
from sharedlives.foundation.models import Picture

from .addresses import path_in, unproxied, upload_key
from .elements import Placed
from .media import Missing
from .report import Source
from .standing import EDITED, NEW, NOT_TAKEN, UNCHANGED, UPDATED, hash_of, target_of

if TYPE_CHECKING:
    from .applying import Run

PICTURE_FILE = re.compile(r"\.(?:jpe?g|jfif|png|gif|webp|avif|bmp|svg|heic|heif|tiff?)$", re.IGNORECASE)
ELSEWHERE = "A picture of another site became a link: nothing is shown from elsewhere here."
IN_THE_TEXT = "A picture was written into the text itself, not kept as a file. Save it there and upload it here."


class Library:
    def __init__(self, run: Run):
        self.run = run
        self.pictures: dict[str, Picture] = {}  # by WordPress's number, or the path of the file
        self.fresh: dict[str, tuple[str, str, Picture]] = {}  # what this run wrote: kind, raw, picture
        self.problems: dict[str, str] = {}
        self.files: dict[str, tuple[str, set[str]]] = {}  # no pictures: number or path -> address, who links to it
        self.by_parent: dict[str, list[str]] = {}
        self.written: list[Picture] = []

    # From the export's own list

    def take_all(self) -> None:
        for item in self.run.export.items("attachment"):
            if parent := item.get("parent", "").lstrip("0"):
                self.by_parent.setdefault(parent, []).append(item["id"])
            self.take(item)

    def take(self, item: dict[str, Any]) -> None:
        address = item.get("url") or item.get("guid", "")
        title = richtext.plain(item.get("title", "")) or address.rpartition("/")[2] or "(file without a name)"
        if not PICTURE_FILE.search(path_in(address)):
            self.files[item["id"]] = (address, set())
            return
        source = Source(title, "picture", item["id"], item["line"])
        meta = item["meta"]
        facts = {
            "name": pictures.clean_name(_as_file_name(title)),
            "alt": self._short(source, "description", meta.get("_wp_attachment_image_alt", [""])[-1]),
            "caption": self._short(source, "caption", item.get("excerpt", "")),
        }
        attached = meta.get("_wp_attached_file", [""])[-1]
        also = [f"/wp-content/uploads/{attached}"] if attached else []
        self._keep(source, "attachment", item["id"], [address, *also], facts)

    def _short(self, source: Source, what: str, text: str) -> str:
        plain = richtext.plain(text)
        if len(plain) > 300:
            self.run.report.lost(source, f"Its {what} is too long and was cut after 300 characters.", plain)
        return Truncator(plain).chars(300)

    def _keep(self, source: Source, kind: str, wp_id: str, addresses: list[str], facts: dict[str, str]) -> None:
        raw, row = hash_of(facts), self.run.imported.find(kind, wp_id)
        if row is None:
            self._add(source, kind, wp_id, addresses, facts, raw)
            return
        picture = target_of(row)
        if not isinstance(picture, Picture):
            self._problem(source, wp_id, "It was deleted here; it stays away.", EDITED)
            return
        self.pictures[wp_id] = picture
        if row.stood_as != standing(picture):
            self.run.report.count("pictures", EDITED)
            if row.came_as != raw:
                self.run.report.ask(source, "It was edited here and changed there; the words here stay.")
        elif row.came_as == raw:
            self.run.report.count("pictures", UNCHANGED)
        else:
            picture.name, picture.alt, picture.caption = facts["name"], facts["alt"], facts["caption"]
            picture.save(update_fields=["name", "alt", "caption"])
            self.fresh[wp_id] = (kind, raw, picture)
            self.run.report.count("pictures", UPDATED)

    def _add(
        self, source: Source, kind: str, wp_id: str, addresses: list[str], facts: dict[str, str], raw: str
    ) -> None:
        whole = [re.sub(r"-scaled(?=\.\w+$)", "", address) for address in addresses]
        try:
            file = self.run.media.open(*(self.run.addresses.absolute(address) for address in [*addresses, *whole]))
            picture = self._stored(file, facts)
        except (Missing, picture_decoding.Refused) as problem:
            self._problem(source, wp_id, str(problem), NOT_TAKEN, addresses[0])
            return
        self.pictures[wp_id] = picture
        self.fresh[wp_id] = (kind, raw, picture)
        self.run.report.count("pictures", NEW)

    def _stored(self, file: ContentFile, facts: dict[str, str]) -> Picture:
        """The picture of the library; a trial reads it as thoroughly, and writes no file."""
        if self.run.is_applied:
            picture = pictures.add(file, by=None, **facts | {"name": _as_file_name(facts["name"])})
            self.written.append(picture)
            return picture
        image = picture_decoding.read(file)
        return Picture.objects.create(
            format="png" if image.mode == "RGBA" else "jpeg", width=image.width, height=image.height, **facts
        )

    def _problem(self, source: Source, wp_id: str, problem: str, outcome: str, address: str = "") -> None:
        self.problems[wp_id] = problem
        self.run.report.count("pictures", outcome)
        self.run.report.lost(source, f"The picture did not come. {problem}", address)

    # From within a text

    def place(self, wp_id: str, src: str, *, alt: str, caption: str) -> Placed:
        """What becomes of a picture that stands in a text."""
        if src.startswith("data:"):
            return Placed(problem=IN_THE_TEXT)
        src, addresses = unproxied(src), self.run.addresses
        key = self._key(wp_id, src)
        if key is None and src.startswith(("http://", "https://", "//")) and not addresses.is_upload_host(src):
            return Placed(problem=ELSEWHERE, link=addresses.absolute(src))
        if key is None:
            return Placed(problem="A picture in the text did not come. It names no file that we know.")
        picture = self.pictures.get(key)
        if picture is None:
            return Placed(problem=f"A picture in the text did not come. {self.problems.get(key, '')}".strip())
        if key in self.fresh:
            self._say_more(picture, alt, caption)
        return Placed(picture.pk, has_caption=bool(caption) and picture.caption == caption)

    def _key(self, wp_id: str, src: str) -> str | None:
        """Under what `pictures` or `problems` know it; None for one of elsewhere."""
        addresses = self.run.addresses
        if src and not addresses.is_upload_host(src):
            return None
        id = addresses.upload(src) if src else None
        id = id or (wp_id if wp_id in self.run.export.known else None)
        if id is not None or not PICTURE_FILE.search(urlsplit(src).path):
            return id
        return self._key_of_unlisted(src)

    def _key_of_unlisted(self, src: str) -> str:
        """Its file lies on the old blog, but the export does not list it."""
        key = upload_key(src)
        if key not in self.pictures and key not in self.problems:
            name = unquote(urlsplit(src).path.rpartition("/")[2])
            facts = {"name": pictures.clean_name(_as_file_name(name)), "alt": "", "caption": ""}
            self._keep(Source(name, "picture", key[:200]), "upload", key, [src], facts)
        return key

    def _say_more(self, picture: Picture, alt: str, caption: str) -> None:
        """A picture that this run brought takes what a text says of it, where it says nothing itself."""
        before = picture.alt, picture.caption
        picture.alt = picture.alt or Truncator(alt).chars(300)
        picture.caption = picture.caption or (caption if len(caption) <= 300 else "")
        if (picture.alt, picture.caption) != before:
            picture.save(update_fields=["alt", "caption"])

    def lead(self, item: dict[str, Any]) -> Picture | None:
        return self.pictures.get(item["meta"].get("_thumbnail_id", [""])[-1].strip())

    def finish(self) -> None:
        for wp_id, (kind, raw, picture) in self.fresh.items():
            self.run.imported.note(kind, wp_id, picture, raw, standing(picture))
            if not picture.is_alt_decided:
                source = Source(picture.name, "picture", wp_id[:200])
                self.run.report.ask(source, "It has no description. Write one, or say that it is only decoration.")
        for address, linking in self.files.values():
            name = address.rpartition("/")[2] or address
            who = f" These link to it: {', '.join(sorted(linking))}." if linking else " No text links to it."
            self.run.report.lost(Source(name, "file"), f"Files that are no pictures do not come.{who}", address)

    def take_back_files(self) -> None:
        """Remove what was written, when all is undone."""
        for picture in self.written:
            renditions.remove(renditions.files(picture))


def _as_file_name(title: str) -> str:
    """A title as the library takes names: it cuts off folders and what follows the last dot."""
    return f"{PICTURE_FILE.sub('', title).replace('/', '-')}.jpg"


def standing(picture: Picture) -> str:
    return hash_of(picture.name, picture.alt, picture.caption, picture.is_decorative)
