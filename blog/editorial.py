"""What moves a post from state to state. The desk's buttons and the guest's own page call these and nothing else does.

Each move locks the post, asks the table, the person's rights and the post itself, tells whom it concerns, and leaves an
entry in the log, all in one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sharedlives.foundation import audit, spoken

from . import emails, revisions, snapshots
from .models import RESERVED_SLUGS, Author, GuestPass, Note, Post, PostAddress, Revision, SignOff

if TYPE_CHECKING:
    from sharedlives.foundation.models import User

Status = Post.Status
DRAFT, SUBMITTED, CHANGES_REQUESTED = Status.DRAFT, Status.SUBMITTED, Status.CHANGES_REQUESTED
AWAITING_SIGN_OFF, APPROVED, PUBLISHED = Status.AWAITING_SIGN_OFF, Status.APPROVED, Status.PUBLISHED
ARCHIVED, REJECTED = Status.ARCHIVED, Status.REJECTED
# Two sides of "published" in the table; which one it is only the clock knows.
SCHEDULED, LIVE = "scheduled", "live"
# Not out yet, and not put away: the text is still worked on.
IN_WORK = (DRAFT, SUBMITTED, CHANGES_REQUESTED, AWAITING_SIGN_OFF, APPROVED)
GUEST_MAY_WRITE = (DRAFT, CHANGES_REQUESTED)
# How long a guest's link works, from the invitation or from the last time they were asked to write.
VALID_FOR = timedelta(days=365)


class EditorialRefused(Exception):
    """The move cannot be made; the message says why, in a sentence fit to show."""


class Overtaken(EditorialRefused):
    """Somebody saved another text since this person last looked."""


@dataclass(frozen=True)
class Move:
    done: str  # for the log
    leads: dict[str, str]  # from where to where
    right: str = "blog.edit_post"  # what a member of staff needs
    by_guest: bool = False  # whether a guest may make it with their pass


def _all(states: tuple[str, ...], to: str) -> dict[str, str]:
    return dict.fromkeys(states, to)


MOVES = {
    "submit": Move("submitted", _all((DRAFT, CHANGES_REQUESTED), SUBMITTED), right="blog.change_post", by_guest=True),
    "take_back": Move("taken back", {SUBMITTED: DRAFT}, right="blog.change_post", by_guest=True),
    "request_changes": Move(
        "sent back for changes", _all((DRAFT, SUBMITTED, AWAITING_SIGN_OFF, APPROVED), CHANGES_REQUESTED)
    ),
    "ask_for_sign_off": Move("sent for sign-off", _all(IN_WORK, AWAITING_SIGN_OFF)),
    "sign_off": Move("signed off", {AWAITING_SIGN_OFF: APPROVED}, by_guest=True),
    "approve": Move("approved", _all((DRAFT, SUBMITTED, CHANGES_REQUESTED, AWAITING_SIGN_OFF), APPROVED)),
    "publish": Move("published", _all((*IN_WORK, SCHEDULED, LIVE), PUBLISHED), right="blog.publish_post"),
    "schedule": Move("scheduled", _all((*IN_WORK, SCHEDULED), PUBLISHED), right="blog.publish_post"),
    # What nobody has seen yet goes back to the drafts; what was public is put away, and stays found in the archive.
    "unpublish": Move("taken down", {SCHEDULED: DRAFT, LIVE: ARCHIVED}, right="blog.publish_post"),
    "withdraw": Move("withdrawn by its guest", _all((*IN_WORK, SCHEDULED), ARCHIVED), by_guest=True),
    "archive": Move("put away", _all(IN_WORK, ARCHIVED)),
    "decline": Move("declined", _all(IN_WORK, REJECTED)),
    "restore": Move("made a draft again", {ARCHIVED: DRAFT, REJECTED: DRAFT}),
}

# What the table refuses, where more can be said than that it does.
REFUSALS = {
    ("publish", ARCHIVED): "This post was taken down or put away. Make it a draft again first.",
    ("schedule", LIVE): "This post is published already. Take it down first if it is to go out later.",
    ("schedule", ARCHIVED): "This post was taken down or put away. Make it a draft again first.",
    ("unpublish", DRAFT): "This post is a draft: there is nothing to take down.",
    ("unpublish", ARCHIVED): "This post is not on the site any more.",
    ("restore", DRAFT): "This post is a draft already.",
    ("restore", SCHEDULED): "Only a post that was taken down, put away or declined can be made a draft again.",
    ("restore", LIVE): "Only a post that was taken down, put away or declined can be made a draft again.",
    ("submit", SUBMITTED): "You have sent it in already. The editors have it.",
    ("take_back", DRAFT): "It is with you already: write on.",
    ("sign_off", APPROVED): "You have agreed to this text already. Thank you.",
}
IN_WORDS = {
    DRAFT: "a draft",
    SUBMITTED: "with the editors",
    CHANGES_REQUESTED: "sent back for changes",
    AWAITING_SIGN_OFF: "waiting for its authors to agree",
    APPROVED: "approved",
    SCHEDULED: "scheduled",
    LIVE: "published",
    ARCHIVED: "put away",
    REJECTED: "declined",
}


def where(post: Post) -> str:
    """Where the post stands, as the table has it."""
    if post.status != PUBLISHED:
        return post.status
    return SCHEDULED if post.is_scheduled() else LIVE


def may_withdraw(post: Post) -> bool:
    """Whether a guest can say no now; once it is out, they ask."""
    return where(post) in MOVES["withdraw"].leads


def may_work_on(user: User, post: Post) -> bool:
    """Whether a member of staff may see how this post comes about: its texts, notes, guests and links for reading."""
    return user.has_perm("blog.change_post") and (user.has_perm("blog.edit_post") or post.is_own_of(user))


def may_edit(user: User, post: Post) -> bool:
    """Whether a member of staff may change this post's text: their own while it is with them, or everybody's."""
    return may_work_on(user, post) and (post.status in GUEST_MAY_WRITE or user.has_perm("blog.edit_post"))


# --- What its writer does ---------------------------------------------------------------------------------------------


def submit(post: Post, *, by: User | None = None, guest_pass: GuestPass | None = None) -> Post:
    """Send the post to the editors, who are told; whoever wrote it can take it back until one of them has opened it."""

    def tell(post: Post) -> list[str]:
        post.opened_at = None
        post.save(update_fields=["opened_at"])
        return emails.submitted(post, by=by, guest_pass=guest_pass)

    return _move(post, "submit", by=by, guest_pass=guest_pass, check=_refuse_unfinished, then=tell)


def take_back(post: Post, *, by: User | None = None, guest_pass: GuestPass | None = None) -> Post:
    """Go on writing what was sent in, as long as no editor has opened it."""

    def check(post: Post) -> None:
        if post.opened_at:
            raise EditorialRefused("An editor is reading it already. Write a note to them instead.")

    return _move(post, "take_back", by=by, guest_pass=guest_pass, check=check)


def sign_off(post: Post, *, guest_pass: GuestPass, content_hash: str) -> Post:
    """The guest agrees to exactly the text that they saw: the one with this hash. Raises Overtaken for another."""

    def agree(post: Post) -> None:
        text = _newest(post)
        if _hash_now(text) != content_hash:
            raise Overtaken("The text has changed since you opened this page. Please read it once more.")
        _agree(post, guest_pass.author, text, how=SignOff.How.PAGE, on=timezone.localdate(), filed_by=None)

    return _move(
        post,
        "sign_off",
        guest_pass=guest_pass,
        check=agree,
        stays=_somebody_has_not_agreed,
        then=lambda post: emails.signed_off(post, guest_pass, missing=[author.name for author in not_agreed(post)]),
    )


def withdraw(post: Post, *, guest_pass: GuestPass, reason: str = "") -> Post:
    """The guest does not want it published. The log keeps the fact, not the name."""
    return _move(
        post, "withdraw", guest_pass=guest_pass, then=lambda post: emails.withdrawn(post, guest_pass, reason=reason)
    )


# --- What editors do --------------------------------------------------------------------------------------------------


def note_opened(post: Post, *, by: User) -> None:
    """An editor reads what was submitted: from now on it is not taken back without a word."""
    if by.has_perm("blog.edit_post"):
        Post.objects.filter(pk=post.pk, status=SUBMITTED, opened_at=None).update(opened_at=timezone.now())


def request_changes(post: Post, *, by: User, note: str) -> Post:
    """Send the post back to whoever writes it; the note's text is in the mail, and stands on the guest's page."""
    if not note.strip():
        raise EditorialRefused("Say what should change: the note goes to whoever wrote the post.")

    def tell(post: Post) -> list[str]:
        Note.objects.create(post=post, by=by, text=note, is_shared=True)
        for guest_pass in post.passes.valid():
            guest_pass.ends_at = timezone.now() + VALID_FOR
            guest_pass.save(update_fields=["ends_at"])
        return emails.changes_requested(post, note, by=by)

    return _move(post, "request_changes", by=by, then=tell)


def ask_for_sign_off(post: Post, *, by: User, base: str | None = None) -> Post:
    """Ask every guest among the authors to agree to the text as it stands now; those with a pass are written to."""

    def check(post: Post) -> None:
        _refuse_unfinished(post)
        _refuse_overtaken(post, base)
        if not post.guests():
            raise EditorialRefused("No guest is among the authors, so nobody has to be asked.")
        revisions.begin(post)

    return _move(post, "ask_for_sign_off", by=by, check=check, then=lambda post: emails.asked_for_sign_off(post, by=by))


@transaction.atomic
def file_sign_off(post: Post, author: Author, *, how: SignOff.How, on: Day, by: User) -> SignOff:
    """Staff note that a guest agreed by mail or by phone to the text as it stands now. Raises EditorialRefused."""
    if not by.has_perm("blog.edit_post"):
        raise EditorialRefused(_missing_right("blog.edit_post"))
    post = revisions.locked(post)
    if on > timezone.localdate():
        raise EditorialRefused("That day is still to come.")
    if author not in post.guests():
        raise EditorialRefused("Only a guest among the post's authors can agree to it.")
    agreed = _agree(post, author, _newest(post), how=how, on=on, filed_by=by)
    audit.record(by, "filed a sign-off", post, note=f"{agreed.get_how_display().lower()}, {on}")
    if post.status == AWAITING_SIGN_OFF and not _somebody_has_not_agreed(post):
        _write_state(post, APPROVED)
    return agreed


def approve(post: Post, *, by: User, base: str | None = None) -> Post:
    """An editor finds the text ready. Guests' own agreement is asked for when it is published."""

    def check(post: Post) -> None:
        _refuse_unfinished(post)
        _refuse_overtaken(post, base)

    return _move(post, "approve", by=by, check=check)


