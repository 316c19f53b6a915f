from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from sharedlives.foundation.models import Picture

from .guests import GuestPass
from .posts import Post


class RevisionQuerySet(models.QuerySet):
    def kept(self) -> RevisionQuerySet:
        """Those that somebody saved: the newest is the text that everybody works on."""
        return self.exclude(kind__in=[Revision.Kind.AUTOSAVE, Revision.Kind.BESIDE])

    def autosaves(self) -> RevisionQuerySet:
        return self.filter(kind=Revision.Kind.AUTOSAVE)

    def newest_first(self) -> RevisionQuerySet:
        return self.order_by("-pk")


class Revision(models.Model):
    """All that can be edited of a post, as it stood once.

    The database refuses to change a row (migration 0006), but for an autosave, which its writer's next one replaces.
    What `data` holds stands in blog/snapshots.py.
    """

    class Kind(models.TextChoices):
        SAVED = "saved", "Saved"
        AUTOSAVE = "autosave", "Kept while writing"
        BESIDE = "beside", "Kept beside a colleague's"
        RESTORED = "restored", "An earlier text again"
        FOUND = "found", "As it was found"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SAVED)
    # What its writer began from.
    base = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    data = models.JSONField()
    content_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    guest_pass = models.ForeignKey(GuestPass, on_delete=models.SET_NULL, null=True, related_name="revisions")
    created_at = models.DateTimeField("saved", default=timezone.now)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["post", "-id"], name="revision_newest_of_a_post")]

    def __str__(self):
        return f"Revision {self.pk} of {self.post}"

    @property
    def writer_name(self) -> str:
        if self.guest_pass:
            return self.guest_pass.name
        return str(self.by) if self.by else "the site"


class RevisionPicture(models.Model):
    """A picture in a text that somebody still works on and that does not stand in the post's row: a newer one of a post
    that is out, one kept while writing, or one kept beside. While it stands there it cannot be deleted."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="pictures")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="in_revisions")

    class Meta:
        verbose_name = "text that is not out"
        constraints = [models.UniqueConstraint(fields=["revision", "picture"], name="revision_picture_once")]

    def __str__(self):
        return str(self.revision.post)

    def is_public(self) -> bool:
        return False
