"""Every address the old blog answered, and where each leads here: for the links in texts, and for redirects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.text import slugify

from sharedlives.foundation.models import Redirect
from sharedlives.foundation.redirects import normal
from sharedlives.foundation.spoken import LONDON

from .reading import Export, Known

AT_ONCE = 1_000
LONGEST_HOST = 253
SHARED_HOSTS = {"wordpress.com", "wordpress.org"}  # "base_site_url" of blogs that live there
_SIZE = re.compile(r"(?:-\d{1,5}x\d{1,5}|-scaled|-e\d{10,14}|-rotated)+(?=\.[a-z0-9]{2,5}$)")
_PROXY = re.compile(r"i[0-9]\.wp\.com")
_PART_OF = re.compile(r"/(?:amp|feed|page/\d+|comment-page-\d+)$")
_GONE = re.compile(r"#(?:more-\d+|comment.*|respond|top)$")
FEEDS = {
    "": ("feed", "feed/rss", "feed/rss2", "feed/rdf", "comments/feed", "rss", "wp-rss.php", "wp-rss2.php",
         "wp-feed.php", "wp-rdf.php", "?feed=rss2", "?feed=rss", "?feed=rdf", "index.rdf", "index.xml"),
    "atom": ("feed/atom", "atom", "wp-atom.php", "?feed=atom"),
}  # fmt: skip


@dataclass(frozen=True)
class Blog:
    """Where the old blog lived."""

    address: str  # "https://blog.example.org"
    hosts: frozenset[str]  # its names without "www."
    prefix: str  # "/news" for a blog in a folder, else ""
    title: str = ""

    @classmethod
    def of(cls, export: Export) -> Blog:
        address = next(filter(_host, (export.blog, export.link, export.site)), "")
        names = {_host(export.blog), _host(export.link)}
        if _host(export.site) not in SHARED_HOSTS:
            names.add(_host(export.site))
        path = urlsplit(address).path.strip("/")
        return cls(address.rstrip("/"), frozenset(filter(None, names)), f"/{path}" if path else "", export.title)

    @property
    def key(self) -> str:
        """What its things are remembered by: the same with http and https, with and without "www."."""
        return (_host(self.address) + self.prefix or f"text {self.title}")[:300]

    @property
    def host(self) -> str:
        return _host(self.address)

    def path_of(self, href: str) -> str | None:
        """The path of an address of this blog, query included; None for one of somewhere else."""
        parts = _split(href)
        if parts is None or parts.scheme not in ("", "http", "https"):
            return None
        if not parts.netloc:
            # "about/" depends on the page it stands in; we know only whole paths, and "?p=12".
            return href if href.startswith(("/", "?")) else None
        if _host(href) not in self.hosts:
            return None
        return f"{path_in(href) or '/'}{f'?{parts.query}' if parts.query else ''}"


def upload_key(path: str) -> str:
    """One key for all sizes of an uploaded picture: of its path, and without the host."""
    return _SIZE.sub("", normal(path_in(path)))


def path_in(address: str) -> str:
    """The path of an address, "/..."; "" where that cannot be read."""
    parts = _split(address)
    return re.sub("^/+", "/", parts.path) if parts else ""


def unproxied(src: str) -> str:
    """The address behind WordPress.com's picture service: https://i0.wp.com/blog.example.org/wp-content/..."""
    parts = _split(src)
    if parts and _PROXY.fullmatch(parts.netloc.lower()):
        return f"https:/{parts.path}"
    return src