def publish(
    post: Post,
    *,
    by: User,
    at: datetime | None = None,
    base: str | None = None,
    without_sign_off: str = "",
    is_correction: bool = False,
) -> Post:
    """Make the newest text public now; `at` a moment in the past dates it back, as for a post from elsewhere.

    Every guest among the authors has agreed to this very text, or `without_sign_off` says why not (for the log); or
    the post is out and `is_correction` says that only its spelling changes: then they are told, the words marked.
    `base` is the revision that the publisher saw.
    """
    now = timezone.now()
    if at and at > now:
        raise EditorialRefused("That moment is still to come. Use Schedule for it, or leave the date empty.")
    return _go_out(
        post, "publish", by=by, at=at, base=base, without_sign_off=without_sign_off, is_correction=is_correction
    )


def schedule(post: Post, *, by: User, at: datetime, base: str | None = None, without_sign_off: str = "") -> Post:
    """Make the newest text public at a moment to come. Nothing needs to run then: what is published is asked when
    reading."""
    if at <= timezone.now():
        raise EditorialRefused(
            f"{spoken.day(at)}, {spoken.time(at)} is over. Choose a moment to come, or publish the post now."
        )
    return _go_out(post, "schedule", by=by, at=at, base=base, without_sign_off=without_sign_off)


