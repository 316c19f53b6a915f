"""Saving what somebody wrote, so that nobody's words are lost: each save is a revision, and knows what it began from.

The newest kept revision is the text that everybody works on. Of a post that is not out the row shows it at once; of one
that is out the row stays as readers see it, until somebody publishes the newer text (blog/editorial.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from sharedlives.foundation import richtext
from sharedlives.foundation.models import Picture, User

from . import snapshots
from .models import GuestPass, Post, Revision, RevisionPicture
from .snapshots import Data

SAVED, AUTOSAVE, BESIDE, RESTORED, FOUND = (
    Revision.Kind.SAVED,
    Revision.Kind.AUTOSAVE,
    Revision.Kind.BESIDE,
    Revision.Kind.RESTORED,
    Revision.Kind.FOUND,
)


@dataclass(frozen=True)
class Saved:
    """What became of a text: kept as the newest, or kept beside `theirs`, which somebody saved meanwhile."""

    revision: Revision
    theirs: Revision | None = None

    @property
    def is_beside(self) -> bool:
        return self.theirs is not None


def locked(post: Post) -> Post:
    """The post as it stands now, its row locked: whoever saves, moves or compares begins here."""
    return Post.objects.select_for_update(no_key=True).get(pk=post.pk)


def newest(post: Post) -> Revision | None:
    """The text that everybody works on; None for a post that has only its row."""
    return post.revisions.kept().newest_first().first()


def as_it_stands(post: Post) -> Revision:
    """The newest text; of a post that has only its row, that as a text that is not kept yet."""
    return newest(post) or Revision(post=post, data=snapshots.of(post), created_at=post.updated_at)


def readable_by(user: User, post: Post) -> QuerySet[Revision]:
    """What a colleague may read of its texts: everybody's saved ones, and of what was kept while writing their own."""
    others = post.revisions.autosaves().exclude(by=user)
    return post.revisions.exclude(pk__in=others.values("pk")).select_related("by", "guest_pass").newest_first()


def base_of(post: Post) -> str:
    """What a writer begins from, for the form to carry: the newest revision's key, or which state of the row it is."""
    return base_named(post, post.revisions.kept().newest_first().only("pk").first())


def base_named(post: Post, text: Revision | None) -> str:
    """`base_of` where the newest text is known already."""
    return str(text.pk if text and text.pk else f"row {post.updated_at.isoformat()}")


def base_of_form(post: Post, text: Revision | None, newest: Revision | None) -> str:
    """What somebody begins from who opens `text` in a form: usually the newest. Who goes on with what they never saved
    has not seen what was saved since, and is to see it before it is replaced."""
    if text and text.kind == AUTOSAVE and newest and text.base_id != newest.pk:
        return str(text.base_id or "")
    return base_named(post, newest)


def has_newer_draft(post: Post) -> bool:
    """Whether a text waits to take the place of the one that is out."""
    return is_newer_draft(post, newest(post))


def is_newer_draft(post: Post, text: Revision | None) -> bool:
    """`has_newer_draft` where the newest text is known already."""
    is_newer = text is not None and post.revision_id is not None and text.pk > post.revision_id
    return post.has_fixed_text() and is_newer


@transaction.atomic
def begin(post: Post, *, by: User | None = None) -> Revision:
    """See to it that the row's text is a revision: of a new post, which `by` has just saved, or after an import."""
    post_now = locked(post)
    data = snapshots.of(post_now)
    last = newest(post_now)
    if last and any(snapshots.is_same_text(data, known.data) for known in (last, post_now.revision) if known):
        return last
    revision = _write(post_now, data, kind=SAVED if by else FOUND, base=last, by=by)
    _stands_in_row(post_now, revision)
    post.revision = revision
    return revision


@transaction.atomic
def save(
    post: Post,
    data: Data,
    *,
    base: str,
    by: User | None = None,
    guest_pass: GuestPass | None = None,
    kind: Revision.Kind = SAVED,
    kept: str | None = None,
) -> Saved:
    """Keep `data` (blog/snapshots.py) as the newest text of the post, or beside a newer one than its writer had seen.

    `base` is what `base_of` said when the writer began. Either `by` or `guest_pass` says who wrote.
    The writer's own autosave has done its work and goes; where `kept` names that of their page, one of another page
    stays.
    """
    post_now = locked(post)
    seen = base_of(post_now)
    last = begin(post_now)
    data = snapshots.with_pictures(data)
    _keep_of_other_pages(post_now, data, kept, by, guest_pass)
    if snapshots.is_same_text(last.data, data):
        forget_autosave(post_now, by, guest_pass)
        return Saved(last)
    began_from = _named(post_now, base)
    if base not in (str(last.pk), seen) or (began_from and began_from != last):
        beside = _write(post_now, data, kind=BESIDE, base=began_from, by=by, guest_pass=guest_pass)
        forget_autosave(post_now, by, guest_pass)
        return Saved(beside, theirs=last)
    revision = _write(post_now, data, kind=kind, base=began_from or last, by=by, guest_pass=guest_pass)
    forget_autosave(post_now, by, guest_pass)
    if not post_now.has_fixed_text():
        put_into_row(post_now, revision)
    return Saved(revision)


