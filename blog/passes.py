"""Guests who write without an account: inviting them, their link, and how it ends."""

from __future__ import annotations

import re
import uuid
from datetime import date as Day

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events.lost_links import digest_of
from sharedlives.foundation import audit, slugs
from sharedlives.foundation.models import User

from . import emails, revisions
from .editorial import AWAITING_SIGN_OFF, GUEST_MAY_WRITE, IN_WORK, VALID_FOR, EditorialRefused, not_agreed
from .models import RESERVED_SLUGS, Author, GuestPass, Post, PostAddress, Suggestion
from .snapshots import Data

RIGHT = "blog.edit_post"


@transaction.atomic
def invite(
    *,
    name: str,
    email: str,
    by: User,
    message: str = "",
    deadline: Day | None = None,
    title: str = "",
    post: Post | None = None,
    author: Author | None = None,
    suggestion: Suggestion | None = None,
) -> GuestPass:
    """Ask somebody to write a post; a mail brings them their own link.

    Without `post` a draft is begun for them; without `author` they become one, unless the editors know a guest with
    this address. Raises EditorialRefused.
    """
    _refuse_without_right(by)
    try:
        validate_email(email)
    except ValidationError as error:
        raise EditorialRefused("Give an e-mail address, so that the link can be sent.") from error
    if deadline and deadline < timezone.localdate():
        raise EditorialRefused("That deadline is over.")
    author = author or _known_guest(email) or _new_guest(name, email)
    post = revisions.locked(post) if post else _new_draft(title, name, by)
    if post.status not in IN_WORK:
        raise EditorialRefused("This post is not being written any more. Make it a draft again first.")
    if post.passes.filter(author=author, revoked_at=None).exists():
        raise EditorialRefused(f"{author.name} has a link to this post already. Send it again instead.")
    if not post.bylines.filter(author=author).exists():
        post.bylines.create(author=author, position=post.bylines.count() + 1)
    revisions.begin(post, by=by)
    guest_pass = GuestPass.objects.create(
        post=post,
        author=author,
        name=name,
        email=email,
        message=message,
        deadline=deadline,
        invited_by=by,
        ends_at=timezone.now() + VALID_FOR,
    )
    if suggestion:
        _answer(suggestion, Suggestion.State.INVITED, by, guest_pass=guest_pass)
    emails.invited(guest_pass)
    audit.record(by, "invited a guest", post)
    return guest_pass


def _known_guest(email: str) -> Author | None:
    return Author.objects.filter(email__iexact=email, is_guest=True).order_by("pk").first()


def _new_guest(name: str, email: str) -> Author:
    slug = slugs.free(name, Author.objects, otherwise="guest")
    return Author.objects.create(name=name, slug=slug, email=email, is_guest=True)


def _new_draft(title: str, name: str, by: User) -> Post:
    return Post.objects.create(title=title, slug=_address(title, name, Post.objects.all()), created_by=by)


def address_for(guest_pass: GuestPass, *, title: str, before: Data) -> str:
    """The post's address once its guest has changed the title: it goes with that, until an editor has chosen another
    one or readers know it."""
    post, name = guest_pass.post, guest_pass.name
    ours = slugs.made_of(_words(before["title"], name)) or "draft"
    is_ours = re.fullmatch(re.escape(ours) + r"(-[0-9]+)?", before["slug"])
    if title == before["title"] or not is_ours or post.addresses.exists():
        return before["slug"]
    return _address(title, name, Post.objects.exclude(pk=post.pk))


def _address(title: str, name: str, others: QuerySet[Post]) -> str:
    words = _words(title, name)
    return slugs.free(words, others, PostAddress.objects, otherwise="draft", reserved=RESERVED_SLUGS)


def _words(title: str, name: str) -> str:
    return title or f"draft by {name}"


@transaction.atomic
def send_again(guest_pass: GuestPass, *, by: User) -> None:
    """The same link once more, for another year."""
    _refuse_without_right(by)
    guest_pass = _as_it_stands(guest_pass)
    extend(guest_pass)
    emails.link_again(guest_pass, by=by)
    audit.record(by, "sent the link again", guest_pass)


