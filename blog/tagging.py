"""Tags by their names: those that are there, however they are written, and new ones."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Lower

from sharedlives.foundation import slugs

from .models import Tag


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags with these names, however they are written; those that are missing are made."""
    known = known_tags(names)
    return [known.get(name.lower()) or _new_tag(name) for name in names]


def known_tags(names: Iterable[str]) -> dict[str, Tag]:
    tags = Tag.objects.annotate(lower=Lower("name")).filter(lower__in=[name.lower() for name in names])
    return {tag.name.lower(): tag for tag in tags}


def _new_tag(name: str) -> Tag:
    return Tag.objects.create(name=name, slug=slugs.free(name, Tag.objects, otherwise="tag"))
