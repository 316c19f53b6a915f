"""What an import saw and did not dare to decide: kept here, and accepted or declined by staff."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone
from django.utils.text import slugify

from blog.models import Author, Byline, Handle, Post
from events.models import Venue, Workshop, WorkshopDate
from sharedlives.foundation import audit, richtext, slugs, spoken, wall_clock

from .models import ImportedItem, Proposal
from .wordpress.detect import Found, without_mark

if TYPE_CHECKING:
    from sharedlives.foundation.models import User

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


# --- Deciding ---------------------------------------------------------------------------------------------------------


LEFT_ALONE = "Left as it was: nothing was changed."


class ProposalRefused(Exception):
    """It cannot be done; the message says why, in a sentence fit to show."""


@dataclass(frozen=True)
class DateWanted:
    """One date of a workshop, as staff accept it: on UK clocks, at a venue or in an area."""

    day: date
    starts: time
    ends: time | None = None
    area: str = ""
    venue: str = ""
    street: str = ""
    town: str = ""
    postcode: str = ""


@transaction.atomic
def accept(proposal: Proposal, *, by: User, **changes: Any) -> str:
    """Do what is proposed, as corrected by `changes`; returns sentences that say what was done.

    Which changes there are stands at the functions below, one for each kind. Raises ProposalRefused.
    """
    proposal = _locked(proposal, by)
    done = _ACCEPT[Proposal.Kind(proposal.kind)](proposal, by, **changes)
    _decide(proposal, ACCEPTED, by, done)
    return done


@transaction.atomic
def decline(proposal: Proposal, *, by: User) -> str:
    """Leave everything as it is and do not ask again; returns a sentence that says so. Raises ProposalRefused."""
    proposal = _locked(proposal, by)
    done = (proposal.kind == BYLINE and _leave_to_host(proposal, by)) or LEFT_ALONE
    _decide(proposal, DECLINED, by, done)
    return done


def _locked(proposal: Proposal, by: User) -> Proposal:
    if not by.has_perm("site.change_proposal"):
        raise ProposalRefused("Deciding this is for colleagues with that right. Ask an editor.")
    # Lock the row, so that of two people who decide at once one comes first and the other is told.
    proposal = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    if proposal.state != OPEN:
        who = f" by {proposal.decided_by}" if proposal.decided_by else ""
        raise ProposalRefused(f"This was decided already: {proposal.get_state_display().lower()}{who}.")
    return proposal


def _decide(proposal: Proposal, state: Proposal.State, by: User, done: str) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by = state, timezone.now(), by
    proposal.details["done"] = done
    proposal.save(update_fields=["state", "decided_at", "decided_by", "details"])
    audit.record(by, state.label.lower(), proposal)


def _locked_post(pk: int | None, by: User) -> Post:
    post = Post.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if post is None:
        raise ProposalRefused("The post is gone. Decline this.")
    if why := why_not_changed(post, by):
        raise ProposalRefused(why)
    post.moved_in = _as_it_moved_in(post)
    return post


def _as_it_moved_in(post: Post) -> ImportedItem | None:
    """The note of the import, while the post still stands as that left it."""
    from .wordpress.texts import POST  # which keeps what it sees here

    items = ImportedItem.objects.filter(content_type__app_label="blog", content_type__model="post", object_id=post.pk)
    return next((item for item in items if item.stood_as == POST.standing(post)), None)


def why_not_changed(post: Post, by: User) -> str:
    """Why this person may not change this post, as a sentence; empty where they may."""
    if not by.has_perm("blog.change_post"):
        return "Changing posts is for colleagues with that right. Ask an editor."
    if post.status == Post.Status.PUBLISHED and not by.has_perm("blog.publish_post"):
        return f"“{post}” is published, and changing what is out is for colleagues who may publish. Ask one of them."
    return ""


def why_not_accepted(proposal: Proposal, by: User) -> str:
    """Why this person cannot accept this, as a sentence to show before they try; empty where they can."""
    if proposal.kind == WORKSHOP and not _may_make_workshops(by):
        return NEEDS_ORGANISER
    return why_not_changed(proposal.post, by) if proposal.post else ""


# Who wrote it


def _accept_byline(
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
    post = _locked_post(proposal.post_id, by)
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
    before = _printed(post)
    if replaces:
        post.bylines.all().delete()
    Byline.objects.create(
        post=post, author=author, name=name, organisation=organisation, position=post.bylines.count() + 1
    )
    proposal.details["author"] = author.pk
    _save(post, by, {"bylines": (before, _printed(post))})
    return f"“{post}” is now by {_printed(post)}. {made}"


def _author(author: Author | None, by: User, *, name: str, handle: str, **facts: Any) -> tuple[Author, str]:
    """The author chosen, found or made, and a sentence saying which."""
    author = author or find_author(name, handle)
    if author is None:
        if not by.has_perm("blog.add_author"):
            raise ProposalRefused("Adding an author is for colleagues with that right. Ask an editor.")
        author = Author.objects.create(name=name[:120], slug=_free_slug(Author, name, 120), **facts)
        audit.record(by, "added", author)
        made = f"{name} is a new author: add a word about them when you can."
    else:
        made = f"{author.name} was an author here already."
    if handle and not author.handles.filter(network=Handle.Network.X).exists():
        new = Handle(author=author, network=Handle.Network.X, name=handle)
        try:
            new.full_clean()
        except ValidationError as error:
            raise ProposalRefused(" ".join(error.messages)) from error
        new.save()
        audit.record(by, "changed", author, changes={"X (Twitter)": ("", f"@{handle}")})
    return author, made


def find_author(name: str, handle: str = "") -> Author | None:
    """The author we have under this name on X (Twitter), or else under this name."""
    by_handle = Author.objects.filter(handles__network=Handle.Network.X, handles__name__iexact=handle or "-")
    return by_handle.order_by("pk").first() or Author.objects.filter(name__iexact=name.strip()).order_by("pk").first()


def _leave_to_host(proposal: Proposal, by: User) -> str:
    """No guest wrote it: then whoever the sign-in belongs to did, where that is decided."""
    host = host_of(proposal.post_id)
    others = Proposal.objects.filter(kind=BYLINE, post=proposal.post_id, state=OPEN).exclude(pk=proposal.pk)
    if host is None or others.exists() or Byline.objects.filter(post=proposal.post_id).exists():
        return ""
    post = _locked_post(proposal.post_id, by)
    Byline.objects.create(post=post, author=host)
    _save(post, by, {"bylines": ("", _printed(post))})
    return f"Declined: no guest wrote it. “{post}” is now by {_printed(post)}, whose sign-in it came from."


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


def _accept_login(
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
        _save(post, by, {"bylines": ("", _printed(post))})
    introduced = _introduce(locked, author, by)
    proposal.details["author"] = author.pk
    return " ".join(
        filter(
            None,
            [
                f"{_count(len(theirs), 'post')} now by {author.name}.",
                made,
                introduced and f"{_count(introduced, 'introduction')} now signed by {author.name}.",
                guests and f"{_count(len(guests), 'post')} left out until you have decided whether a guest wrote it.",
            ],
        )
    )


def _introduce(posts: list[Post], author: Author, by: User) -> int:
    """Sign the introductions that were taken out of the texts before anybody had said whose sign-in it was."""
    moved = Proposal.objects.filter(kind=INTRODUCTION, state=ACCEPTED, post__in=posts).values_list("post_id", flat=True)
    unsigned = [post for post in posts if post.pk in set(moved) and not post.introduced_by_id and post.introduction]
    for post in unsigned:
        post.introduced_by = author
        _save(post, by, {"introduced_by": (None, author.name)}, "introduced_by")
    return len(unsigned)


# Its introduction


def _accept_introduction(proposal: Proposal, by: User, *, introduced_by: Author | None = None) -> str:
    """Move the piece that introduces the guest out of the text, to above it."""
    post = _locked_post(proposal.post_id, by)
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
    _save(post, by, {"introduction": ("", richtext.plain(introduction))}, "introduction", "body", "introduced_by")
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


# The workshop

NEEDS_ORGANISER = (
    "Making workshops and dates takes an organiser’s rights as well as an editor’s. Leave this for a colleague who has "
    "both: it waits here."
)


def _may_make_workshops(by: User) -> bool:
    return all(by.has_perm(f"events.add_{model}") for model in ("workshop", "workshopdate", "venue"))


def _accept_workshop(
    proposal: Proposal,
    by: User,
    *,
    dates: list[DateWanted],
    workshop: Workshop | None = None,
    title: str = "",
    summary: str = "",
    partners: str = "",
    cost: str = "",
    places: int | None = None,
) -> str:
    """Make a workshop that is not published, with these dates as drafts, or add them to one we have; link the post.

    `places` holds for each date; None is no limit.
    """
    if not _may_make_workshops(by):
        raise ProposalRefused(NEEDS_ORGANISER)
    post = _locked_post(proposal.post_id, by)
    if post.workshop and post.workshop != workshop:
        raise ProposalRefused(
            f"This post announces “{post.workshop}” already. Choose that workshop to add the dates to."
        )
    if not dates:
        raise ProposalRefused("Keep at least one date, or decline this.")
    made = workshop is None
    if workshop is None:
        workshop = _new_workshop(by, title=title, summary=summary, partners=partners, cost=cost)
    added = [row for wanted in dates if (row := _new_date(workshop, wanted, places, by))]
    if post.workshop_id != workshop.pk:
        post.workshop = workshop
        _save(post, by, {"workshop": (None, workshop.title)}, "workshop")
    proposal.details["workshop"] = workshop.pk
    begins = f"The workshop “{workshop}” is made, not published yet," if made else f"“{workshop}” stays as it is,"
    new = "1 new date, a draft" if len(added) == 1 else f"{len(added)} new dates, all drafts"
    return f"{begins} with {new}. “{post}” announces it."


def _new_workshop(by: User, *, title: str, summary: str, partners: str, cost: str) -> Workshop:
    for value, words in ((title, "what the workshop is called"), (summary, "in one sentence what it is about")):
        if not value.strip():
            raise ProposalRefused(f"Say {words}.")
    workshop = Workshop.objects.create(
        title=title.strip()[:150],
        slug=_free_slug(Workshop, title, 80),
        summary=summary.strip()[:300],
        partners=partners.strip()[:200],
        cost=cost.strip()[:100] or "Free",
    )
    audit.record(by, "added", workshop)
    return workshop


def _new_date(workshop: Workshop, wanted: DateWanted, places: int | None, by: User) -> WorkshopDate | None:
    """The date as a draft; None where the workshop has one at that moment and place already."""
    try:
        starts_at = wall_clock.moment(wanted.day, wanted.starts)
        ends_at = wall_clock.moment(wanted.day, wanted.ends) if wanted.ends else None
    except ValidationError as error:
        raise ProposalRefused(" ".join(error.messages)) from error
    if ends_at and ends_at <= starts_at:
        raise ProposalRefused(f"On {spoken.day(starts_at)} it ends before it starts.")
    venue = _venue(wanted, by)
    area = "" if venue else wanted.area.strip()[:100]
    if not venue and not area:
        raise ProposalRefused(f"Say where it is on {spoken.day(starts_at)}: a venue, or at least an area.")
    if workshop.dates.filter(starts_at=starts_at, venue=venue, area=area).exists():
        return None
    row = WorkshopDate.objects.create(
        workshop=workshop, starts_at=starts_at, ends_at=ends_at, venue=venue, area=area, places=places
    )
    audit.record(by, "added", row)
    return row


def _venue(wanted: DateWanted, by: User) -> Venue | None:
    """The venue we have, or a new one; None where none is named."""
    facts = {name: getattr(wanted, name).strip() for name in ("street", "town", "postcode")}
    name = wanted.venue.strip()
    if not name:
        return None
    if known := find_venue(name, facts["postcode"]):
        return known
    if not all(facts.values()):
        raise ProposalRefused(
            f"{name} is not among our venues yet. Give its street, town and postcode, or take its name out and say the "
            "area alone."
        )
    venue = Venue.objects.create(name=name, **facts)
    audit.record(by, "added", venue)
    return venue


def find_venue(name: str, postcode: str) -> Venue | None:
    """The venue we have under this name and postcode, however that is spaced."""
    joined = postcode.replace(" ", "").lower()
    same_name = Venue.objects.filter(name__iexact=name.strip()).order_by("pk")
    return next((venue for venue in same_name if venue.postcode.replace(" ", "").lower() == joined), None)


# A text cut short


def _accept_cut_short(proposal: Proposal, by: User) -> str:
    """The text is whole again, or need not be. Words like "Continue reading" go, if they still stand at its end."""
    post = _locked_post(proposal.post_id, by)
    body = richtext.clean(without_mark(post.body, proposal.details["mark"]))
    if body == post.body:
        return f"Noted: “{post}” is as it should be."
    if not body:
        raise ProposalRefused("The text holds nothing else: taking these words out would leave it empty.")
    post.body = body
    _save(post, by, {"body": (proposal.details["mark"], "")}, "body")
    return f"“{post}” no longer ends in “{proposal.details['mark']}”."


# What they share


_ACCEPT = {
    BYLINE: _accept_byline,
    INTRODUCTION: _accept_introduction,
    WORKSHOP: _accept_workshop,
    CUT_SHORT: _accept_cut_short,
    LOGIN: _accept_login,
}


def _save(post: Post, by: User, changes: dict[str, tuple[Any, Any]], *fields: str) -> None:
    # "Last changed" moves too: a form that a colleague has open then sees it, and feeds are read anew.
    post.save(update_fields=[*fields, "updated_at"])
    if moved_in := getattr(post, "moved_in", None):
        # A decision is no edit by hand: what is mended in WordPress later may still come (see text_as_decided).
        from .wordpress.texts import POST

        moved_in.stood_as = POST.standing(post)
        moved_in.save(update_fields=["stood_as"])
    audit.record(by, "changed", post, changes=changes)


def _printed(post: Post) -> str:
    return "; ".join(str(byline) for byline in post.bylines.all())


def _free_slug(model: type[Author] | type[Workshop], words: str, longest: int) -> str:
    base = slugify(words)[: longest - 10].strip("-") or model._meta.model_name
    return slugs.numbered(base, set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True)))


def _count(number: int, thing: str) -> str:
    """ "1 post is", "3 posts are"."""
    return f"1 {thing} is" if number == 1 else f"{number} {thing}s are"
