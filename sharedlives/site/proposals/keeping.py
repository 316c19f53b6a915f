"""What an import saw, kept until somebody decides, each thing once; and the order in which it is decided."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Case, F, QuerySet, When

from blog.models import Byline, Post

from ..models import Proposal
from ..wordpress.detect import Found

BYLINE, INTRODUCTION, WORKSHOP = Proposal.Kind.BYLINE, Proposal.Kind.INTRODUCTION, Proposal.Kind.WORKSHOP
CUT_SHORT, LOGIN = Proposal.Kind.CUT_SHORT, Proposal.Kind.LOGIN
# Those that are plain enough to accept in a row, as they were seen.
CAN_BE_ACCEPTED_UNSEEN = (BYLINE, INTRODUCTION)
OPEN, ACCEPTED, DECLINED = Proposal.State.OPEN, Proposal.State.ACCEPTED, Proposal.State.DECLINED


@transaction.atomic
def note(post: Post, found: Iterable[Found]) -> list[Proposal]:
    """Keep what `detect.proposals` saw in an imported post, each once; returns those that are new.

    What was decided is never asked again. Whose sign-in wrote it is asked for many posts at once: `note_login`.
    """
    return [proposal for one in found if one.kind != LOGIN and (proposal := _note(post, one))]


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


@transaction.atomic
def note_login(one: Found, posts: Iterable[int], *, blog: str) -> Proposal | None:
    """Ask whose sign-in wrote these posts (their keys), or add them to the question that is open; None if there is
    nothing new to ask. Left out are posts that have a byline, and those that came up before.

    `blog` is the address of the site they came from: two sites may both have a login "admin".
    """
    about = Proposal.objects.filter(kind=LOGIN, details__login=one.details["login"], details__blog=blog).order_by("pk")
    known = list(about.select_for_update(no_key=True))
    settled = {pk for proposal in known for pk in proposal.details["posts"]}
    settled.update(Byline.objects.filter(post__in=posts).values_list("post_id", flat=True))
    if not (new := [pk for pk in posts if pk not in settled]):
        return None
    if asked := next((proposal for proposal in known if proposal.state == OPEN), None):
        asked.details["posts"] += new
        asked.save(update_fields=["details"])
        return None
    return Proposal.objects.create(
        kind=LOGIN,
        fingerprint=f"{one.fingerprint} {blog} {len(known) + 1}"[-200:],
        details={**one.details, "blog": blog, "posts": new},
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
