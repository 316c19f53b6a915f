"""Reads a WordPress export from its first byte to its last, without ever holding the whole: what counts is put aside
in temporary files, and a few facts about each thing stay in memory.

Nothing but the file itself is read: an export that declares a document type (and with it entities, which can grow to
gigabytes or name other files) is refused, and so is one that is damaged, with the line.
"""

from __future__ import annotations

import codecs
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers import expat

CHUNK = 256 * 1024
# A body of which the site takes 80,000 characters may be longer there: comments and classes go. This is hopeless.
LONGEST_FIELD = 1_000_000
DEEPEST = 40

# Characters that no XML may hold, and that exports hold all the same: as ASCII, and as UTF-8 writes U+FFFE, U+FFFF
# and halves of surrogate pairs.
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CONTROLS_UTF8 = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_CONTROLS_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")

# What is kept of an item, by its element.
FIELDS = {
    "title": "title", "link": "link", "guid": "guid", "pubDate": "pub_date", "dc:creator": "login",
    "content:encoded": "body", "excerpt:encoded": "excerpt", "wp:post_id": "id", "wp:post_date": "date",
    "wp:post_date_gmt": "date_gmt", "wp:post_modified_gmt": "modified_gmt", "wp:post_name": "slug",
    "wp:status": "status", "wp:post_parent": "parent", "wp:post_type": "type", "wp:post_password": "password",
    "wp:is_sticky": "is_sticky", "wp:attachment_url": "url", "wp:menu_order": "menu_order",
}  # fmt: skip
TEXTS = {"title", "content:encoded", "excerpt:encoded"}
AUTHOR = {"wp:author_id": "id", "wp:author_login": "login", "wp:author_display_name": "name"}
TERMS = {
    "wp:category": ("category", {"wp:term_id": "id", "wp:category_nicename": "slug", "wp:category_parent": "parent",
                                 "wp:cat_name": "name", "wp:category_description": "description"}),
    "wp:tag": ("tag", {"wp:term_id": "id", "wp:tag_slug": "slug", "wp:tag_name": "name"}),
    "wp:term": ("term", {"wp:term_id": "id", "wp:term_taxonomy": "taxonomy", "wp:term_slug": "slug",
                         "wp:term_parent": "parent", "wp:term_name": "name"}),
}  # fmt: skip
# E-mail addresses and passwords are not among them.
META = {
    "_thumbnail_id", "_wp_attachment_image_alt", "_wp_old_slug", "_wp_attached_file", "footnotes", "cap-display_name",
    "cap-first_name", "cap-last_name", "cap-user_login", "cap-website", "cap-description", "cap-linked_account",
    "cap-organization", "cap-job_title",
}  # fmt: skip
CHANNEL = {"title": "title", "link": "link", "wp:base_site_url": "site", "wp:base_blog_url": "blog",
           "wp:wxr_version": "version"}  # fmt: skip


class Broken(Exception):
    """The file cannot be read; the message says why, and in which line, fit to show."""

    def __init__(self, reason: str, line: int = 0):
        super().__init__(f"Line {line:,}: {reason}" if line else reason)
        self.line = line


@dataclass(slots=True)
class Known:
    """What stays in memory of a post, page or attachment."""

    id: str
    type: str
    link: str
    slug: str
    title: str
    status: str
    parent: str
    line: int
    is_public: bool


@dataclass
class Export:
    """What a file holds. The items lie in temporary files, which vanish when the export is closed."""

    title: str = ""
    link: str = ""
    site: str = ""
    blog: str = ""
    version: str = ""
    authors: dict[str, dict[str, str]] = field(default_factory=dict)  # by login
    terms: list[dict[str, str]] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)  # address of an attachment's file -> its id
    blocks: dict[str, int] = field(default_factory=dict)  # id of a reusable block -> where it lies
    left: Counter = field(default_factory=Counter)  # kinds of items that are not read, revisions and such
    own_fields: Counter = field(default_factory=Counter)  # custom fields that people see, by name
    comments: int = 0
    controls: int = 0
    twice: list[tuple[str, str, int]] = field(default_factory=list)  # id, title, line
    _files: dict[str, IO[bytes]] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._open.close()

    def put(self, role: str, item: dict[str, Any]) -> int:
        """Put an item aside; returns where it lies."""
        if role not in self._files:
            self._files[role] = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        file = self._files[role]
        place = file.tell()
        file.write(json.dumps(item).encode() + b"\n")
        return place

    def add(self, item: dict[str, Any]) -> None:
        """Put an item aside where it belongs, and note what others will ask about it."""
        _Sorting(self).take(item)

    def items(self, role: str) -> Iterator[dict[str, Any]]:
        """The items put aside as "guest-author", "attachment" or "text", in the file's order."""
        file = self._files.get(role)
        if file:
            file.seek(0)
            yield from (json.loads(line) for line in file)

    def block(self, id: str) -> dict[str, Any] | None:
        """A reusable block."""
        if id not in self.blocks:
            return None
        file = self._files["wp_block"]
        file.seek(self.blocks[id])
        return json.loads(file.readline())