def unpublish(post: Post, *, by: User, reason: str = "", instead: str = "") -> Post:
    """Take the post down, which needs a reason, or off the schedule. `reason` is kept in the log.

    Its address then says that the post is gone (410), or leads to `instead`, a path of ours.
    """
    if instead and (not instead.startswith("/") or instead.startswith("//")):
        raise EditorialRefused("Where the address leads has to be a path of this site, like /blog/another-post/.")

    def check(post: Post) -> None:
        if where(post) == LIVE and not reason.strip():
            raise EditorialRefused("Say why, under “Taking it down”: colleagues read it in the post's history.")
        if slug_in(instead) in {post.slug, *post.addresses.values_list("slug", flat=True)}:
            raise EditorialRefused("That is the address of this very post. Choose another one, or none.")

    def put_away(post: Post) -> list[str]:
        if post.status != ARCHIVED:
            return []
        post.instead = instead
        post.save(update_fields=["instead"])
        post.notes.filter(asks_for=Note.AsksFor.TAKING_DOWN, settled_at=None).update(settled_at=timezone.now())
        return emails.taken_down(post)

    return _move(post, "unpublish", by=by, note=reason, check=check, then=put_away)


def slug_in(path: str) -> str:
    """Of which post this is the address; empty for other paths."""
    found = re.fullmatch(r"/blog/([-\w]+)/?(?:[?#].*)?", path)
    return found[1] if found else ""


