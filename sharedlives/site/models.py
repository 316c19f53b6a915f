from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from blog.models import Post
from sharedlives.foundation import richtext, search, slugs
from sharedlives.foundation.models import Picture
from sharedlives.foundation.redirects import KeepsItsAddress
from sharedlives.foundation.richtext import RichTextField

if TYPE_CHECKING:
    from sharedlives.foundation.models import User


def reserved_words() -> set[str]:
    """The words with which addresses begin under which the site itself answers."""
    files = {urlsplit(address).path.strip("/").split("/")[0] for address in (settings.STATIC_URL, settings.MEDIA_URL)}
    return files | {"healthz", "readyz"} | set(_first_words(get_resolver().url_patterns))


def _first_words(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        first = str(pattern.pattern).split("/")[0]
        if isinstance(pattern, URLResolver) and not first:
            yield from _first_words(pattern.url_patterns)
        elif first and "<" not in first:
            yield first


def validate_free_address(slug: str) -> None:
    """Refuses a word under which the site itself answers already."""
    slugs.refuse_reserved(slug.lower(), reserved_words())


class PageQuerySet(models.QuerySet):
    def published(self) -> PageQuerySet:
        return self.filter(is_published=True)

    def visible_to(self, user: User) -> PageQuerySet:
        """What this visitor may open: those not published too, for staff who may see pages at their desk."""
        if user.is_active and user.is_staff and user.has_perm("site.view_page"):
            return self
        return self.published()

    def in_menus(self) -> PageQuerySet:
        """The pages of the menus, in their order there."""
        return self.published().exclude(menu=Page.Menu.NONE).order_by("position", "title", "pk")


class Page(KeepsItsAddress, models.Model):
    """A page that is no post: About, Privacy, Contact."""

    class Menu(models.TextChoices):
        NONE = "", "In no menu"
        TOP = "top", "At the top of every page"
        FOOT = "foot", "At the foot of every page"

    title = models.CharField(max_length=150)
    slug = models.SlugField(
        "address",
        max_length=120,
        unique=True,
        validators=[validate_free_address],
        help_text="Its web address, after the first /. If you change it, the old address leads to the new one.",
    )
    summary = models.CharField(
        max_length=300, blank=True, help_text="One plain sentence; opens the page and stands in search results."
    )
    body = RichTextField("text", blank=True)
    shows_contact = models.BooleanField(
        "with our contact details",
        default=False,
        help_text="Phone, e-mail, address and access contact stand below the text, always as the charity's facts say.",
    )
    is_published = models.BooleanField("published", default=False)
    menu = models.CharField("where people find it", max_length=4, choices=Menu, blank=True, default=Menu.NONE)
    menu_title = models.CharField("short title", max_length=40, blank=True, help_text="For the menu; empty: the title.")
    position = models.PositiveSmallIntegerField(
        "order in the menu", default=10, help_text="Smaller numbers come first."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField("last changed", auto_now=True)
    search_vector = search.vector(A="title", B="summary", C="body")
    pictures = models.ManyToManyField(Picture, through="PagePicture", editable=False, related_name="pages")

    objects = search.SearchableManager.from_queryset(PageQuerySet)()

    class Meta:
        ordering = ["title", "pk"]
        indexes = [GinIndex(fields=["search_vector"], name="page_search")]
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(slug=""), name="page_has_title_and_address"),
            models.CheckConstraint(condition=Q(menu__in=["", "top", "foot"]), name="page_menu"),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        from . import menus

        super().save(*args, **kwargs)
        menus.remembered.forget()
        self.pictures.set(Picture.objects.filter(pk__in=richtext.picture_ids(self.body)))

    def get_absolute_url(self):
        return reverse("site:page_detail", args=[self.slug])

    def is_public(self) -> bool:
        return self.is_published


class PagePicture(models.Model):
    """A picture in a page's text. While it stands there it cannot be deleted."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE)
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "picture"], name="page_picture_once")]

    def __str__(self):
        return f"{self.picture} in {self.page}"


# --- Moving in from WordPress -----------------------------------------------------------------------------------------


class ImportRun(models.Model):
    """One run of an importer, tried or applied, with its report."""

    blog = models.CharField("from", max_length=300, help_text="The address of the site it came from.")
    file_name = models.CharField("file", max_length=255)
    is_applied = models.BooleanField("applied", default=False, help_text="Otherwise only tried: nothing was changed.")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)
    has_losses = models.BooleanField("something was lost", default=False)

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = "move from WordPress"
        verbose_name_plural = "moves from WordPress"

    def __str__(self):
        return f"{self.file_name} from {self.blog}"


class ImportedItem(models.Model):
    """Which thing of ours came from which thing there, so that a second run finds it again."""

    blog = models.CharField(max_length=300)
    kind = models.CharField(max_length=20)  # post, page, attachment, author, guest-author, category, tag
    wp_id = models.CharField(max_length=200)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.BigIntegerField()
    target = GenericForeignKey()
    # Hashes: of what the export said, and of what stood here right after. Where the second no longer fits, somebody
    # has edited it here, and it is left alone.
    came_as = models.CharField(max_length=64)
    stood_as = models.CharField(max_length=64)
    imported_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["blog", "kind", "wp_id"], name="imported_once")]
        indexes = [models.Index(fields=["content_type", "object_id"], name="imported_target")]

    def __str__(self):
        return f"{self.kind} {self.wp_id} of {self.blog}"


class Proposal(models.Model):
    """Something an import saw in a post and did not dare to decide: staff accept or decline it."""

    class Kind(models.TextChoices):
        BYLINE = "byline", "Who wrote it"
        INTRODUCTION = "introduction", "Its first paragraph introduces a guest"
        WORKSHOP = "workshop", "It announces a workshop"
        CUT_SHORT = "cut_short", "Its text is cut short"
        LOGIN = "login", "Whose sign-in wrote it"

    class State(models.TextChoices):
        OPEN = "open", "To be decided"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    kind = models.CharField(max_length=12, choices=Kind)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="proposals", null=True, blank=True)
    # What is proposed, by kind; wordpress/detect.py and announced.py know the shapes.
    details = models.JSONField(default=dict)
    # Tells two proposals of one kind for one post apart, and lets a second run find its own again.
    fingerprint = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "post", "fingerprint"], name="proposal_made_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["byline", "introduction", "workshop", "cut_short", "login"]), name="proposal_kind"
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "accepted", "declined"]), name="proposal_state"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.post or self.details.get('login') or self.fingerprint}"
