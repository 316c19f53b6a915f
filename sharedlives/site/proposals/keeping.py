"""What an import saw, kept until somebody decides, each thing once; and the order in which it is decided."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Case, F, QuerySet, When

from blog.models import Post

from ..models import Proposal
from ..wordpress.detect import Found

BYLINE, INTRODUCTION, WORKSHOP = Proposal.Kind.BYLINE, Proposal.Kind.INTRODUCTION, Proposal.Kind.WORKSHOP
CUT_SHORT, LOGIN = Proposal.Kind.CUT_SHORT, Proposal.Kind.LOGIN
# Those that are plain enough to accept in a row, as they were seen.
CAN_BE_ACCEPTED_UNSEEN = (BYLINE, INTRODUCTION)
OPEN, ACCEPTED, DECLINED = Proposal.State.OPEN, Proposal.State.ACCEPTED, Proposal.State.DECLINED


@transaction.atomic
def note(post: Post, found: Iterable[Found], *, blog: str) -> list[Proposal]:
    """Keep what `detect.proposals` saw in an imported post, each once; returns those that are new.

    `blog` is the address of the site it came from: two sites may both have a login "admin". What was decided is never
    asked again. One question about a login stands for all its posts that have no byline.
    """
    kept = [_note_login(post, one, blog) if one.kind == LOGIN else _note(post, one) for one in found]
    return [proposal for proposal in kept if proposal]


def _note(post: Post, one: Found) -> Proposal | None:
    if one.kind == BYLINE and post.bylines.filter(name__iexact=one.details["name"]).exists():
        return None
    proposal, is_new = Proposal.objects.get_or_create(
        kind=one.kind, post=post, fingerprint=one.fingerprint, defaults={"details": one.details}
    )
    if not is_new and proposal.state == OPEN and proposal.details != one.details:
        proposal.details = one.details
        proposal.save(update_fields=["details"])
    return proposal if is_new else None


def _note_login(post: Post, one: Found, blog: str) -> Proposal | None:
    """Adds the post to the open question about its login, or asks one; a post that came up before is not asked of."""
    if post.bylines.exists():
        return None
    about = Proposal.objects.filter(kind=LOGIN, details__login=one.details["login"], details__blog=blog)
    if about.filter(details__posts__contains=post.pk).exists():
        return None
    if asked := about.filter(state=OPEN).select_for_update(no_key=True).order_by("pk").first():
        asked.details["posts"].append(post.pk)
        asked.save(update_fields=["details"])
        return None
    number = about.count() + 1
    return Proposal.objects.create(
        kind=LOGIN,
        fingerprint=f"{one.fingerprint} {blog} {number}"[-200:],
        details={**one.details, "blog": blog, "posts": [post.pk]},
    )


def to_decide() -> QuerySet[Proposal]:
    """The open ones, in the order in which each helps with the next: whose sign-in it was, then post by post."""
    return in_order(Proposal.objects.filter(state=OPEN))


def in_order(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    return proposals.select_related("post", "decided_by").order_by(*ORDER)


_IN_A_POST = {kind: number for number, kind in enumerate((LOGIN, BYLINE, INTRODUCTION, WORKSHOP, CUT_SHORT))}
ORDER = (
    Case(When(kind=LOGIN, then=0), default=1),
    F("post__publish_at").desc(nulls_last=True),
    "post_id",
    Case(*[When(kind=kind, then=number) for kind, number in _IN_A_POST.items()]),
    "pk",
)
