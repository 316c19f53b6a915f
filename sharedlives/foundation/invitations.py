"""Staff come by invitation: a colleague names them, a mail brings one link, and they choose their own password."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from . import audit, links, mail, spoken
from .models import User

VALID_FOR = timedelta(days=7)
PURPOSE = "invitation"


class InvitationRefused(Exception):
    """Why nobody could be invited, or why a link no longer works: a sentence fit to show."""


@transaction.atomic
def invite(user: User, *, by: User) -> None:
    """Mail a link that sets the password; a link sent earlier stops working."""
    if not user.is_active:
        raise InvitationRefused(f"{user} is not active. Make them active first.")
    if user.has_usable_password():
        raise InvitationRefused(f'{user} has a password already. They can use "Forgotten your password?" to sign in.')
    # Django fills the unusable password with random letters; the link's fingerprint of it is what revokes older links.
    user.set_unusable_password()
    user.save(update_fields=["password"])
    until = timezone.now() + VALID_FOR
    mail.send(
        "foundation/email/invitation",
        to=user.email,
        reply_to=by.email,
        context={
            "name": user.get_short_name(),
            "inviter": str(by),
            "address": links.absolute(reverse("account_invitation", args=[_token(user, until)])),
            "until": f"{spoken.day(until)}, {spoken.time(until)}",
        },
        about=user,
    )
    audit.record(by, "invited", user)


def find(token: str, *, lock: bool = False) -> User:
    """The person a link was made for, while it is valid. Raises InvitationRefused."""
    try:
        pk, until, fingerprint = links.read(PURPOSE, token)
    except (links.BadLink, ValueError) as error:
        raise InvitationRefused("This link is not complete.") from error
    users = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    user = users.filter(pk=pk, is_active=True).first()
    if user is None or fingerprint != _fingerprint(user):
        raise InvitationRefused("This link has been used already, or a newer invitation has replaced it.")
    if datetime.fromtimestamp(int(until), UTC) < timezone.now():
        raise InvitationRefused("This invitation has run out. It was valid for seven days.")
    return user


@transaction.atomic
def accept(token: str, *, name: str, password: str) -> User:
    """Set the name and password the person chose; the link works no second time. Raises InvitationRefused."""
    user = find(token, lock=True)
    user.name = name
    user.set_password(password)
    user.save(update_fields=["name", "password"])
    audit.record(user, "accepted the invitation", user)
    return user


def is_waiting(user: User) -> bool:
    """Invited, and no password chosen yet."""
    return user.is_active and not user.has_usable_password()


def _token(user: User, until: datetime) -> str:
    return links.sign(PURPOSE, user.pk, int(until.timestamp()), _fingerprint(user))


def _fingerprint(user: User) -> str:
    """Changes with each invitation, with the password chosen and with a corrected address."""
    return hashlib.sha256(f"{user.password}:{user.email}".encode()).hexdigest()[:16]
