from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from sharedlives.foundation import links
from sharedlives.foundation.models import Picture

from .authors import Author
from .posts import Post


class GuestPassQuerySet(models.QuerySet):
    def valid(self) -> GuestPassQuerySet:
        """Those whose link works; for one, `is_valid()`."""
        return self.filter(revoked_at=None, ends_at__gt=timezone.now())


class GuestPass(models.Model):
    """Lets somebody without an account write one post: their own link, until it ends or is revoked.

    The deadline is what the editors hope for and locks nothing; `ends_at` is when the link stops working.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="passes")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="passes")
    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail", blank=True)
    message = models.TextField("what you would like them to know", max_length=2000, blank=True)
    deadline = models.DateField("by when", null=True, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField(editable=False)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    link_version = models.PositiveSmallIntegerField(default=1, editable=False)

    objects = GuestPassQuerySet.as_manager()

    personal_fields = frozenset({"name", "email", "message"})

    class Meta:
        verbose_name = "guest pass"
        verbose_name_plural = "guest passes"
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "author"], condition=Q(revoked_at=None), name="guest_pass_is_one_for_each_guest"
            ),
        ]

    def __str__(self):
        return f"Guest pass {self.pk}"

    def is_valid(self) -> bool:
        """The twin of `GuestPassQuerySet.valid()`."""
        return self.revoked_at is None and self.ends_at > timezone.now()

    def get_absolute_url(self) -> str:
        """The guest's own page; the address is the key to it."""
        return reverse("blog:guest_post", args=[links.sign("guest", self.pk, self.link_version)])


class GuestPicture(models.Model):
    """A picture that a guest uploaded: the only ones of the library that they see and may use."""

    guest_pass = models.ForeignKey(GuestPass, on_delete=models.CASCADE, related_name="pictures")
    picture = models.OneToOneField(Picture, on_delete=models.CASCADE, related_name="+")

    def __str__(self):
        return f"{self.picture} of {self.guest_pass}"


class Suggestion(models.Model):
    """Somebody whom nobody invited would like to write: an idea in the editors' queue."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for an answer"
        INVITED = "invited", "Invited to write"
        DECLINED = "declined", "Declined"

    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail")
    idea = models.TextField("what they would write about", max_length=3000)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    request_id = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField("came", default=timezone.now, editable=False)
    answered_at = models.DateTimeField("answered", null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    guest_pass = models.OneToOneField(
        GuestPass, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="suggestion"
    )

    personal_fields = frozenset({"name", "email", "idea"})

    class Meta:
        verbose_name = "suggested post"
        ordering = ["created_at", "pk"]

    def __str__(self):
        return f"Suggestion {self.pk}"
