from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from sharedlives.foundation.redirects import KeepsItsAddress


class ShelfQuerySet(models.QuerySet):
    def public(self) -> ShelfQuerySet:
        """Those under which the public finds a post."""
        from .posts import Post

        shelved = self.model.posts.through.objects.filter(post__in=Post.objects.published())
        return self.filter(models.Exists(shelved.filter(**{self.model._meta.model_name: models.OuterRef("pk")})))


class Shelf(KeepsItsAddress, models.Model):
    """What posts are found under."""

    name = models.CharField(max_length=100)
    slug = models.SlugField("address", max_length=120, unique=True, help_text="Made from the name.")

    objects = ShelfQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def is_public(self) -> bool:
        """The twin of `ShelfQuerySet.public()`."""
        return type(self).objects.public().filter(pk=self.pk).exists()


class Topic(Shelf):
    """One of the few large subjects of the blog, chosen by the editors."""

    description = models.CharField(
        max_length=300, blank=True, help_text="One plain sentence that opens the topic's page."
    )

    class Meta(Shelf.Meta):
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="topic_has_a_name")]

    def get_absolute_url(self):
        return reverse("blog:topic_detail", args=[self.slug])


class Tag(Shelf):
    """A word that ties posts together."""

    class Meta(Shelf.Meta):
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="tag_has_a_name")]

    def get_absolute_url(self):
        return reverse("blog:tag_detail", args=[self.slug])
