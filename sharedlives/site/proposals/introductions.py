"""What moves within a post: the words that introduce a guest, and those that end an excerpt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blog.models import Author, Post
from sharedlives.foundation import richtext

from ..models import Proposal
from ..wordpress.detect import without_mark
from .bylines import host_of
from .keeping import ACCEPTED, INTRODUCTION
from .posts import ProposalRefused, locked_post, save

if TYPE_CHECKING:
    from sharedlives.foundation.models import User


def accept_introduction(proposal: Proposal, by: User, *, introduced_by: Author | None = None) -> str:
    """Move the piece that introduces the guest out of the text, to above it."""
    post = locked_post(proposal.post_id, by)
    piece = proposal.details["html"]
    introduction = as_introduction(piece)
    if post.body.count(piece) != 1:
        if post.introduction == introduction:
            return "The introduction stands above the text already; nothing was changed."
        raise ProposalRefused(
            "These words do not stand in the text any more as they came: somebody has changed it since. Move them by "
            "hand in the post’s form, then decline this."
        )
    if post.introduction:
        raise ProposalRefused("This post has another introduction already. Put the two together in the post’s form.")
    rest = _without(piece, post.body)
    if not rest:
        raise ProposalRefused("The text holds nothing else: taking these words out would leave it empty.")
    post.introduction, post.body = introduction, rest
    post.introduced_by = introduced_by or post.introduced_by or host_of(post.pk)
    save(post, by, {"introduction": ("", richtext.plain(introduction))}, "introduction", "body", "introduced_by")
    signed = f", signed by {post.introduced_by.name}" if post.introduced_by else "; nobody signs it yet"
    return f"The introduction of “{post}” now stands above the text{signed}."


def _without(piece: str, body: str) -> str:
    """The body without the piece, and without a fold that nothing stands before any more."""
    return richtext.clean(re.sub(r"^\s*<hr data-fold[^>]*>", "", body.replace(piece, "", 1).strip()))


def text_as_decided(post: Post, body: str) -> str | None:
    """The text of a later export as it may stand here: without the introduction, once that was moved above the text.

    None where the export now says the introduction in other words, so that it would be shown twice.
    """
    moved = Proposal.objects.filter(kind=INTRODUCTION, state=ACCEPTED, post=post).first()
    if moved is None or not post.introduction:
        return body
    piece = moved.details["html"]
    return _without(piece, body) if body.count(piece) == 1 else None


def as_introduction(piece: str) -> str:
    """A piece of the body as the paragraph that will stand above it: a colon led on to the text, and now ends it."""
    inner = re.sub(r"^<(p|h[2-4]|blockquote|aside)>(.*)</\1>$|(.*)<br>$", r"\2\3", piece, flags=re.DOTALL)
    inner = re.sub(r":\s*((?:</[a-z]+>\s*)*)$", r".\1", inner)
    return richtext.clean(inner if inner.startswith("<p>") else f"<p>{inner}</p>")


def accept_cut_short(proposal: Proposal, by: User) -> str:
    """The text is whole again, or need not be. Words like "Continue reading" go, if they still stand at its end."""
    post = locked_post(proposal.post_id, by)
    body = richtext.clean(without_mark(post.body, proposal.details["mark"]))
    if body == post.body:
        return f"Noted: “{post}” is as it should be."
    if not body:
        raise ProposalRefused("The text holds nothing else: taking these words out would leave it empty.")
    post.body = body
    save(post, by, {"body": (proposal.details["mark"], "")}, "body")
    return f"“{post}” no longer ends in “{proposal.details['mark']}”."