def archive(post: Post, *, by: User, reason: str = "") -> Post:
    """Put a text away that is not to go out. Nobody is told."""
    return _move(post, "archive", by=by, note=reason)


def decline(post: Post, *, by: User, reasons: str) -> Post:
    """Say no to a post, kindly and with reasons, which go to its guests."""
    if not reasons.strip():
        raise EditorialRefused("Give your reasons: they go to whoever wrote the post.")

    def tell(post: Post) -> list[str]:
        Note.objects.create(post=post, by=by, text=reasons, is_shared=True)
        return emails.declined(post, reasons, by=by)

    return _move(post, "decline", by=by, then=tell)


def restore(post: Post, *, by: User) -> Post:
    """Make a post that was taken down or declined a draft again. It keeps its date, in case it goes out under it."""
    return _move(post, "restore", by=by)


@transaction.atomic
def text_changed(post: Post, *, by: User | None = None, guest_pass: GuestPass | None = None) -> bool:
    """After somebody saved another text: whoever agreed, or was asked to, did so to the one before. True where they
    are to be asked again."""
    post = revisions.locked(post)
    if post.status not in (AWAITING_SIGN_OFF, APPROVED) or not post.guests() or not _somebody_has_not_agreed(post):
        return False
    _write_state(post, SUBMITTED)
    audit.record(by, "changed after the sign-off", post, who=_who(guest_pass), note="its guests are to be asked again")
    return True


# --- How a move is made -----------------------------------------------------------------------------------------------


@transaction.atomic
def _go_out(
    post: Post,
    name: str,
    *,
    by: User,
    at: datetime | None,
    base: str | None,
    without_sign_off: str,
    is_correction: bool = False,
) -> Post:
    now = revisions.locked(post)
    was_live, text_before, text = where(now) == LIVE, now.revision, _newest(now)

    def check(post: Post) -> None:
        _refuse_overtaken(post, base if base is not None else str(text.pk))
        if was_live and text.pk == post.revision_id:
            raise EditorialRefused("This post is published already.")
        _refuse_own_text(text, by)
        if not (is_correction and was_live):
            _refuse_unsigned(post, without_sign_off)
        revisions.put_into_row(post, text)
        _refuse_unfinished(post)
        moment = at or (was_live and post.publish_at) or timezone.now()
        _refuse_to_end_before_it_begins(post, moment)
        post.publish_at, post.instead = moment, ""

    def tell(post: Post) -> list[str]:
        if was_live and text_before:
            return emails.text_replaced(post, text_before, text)
        return emails.published(post, not_agreed=not_agreed(post))

    note = f"without sign-off: {without_sign_off}" if without_sign_off else "a correction" if is_correction else ""
    return _move(post, name, by=by, check=check, then=tell, note=note)


@transaction.atomic
def _move(
    post: Post,
    name: str,
    *,
    by: User | None = None,
    guest_pass: GuestPass | None = None,
    check: Callable[[Post], None] | None = None,
    then: Callable[[Post], list[str]] | None = None,
    stays: Callable[[Post], bool] | None = None,
    note: str = "",
) -> Post:
    """`check` may refuse, and may change what the move needs changed; `stays` says whether the state remains all the
    same; `then` tells people, and returns their names, which the post that is returned has as `told`."""
    # Lock the row, so that of two people who press different buttons one comes first and the other is told.
    locked = revisions.locked(post)
    move, before = MOVES[name], where(locked)
    _refuse_without_right(move, locked, by, guest_pass)
    if before not in move.leads:
        raise EditorialRefused(
            REFUSALS.get((name, before), f"This post is {IN_WORDS[before]}, so that cannot be done.")
        )
    changes: dict[str, tuple[object, object]] = {
        "status": (locked.status, move.leads[before]),
        "publish_at": (locked.publish_at, None),
    }
    if check:
        check(locked)
    if not (stays and stays(locked)):
        _write_state(locked, move.leads[before])
    changes["publish_at"] = (changes["publish_at"][0], locked.publish_at)
    told = then(locked) if then else []
    audit.record(
        by,
        move.done,
        locked,
        changes={k: pair for k, pair in changes.items() if pair[0] != pair[1]},
        note=note,
        who=_who(guest_pass),
    )
    post.refresh_from_db()
    post.told = told
    return post


