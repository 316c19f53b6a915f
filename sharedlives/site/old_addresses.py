"""Where addresses of a WordPress site that moved in lead now, in all the ways in which WordPress answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

from django.urls import reverse

from sharedlives.foundation import redirects

# What WordPress hangs on the address of a thing: its feed, its pages, its other forms.
FURTHER = re.compile(r"/(?:feed(?:/(?:rss|rss2|rdf|atom))?|amp|embed|trackback|comment-page-\d+|page/\d+|\d+)$")
FEED = re.compile(r"/feed(?:/(?:rss|rss2|rdf|(?P<atom>atom)))?$")
MOST_FURTHER = 4
OF_THE_WHOLE_SITE = re.compile(r"(?:/comments)?/feed(?:/(?:rss|rss2|rdf|atom))?")
# WordPress makes each picture in several sizes, "table-300x200.jpg"; only one of them has an address in its export.
SIZE_OF_A_PICTURE = re.compile(r"(?:-\d+x\d+|-scaled|-rotated|-e\d{10,14})+(?=\.\w+$)")
DAY_MONTH_YEAR = re.compile(r"/(?P<year>(?:19|20)\d\d)(?:/(?P<month>0[1-9]|1[0-2])(?:/[0-3]\d)?)?")
ONE_THING = ("p", "page_id", "attachment_id", "cat", "tag", "author", "m")


def leads_to(address: str, *, host: str = "") -> str | None:
    """The path of ours for an old path and query of `host`; None where it leads nowhere."""
    asked = redirects.normal(address)
    path, _, query = asked.partition("?")
    names = parse_qs(query)
    found = redirects.find(*_ways(path, names, asked), host=host)
    feed = FEED.search(path) or FEED.search(f"/feed/{names['feed'][0]}" if "feed" in names else "")
    if feed:
        found = _feed(found, path, feed)
    if path == "/" and "m" in names:  # 2019, 201910 or 20191003
        path = re.sub(r"^/(\d{4})(\d\d)?(\d\d)?$", _with_slashes, f"/{names['m'][0]}")
    found = found or _whole_list(path)
    return found if found and redirects.normal(found) != asked else None


def _ways(path: str, names: dict[str, list[str]], asked: str) -> Iterator[str]:
    """The addresses that may name the same thing, the most exact first."""
    yield asked
    for name in ONE_THING:
        if name in names:
            yield f"{path}?{name}={names[name][0]}"
    for _ in range(MOST_FURTHER):
        if path == "/":
            return
        yield path
        if path.startswith("/category/"):
            yield "/category/" + path.rsplit("/", 1)[1]  # of topics within topics the last one counts
        if SIZE_OF_A_PICTURE.search(path):
            yield SIZE_OF_A_PICTURE.sub("", path)
            yield SIZE_OF_A_PICTURE.sub("-scaled", path)
        shorter = FURTHER.sub("", path)
        if shorter == path:
            return
        path = shorter or "/"


def _feed(found: str | None, path: str, feed: re.Match[str]) -> str | None:
    """Whoever follows a feed is led to a feed, where what is found has one."""
    if found is None:
        found = reverse("blog:post_list") if path == "/" or OF_THE_WHOLE_SITE.fullmatch(path) else None
    of_thing = f"{found}feed/{'atom/' if feed['atom'] else ''}"
    return of_thing if found and redirects.answers(of_thing) else found


def _whole_list(path: str) -> str | None:
    """What needs no row of its own: pages of the whole blog, and its years and months."""
    if re.fullmatch(r"/page/\d+", path):
        return reverse("blog:post_list")
    date = DAY_MONTH_YEAR.fullmatch(path)
    if not date:
        return None
    if date["month"]:
        return reverse("blog:archive_month", args=[int(date["year"]), int(date["month"])])
    return reverse("blog:archive_year", args=[int(date["year"])])


def _with_slashes(date: re.Match[str]) -> str:
    return "".join(f"/{part}" for part in date.groups() if part)
