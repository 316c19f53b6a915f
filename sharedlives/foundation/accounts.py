"""Signing in: how allauth behaves here, who needs a second factor, who may manage whom."""

from __future__ import annotations

import base64
import logging
import re
import secrets
from io import BytesIO

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from qrcode.image.svg import SvgPathFillImage

from . import audit, links, mail
from .limits import TooMany, client_address
from .models import Charity, User

log = logging.getLogger(__name__)

# The longest window of settings.ACCOUNT_RATE_LIMITS["login_failed"].
WAIT_AFTER_FAILURES = 600
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")

# What allauth tells people about by mail -> the words of the log, and those of the mail.
CHANGES = {
    "account/email/password_changed": ("changed the password", "Your password was changed."),
    "account/email/password_reset": ("reset the password by mail", "You have a new password."),
    "account/email/password_set": ("set a password", "You have a password now."),
    "mfa/email/totp_activated": ("added an authenticator app", "An app now gives you codes for signing in."),
    "mfa/email/totp_deactivated": ("removed the authenticator app", "Codes from an app no longer sign you in."),
    "mfa/email/webauthn_added": ("added a passkey", "A new passkey or security key can sign you in."),
    "mfa/email/webauthn_removed": ("removed a passkey", "One of your passkeys or security keys was removed."),
    "mfa/email/recovery_codes_generated": ("made new recovery codes", "You have new recovery codes."),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "That e-mail and that password do not go together. Check both and try again.",
        "too_many_login_attempts": "There were too many wrong codes. Wait ten minutes, then try again.",
        "rate_limited": "There were too many tries. Wait ten minutes, then try again.",
        "incorrect_password": "That is not your password. Try again.",
        "incorrect_code": "That code is not right. It changes every 30 seconds: type the newest one.",
        "enter_current_password": "That is not your current password. Try again.",
    }

    def is_open_for_signup(self, request):
        return False

    def is_safe_url(self, url):
        """Only paths of this site: allauth itself would also accept any host in ALLOWED_HOSTS."""
        return is_own_path(url)

    def get_logout_redirect_url(self, request):
        return reverse("account_login")

    # --- Limits: by address and by account, counted in the cache that all processes share ---

    def get_client_ip(self, request):
        """allauth only counts by this value, so it gets a keyed digest and keeps nobody's address."""
        return _digest(client_address(request))

    def _get_login_attempts_cache_key(self, request, **credentials):
        # allauth puts the Host header in front, so that every further name of the site would be a fresh set of tries.
        return _digest(credentials.get("email", "").lower())

    def pre_authenticate(self, request, **credentials):
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            log.warning("sign-in refused: too many wrong passwords for account %s", _name_in_logs(credentials))
            raise TooMany(retry_after=WAIT_AFTER_FAILURES) from error

    def authentication_failed(self, request, **credentials):
        log.warning("sign-in failed for account %s", _name_in_logs(credentials))

    # --- Mail ---

    def get_reset_password_from_key_url(self, key):
        uid, _, token = key.partition("-")
        return links.absolute(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))

    @transaction.atomic
    def send_mail(self, template_prefix, email, context):
        """Only one kind is left: password reset. For an unknown address the same work is done and nothing kept,
        so that the answer takes as long as for a known one."""
        user = context.get("user")
        mail.send(
            "foundation/email/password_reset",
            to=email,
            context={
                "name": user.get_short_name() if user else "",
                "address": context.get("password_reset_url") or links.absolute(reverse("account_reset_password")),
            },
            about=user,
        )
        if template_prefix == "account/email/unknown_account":
            transaction.set_rollback(True)

    @transaction.atomic
    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        action, sentence = CHANGES[template_prefix]
        audit.record(user, action, user)
        tell(user, sentence)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def _get_site_name(self):
        return Charity.current().name

    def build_totp_svg(self, url):
        """Dark on white in dark mode too, or no app can read it."""
        picture = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(picture)
        return picture.getvalue().decode()

    def encrypt(self, text):
        """Secrets of authenticator apps lie encrypted in the database, so that a backup alone opens no account."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # SECRET_KEY was replaced without SECRET_KEY_FALLBACKS: codes no longer fit, and nothing breaks.
            log.error("a second factor was encrypted with another SECRET_KEY; its codes are refused")
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("second factor", "key", secret=key, algorithm="sha256").digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _digest(value: str) -> str:
    return salted_hmac("limits", value, algorithm="sha256").hexdigest()


def _name_in_logs(credentials) -> str:
    """Tells attempts on one account from those on another, and names nobody."""
    return _digest(credentials.get("email", "").lower())[:10]


def is_own_path(url: str | None) -> bool:
    """Whether `url` leads nowhere but to a page of this site."""
    return bool(url and OWN_PATH.fullmatch(url))


def refuse_for_now(request):
    """What allauth calls when a limit on an address is passed."""
    raise TooMany(retry_after=60)


def second_factors() -> QuerySet[Authenticator]:
    """What counts as one: recovery codes alone do not."""
    return Authenticator.objects.filter(type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])


def has_second_factor(user: User) -> bool:
    return second_factors().filter(user=user).exists()


def needs_second_factor(user: User) -> bool:
    """Whether this person must set up a second step before the admin opens to them.

    One query for people who have one; for the others the permissions too, which the admin reads anyway.
    """
    if not settings.REQUIRE_SECOND_FACTOR or not user.is_authenticated or has_second_factor(user):
        return False
    return any(user.has_perm(permission) for permission in settings.SECOND_FACTOR_PERMISSIONS)


def may_manage(actor: User, user: User) -> bool:
    """Nobody changes a person who may do more than they may themselves.

    Otherwise whoever may change users could put their own mailbox into a superuser's row and ask for a new password.
    """
    if actor.is_superuser:
        return True
    return not user.is_superuser and _permissions(user) <= _permissions(actor)


def roles_to_give(actor: User) -> QuerySet[Group]:
    """The roles whose every permission the actor holds too."""
    roles = Group.objects.order_by("name")
    if actor.is_superuser:
        return roles
    held = {pk for pk, _name in _permissions(actor)}
    return roles.exclude(permissions__in=Permission.objects.exclude(pk__in=held))


def _permissions(user: User) -> set[tuple[int, str]]:
    """Held through roles or directly. Not `get_all_permissions`: that is empty for people who are deactivated."""
    held = Permission.objects.filter(Q(group__user=user) | Q(user=user))
    return set(held.order_by().values_list("pk", "codename"))


def tell(user: User, sentence: str, *, to: str = "") -> None:
    """Mail somebody that their account was changed, so that they notice when it was not they who did it."""
    mail.send(
        "foundation/email/account_changed",
        to=to or user.email,
        context={
            "name": user.get_short_name(),
            "sentence": sentence,
            "address": links.absolute(reverse("account_reset_password")),
        },
        about=user,
    )


def end_sessions(user: User) -> int:
    """Sign a person out everywhere; returns in how many browsers."""
    ended = 0
    for session in Session.objects.filter(expire_date__gte=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
            ended += 1
    return ended