def _named(post: Post, base: str) -> Revision | None:
    return post.revisions.filter(pk=int(base)).first() if base.isdecimal() and len(base) < 19 else None


@transaction.atomic
def autosave(
    post: Post,
    data: Data,
    *,
    base: str,
    by: User | None = None,
    guest_pass: GuestPass | None = None,
    kept: str | None = None,
) -> Revision:
    """Keep what somebody is writing, finished or not, beside everything else; it replaces their own last one, which
    `kept` names where it is known."""
    post_now = locked(post)
    began_from = _named(post_now, base)
    _keep_of_other_pages(post_now, data, kept, by, guest_pass, began_from=began_from)
    forget_autosave(post_now, by, guest_pass)
    return _write(post_now, data, kind=AUTOSAVE, base=began_from, by=by, guest_pass=guest_pass)


def _keep_of_other_pages(
    post: Post,
    data: Data,
    kept: str | None,
    by: User | None,
    guest_pass: GuestPass | None,
    *,
    began_from: Revision | None | bool = False,
) -> None:
    """What this writer wrote on another page than the one that `data` comes from, in another tab or before they left
    without saving, or from another text: they never came to see the two together, and may want it still."""
    for own in post.revisions.autosaves().filter(by=by, guest_pass=guest_pass):
        is_of_another_page = kept is not None and kept != str(own.pk)
        is_of_another_text = began_from is not False and own.base != began_from
        if (is_of_another_page or is_of_another_text) and not snapshots.is_same_text(own.data, data):
            _write(post, own.data, kind=BESIDE, base=own.base, by=by, guest_pass=guest_pass)


def own_autosave(post: Post, *, by: User | None = None, guest_pass: GuestPass | None = None) -> Revision | None:
    """What this writer wrote and has not saved: to be offered when they come back."""
    own = post.revisions.autosaves().filter(by=by, guest_pass=guest_pass).newest_first().first()
    last = newest(post) if own else None
    return None if own and last and snapshots.is_same_text(last.data, own.data) else own


def forget_autosave(post: Post, by: User | None = None, guest_pass: GuestPass | None = None) -> None:
    """The writer's own, once it is saved or thrown away."""
    post.revisions.autosaves().filter(by=by, guest_pass=guest_pass).delete()


@transaction.atomic
def restore(revision: Revision, *, base: str, by: User) -> Saved:
    """Make an earlier text the newest one again, as a new revision."""
    return save(revision.post, revision.data, base=base, by=by, kind=RESTORED)


def put_into_row(post: Post, revision: Revision) -> None:
    """Let the row show a revision; lock the post first."""
    if not snapshots.is_same_text(snapshots.of(post), revision.data):
        snapshots.put_into(post, revision.data)
    _stands_in_row(post, revision)


def _stands_in_row(post: Post, revision: Revision) -> None:
    Post.objects.filter(pk=post.pk).update(revision=revision)
    post.revision = revision
    # Its pictures are known by the row from now on.
    RevisionPicture.objects.filter(revision=revision).delete()


def _write(
    post: Post,
    data: Data,
    *,
    kind: Revision.Kind,
    base: Revision | None,
    by: User | None = None,
    guest_pass: GuestPass | None = None,
) -> Revision:
    data = data | {name: richtext.clean(data[name]) for name in ("introduction", "body")}
    revision = Revision.objects.create(
        post=post,
        kind=kind,
        base=base,
        data=data,
        content_hash=snapshots.content_hash(data),
        by=by,
        guest_pass=guest_pass,
    )
    if kind not in (AUTOSAVE, BESIDE):
        # What this one takes the place of is no longer worked on.
        old = RevisionPicture.objects.filter(revision__post=post).exclude(revision__kind=AUTOSAVE)
        old.delete()
    _hold_pictures(revision)
    return revision


def _hold_pictures(revision: Revision) -> None:
    if keys := snapshots.picture_keys(revision.data):
        RevisionPicture.objects.bulk_create(
            RevisionPicture(revision=revision, picture=picture) for picture in Picture.objects.filter(pk__in=keys)
        )
