"""Notes between editors and whoever writes a post, beside its text."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import emails
from .models import GuestPass, Note, Post


@transaction.atomic
def write(post: Post, text: str, *, by: User, is_shared: bool) -> Note:
    """A colleague's note. A shared one goes to the guests by mail as well; its `told` names them."""
    note = Note.objects.create(post=post, by=by, text=text, is_shared=is_shared)
    note.told = emails.note_to_guests(note) if is_shared else []
    audit.record(by, "wrote a note", post)
    return note


@transaction.atomic
def write_as_guest(guest_pass: GuestPass, text: str, *, asks_for: str = "") -> Note:
    """A guest's note, which goes to the editors by mail. What it asks for counts once the text is fixed: before that
    guests change or withdraw their post themselves."""
    post = guest_pass.post
    asks_for = asks_for if post.has_fixed_text() else ""
    note = Note.objects.create(post=post, guest_pass=guest_pass, is_shared=True, text=text, asks_for=asks_for)
    emails.note_to_editors(note)
    audit.record(None, "wrote a note", post, who="a guest author")
    return note


@transaction.atomic
def settle(note: Note, *, by: User) -> None:
    """What a guest asked for is seen to; once is enough."""
    if Note.objects.filter(pk=note.pk, settled_at=None).update(settled_at=timezone.now()):
        audit.record(by, "saw to a note", note.post)