def _write_state(post: Post, state: str) -> None:
    post.status, post.moved_at = state, timezone.now()
    post.save(update_fields=["status", "publish_at", "moved_at", "instead"])
    if state in Post.NO_LONGER_IN_WORK:
        # For good: a post that is taken down is not open again to those who once had a link to its draft.
        post.preview_links.filter(revoked_at=None).update(revoked_at=timezone.now())


def _who(guest_pass: GuestPass | None) -> str:
    return "a guest author" if guest_pass else ""


def _refuse_without_right(move: Move, post: Post, by: User | None, guest_pass: GuestPass | None) -> None:
    if guest_pass:
        if not (move.by_guest and guest_pass.is_valid() and guest_pass.post_id == post.pk):
            raise EditorialRefused("Your link does not allow that.")
        return
    if by is None or not by.has_perm(move.right):
        raise EditorialRefused(_missing_right(move.right))
    if move.right == "blog.change_post" and not may_work_on(by, post):
        raise EditorialRefused("This is a colleague's post.")


def _missing_right(right: str) -> str:
    if right == "blog.publish_post":
        return "Publishing is for colleagues with that right. Ask one of them to look at this post."
    return "That is for editors. Ask one of them to look at this post."


def _newest(post: Post) -> Revision:
    return revisions.begin(post)


def _hash_now(text: Revision) -> str:
    """With the pictures as the library describes them now: those words go out too."""
    return snapshots.content_hash(snapshots.with_pictures(text.data))


def _agree(post: Post, author: Author, text: Revision, *, how: SignOff.How, on: Day, filed_by: User | None) -> SignOff:
    return SignOff.objects.get_or_create(
        post=post,
        author=author,
        content_hash=_hash_now(text),
        defaults={"revision": text, "how": how, "agreed_on": on, "filed_by": filed_by},
    )[0]


def not_agreed(post: Post) -> list[Author]:
    """The guests among the authors who have not agreed to the newest text."""
    return not_agreed_to(post, revisions.newest(post))


def not_agreed_to(post: Post, text: Revision | None) -> list[Author]:
    """`not_agreed` where the newest text is known already."""
    if not (guests := _guests_of(post, text)):
        return []
    data = snapshots.with_pictures(text.data) if text else snapshots.of(post)
    agreed = set(post.sign_offs.filter(content_hash=snapshots.content_hash(data)).values_list("author_id", flat=True))
    return [guest for guest in guests if guest.pk not in agreed]


def _guests_of(post: Post, text: Revision | None) -> list[Author]:
    if text is None:
        return sorted(post.guests(), key=lambda guest: guest.pk)
    return list(Author.objects.filter(pk__in=[row[0] for row in text.data["bylines"]], is_guest=True).order_by("pk"))


def _somebody_has_not_agreed(post: Post) -> bool:
    return bool(not_agreed(post))


def _refuse_unsigned(post: Post, why_not: str) -> None:
    missing = [author.name for author in not_agreed(post)]
    if missing and not why_not.strip():
        raise EditorialRefused(
            f"{' and '.join(missing)} {'has' if len(missing) == 1 else 'have'} not agreed to this text. Ask for the "
            "sign-off, file it if they agreed by mail or by phone, or say why it goes out without."
        )


def _refuse_own_text(text: Revision, by: User) -> None:
    if settings.FOUR_EYES and by.pk in (text.by_id, text.post.created_by_id):
        raise EditorialRefused("Two people look at each post here: ask a colleague to publish what you wrote.")


def _refuse_overtaken(post: Post, base: str | None) -> None:
    if base is not None and base != revisions.base_of(post):
        raise Overtaken("Somebody has saved another text since you opened this page. Look at it first.")


def _refuse_to_end_before_it_begins(post: Post, at: datetime) -> None:
    if post.expire_at and post.expire_at <= at:
        raise EditorialRefused(
            f"This post ends {spoken.day(post.expire_at)}, {spoken.time(post.expire_at)}, before it would go out. "
            "Choose a later end first, or none."
        )


def _refuse_unfinished(post: Post) -> None:
    missing = [
        words
        for words, is_there in {
            "a title": post.title.strip(),
            "a text": post.body,
            "a byline": post.bylines.exists(),
        }.items()
        if not is_there
    ]
    if missing:
        raise EditorialRefused(f"Before this post can go out it needs {' and '.join(missing)}.")
    if post.slug in RESERVED_SLUGS or PostAddress.objects.filter(slug=post.slug).exclude(post=post).exists():
        raise EditorialRefused(
            f"The address /blog/{post.slug}/ belongs to something else already. Choose another one for this post."
        )
