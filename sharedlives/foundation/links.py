"""Signed links for people without an account: a purpose, a version that revokes, nothing stored."""

from __future__ import annotations

import functools
import re

from django.core import signing
from django.utils.cache import patch_cache_control

from .models import Charity

# What `sign` makes, wherever it stands in a text.
SIGNED = re.compile(r"[\w-]+:[\w-]{43}(?![\w-])")


class BadLink(Exception):
    """The link is broken, of another purpose, or too old."""


def sign(purpose: str, *parts: object) -> str:
    """A value for one purpose: its parts and an HMAC-SHA256 keyed by SECRET_KEY, 43 characters of it."""
    return signing.Signer(salt=f"link.{purpose}").sign("-".join(map(str, parts)))


def read(purpose: str, value: str) -> list[str]:
    """The parts given to `sign`. Raises BadLink. Compares in constant time."""
    try:
        return signing.Signer(salt=f"link.{purpose}").unsign(value).split("-")
    except signing.BadSignature as error:
        raise BadLink from error


def without_keys(text: str) -> str:
    """A mail as it may be read by others than the one it was written to: nobody can act for them with what is left."""
    return SIGNED.sub("[their own link]", text)


def absolute(path: str) -> str:
    """The full address of a path of ours, at the charity's own site address: never at the host a request named."""
    return Charity.current().site_address + path


def private_page(view):
    """For pages behind a signed link: kept by no cache, no search engine, and told to no other site.

    `same-origin` and not `no-referrer`: with the latter browsers send `Origin: null` on POST (Fetch, "append a request
    `Origin` header"), and CSRF protection would refuse the person's own form.
    """

    @functools.wraps(view)
    def wrapped(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        patch_cache_control(response, no_store=True, private=True)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
        return response

    return wrapped
