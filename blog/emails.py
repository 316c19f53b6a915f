"""The mails about posts, each from three template files; written in the transaction that causes them.

Each function returns the names of those it wrote to, so that whoever pressed the button reads who was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import reverse

from sharedlives.foundation import links, mail, spoken

from . import compare
from .models import Author, GuestPass, Note, Post, Revision, Suggestion

if TYPE_CHECKING:
    from sharedlives.foundation.models import User


# --- To guests --------------------------------------------------------------------------------------------------------


def invited(guest_pass: GuestPass) -> list[str]:
    return _to_guest(guest_pass, "guest_invited", message=guest_pass.message)


def reminded(guest_pass: GuestPass) -> list[str]:
    return _to_guest(guest_pass, "guest_reminded")


def link_again(guest_pass: GuestPass, *, by: User | None = None) -> list[str]:
    """`by` is the colleague who sends it; nobody where it was asked for on the site."""
    return _to_guest(guest_pass, "guest_link", by_name=str(by) if by else "")


def link_has_ended(guest_pass: GuestPass) -> list[str]:
    """To whoever asks for a link that works no more: how to get another."""
    return _to_guest(guest_pass, "guest_link_ended", guest_url="")


def changes_requested(post: Post, note: str, *, by: User) -> list[str]:
    """To the guests, or to the colleague whose post it is."""
    told = _to_guests(post, "guest_changes_requested", note=note, by_name=str(by))
    return told or _to_owner(post, "writer_changes_requested", note=note, by_name=str(by))


def asked_for_sign_off(post: Post, *, by: User) -> list[str]:
    return _to_guests(post, "guest_asked_for_sign_off", by_name=str(by))


def reminded_to_agree(guest_pass: GuestPass, *, by: User) -> list[str]:
    return _to_guest(guest_pass, "guest_asked_for_sign_off", by_name=str(by))


def note_to_guests(note: Note) -> list[str]:
    return _to_guests(note.post, "guest_note", note=note.text, by_name=str(note.by))


def published(post: Post, *, not_agreed: list[Author]) -> list[str]:
    """That it is out, or will be at its moment; those who were not asked about this text learn that as well."""
    at = post.publish_at if post.is_scheduled() else None
    scheduled_for = f"{spoken.day(at)}, {spoken.time(at)}" if at else ""
    context = {"scheduled_for": scheduled_for, "post_url": links.absolute(post.get_absolute_url())}
    told = []
    for guest_pass in _passes(post):
        told += _to_guest(guest_pass, "guest_published", is_unsigned=guest_pass.author in not_agreed, **context)
    return told


def text_replaced(post: Post, before: Revision, after: Revision) -> list[str]:
    """To guests who have not agreed to this very text: what changed in what is out, with the words marked."""
    agreed = set(post.sign_offs.filter(content_hash=after.content_hash).values_list("author_id", flat=True))
    changes = compare.changes(before.data, after.data, labels=compare.LABELS_FOR_GUESTS)
    changes = compare.without_what_stayed(changes)
    words = compare.in_plain_text(changes)
    told = []
    for guest_pass in _passes(post):
        if guest_pass.author_id not in agreed:
            told += _to_guest(guest_pass, "guest_text_replaced", words=words, changes=changes)
    return told


def taken_down(post: Post) -> list[str]:
    return _to_guests(post, "guest_taken_down")


def declined(post: Post, reasons: str, *, by: User) -> list[str]:
    told = _to_guests(post, "guest_declined", reasons=reasons, by_name=str(by))
    return told or _to_owner(post, "writer_declined", reasons=reasons, by_name=str(by))


# --- To editors -------------------------------------------------------------------------------------------------------


def submitted(post: Post, *, by: User | None, guest_pass: GuestPass | None) -> list[str]:
    if guest_pass:
        _to_guest(guest_pass, "guest_submitted")
    return _to_editors(post, "editors_submitted", but_for=by, writer=_name(by, guest_pass))


def signed_off(post: Post, guest_pass: GuestPass, *, missing: list[str]) -> list[str]:
    """`missing` are the names of those who have still to agree."""
    return _to_editors(post, "editors_signed_off", writer=guest_pass.name, missing=" and ".join(missing))


def withdrawn(post: Post, guest_pass: GuestPass, *, reason: str) -> list[str]:
    _to_guest(guest_pass, "guest_withdrawn")
    others = " and ".join(other.name for other in _passes(post) if other.pk != guest_pass.pk)
    return _to_editors(post, "editors_withdrawn", writer=guest_pass.name, reason=reason, others=others)


def note_to_editors(note: Note) -> list[str]:
    """What a guest answers, or asks for once the post is out."""
    writer = note.guest_pass.name if note.guest_pass else str(note.by)
    return _to_editors(note.post, "editors_note", note=note.text, asks_for=note.get_asks_for_display(), writer=writer)


def suggested(suggestion: Suggestion) -> list[str]:
    """To the editors; and a receipt to whoever sent it."""
    address = reverse("admin:blog_suggestion_change", args=[suggestion.pk])
    context = {"name": suggestion.name, "idea": suggestion.idea, "desk_url": links.absolute(address)}
    for editor in editors():
        mail.send("blog/email/editors_suggestion", to=editor.email, about=suggestion, context=context)
    mail.send(
        "blog/email/suggestion_received", to=suggestion.email, about=suggestion, context={"name": suggestion.name}
    )
    return [str(editor) for editor in editors()]


def suggestion_declined(suggestion: Suggestion, words: str) -> list[str]:
    context = {"name": suggestion.name, "words": words}
    mail.send("blog/email/suggestion_declined", to=suggestion.email, about=suggestion, context=context)
    return [suggestion.name]


# --- Whom -------------------------------------------------------------------------------------------------------------


def editors() -> list[User]:
    """Everybody who edits posts, by role or by a right of their own."""
    holds = Q(groups__permissions__codename="edit_post") | Q(user_permissions__codename="edit_post")
    return list(get_user_model().objects.filter(holds, is_active=True, is_staff=True).distinct().order_by("pk"))


def editors_of(post: Post) -> list[User]:
    """Whoever invited its guests; everybody who edits posts where nobody did, or they have left."""
    inviters = get_user_model().objects.filter(
        pk__in=post.passes.valid().values("invited_by"), is_active=True, is_staff=True
    )
    return list(inviters.order_by("pk")) or editors()


def _passes(post: Post) -> list[GuestPass]:
    return list(post.passes.valid().exclude(email="").select_related("invited_by", "post").order_by("pk"))


def _to_guests(post: Post, name: str, **context: object) -> list[str]:
    return [told for guest_pass in _passes(post) for told in _to_guest(guest_pass, name, **context)]


def _to_guest(guest_pass: GuestPass, name: str, **context: object) -> list[str]:
    if not guest_pass.email:
        return []
    post, inviter = guest_pass.post, guest_pass.invited_by
    mail.send(
        f"blog/email/{name}",
        to=guest_pass.email,
        about=post,
        # Answers reach the person who asked them to write.
        reply_to=inviter.email if inviter and inviter.is_active else "",
        context={
            "name": guest_pass.name,
            "post": f"“{post.title}”" if post.title else "your post",
            "deadline": guest_pass.deadline,
            "inviter": str(inviter) if inviter else "",
            "guest_url": links.absolute(guest_pass.get_absolute_url()),
            **context,
        },
    )
    return [guest_pass.name]


def _to_editors(post: Post, name: str, *, but_for: User | None = None, **context: object) -> list[str]:
    told = [editor for editor in editors_of(post) if editor != but_for]
    address = links.absolute(reverse("admin:blog_post_change", args=[post.pk]))
    for editor in told:
        mail.send(
            f"blog/email/{name}",
            to=editor.email,
            about=post,
            context={"post": _named(post), "desk_url": address, "for_staff": True, **context},
        )
    return [str(editor) for editor in told]


def _to_owner(post: Post, name: str, **context: object) -> list[str]:
    owner = post.created_by
    if owner is None or not owner.is_active:
        return []
    address = links.absolute(reverse("admin:blog_post_change", args=[post.pk]))
    context |= {"name": str(owner), "post": _named(post), "desk_url": address, "for_staff": True}
    mail.send(f"blog/email/{name}", to=owner.email, about=post, context=context)
    return [str(owner)]


def _named(post: Post) -> str:
    return f"“{post.title}”" if post.title else "a post without a title"


def _name(by: User | None, guest_pass: GuestPass | None) -> str:
    return guest_pass.name if guest_pass else str(by)
