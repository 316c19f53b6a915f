"""What came before: which thing of ours came from which thing there, and whether either was changed since."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from blog.models import Post

from ..models import ImportedItem, Page

NEW, UPDATED, UNCHANGED, EDITED, NOT_TAKEN = "new", "updated", "unchanged", "edited here", "not taken"


def hash_of(*facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def post_standing(post: Post) -> str:
    """What an edit here would change of a post."""
    return hash_of(
        [post.title, post.standfirst, post.introduction, post.body, post.lead_picture_id, post.status],
        post.publish_at.timestamp() if post.publish_at else None,
        sorted(post.topics.values_list("pk", flat=True)),
        sorted(post.tags.values_list("pk", flat=True)),
    )


def page_standing(page: Page) -> str:
    """What an edit here would change of a page."""
    return hash_of(page.title, page.summary, page.body, page.is_published)


class Imported:
    """The imported things of one blog. `blog` is the key under which they are kept."""

    def __init__(self, blog: str):
        self.blog = blog
        rows = ImportedItem.objects.filter(blog=blog).only("kind", "wp_id", "content_type", "object_id", "came_as",
                                                           "stood_as")  # fmt: skip
        self.rows = {(row.kind, row.wp_id): row for row in rows.iterator()}

    def find(self, kind: str, wp_id: str) -> ImportedItem | None:
        return self.rows.get((kind, wp_id[:200]))

    def target(self, kind: str, wp_id: str) -> models.Model | None:
        """What came from it and still stands."""
        row = self.find(kind, wp_id)
        return target_of(row) if row else None

    def note(self, kind: str, wp_id: str, target: models.Model, came_as: str, stood_as: str) -> None:
        """Remember where it went; writes nothing that is known."""
        row = self.find(kind, wp_id)
        content_type = ContentType.objects.get_for_model(target)
        if row is None:
            row = self.rows[kind, wp_id[:200]] = ImportedItem(blog=self.blog, kind=kind, wp_id=wp_id[:200])
        elif (row.came_as, row.stood_as, row.object_id) == (came_as, stood_as, target.pk):
            return
        row.content_type, row.object_id, row.came_as, row.stood_as = content_type, target.pk, came_as, stood_as
        row.save()

    def reread(self, kind: str, wp_id: str) -> None:
        """After what was noted was undone."""
        self.rows.pop((kind, wp_id[:200]), None)
        row = ImportedItem.objects.filter(blog=self.blog, kind=kind, wp_id=wp_id[:200]).first()
        if row:
            self.rows[kind, wp_id[:200]] = row


def target_of(row: ImportedItem) -> models.Model | None:
    model = row.content_type.model_class()
    return model._default_manager.filter(pk=row.object_id).first() if model else None
