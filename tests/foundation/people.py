"""People who sign in, for the tests of accounts, invitations, rights and second factors."""

import base64
import hashlib
import hmac
import re
import struct
import time

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from sharedlives.foundation import accounts
from tests.factories import create_user

PASSWORD = "a long enough password"
NEW_PASSWORD = "four quiet purple herons"


def sign_in(client, user, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": user.email, "password": password}, **extra)


def is_signed_in(client):
    return client.get("/admin/").status_code == 200


def boss(**fields):
    return create_user(**{"email": "boss@example.org", "name": "Bo Ss", "is_superuser": True} | fields)


def in_role(*names, **fields):
    user = create_user(**fields)
    user.groups.set(Group.objects.filter(name__in=names))
    assert user.groups.count() == len(names)
    return user


def desk(user):
    client = Client()
    client.force_login(user)
    return client


def link_in(mail):
    return re.search(r"https://www\.example\.org(/\S+)", mail.text)[1]


def code_now(secret, at=None):
    """As an authenticator app computes it (RFC 6238), from the standard library alone."""
    counter = struct.pack(">Q", int(at or time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def give_app(user, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"):
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": accounts.MFAAdapter().encrypt(secret)}
    )
    return secret


def ask_for_new_password(client, email):
    return client.post("/accounts/password/reset/", {"email": email}, follow=True)


def invite(client, **fields):
    return client.post("/admin/foundation/user/add/", {"name": "Ann Other", "email": "ann@example.org"} | fields)
