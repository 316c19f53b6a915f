"""Old addresses that keep answering: those that things of ours had before, and those of a site that moved in."""

from __future__ import annotations

import re
import unicodedata
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import Resolver404, resolve

from .models import Redirect

# WordPress's ways to name a thing in a query; the rest of a query (?ref=..., ?utm_...) names nothing.
NAMES_A_THING = frozenset({"p", "page_id", "attachment_id", "cat", "tag", "author", "m", "feed"})


def normal(address: str) -> str:
    """The path of an address as redirects know it: unquoted, lower case, without the last slash, and with those parts
    of its query that name a thing, in a fixed order."""
    parts = urlsplit(address)
    path = re.sub("/+", "/", "/" + unicodedata.normalize("NFC", unquote(parts.path)).lower())
    path = "/" + path.removeprefix("/index.php/" if path != "/index.php" else path).strip("/")
    named = sorted((name, value) for name, value in parse_qsl(parts.query) if name in NAMES_A_THING)
    query = "&".join(f"{name}={value}" for name, value in named)
    return (f"{path}?{query}" if query else path).replace("\x00", "")[:1000]


def keep(address: str, target: models.Model | str, *, host: str = "") -> Redirect:
    """Let `address` (a path, or a whole address) lead to `target`: a thing with `get_absolute_url`, or a path of ours.

    A later call for the same address wins.
    """
    if isinstance(target, str):
        leads: dict[str, Any] = {"leads_to": target, "content_type": None, "object_id": None}
    else:
        content_type = ContentType.objects.get_for_model(target)
        leads = {"leads_to": "", "content_type": content_type, "object_id": target.pk}
    return Redirect.objects.update_or_create(host=host.lower(), path=normal(address), defaults=leads)[0]


def find(*addresses: str, host: str = "") -> str | None:
    """The path of ours where the first of `addresses` that leads anywhere leads today, as the public may go there.

    None where all lead nowhere. An address of the same host goes before the same path of another one. One query, and
    one more for each thing that is found.
    """
    paths = [normal(address) for address in addresses]
    found = list(Redirect.objects.filter(path__in=paths).order_by("host", "pk"))
    found.sort(key=lambda redirect: (paths.index(redirect.path), not _is_same(redirect.host, host)))
    return next(filter(None, map(place, found)), None)


def _is_same(host: str, other: str) -> bool:
    return host.lower().removeprefix("www.") == other.lower().removeprefix("www.")


def place(redirect: Redirect) -> str | None:
    """Where a row leads, as the public may go there."""
    thing = redirect.target
    return aim(redirect) if thing is None or thing.is_public() else None


def aim(redirect: Redirect) -> str | None:
    """Where a row leads, or would if that were public; None where it is gone."""
    if redirect.leads_to:
        return redirect.leads_to
    return redirect.target.get_absolute_url() if redirect.target else None


def answers(path: str) -> bool:
    """Whether this site knows addresses of this shape, whatever stands there now."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


class KeepsItsAddress(models.Model):
    """Base of what the public finds at an address of its own: a changed one leads to the new one, for ever."""

    if TYPE_CHECKING:  # what each of them has
        slug: str
        _slug_before: str | None

        def get_absolute_url(self) -> str: ...

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args, **kwargs):
        loaded = super().from_db(*args, **kwargs)
        loaded._slug_before = loaded.__dict__.get("slug")
        return loaded

    def save(self, *args, **kwargs):
        before = getattr(self, "_slug_before", None)
        super().save(*args, **kwargs)
        if before and before != self.slug:
            as_it_was = copy(self)
            as_it_was.slug = before
            keep(as_it_was.get_absolute_url(), self)
        self._slug_before = self.slug
        Redirect.objects.filter(path=normal(self.get_absolute_url()), host="").delete()
