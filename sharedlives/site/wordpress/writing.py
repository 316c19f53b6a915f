"""A text of the old blog as a post or page of ours: made anew, or brought up to date."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blog.models import Author, Post, Tag, Topic
from sharedlives.foundation import audit
from sharedlives.foundation.models import Picture

from .. import proposals
from ..models import Page, Proposal
from .detect import Found
from .report import Source
from .standing import page_standing, post_standing

if TYPE_CHECKING:
    from .texts import Texts

DRAFT, PUBLISHED = Post.Status.DRAFT, Post.Status.PUBLISHED


@dataclass
class Text:
    """What a post or page would be here."""

    title: str
    summary: str
    body: str
    is_public: bool
    moment: datetime | None
    lead: Picture | None = None
    topics: list[Topic] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    authors: list[Author] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


class PostKind:
    def create(self, texts: Texts, item: dict[str, Any], source: Source, text: Text) -> Post:
        post = Post(slug=texts.slugs[source.wp_id], created_by=None)
        guid = item.get("guid", "").strip()
        if guid and (len(guid) > 500 or Post.objects.filter(guid=guid).exists()):
            texts.run.report.note(source, "Feed readers will take it for a new post: its GUID is taken or too long.")
        elif guid:
            post.guid = guid
        self._fill(post, text)
        self._publish(post, text)
        post.save()
        post.topics.add(*text.topics)
        post.tags.add(*text.tags)
        self._sign(post, text)
        self._propose(texts, post, text)
        audit.record(None, "moved in", post, who=texts.run.actor_name, note=texts.run.origin)
        return post

    def can_take(self, post: Post, text: Text) -> bool:
        """Fits the text to what staff have decided about the post; False where the two do not go together."""
        body = proposals.text_as_decided(post, text.body)
        text.body = text.body if body is None else body
        return body is not None

    def update(self, texts: Texts, post: Post, source: Source, text: Text) -> bool:
        """Bring up to date a post that nobody edited here; returns whether there was anything to do."""
        before = self.standing(post)
        words = post.title, post.standfirst, post.body
        self._fill(post, text)
        if text.is_public and post.status == DRAFT:
            self._publish(post, text)
        elif text.is_public:
            post.publish_at = text.moment
        elif post.status == PUBLISHED:
            texts.run.report.ask(source, "It is no longer published there. Take it down here, if it should be.")
        self._shelve(post, text)
        if not post.bylines.exists():
            self._sign(post, text)
        if self.standing(post) == before:
            return False
        post.save()
        self._propose(texts, post, text)
        changed = {n: (b, a) for n, b, a in zip(("title", "standfirst", "text"), words,
                   (post.title, post.standfirst, post.body), strict=True) if a != b}  # fmt: skip
        audit.record(None, "brought up to date", post, who=texts.run.actor_name, changes=changed)
        return True

    def _fill(self, post: Post, text: Text) -> None:
        post.title, post.standfirst, post.body, post.lead_picture = text.title, text.summary, text.body, text.lead

    def _publish(self, post: Post, text: Text) -> None:
        # Not by editorial.publish: that asks for a person with the right, and for a byline, which staff settle next.
        if text.is_public:
            post.status, post.publish_at = PUBLISHED, text.moment

    def _shelve(self, post: Post, text: Text) -> None:
        post.topics.set(text.topics)
        post.tags.set(text.tags)

    def _sign(self, post: Post, text: Text) -> None:
        for position, author in enumerate(text.authors, start=1):
            post.bylines.create(author=author, position=position)

    def _propose(self, texts: Texts, post: Post, text: Text) -> None:
        for one in text.found:
            if one.kind == Proposal.Kind.LOGIN:
                texts.by_login.setdefault(one.fingerprint, (one, []))[1].append(post.pk)
        for proposal in proposals.note(post, text.found):
            texts.count_question(proposal)

    standing = staticmethod(post_standing)


class PageKind:
    def create(self, texts: Texts, item: dict[str, Any], source: Source, text: Text) -> Page:
        page = Page(slug=texts.slugs[source.wp_id])
        order = item.get("menu_order", "")
        page.position = int(order) if re.fullmatch("[1-9][0-9]{0,3}", order) else 10
        self._fill(page, text)
        page.is_published = text.is_public
        page.save()
        audit.record(None, "moved in", page, who=texts.run.actor_name, note=texts.run.origin)
        return page

    def can_take(self, page: Page, text: Text) -> bool:
        return True

    def update(self, texts: Texts, page: Page, source: Source, text: Text) -> bool:
        before = self.standing(page)
        self._fill(page, text)
        if text.is_public:
            page.is_published = True
        elif page.is_published:
            texts.run.report.ask(source, "It is no longer published there. Take it down here, if it should be.")
        if self.standing(page) == before:
            return False
        page.save()
        audit.record(None, "brought up to date", page, who=texts.run.actor_name)
        return True

    def _fill(self, page: Page, text: Text) -> None:
        page.title, page.summary, page.body = text.title, text.summary, text.body

    standing = staticmethod(page_standing)


POST, PAGE = PostKind(), PageKind()
