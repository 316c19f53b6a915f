"""What editors and guests say to one another about a post, and what they agree to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from sharedlives.foundation import links

from .authors import Author
from .guests import GuestPass
from .posts import Post
from .revisions import Revision


class Note(models.Model):
    """A word about a post; shared with its guests, or among the staff alone."""

    class AsksFor(models.TextChoices):
        CHANGE = "change", "A change of what is out"
        TAKING_DOWN = "taking down", "To take it down"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(max_length=5000)
    is_shared = models.BooleanField("the guest sees it", default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    guest_pass = models.ForeignKey(GuestPass, on_delete=models.SET_NULL, null=True, related_name="notes")
    # What a guest asks for once the post is out: it waits at the desk until an editor has seen to it.
    asks_for = models.CharField(max_length=11, choices=AsksFor, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    personal_fields = frozenset({"text"})

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="note_says_something"),
            models.CheckConstraint(condition=Q(guest_pass=None) | Q(is_shared=True), name="note_of_a_guest_is_shared"),
        ]

    def __str__(self):
        return f"Note {self.pk} on {self.post}"


class SignOff(models.Model):
    """An author agreed to exactly this text, and to no other: it is bound to the hash of what they answer for."""

    class How(models.TextChoices):
        PAGE = "page", "On their own page"
        MAIL = "mail", "By mail"
        PHONE = "phone", "By phone"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="sign_offs")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="sign_offs")
    revision = models.ForeignKey(Revision, on_delete=models.SET_NULL, null=True, related_name="sign_offs")
    content_hash = models.CharField(max_length=64)
    how = models.CharField("agreed", max_length=5, choices=How)
    agreed_on = models.DateField("on")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "sign-off"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["post", "author", "content_hash"], name="sign_off_once_for_each_text"),
        ]

    def __str__(self):
        return f"{self.author} agreed to {self.post}"


class PreviewLinkQuerySet(models.QuerySet):
    def valid(self) -> PreviewLinkQuerySet:
        """Those that still show something; for one, `is_valid()`."""
        lasting = self.filter(revoked_at=None, ends_at__gt=timezone.now())
        return lasting.exclude(post__status__in=Post.NO_LONGER_IN_WORK)


class PreviewLink(models.Model):
    """Lets people outside read a post that is not out: one text of it, or always the newest."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="preview_links")
    revision = models.ForeignKey(
        Revision, on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: always the newest text."
    )
    label = models.CharField("for whom", max_length=100, blank=True)
    ends_at = models.DateTimeField("until")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    guest_pass = models.ForeignKey(GuestPass, on_delete=models.CASCADE, null=True, related_name="preview_links")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return f"Preview link {self.pk} to {self.post}"

    def get_absolute_url(self) -> str:
        return reverse("blog:preview", args=[links.sign("preview", self.pk)])

    def is_valid(self) -> bool:
        """The twin of `PreviewLinkQuerySet.valid()`."""
        is_in_work = self.post.status not in Post.NO_LONGER_IN_WORK
        return self.revoked_at is None and self.ends_at > timezone.now() and is_in_work
