"""Categories become topics, tags become tags, and who wrote becomes authors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import Truncator, slugify

from blog.models import Author, Tag, Topic
from sharedlives.foundation import audit, richtext, slugs

from .reading import printable
from .report import Source
from .standing import EDITED, NEW, UNCHANGED, UPDATED, hash_of, target_of

if TYPE_CHECKING:
    from .applying import Run

NO_CATEGORY = {"uncategorized", "uncategorised"}
KINDS: dict[str, tuple[type[Topic] | type[Tag], str]] = {"category": (Topic, "topics"), "tag": (Tag, "tags")}
DOMAINS = {"category": "category", "post_tag": "tag", "tag": "tag"}
NO_PLACE = "Only categories and tags have a place here."
SAY_NOTHING = {"author", "post_format", "nav_menu", "", "post_translations", "language"}


class Shelves:
    def __init__(self, run: Run):
        self.run = run
        self.found: dict[tuple[str, str], Topic | Tag] = {}
        self.parents: dict[str, str] = {}

    def take_declared(self) -> None:
        for term in self.run.export.terms:
            kind = DOMAINS.get(term.get("taxonomy", ""), "") if term["kind"] == "term" else term["kind"]
            if not kind:
                self.run.report.skip("terms of other kinds", NO_PLACE)
                continue
            slug, parent = term.get("slug", ""), term.get("parent", "")
            if kind == "category" and parent:
                self.parents[slug] = parent
            self.shelf(kind, slug, term.get("name", ""), term.get("description", ""), term.get("id", ""))

    def shelf(self, kind: str, slug: str, name: str, description: str = "", id: str = "") -> Topic | Tag | None:
        """The topic or tag for a category or tag of there; None for the one that means "none"."""
        slug, name = slug or slugify(name), Truncator(richtext.plain(name) or printable(unquote(slug))).chars(100)
        if (kind == "category" and slug in NO_CATEGORY) or not name:
            return None
        if (kind, slug) not in self.found:
            self.found[kind, slug] = self._keep(kind, slug, name, Truncator(richtext.plain(description)).chars(300))
            self.run.addresses.term(kind, slug, self._path(slug) if kind == "category" else slug, id)
        return self.found[kind, slug]

    def _keep(self, kind: str, slug: str, name: str, description: str) -> Topic | Tag:
        (model, what), raw = KINDS[kind], hash_of(name, description)
        row = self.run.imported.find(kind, slug)
        shelf: Any = target_of(row) if row else None
        outcome = UNCHANGED
        if shelf is None:
            shelf = model.objects.filter(name__iexact=name).first()
            if shelf is None:
                shelf, outcome = self._new(model, slug, name), NEW
        elif row and row.stood_as != standing(shelf):
            self.run.report.count(what, EDITED)
            return shelf
        if outcome == NEW or (row and row.came_as != raw):
            outcome = NEW if outcome == NEW else UPDATED
            shelf.name = name
            if isinstance(shelf, Topic):
                shelf.description = description
            shelf.save()
        self.run.imported.note(kind, slug, shelf, raw, standing(shelf))
        self.run.report.count(what, outcome)
        return shelf

    def _new(self, model: type[Topic] | type[Tag], slug: str, name: str) -> Topic | Tag:
        words = unquote(slug) if slugify(unquote(slug)) else name
        return model(slug=slugs.free(words, model.objects, otherwise="more"))

    def _path(self, slug: str) -> str:
        path, above = [slug], self.parents.get(slug)
        while above and above not in path:
            path.insert(0, above)
            above = self.parents.get(above)
        if len(path) > 1:
            self.run.report.note(
                Source(unquote(slug), "topic"), "It lay below another category there; here all topics stand alone."
            )
        return "/".join(path)

    def take_used(self, item: dict[str, Any]) -> None:
        """Those that an item names: an export of a part declares none."""
        for domain, slug, name in item["terms"]:
            if kind := DOMAINS.get(domain):
                self.shelf(kind, slug, name)
            elif domain not in SAY_NOTHING:
                self.run.report.skip(f"terms of the kind “{domain[:60]}”", NO_PLACE, is_loss=True)

    def of_item(self, item: dict[str, Any]) -> tuple[list[Topic], list[Tag]]:
        shelves: dict[str, dict[int, Any]] = {"category": {}, "tag": {}}
        for domain, slug, name in item["terms"]:
            kind = DOMAINS.get(domain)
            shelf = self.shelf(kind, slug, name) if kind else None
            if kind and shelf:
                shelves[kind][shelf.pk] = shelf
        return list(shelves["category"].values()), list(shelves["tag"].values())


def standing(shelf: Any) -> str:
    return hash_of(shelf.name, getattr(shelf, "description", ""))


class People:
    """Guest authors of the plugin Co-Authors Plus are people with a name. A login alone is nobody: staff are asked."""

    def __init__(self, run: Run):
        self.run = run
        self.guests: dict[str, Author] = {}

    def take_all(self) -> None:
        for item in self.run.export.items("guest-author"):
            self._take(item)
        for login, about in self.run.export.authors.items():
            self.run.addresses.login(login, about.get("id", ""))

    def _take(self, item: dict[str, Any]) -> None:
        meta = {key: values[-1].strip() for key, values in item["meta"].items()}
        name = meta.get("cap-display_name") or richtext.plain(item.get("title", ""))
        slug = item.get("slug", "").removeprefix("cap-") or meta.get("cap-user_login", "") or slugify(name)
        name = Truncator(" ".join(richtext.plain(name).split())).chars(120)
        if not name:
            self.run.report.lost(Source("(no name)", "author", item["id"], item["line"]), "A guest author has no name.")
            return
        bio = richtext.plain(meta.get("cap-description", ""))
        source = Source(name, "author", item["id"], item["line"])
        if len(bio) > 1000:
            self.run.report.lost(source, "What is said about them is too long and was cut.", bio)
        facts = {
            "name": name,
            "role": meta.get("cap-job_title", "")[:120],
            "organisation": meta.get("cap-organization", "")[:150],
            "bio": Truncator(bio).chars(1000),
            "website": _website(meta.get("cap-website", "")),
            # Who has a sign-in there works for the charity.
            "is_guest": not meta.get("cap-linked_account"),
        }
        author = self._keep(source, slug, facts, self.run.library.lead(item))
        for key in {slug, meta.get("cap-user_login", ""), slugify(name)} - {""}:
            self.guests.setdefault(key.lower(), author)
        self.run.addresses.author(slug)

    def _keep(self, source: Source, slug: str, facts: dict[str, Any], portrait) -> Author:
        imported, report, raw = self.run.imported, self.run.report, hash_of(facts)
        row = imported.find("guest-author", slug)
        author = target_of(row) if row else None
        if not isinstance(author, Author):
            known = Author.objects.filter(name__iexact=facts["name"]).first()
            author = known or self._new(facts, portrait)
            report.count("authors", UNCHANGED if known else NEW)
            if known:
                report.note(source, "An author of this name is here already; the posts are theirs.")
        elif row and row.stood_as != author_standing(author):
            report.count("authors", EDITED)
            return author
        elif row and row.came_as != raw:
            Author.objects.filter(pk=author.pk).update(**facts)
            author.refresh_from_db()
            report.count("authors", UPDATED)
        else:
            report.count("authors", UNCHANGED)
        imported.note("guest-author", slug, author, raw, author_standing(author))
        return author

    def _new(self, facts: dict[str, Any], portrait) -> Author:
        slug = slugs.free(facts["name"], Author.objects, otherwise="author")
        author = Author.objects.create(slug=slug, portrait=portrait, **facts)
        audit.record(None, "moved in", author, who=self.run.actor_name)
        return author

    def of_item(self, item: dict[str, Any]) -> tuple[list[Author], list[str]]:
        """The authors in their order, and the logins of which nobody knows whose they are."""
        named = [slug.removeprefix("cap-") for domain, slug, _ in item["terms"] if domain == "author"]
        authors: dict[int, Author] = {}
        logins = []
        for key in named or [item.get("login", "")]:
            author = self.guests.get(key.lower()) or self.run.imported.target("author", key)
            if isinstance(author, Author):
                authors[author.pk] = author
            elif key:
                logins.append(self._login(key))
        return list(authors.values()), logins

    def _login(self, key: str) -> str:
        """The login itself, where only what an address makes of it is known."""
        return next((login for login in self.run.export.authors if slugify(login) == slugify(key)), key)


def _website(address: str) -> str:
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        return ""
    return address if len(address) <= 200 and not re.search(r"//[^/]*@", address) else ""


def author_standing(author: Author) -> str:
    return hash_of(author.name, author.role, author.organisation, author.bio, author.website, author.is_guest)
