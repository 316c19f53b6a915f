"""What the body of one text asks about everything else: links, pictures, reusable blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from . import bodies
from .addresses import fragment, upload_key
from .elements import Placed
from .report import Source

if TYPE_CHECKING:
    from .applying import Run


class Surroundings(bodies.Everything):
    def __init__(self, run: Run, item: dict[str, Any], source: Source):
        self.run, self.item, self.source = run, item, source
        self.placed: list[int] = []
        self.dead: list[str] = []
        self.to_texts: list[str] = []

    def block(self, id: str) -> dict[str, Any] | None:
        return self.run.export.block(id)

    def attached(self) -> list[str]:
        return self.run.library.by_parent.get(self.item["id"], [])

    def picture(self, wp_id: str, src: str, *, alt: str, caption: str) -> Placed:
        placed = self.run.library.place(wp_id, src, alt=alt, caption=caption)
        if placed.id:
            self.placed.append(placed.id)
        return placed

    def is_file_of(self, href: str, wp_id: str, src: str) -> bool:
        """Whether a link on a picture only shows it larger, or leads to its own page."""
        addresses = self.run.addresses
        if src and upload_key(href) == upload_key(src):
            return True
        meaning = addresses.find(href)
        return meaning is not None and meaning[0] == "file" and meaning[1] in (wp_id, addresses.upload(src))

    def link(self, href: str) -> str:
        if not href or href.startswith(("#", "mailto:", "tel:")):
            return href
        try:
            if not urlsplit(href).scheme and not href.startswith(("/", "?")) and not href.lower().startswith("www."):
                href = urljoin(self.item.get("link") or f"{self.run.blog.address}/", href)
        except ValueError:
            return href
        meaning = self.run.addresses.find(href)
        if meaning is None and self.run.blog.path_of(href) is None:
            return href
        return self._ours(meaning, href) or self._theirs(href)

    def _ours(self, meaning: tuple[str, ...] | None, href: str) -> str:
        if meaning is None:
            return ""
        if meaning[0] == "text":
            self.to_texts.append(meaning[1])
            if not self.run.export.known[meaning[1]].is_public:
                # Its address here would tell its title. The old one leads there once it is out.
                return self.run.addresses.absolute(href)
            address = self.run.texts.addresses.get(meaning[1], "")
            return f"{address}{fragment(href)}" if address else ""
        if meaning[0] == "file":
            self._note_file(meaning[1], href)
            return self.run.addresses.absolute(href)
        target: Any = self.run.target(meaning)
        return target if isinstance(target, str) else target.get_absolute_url() if target else ""

    def _theirs(self, href: str) -> str:
        """Something on the old site that the export does not hold."""
        if "/wp-content/uploads/" in href.lower():
            self._note_file(upload_key(href), href)
        else:
            self.dead.append(href)
        return self.run.addresses.absolute(href)

    def _note_file(self, key: str, href: str) -> None:
        library = self.run.library
        if key not in library.pictures and key not in library.problems:
            library.files.setdefault(key, (self.run.addresses.absolute(href), set()))[1].add(self.source.title)
