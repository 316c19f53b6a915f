from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from sharedlives.foundation.models import Picture
from sharedlives.foundation.redirects import KeepsItsAddress


class AuthorQuerySet(models.QuerySet):
    def public(self) -> AuthorQuerySet:
        """Those with a post that is out. Nobody learns from the site who is only invited to write."""
        from .posts import Byline, Post

        return self.filter(
            models.Exists(Byline.objects.filter(author=models.OuterRef("pk"), post__in=Post.objects.published()))
        )


class Author(KeepsItsAddress, models.Model):
    """Somebody who writes for the blog: staff or guest, with or without a sign-in of their own."""

    name = models.CharField(max_length=120, help_text="As it is printed under the title.")
    slug = models.SlugField(
        "address", max_length=120, unique=True, help_text="Made from the name; it will be part of web addresses."
    )
    role = models.CharField(max_length=120, blank=True, help_text='Like "Head of Policy".')
    organisation = models.CharField(
        max_length=150, blank=True, help_text="Printed after the name, unless a post says otherwise."
    )
    bio = models.TextField("about them", max_length=1000, blank=True, help_text="Two or three plain sentences.")
    portrait = models.ForeignKey(
        Picture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="portrait_of",
        help_text="Cut to a square.",
    )
    website = models.URLField(blank=True, validators=[URLValidator(schemes=["http", "https"])])
    email = models.EmailField(
        "private e-mail", blank=True, help_text="For the editors only; it is never shown on the site."
    )
    is_guest = models.BooleanField("guest", default=False, help_text="Does not work or volunteer for us.")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        verbose_name="sign-in",
        help_text="If they have one. The author stays when the sign-in goes.",
    )

    objects = AuthorQuerySet.as_manager()

    personal_fields = frozenset({"email"})

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="author_has_a_name")]

    def __str__(self):
        return f"{self.name}, {self.organisation}" if self.organisation else self.name

    def get_absolute_url(self):
        return reverse("blog:author_detail", args=[self.slug])

    @property
    def what_they_do(self) -> str:
        return ", ".join(filter(None, [self.role, self.organisation]))

    def is_public(self) -> bool:
        """The twin of `AuthorQuerySet.public()`."""
        return Author.objects.public().filter(pk=self.pk).exists()


class Handle(models.Model):
    """An author's name on a social network."""

    class Network(models.TextChoices):
        BLUESKY = "bluesky", "Bluesky"
        FACEBOOK = "facebook", "Facebook"
        INSTAGRAM = "instagram", "Instagram"
        LINKEDIN = "linkedin", "LinkedIn"
        MASTODON = "mastodon", "Mastodon"
        THREADS = "threads", "Threads"
        X = "x", "X (Twitter)"
        YOUTUBE = "youtube", "YouTube"

    ADDRESSES = {
        Network.BLUESKY: "https://bsky.app/profile/{}",
        Network.FACEBOOK: "https://www.facebook.com/{}",
        Network.INSTAGRAM: "https://www.instagram.com/{}/",
        Network.LINKEDIN: "https://www.linkedin.com/in/{}/",
        Network.THREADS: "https://www.threads.com/@{}",
        Network.X: "https://x.com/{}",
        Network.YOUTUBE: "https://www.youtube.com/@{}",
    }

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="handles")
    network = models.CharField(max_length=10, choices=Network)
    name = models.CharField(
        max_length=100,
        help_text="Like AnnaWritesHere; on Mastodon like anna@example.social. The first @ is not needed.",
    )

    class Meta:
        verbose_name = "name on a social network"
        verbose_name_plural = "names on social networks"
        ordering = ["network", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "network"], name="handle_one_for_each_network"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(name__startswith="@"), name="handle_without_at"),
            models.CheckConstraint(
                condition=Q(network__in="bluesky facebook instagram linkedin mastodon threads x youtube".split()),
                name="handle_network",
            ),
        ]

    def __str__(self):
        return f"@{self.name}"

    def _in_which_form(self) -> str:
        if self.network == self.Network.MASTODON:
            return "Write the name with its server, like @anna@example.social."
        return "Only the name itself, not a whole address."

    def clean(self):
        self._take_at_off()
        shape = r"[\w.-]+@[\w-]+(?:\.[\w-]+)+" if self.network == self.Network.MASTODON else r"[\w.-]+"
        if not re.fullmatch(shape, self.name):
            raise ValidationError({"name": self._in_which_form()})

    def save(self, *args, **kwargs):
        self._take_at_off()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Where the network shows this person."""
        if self.network == self.Network.MASTODON:
            name, _, server = self.name.partition("@")
            return f"https://{server}/@{name}"
        return self.ADDRESSES[self.Network(self.network)].format(self.name)

    def _take_at_off(self) -> None:
        self.name = self.name.strip().lstrip("@")
