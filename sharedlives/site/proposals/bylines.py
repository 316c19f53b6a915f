"""Who wrote a post: a guest that the text names, or whoever a sign-in belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from blog.models import Author, Byline, Handle, Post
from sharedlives.foundation import audit, slugs

from ..models import Proposal
from .keeping import ACCEPTED, BYLINE, INTRODUCTION, LOGIN, OPEN
from .posts import ProposalRefused, counted, locked_post, printed, save, why_not_changed

if TYPE_CHECKING:
    from sharedlives.foundation.models import User


def accept_byline(
    proposal: Proposal,
    by: User,
    *,
    author: Author | None = None,
    name: str | None = None,
    role: str | None = None,
    organisation: str | None = None,
    handle: str | None = None,
    is_guest: bool = True,
    replaces: bool = False,
) -> str:
    """Give the post a byline as printed, of `author` or of one found or made by name and handle.

    A byline that is there stays, before the new one, unless it `replaces` them.
    """
    seen = proposal.details
    post = locked_post(proposal.post_id, by)
    name = (seen["name"] if name is None else name).strip()
    organisation = (seen["organisation"] if organisation is None else organisation).strip()
    handle = (seen["handle"] if handle is None else handle).strip().lstrip("@")
    if not name:
        raise ProposalRefused("Say who wrote it: a byline needs a name.")
    author, made = _author(
        author,
        by,
        name=name,
        handle=handle,
        role=seen["role"] if role is None else role,
        organisation=organisation,
        is_guest=is_guest,
    )
    if post.bylines.filter(author=author).exists():
        return f"{author.name} is in the byline of “{post}” already; nothing was changed."
    before = printed(post)
    if replaces:
        post.bylines.all().delete()
    Byline.objects.create(
        post=post, author=author, name=name, organisation=organisation, position=post.bylines.count() + 1
    )
    proposal.details["author"] = author.pk
    save(post, by, {"bylines": (before, printed(post))})
    return f"“{post}” is now by {printed(post)}. {made}"


def _author(author: Author | None, by: User, *, name: str, handle: str, **facts: Any) -> tuple[Author, str]:
    """The author chosen, found or made, and a sentence saying which."""
    author = author or find_author(name, handle)
    if author is None:
        if not by.has_perm("blog.add_author"):
            raise ProposalRefused("Adding an author is for colleagues with that right. Ask an editor.")
        author = Author.objects.create(
            name=name[:120], slug=slugs.free(name, Author.objects, otherwise="author"), **facts
        )
        audit.record(by, "added", author)
        made = f"{name} is a new author: add a word about them when you can."
    else:
        made = f"{author.name} was an author here already."
        if handle and not _has_name_on_x(author) and not by.has_perm("blog.change_author"):
            raise ProposalRefused(
                "Changing authors is for colleagues with that right. Take the name on X (Twitter) out."
            )
    if handle and not _has_name_on_x(author):
        new = Handle(author=author, network=Handle.Network.X, name=handle)
        try:
            new.full_clean()
        except ValidationError as error:
            raise ProposalRefused(" ".join(error.messages)) from error
        new.save()
        audit.record(by, "changed", author, changes={"X (Twitter)": ("", f"@{handle}")})
    return author, made


def _has_name_on_x(author: Author) -> bool:
    return author.handles.filter(network=Handle.Network.X).exists()


def find_author(name: str, handle: str = "") -> Author | None:
    """The author we have under this name on X (Twitter), or else under this name."""
    by_handle = Author.objects.filter(handles__network=Handle.Network.X, handles__name__iexact=handle or "-")
    return by_handle.order_by("pk").first() or Author.objects.filter(name__iexact=name.strip()).order_by("pk").first()


def leave_to_host(proposal: Proposal, by: User) -> str:
    """No guest wrote it: then whoever the sign-in belongs to did, where that is decided."""
    host = host_of(proposal.post_id)
    others = Proposal.objects.filter(kind=BYLINE, post=proposal.post_id, state=OPEN).exclude(pk=proposal.pk)
    if host is None or others.exists() or Byline.objects.filter(post=proposal.post_id).exists():
        return ""
    post = locked_post(proposal.post_id, by)
    Byline.objects.create(post=post, author=host)
    save(post, by, {"bylines": ("", printed(post))})
    return f"Declined: no guest wrote it. “{post}” is now by {printed(post)}, whose sign-in it came from."


# Whose sign-in


def host_of(post_id: int | None) -> Author | None:
    """The author behind the sign-in that wrote the post in WordPress, once staff have said who that is."""
    asked = (
        Proposal.objects.filter(kind=LOGIN, state=ACCEPTED, details__posts__contains=post_id).order_by("-pk").first()
    )
    return Author.objects.filter(pk=asked.details["author"]).first() if asked else None


def answered_before(proposal: Proposal) -> Author | None:
    """Who this sign-in was the last time somebody said: posts that came since ask once more."""
    said = Proposal.objects.filter(
        kind=LOGIN,
        state=ACCEPTED,
        details__login=proposal.details["login"],
        details__blog=proposal.details["blog"],
    )
    last = said.order_by("-decided_at", "-pk").first()
    return Author.objects.filter(pk=last.details["author"]).first() if last else None


def posts_of_login(proposal: Proposal) -> tuple[list[Post], list[Post]]:
    """The posts that would get the byline, and those that wait because a guest may have written them."""
    posts = Post.objects.filter(pk__in=proposal.details["posts"], bylines=None).order_by("pk")
    guests = set(Proposal.objects.filter(kind=BYLINE, state=OPEN, post__in=posts).values_list("post_id", flat=True))
    return [post for post in posts if post.pk not in guests], [post for post in posts if post.pk in guests]


def accept_login(
    proposal: Proposal,
    by: User,
    *,
    author: Author | None = None,
    name: str = "",
    role: str = "",
    organisation: str = "",
) -> str:
    """Say who writes under a sign-in: `author`, or one found or made by name. Their posts without a byline get it."""
    if author is None and not name.strip():
        raise ProposalRefused("Say who this is: choose an author, or give the name of a new one.")
    locked = list(Post.objects.select_for_update(no_key=True).filter(pk__in=proposal.details["posts"]).order_by("pk"))
    theirs, guests = posts_of_login(proposal)
    author, made = _author(
        author, by, name=author.name if author else name.strip(), role=role, organisation=organisation, is_guest=False,
        handle="",
    )  # fmt: skip
    for post in theirs:
        if why := why_not_changed(post, by):
            raise ProposalRefused(why)
        Byline.objects.create(post=post, author=author)
        save(post, by, {"bylines": ("", printed(post))})
    introduced = _introduce(locked, author, by)
    proposal.details["author"] = author.pk
    said = [f"{counted(len(theirs), 'post')} now by {author.name}.", made]
    if introduced:
        said.append(f"{counted(introduced, 'introduction')} now signed by {author.name}.")
    if guests:
        said.append(f"{counted(len(guests), 'post')} left out until you have decided whether a guest wrote it.")
    return " ".join(said)


def _introduce(posts: list[Post], author: Author, by: User) -> int:
    """Sign the introductions that were taken out of the texts before anybody had said whose sign-in it was."""
    moved = Proposal.objects.filter(kind=INTRODUCTION, state=ACCEPTED, post__in=posts).values_list("post_id", flat=True)
    unsigned = [post for post in posts if post.pk in set(moved) and not post.introduced_by_id and post.introduction]
    for post in unsigned:
        if why := why_not_changed(post, by):
            raise ProposalRefused(why)
        post.introduced_by = author
        save(post, by, {"introduced_by": (None, author.name)}, "introduced_by")
    return len(unsigned)
