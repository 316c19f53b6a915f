"""A post's editable fields as plain data, and back: what revisions hold.

title standfirst introduction body content_note slug     text
introduced_by lead_picture workshop                      a key, or None
topics                                                   keys
tags                                                     names
bylines                                                  [author's key, name as printed, organisation as printed]
pictures                                                 [key, description, whether it is decoration], as of then
expire_at pinned_until review_by                         ISO 8601, or None
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from sharedlives.foundation import richtext
from sharedlives.foundation.models import Picture

from .models import Author, Byline, Post, Topic
from .tagging import tags_named

Data = dict[str, Any]

TEXTS = ("title", "standfirst", "introduction", "body", "content_note")
KEYS = ("introduced_by", "lead_picture", "workshop")
MOMENTS = ("expire_at", "pinned_until")
# What an author answers for. Topics, tags, address, schedule and pins are the editors' own.
SIGNED = ("title", "standfirst", "introduction", "body", "bylines", "pictures")


def of(post: Post) -> Data:
    """The post as its row and the rows around it stand."""
    data: Data = {name: getattr(post, name) for name in (*TEXTS, "slug")}
    data |= {name: getattr(post, f"{name}_id") for name in KEYS}
    data |= {name: _iso(getattr(post, name)) for name in (*MOMENTS, "review_by")}
    data["topics"] = sorted(post.topics.values_list("pk", flat=True))
    data["tags"] = sorted(post.tags.values_list("name", flat=True))
    data["bylines"] = [list(row) for row in post.bylines.values_list("author", "name", "organisation")]
    return with_pictures(data)


def with_pictures(data: Data) -> Data:
    """With the pictures that stand in these texts, as the library describes them now."""
    keys = picture_keys(data)
    described = {row[0]: list(row) for row in Picture.objects.filter(pk__in=keys).values_list(*_DESCRIBED)}
    return data | {"pictures": [described[key] for key in dict.fromkeys(keys) if key in described]}


def picture_keys(data: Data) -> list[int]:
    """Of the pictures that stand in these texts, the lead picture first."""
    keys = [data["lead_picture"], *richtext.picture_ids(data["introduction"] + data["body"])]
    return [key for key in keys if key is not None]


_DESCRIBED = ("pk", "alt", "is_decorative")


def _iso(value) -> str | None:
    return value.isoformat() if value else None


def is_same_text(one: Data, other: Data) -> bool:
    """Whether two say the same; what the library says of a picture is no edit of the post."""
    return one | {"pictures": []} == other | {"pictures": []}


def content_hash(data: Data) -> str:
    """Over what the author answers for, and nothing else (SHA-256, hex)."""
    signed = {name: data[name] for name in SIGNED}
    # As printed: whoever is behind a name may be merged with another author later.
    signed["bylines"] = [[name, organisation] for _author, name, organisation in data["bylines"]]
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def put_into(post: Post, data: Data) -> None:
    """Make the post what `data` says. What has been deleted since (an author, a topic, a picture) stays away."""
    for name in (*TEXTS, "slug"):
        setattr(post, name, data[name])
    for name in KEYS:
        model: Any = Post._meta.get_field(name).related_model
        is_there = data[name] is not None and model._base_manager.filter(pk=data[name]).exists()
        setattr(post, f"{name}_id", data[name] if is_there else None)
    for name in MOMENTS:
        setattr(post, name, parse_datetime(data[name]) if data[name] else None)
    post.review_by = parse_date(data["review_by"]) if data["review_by"] else None
    post.save()
    post.topics.set(Topic.objects.filter(pk__in=data["topics"]))
    post.tags.set(tags_named(data["tags"]))
    _put_bylines(post, data["bylines"])


def _put_bylines(post: Post, wanted: list[list]) -> None:
    if wanted == [list(row) for row in post.bylines.values_list("author", "name", "organisation")]:
        return
    authors = set(Author.objects.filter(pk__in=[row[0] for row in wanted]).values_list("pk", flat=True))
    post.bylines.all().delete()
    rows = [row for row in wanted if row[0] in authors]
    Byline.objects.bulk_create(
        Byline(post=post, author_id=author, position=position, name=name, organisation=organisation)
        for position, (author, name, organisation) in enumerate(rows, start=1)
    )
    post.note_bylines()