def read(file: IO[bytes]) -> Export:
    """Everything in an export, from a file opened for bytes. Raises Broken, and then nothing remains."""
    export = Export()
    try:
        _Reader(export).read(file)
    except BaseException:
        export._open.close()
        raise
    return export


class _Reader:
    """Follows the parser through the file. Elements are known by their usual prefixes: the namespaces behind those
    changed with every version from 1.0 to 1.2, the prefixes never did."""

    def __init__(self, export: Export):
        self.export = export
        self.path: list[str] = []
        self.words: list[str] | None = None
        self.length = 0
        self.item: dict[str, Any] | None = None
        self.line = 0
        self.about: dict[str, str] = {}  # an author, a term or a piece of meta, while it is read
        self.category: tuple[str, str] = ("", "")
        self.is_wordpress = False

    def read(self, file: IO[bytes]) -> None:
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self.refuse_doctype
        parser.EntityDeclHandler = self.refuse_doctype
        try:
            for chunk in _printable(file, self.export):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Broken(_in_words(error, self.path), error.lineno) from None
        except (LookupError, UnicodeError, ValueError) as error:
            raise Broken(f"the encoding does not fit the text ({error}).", parser.CurrentLineNumber) from None
        if not self.is_wordpress:
            raise Broken("This is no export of WordPress: it names no version and holds no posts of WordPress.")

    def refuse_doctype(self, *_):
        raise Broken(
            "the file declares a document type or entities. No export of WordPress does; it is not read.",
            self.parser.CurrentLineNumber,
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.path and self.path[-1] in TEXTS and self.item is not None:
            raise Broken(
                f'an element "{name}" stands inside a text. There will be a "]]>" in the text that the export did not '
                "take apart.",
                self.parser.CurrentLineNumber,
            )
        if not self.path and name != "rss":
            raise Broken(f'this is no export of WordPress: it begins with "{name}".', self.parser.CurrentLineNumber)
        self.path.append(name)
        if len(self.path) > DEEPEST:
            raise Broken("elements lie too deep in one another.", self.parser.CurrentLineNumber)
        self.is_wordpress |= name in ("wp:wxr_version", "wp:post_id")
        if name == "item" and len(self.path) == 3:
            self.item, self.line = {"meta": {}, "terms": []}, self.parser.CurrentLineNumber
        elif name in ("wp:author", "wp:postmeta") or (name in TERMS and len(self.path) == 3):
            self.about = {}
        elif name == "category":
            self.category = attributes.get("domain", ""), attributes.get("nicename", "")
        self.words, self.length = [], 0

    def text(self, data: str) -> None:
        if self.words is None:
            return
        self.length += len(data)
        if self.length <= LONGEST_FIELD:
            self.words.append(data)

    def end(self, name: str) -> None:
        text, parent = "".join(self.words or ()), self.path[-2] if len(self.path) > 1 else ""
        self.path.pop()
        self.words = None
        if name == "wp:comment":
            self.export.comments += 1
        elif "wp:comment" in self.path:
            return
        elif self.item is None:
            self.channel_part(name, text, parent)
        elif name == "item" and parent == "channel":
            self.export.add(self.item | {"line": self.line})
            self.item = None
        else:
            self.item_part(name, text, parent)

    def channel_part(self, name: str, text: str, parent: str) -> None:
        if parent == "channel" and name in CHANNEL:
            setattr(self.export, CHANNEL[name], text.strip())
        elif parent == "wp:author" and name in AUTHOR:
            self.about[AUTHOR[name]] = text.strip()[:200]
        elif name == "wp:author":
            self.export.authors[self.about.get("login", "")] = self.about
        elif parent in TERMS and name in TERMS[parent][1]:
            self.about[TERMS[parent][1][name]] = text.strip()[:1000]
        elif name in TERMS and parent == "channel":
            self.export.terms.append({"kind": TERMS[name][0]} | self.about)

    def item_part(self, name: str, text: str, parent: str) -> None:
        item = self.item or {}
        if parent == "item" and name in FIELDS:
            if FIELDS[name] == "password":  # that there is one is all we keep
                item["has_password"] = bool(text.strip())
            elif self.length > LONGEST_FIELD:
                item["too_long"] = self.length
            else:
                item[FIELDS[name]] = text if name in TEXTS else text.strip()
        elif parent == "item" and name == "category":
            domain, slug = self.category
            item["terms"].append([domain, slug, text.strip()[:200]])
        elif parent == "wp:postmeta":
            self.about[name] = text
        elif name == "wp:postmeta":
            self.meta(item, self.about.get("wp:meta_key", ""), self.about.get("wp:meta_value", ""))

    def meta(self, item: dict[str, Any], key: str, value: str) -> None:
        if key in META:
            item["meta"].setdefault(key, []).append(value)
        elif value.strip() and key and not key.startswith(("_", "cap-")):
            item.setdefault("own_fields", []).append(key)


class _Sorting:
    """Puts an item aside under its role, and notes what others will ask about it."""

    def __init__(self, export: Export):
        self.export = export

    def take(self, item: dict[str, Any]) -> None:
        item.setdefault("type", "")
        if not item["type"]:
            item["had_no_type"] = True
            item["type"] = "attachment" if item.get("url") else "post"
        item["id"] = item.get("id", "").lstrip("0") or _id_from(item)
        role = {"post": "text", "page": "text", "wp_block": "wp_block", "attachment": "attachment"}.get(
            item["type"], "guest-author" if item["type"] == "guest-author" else ""
        )
        if not role:
            self.export.left[item["type"][:60]] += 1
            return
        if role in ("text", "attachment") and item["id"] in self.export.known:
            self.export.twice.append((item["id"], item.get("title", ""), item["line"]))
            return
        self.export.own_fields.update(set(item.pop("own_fields", ())))
        place = self.export.put(role, item)
        if role == "wp_block":
            self.export.blocks[item["id"]] = place
        elif role != "guest-author":
            self.note(item)

    def note(self, item: dict[str, Any]) -> None:
        self.export.known[item["id"]] = Known(
            id=item["id"],
            type=item["type"],
            link=item.get("link", "")[:2000],
            slug=item.get("slug", "")[:500],
            title=item.get("title", "")[:300],
            status=item.get("status", "")[:20],
            parent=item.get("parent", "").lstrip("0"),
            line=item["line"],
            is_public=item.get("status", "") in ("", "publish") and not item.get("has_password"),
        )
        if item["type"] == "attachment":
            self.export.uploads[item.get("url", "")[:2000]] = item["id"]


def _id_from(item: dict[str, Any]) -> str:
    """A key for an item without one: what is said to be the same for ever."""
    return (item.get("guid") or item.get("link") or item.get("title", ""))[:190]


def _printable(file: IO[bytes], export: Export) -> Iterator[bytes | str]:
    """The file in pieces, without the characters that XML forbids; counts those."""
    first = file.read(CHUNK)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _printable_utf16(first, file, export)
        return
    declared = _DECLARED.match(first.removeprefix(codecs.BOM_UTF8)[:200])
    is_utf8 = not declared or declared[1].lower() in (b"utf-8", b"utf8")
    pattern, kept = _CONTROLS_UTF8 if is_utf8 else _CONTROLS, b""
    while chunk := first or file.read(CHUNK):
        first, chunk, kept = b"", kept + chunk, b""
        if is_utf8 and (begun := re.search(rb"(?:\xef\xbf?|\xed[\xa0-\xbf]?)$", chunk)):  # one may go on in the next
            chunk, kept = chunk[: begun.start()], chunk[begun.start() :]
        clean, number = pattern.subn(b"", chunk)
        export.controls += number
        yield clean
    yield kept


def _printable_utf16(first: bytes, file: IO[bytes], export: Export) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    chunk = first
    while chunk:
        text = decoder.decode(chunk)
        clean = _CONTROLS_TEXT.sub("", text)
        export.controls += len(text) - len(clean)
        yield clean
        chunk = file.read(CHUNK)
    yield decoder.decode(b"", final=True)


def printable(text: str) -> str:
    """Without the characters that no XML may hold, for what is unpacked later: JSON and quoted addresses bring them
    back."""
    return _CONTROLS_TEXT.sub("", text)


def _in_words(error: expat.ExpatError, path: list[str]) -> str:
    reason = expat.errors.messages.get(error.code, "not well-formed")
    inside = f' inside "{path[-1]}"' if path else ""
    if error.code in _ENDS_EARLY:
        return f"the file ends{inside}, in the middle ({reason}). Export it or copy it again."
    return f"this is no XML{inside}: {reason}. Export it again, or mend this line."


_ENDS_EARLY = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