class Addresses:
    """From old paths to what they mean: ("text", id), ("file", id), ("term", kind, slug), ("author", key) or ("path",
    one of ours). What is said first counts: a page called "2019" goes before the archive of that year."""

    def __init__(self, export: Export, blog: Blog):
        self.blog = blog
        self.means: dict[str, tuple[str, ...]] = {}
        self.uploads: dict[str, str] = {}
        self.upload_hosts = set(blog.hosts)
        for known in export.known.values():
            self._know(known)
        for url, id in export.uploads.items():
            self.uploads.setdefault(upload_key(url), id)
            self.means.setdefault(normal(path_in(url)), ("file", id))
            self.upload_hosts.add(_host(url))

    def _know(self, known: Known) -> None:
        meaning = ("file" if known.type == "attachment" else "text", known.id)
        path = self.blog.path_of(known.link)
        if path and normal(path) != normal(self.blog.prefix):
            self.means.setdefault(normal(path), meaning)
        for query in ("p", {"page": "page_id", "attachment": "attachment_id"}.get(known.type, "p")):
            self.also(f"/?{query}={known.id}", meaning)

    def also(self, path: str, meaning: tuple[str, ...]) -> None:
        """`path` below the blog's own."""
        self.means.setdefault(normal(f"{self.blog.prefix}{path}"), meaning)

    def old_slug(self, known: Known, old: str) -> None:
        path = self.blog.path_of(known.link)
        if path and "?" not in path and known.slug:
            self.means.setdefault(
                normal(path.rstrip("/").rsplit("/", 1)[0] + f"/{old.lstrip('/')}"), ("text", known.id)
            )

    def term(self, kind: str, slug: str, path: str, id: str) -> None:
        """The archive of a category or tag; its feed follows from it (site/old_addresses.py)."""
        base, query = ("category", "cat") if kind == "category" else ("tag", "tag")
        for below in (path, slug):
            self.also(f"/{base}/{below}", ("term", kind, slug))
        if kind == "tag" or id:
            self.also(f"/?{query}={id if kind == 'category' else slug}", ("term", kind, slug))

    def author(self, slug: str) -> None:
        self.also(f"/author/{slug}", ("author", slug.lower()))

    def login(self, login: str, id: str) -> None:
        """Nobody knows yet who it is: their posts stand among all others."""
        posts = reverse("blog:post_list")
        for slug in {slugify(login), login.lower()}:
            self.also(f"/author/{slug}", ("path", posts))
            self.also(f"/author/{slug}/feed", ("path", f"{posts}feed/"))
        if id:
            self.also(f"/?author={id}", ("path", posts))

    def date(self, moment: datetime) -> None:
        """The archives that listed a post of this moment."""
        day = moment.astimezone(LONDON)
        year = reverse("blog:archive_year", args=[day.year])
        month = reverse("blog:archive_month", args=[day.year, day.month])
        self.also(f"/{day:%Y}", ("path", year))
        for path in (f"/{day:%Y/%m}", f"/{day:%Y/%m/%d}", f"/?m={day:%Y%m}", f"/?m={day:%Y%m%d}"):
            self.also(path, ("path", month))

    def whole_blog(self) -> None:
        posts = reverse("blog:post_list")
        self.also("/", ("path", posts))
        for feed, paths in FEEDS.items():
            for path in paths:
                self.also(f"/{path}", ("path", f"{posts}feed/{f'{feed}/' if feed else ''}"))

    def find(self, href: str) -> tuple[str, ...] | None:
        """What an address of the old blog means; None for one it never had, or of somewhere else."""
        path = self.blog.path_of(href)
        if path is None:
            return None
        whole = normal(path)
        return self.means.get(whole) or self.means.get(_PART_OF.sub("", whole))

    def upload(self, src: str) -> str | None:
        """The id of the attachment that a picture's address means, in whatever size."""
        return self.uploads.get(upload_key(src)) if self.is_upload_host(src) else None

    def is_upload_host(self, src: str) -> bool:
        parts = _split(src)
        return parts is not None and (not parts.netloc or _host(src) in self.upload_hosts)

    def absolute(self, href: str) -> str:
        try:
            return urljoin(f"{self.blog.address}/", href)
        except ValueError:  # "//[broken"
            return href


def fragment(href: str) -> str:
    """What of "#..." is worth keeping."""
    return "" if _GONE.search(href) or "#" not in href else href[href.index("#") :][:100]


Row = tuple[str, models.Model | str]


def keep(host: str, rows: Iterable[Row]) -> tuple[int, int]:
    """Write many redirects of one host; returns how many are new, and how many were there.

    One that leads to a thing of ours stays: somebody will have said so since. One to a mere path gives way to a thing.
    """
    new = there = 0
    for some in _at_once(rows):
        paths = [path for path, _ in some]
        known = {redirect.path: redirect for redirect in Redirect.objects.filter(host=host, path__in=paths)}
        made = [_row(host, path, target) for path, target in some if path not in known]
        Redirect.objects.bulk_create(made)
        for path, target in some:
            if path in known and known[path].leads_to and not isinstance(target, str):
                row = _row(host, path, target)
                row.pk, row.created_at = known[path].pk, known[path].created_at
                row.save()
        new, there = new + len(made), there + len(known)
    return new, there


def _at_once(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: dict[str, models.Model | str] = {}
    for path, target in rows:
        some.setdefault(path, target)
        if len(some) == AT_ONCE:
            yield list(some.items())
            some = {}
    if some:
        yield list(some.items())


def _row(host: str, path: str, target: models.Model | str) -> Redirect:
    if isinstance(target, str):
        return Redirect(host=host, path=path, leads_to=target)
    return Redirect(host=host, path=path, content_type=ContentType.objects.get_for_model(target), object_id=target.pk)


def _split(href: str):
    try:
        return urlsplit(href)
    except ValueError:  # "http://[broken"
        return None


def _host(address: str) -> str:
    parts = _split(address)
    try:
        host = ((parts.hostname or "") if parts else "").lower().removeprefix("www.").rstrip(".")
    except ValueError:
        return ""
    return host if len(host) <= LONGEST_HOST else ""