@transaction.atomic
def remind(guest_pass: GuestPass, *, by: User) -> None:
    """A kind word to somebody who has not sent anything in yet, or not agreed to the text. Raises EditorialRefused
    where nothing waits for them."""
    _refuse_without_right(by)
    guest_pass = _as_it_stands(guest_pass)
    if not waits_for(guest_pass):
        raise EditorialRefused("Nothing waits for this guest just now, so there is nothing to remind them of.")
    guest_pass.reminded_at = timezone.now()
    guest_pass.save(update_fields=["reminded_at"])
    if guest_pass.post.status == AWAITING_SIGN_OFF:
        emails.reminded_to_agree(guest_pass, by=by)
    else:
        emails.reminded(guest_pass)
    audit.record(by, "reminded the guest", guest_pass)


def waits_for(guest_pass: GuestPass) -> bool:
    """Whether the post goes on only once this guest has done something."""
    post = guest_pass.post
    if post.status == AWAITING_SIGN_OFF:
        return guest_pass.author in not_agreed(post)
    return post.status in GUEST_MAY_WRITE


@transaction.atomic
def revoke(guest_pass: GuestPass, *, by: User) -> None:
    """The link stops working at once; what was written stays."""
    _refuse_without_right(by)
    guest_pass = _as_it_stands(guest_pass)
    guest_pass.revoked_at = timezone.now()
    guest_pass.link_version += 1
    guest_pass.save(update_fields=["revoked_at", "link_version"])
    audit.record(by, "revoked the link", guest_pass)


def extend(guest_pass: GuestPass) -> None:
    guest_pass.ends_at = timezone.now() + VALID_FOR
    guest_pass.save(update_fields=["ends_at"])


def ask_for_links(address: str) -> None:
    """Send whoever asks the links that work under this address: later, so that the time it takes tells nobody whether
    there are any, and by a keyed hash, so that the table of jobs holds no addresses."""
    from .jobs import send_guest_links

    send_guest_links.defer(digest=digest_of(address))


@transaction.atomic
def send_links(digest: str) -> int:
    """Mail all links that work under one address; how many there are. Whoever had some, and none works any more, is
    told so and whom to ask, instead of waiting for nothing."""
    passes = GuestPass.objects.exclude(email="").select_related("post", "invited_by").order_by("pk")
    same = [guest_pass for guest_pass in passes.iterator() if digest_of(guest_pass.email) == digest]
    working = [guest_pass for guest_pass in same if guest_pass.is_valid()]
    for guest_pass in working:
        emails.link_again(guest_pass)
    if same and not working:
        emails.link_has_ended(same[-1])
    return len(working)


@transaction.atomic
def suggest(*, name: str, email: str, idea: str, request_id: uuid.UUID) -> Suggestion:
    """Somebody whom nobody invited would like to write: the editors are told, once however often the form is sent."""
    facts = {"name": name, "email": email, "idea": idea}
    suggestion, is_new = Suggestion.objects.get_or_create(request_id=request_id, defaults=facts)
    if is_new:
        emails.suggested(suggestion)
        audit.record(None, "suggested a post", suggestion)
    return suggestion


@transaction.atomic
def decline_suggestion(suggestion: Suggestion, *, by: User, words: str) -> None:
    """Say no, kindly; the words go into the mail. Raises EditorialRefused."""
    _refuse_without_right(by)
    if not words.strip():
        raise EditorialRefused("Write a few kind words: they go into the mail.")
    _answer(suggestion, Suggestion.State.DECLINED, by)
    emails.suggestion_declined(suggestion, words)
    audit.record(by, "declined the suggestion", suggestion)


def _answer(suggestion: Suggestion, state: str, by: User, *, guest_pass: GuestPass | None = None) -> None:
    suggestion = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
    if suggestion.state != Suggestion.State.WAITING:
        raise EditorialRefused("This suggestion has been answered already.")
    suggestion.state, suggestion.guest_pass = state, guest_pass
    suggestion.answered_at, suggestion.answered_by = timezone.now(), by
    suggestion.save()


def _as_it_stands(guest_pass: GuestPass) -> GuestPass:
    guest_pass = (
        GuestPass.objects.select_for_update(of=("self",)).select_related("post", "invited_by").get(pk=guest_pass.pk)
    )
    if guest_pass.revoked_at:
        raise EditorialRefused("This link was revoked. Invite the guest anew.")
    return guest_pass


def _refuse_without_right(by: User) -> None:
    if not by.has_perm(RIGHT):
        raise EditorialRefused("Working with guests is for editors. Ask one of them.")
