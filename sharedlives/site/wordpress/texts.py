"""Posts and pages of the old blog, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator, slugify

from blog.models import RESERVED_SLUGS, Post, PostAddress
from sharedlives.foundation import richtext
from sharedlives.foundation.slugs import numbered

from .. import proposals
from ..models import Page, Proposal, validate_free_address
from . import bodies, dates, detect
from .bodies import Body
from .detect import Found
from .report import Source
from .standing import EDITED, NEW, NOT_TAKEN, UNCHANGED, UPDATED, hash_of, target_of
from .surroundings import Surroundings
from .writing import PAGE, POST, Text

if TYPE_CHECKING:
    from .applying import Run

PASSED_OVER = {
    "trash": "They lay in the bin.",
    "auto-draft": "WordPress begins one whenever somebody opens the editor; nobody wrote in it.",
    "inherit": "They are older versions of something else.",
}
# What of an item does not make it another text.
NOT_ITS_OWN = {"line", "link", "modified_gmt", "had_no_type", "menu_order", "parent", "guid"}


class Texts:
    def __init__(self, run: Run):
        self.run = run
        self.addresses: dict[str, str] = {}  # by WordPress's number: where each will be
        self.slugs: dict[str, str] = {}
        self.taken: dict[str, models.Model] = {}
        self.waiting: list[tuple[Source, str]] = []  # links to texts, to be looked after at the end
        # What is asked once for all texts of a sign-in: the question, and the posts.
        self.by_login: dict[str, tuple[Found, list[int]]] = {}
        self.now = timezone.now()

    # Where each will be

    def plan(self) -> None:
        used = {
            "post": set(Post.objects.values_list("slug", flat=True))
            | set(PostAddress.objects.values_list("slug", flat=True))
            | set(RESERVED_SLUGS),
            "page": set(Page.objects.values_list("slug", flat=True)),
        }
        for known in self.run.export.known.values():
            if known.type not in used or known.status in PASSED_OVER:
                continue
            thing: Any = self.run.imported.target(known.type, known.id)
            if thing is not None:
                self.addresses[known.id] = thing.get_absolute_url()
                continue
            base = slugify(unquote(known.slug))[:110] or slugify(richtext.plain(known.title))[:110]
            slug = self._free(base.strip("-") or f"{known.type}-{slugify(known.id)[-20:] or 1}", known.type, used)
            used[known.type].add(slug)
            self.slugs[known.id] = slug
            self.addresses[known.id] = reverse(
                "blog:post_detail" if known.type == "post" else "site:page_detail", args=[slug]
            )

    def _free(self, base: str, kind: str, used: dict[str, set[str]]) -> str:
        taken = used[kind] if kind == "post" else _TakenByTheSite(used[kind])
        return numbered(base, taken)

    # One at a time

    def take_all(self) -> None:
        for item in self.run.export.items("text"):
            self.take(item)
        for question, posts in self.by_login.values():
            if proposal := proposals.note_login(question, posts, blog=self.run.blog.key):
                self.count_question(proposal)
        for source, id in self.waiting:
            if id not in self.taken and self.run.export.known[id].status not in PASSED_OVER:
                other = richtext.plain(self.run.export.known[id].title)
                self.run.report.lost(source, "A link leads to something that could not be taken.", other)

    def take(self, item: dict[str, Any]) -> None:
        kind, status = item["type"], item.get("status", "")
        title = richtext.plain(item.get("title", ""))
        source = Source(title or f"({kind} without a title)", kind, item["id"], item["line"])
        if status in PASSED_OVER:
            self.run.report.skip(f"{kind}s with the state “{status}”", PASSED_OVER[status])
            return
        if item.get("had_no_type"):
            self.run.report.note(source, "The export does not say what it is; it was taken for a post.")
        around = Surroundings(self.run, item, source)
        try:
            text = self._text(item, source, around)
            with transaction.atomic():
                taken = self._store(item, source, text, around)
        except _DeletedHere:
            self._count(source, EDITED)
            self.run.report.ask(source, "It was deleted here, and stays away.")
        except (richtext.Refused, ValidationError) as refusal:
            self._not_taken(source, " ".join(refusal.messages))
        except (DataError, IntegrityError) as error:
            self._not_taken(source, f"The database does not take it: {str(error).splitlines()[0]}")
        else:
            self._took(source, taken, around)

    def count_question(self, proposal: Proposal) -> None:
        self.run.report.count("questions for you", proposal.get_kind_display())

    def _not_taken(self, source: Source, why: str) -> None:
        self.run.imported.reread(source.kind, source.wp_id)
        self.run.report.count(f"{source.kind}s", NOT_TAKEN)
        self.run.report.lost(source, f"The whole {source.kind} did not come. {why}")

    def _took(self, source: Source, taken: models.Model, around: Surroundings) -> None:
        # Not the whole: ten thousand posts with their texts are a lot of memory.
        self.taken[source.wp_id] = type(taken)(pk=taken.pk)
        self.waiting += [(source, id) for id in dict.fromkeys(around.to_texts)]
        for href in dict.fromkeys(around.dead):
            self.run.report.lost(source, "A link leads to something of the old site that is not in the export.", href)

    # What it would be

    def _text(self, item: dict[str, Any], source: Source, around: Surroundings) -> Text:
        if item.get("too_long"):
            raise richtext.TooLong
        footnotes = item["meta"].get("footnotes", [""])[-1]
        body = bodies.convert(item.get("body", ""), around, footnotes)
        is_public, moment = self._standing_there(item, source, body)
        topics, tags = self.run.shelves.of_item(item) if item["type"] == "post" else ([], [])
        authors, logins = self.run.people.of_item(item) if item["type"] == "post" else ([], [])
        lead = self.run.library.lead(item)
        lead_id = item["meta"].get("_thumbnail_id", [""])[-1].strip()
        if lead_id.strip("0-") and lead is None:
            why = self.run.library.problems.get(lead_id, "The export does not list it.")
            self.run.report.lost(source, f"Its lead picture did not come. {why}")
        text = Text(
            title=self._title(item, source, body.html, moment),
            summary=self._summary(item, source),
            body=body.html,
            is_public=is_public,
            moment=moment,
            lead=lead if item["type"] == "post" else None,
            topics=topics,
            tags=tags,
            authors=authors,
            logins=logins,
        )
        self._tell(item, source, body, text)
        self._detect(item, source, text)
        return text

    def _tell(self, item: dict[str, Any], source: Source, body: Body, text: Text) -> None:
        report = self.run.report
        for said, detail in body.told.losses:
            report.lost(source, said, detail)
        for said, detail in body.told.notes:
            report.note(source, said, detail)
        if item.get("is_sticky") == "1":
            report.ask(source, "It stood at the top of the blog there. Pin it here, if it still should.")

    def _detect(self, item: dict[str, Any], source: Source, text: Text) -> None:
        """What staff are to decide; the mark of a text cut short goes at once, for it leads nowhere."""
        if item["type"] != "post":
            return
        login = text.logins[0] if text.logins and not text.authors else ""
        name = self.run.export.authors.get(login, {}).get("name", "")
        text.found = detect.proposals(text.title, text.body, text.moment if text.is_public else None, login, name)
        for one in text.found:
            if one.kind == "cut_short":
                text.body = richtext.clean(detect.without_mark(text.body, one.details["mark"]))
                if not self._is_settled(item, Proposal.Kind.CUT_SHORT):
                    self.run.report.ask(source, "Its text is cut short: it ended with the words", one.details["mark"])
        for other in text.logins if text.authors else text.logins[1:]:
            self.run.report.ask(source, "Another sign-in wrote it too; add them to the byline if they are to be named.",
                                other)  # fmt: skip

    def _is_settled(self, item: dict[str, Any], kind: Proposal.Kind) -> bool:
        post: Any = self.run.imported.target("post", item["id"])
        return post is not None and post.proposals.filter(kind=kind).exclude(state=proposals.OPEN).exists()

    def _title(self, item: dict[str, Any], source: Source, html: str, moment: datetime | None) -> str:
        title, most = richtext.plain(item.get("title", "")), 200 if item["type"] == "post" else 150
        if not title:
            title = Truncator(richtext.plain(html)).words(8, truncate="…") or f"Untitled {item['type']} {item['id']}"
            self.run.report.ask(source, "It has no title; this stands in for one.", Truncator(title).chars(most))
        elif len(title) > most:
            self.run.report.lost(source, f"Its title is too long and was cut after {most} characters.", title)
        return Truncator(title).chars(most)

    def _summary(self, item: dict[str, Any], source: Source) -> str:
        excerpt = item.get("excerpt", "")
        plain = richtext.plain(excerpt)
        if len(plain) > 300:
            self.run.report.lost(source, "Its excerpt is too long and was cut after 300 characters.", plain)
        if "<a " in excerpt or "<img" in excerpt:
            self.run.report.lost(source, "Links or pictures in its excerpt do not come.", excerpt)
        return Truncator(plain).chars(300)

    def _standing_there(self, item: dict[str, Any], source: Source, body: Body) -> tuple[bool, datetime | None]:
        """Whether it is to be public here, and since when or from when on."""
        status, moment, report = item.get("status") or "publish", dates.of_item(item), self.run.report
        if status == "text":  # of which no more is known
            return False, None
        if status in ("draft", "pending"):
            report.note(source, "It was not published there; here it is a draft too.")
            return False, None
        if status == "private" or item.get("has_password"):
            report.ask(source, "It was private there, or behind a password. It stays an unpublished draft.")
        elif status not in ("publish", "future"):
            report.ask(source, "Its state there is unknown here; it stays an unpublished draft.", status)
        elif not body.html:
            report.ask(source, "It has no text that could be shown; it stays an unpublished draft.")
        elif moment is None:
            report.lost(source, "The export does not say when it was published; it is a draft.")
        elif status == "future" and moment <= self.now:
            report.ask(source, "It was to go out at a moment that is over by now; it stays an unpublished draft.")
        else:
            return True, moment
        return False, None

    # Writing it

    def _store(self, item: dict[str, Any], source: Source, text: Text, around: Surroundings) -> models.Model:
        kind: Any = POST if item["type"] == "post" else PAGE
        came_as = self._came_as(item, text, around)
        row = self.run.imported.find(source.kind, source.wp_id)
        if row is None:
            thing = kind.create(self, item, source, text)
            self.run.imported.note(source.kind, source.wp_id, thing, came_as, kind.standing(thing))
            self._count(source, NEW)
            return thing
        thing = target_of(row)
        if thing is None:
            raise _DeletedHere
        is_changed_there = row.came_as != came_as
        if row.stood_as != kind.standing(thing) or (is_changed_there and not kind.can_take(thing, text)):
            self._count(source, EDITED)
            more = ", and changed there since" if row.came_as[:32] != came_as[:32] else ""
            self.run.report.ask(source, f"It was edited here{more}. What stands here stays.")
        elif not is_changed_there:
            self._count(source, UNCHANGED)
        else:
            self._count(source, UPDATED if kind.update(self, thing, source, text) else UNCHANGED)
            self.run.imported.note(source.kind, source.wp_id, thing, came_as, kind.standing(thing))
        return thing

    def _came_as(self, item: dict[str, Any], text: Text, around: Surroundings) -> str:
        """What the export says, and what of it could be had: a picture that comes later makes it another text."""
        own = {key: value for key, value in item.items() if key not in NOT_ITS_OWN}
        had = around.placed, text.lead.pk if text.lead else 0, [author.pk for author in text.authors]
        return hash_of(own) + hash_of(*had)

    def _count(self, source: Source, outcome: str) -> None:
        self.run.report.count(f"{source.kind}s", outcome)


class _DeletedHere(Exception):
    """What came from it is gone."""


class _TakenByTheSite:
    """Addresses that pages have, and those at which the site itself answers."""

    def __init__(self, used: set[str]):
        self.used = used

    def __contains__(self, slug: object) -> bool:
        if slug in self.used:
            return True
        try:
            validate_free_address(str(slug))
        except ValidationError:
            return True
        return False


def redirect_rows(run: Run) -> Iterator[tuple[str, models.Model | str]]:
    """Old paths and what they lead to here, for what did come."""
    for path, meaning in run.addresses.means.items():
        target = run.target(meaning)
        if target is not None:
            yield path, target
