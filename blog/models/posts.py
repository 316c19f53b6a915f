from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from sharedlives.foundation import reading, richtext, search, slugs, spoken
from sharedlives.foundation.models import Picture
from sharedlives.foundation.richtext import RichTextField

from .authors import Author
from .topics import Tag, Topic

if TYPE_CHECKING:
    from events.models import Workshop
    from sharedlives.foundation.models import User

# Words that stand in addresses of our own below /blog/, now or later.
RESERVED_SLUGS = ("archive", "authors", "feed", "guests", "page", "preview", "suggest", "tags", "topics")

# A little slower than the 240 that grown-ups read on average: nobody should feel slow.
WORDS_A_MINUTE = 200


def validate_not_reserved(slug: str) -> None:
    slugs.refuse_reserved(slug, RESERVED_SLUGS)


def new_guid() -> str:
    return uuid.uuid4().urn


def _in_words(moment: datetime) -> str:
    return f"{spoken.day(moment)}, {spoken.time(moment)}"


class PostQuerySet(models.QuerySet):
    def published(self, now: datetime | None = None) -> PostQuerySet:
        """What the public may see. Every page, feed, sitemap and search asks here; for one post, `is_published()`."""
        now = now or timezone.now()
        return self.filter(status=Post.Status.PUBLISHED, publish_at__lte=now).filter(
            Q(expire_at=None) | Q(expire_at__gt=now)
        )

    def visible_to(self, user: User) -> PostQuerySet:
        """What this visitor may open: drafts too, for staff who may see posts at their desk."""
        if user.is_active and user.is_staff and user.has_perm("blog.view_post"):
            return self
        return self.published()

    def newest_first(self) -> PostQuerySet:
        return self.order_by(F("publish_at").desc(nulls_first=True), "-pk")

    def oldest_first(self) -> PostQuerySet:
        return self.order_by(F("publish_at").asc(nulls_last=True), "pk")

    def older_than(self, moment: datetime, pk: int) -> PostQuerySet:
        """Those after the post with this `publish_at` and key, newest first."""
        # The first condition leads straight to the place in the index, the second settles posts of one moment.
        return self.filter(publish_at__lte=moment).filter(Q(publish_at__lt=moment) | Q(pk__lt=pk)).newest_first()

    def newer_than(self, moment: datetime, pk: int) -> PostQuerySet:
        """Those before it, oldest first."""
        return self.filter(publish_at__gte=moment).filter(Q(publish_at__gt=moment) | Q(pk__gt=pk)).oldest_first()

    def on_shelf(self, shelf: Author | Topic | Tag) -> PostQuerySet:
        """Those found under an author, a topic or a tag."""
        return self.filter(**{{Author: "bylines__author", Topic: "topics", Tag: "tags"}[type(shelf)]: shelf})

    def pinned(self) -> PostQuerySet:
        return self.filter(pinned_until__gt=timezone.now())

    def not_pinned(self) -> PostQuerySet:
        return self.filter(Q(pinned_until=None) | Q(pinned_until__lte=timezone.now()))

    def to_review(self) -> PostQuerySet:
        """What is out and was to be looked at again by today."""
        return self.published().filter(review_by__lte=timezone.localdate())

    def with_newer_draft(self) -> PostQuerySet:
        """Those that are out, or due, with a newer text than the one that readers get; for one,
        `revisions.has_newer_draft()`."""
        from .revisions import Revision

        newer = Revision.objects.kept().filter(post=OuterRef("pk"), pk__gt=OuterRef("revision"))
        return self.filter(Exists(newer), status=Post.Status.PUBLISHED)

    def own_of(self, user: User) -> PostQuerySet:
        """Those that a member of staff began, or stands in the bylines of; for one, `is_own_of()`."""
        return self.filter(Q(created_by=user) | Exists(Byline.objects.filter(post=OuterRef("pk"), author__user=user)))

    def with_bylines(self) -> PostQuerySet:
        return self.prefetch_related(Prefetch("bylines", Byline.objects.select_related("author")))

    def for_lists(self) -> PostQuerySet:
        """With all that a card in a list shows."""
        return self.with_bylines().select_related("lead_picture")

    def for_reading(self) -> PostQuerySet:
        """With all that a post's own page or a feed shows, but for its pictures and the dates of its workshop."""
        bylines = Byline.objects.select_related("author__portrait").prefetch_related("author__handles")
        return self.select_related("workshop", "introduced_by", "lead_picture").prefetch_related(
            Prefetch("bylines", bylines), "topics", "tags"
        )


class Post(models.Model):
    """A piece of the blog, from the first draft on. What moves it from state to state is blog/editorial.py alone."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        CHANGES_REQUESTED = "changes requested", "Changes requested"
        AWAITING_SIGN_OFF = "awaiting sign-off", "Awaiting sign-off"
        APPROVED = "approved", "Approved"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Taken down"
        REJECTED = "rejected", "Declined"

    # Out, or due, or put away: nobody reads it before the public does.
    NO_LONGER_IN_WORK = (Status.PUBLISHED, Status.ARCHIVED, Status.REJECTED)

    title = models.CharField(max_length=200)
    slug = models.SlugField(
        "address",
        max_length=120,
        unique=True,
        validators=[validate_not_reserved],
        error_messages={"unique": "Another post has this address. Choose another word or add a number."},
        help_text="The last part of the post's web address, after /blog/. Made from the title. If you change it once "
        "the post is out, the old address leads to the new one.",
    )
    standfirst = models.CharField(
        max_length=300,
        blank=True,
        help_text="One or two plain sentences that say what the post is about. They open the post and stand in lists.",
    )
    introduction = RichTextField(
        "host's introduction",
        blank=True,
        help_text="For a guest's post: who this is and why you asked them. Shown above the post, set apart from it.",
    )
    introduced_by = models.ForeignKey(
        Author, on_delete=models.PROTECT, null=True, blank=True, related_name="introductions"
    )
    body = RichTextField("text", blank=True)
    content_note = models.CharField(
        max_length=200,
        blank=True,
        help_text='Shown before the text to those who may want to know, like "This post speaks of a death."',
    )
    lead_picture = models.ForeignKey(
        Picture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        help_text="Stands above the text, in lists, and where somebody shares the post.",
    )
    topics = models.ManyToManyField(Topic, blank=True, related_name="posts")
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts")
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    # The revision whose text stands in this row. Newer ones of a post that is out are drafts of its next text.
    revision = models.ForeignKey(
        "Revision", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    # Once an editor has looked at what was submitted, it is no longer taken back without a word.
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    instead = models.CharField(
        "leads to",
        max_length=1000,
        blank=True,
        editable=False,
        help_text="Once taken down: a path of ours to go to instead. Empty: the address says that the post is gone.",
    )
    publish_at = models.DateTimeField("goes out", null=True, blank=True, editable=False)
    expire_at = models.DateTimeField("until", null=True, blank=True)
    pinned_until = models.DateTimeField("first in the list until", null=True, blank=True)
    review_by = models.DateField(
        "look at it again by", null=True, blank=True, help_text="From that day on the front page of the desk says so."
    )
    workshop = models.ForeignKey(
        "events.Workshop",
        # A live post that announces it must not lose its dates without a word.
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name="workshop it announces",
        help_text="Its next dates and places left are shown above the text, always as they stand.",
    )
    guid = models.CharField(
        max_length=500,
        unique=True,
        default=new_guid,
        editable=False,
        help_text="What feed readers know the post by, for ever.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="posts"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # When the words last changed. Publishing and its like leave it alone and set moved_at.
    updated_at = models.DateTimeField("last changed", auto_now=True)
    moved_at = models.DateTimeField(default=timezone.now, editable=False)
    # What search needs to find a post by its authors; `note_bylines` keeps it.
    byline_text = models.TextField(default="", editable=False)
    search_vector = search.vector(A="title", B="standfirst byline_text", C="introduction body")
    # Those in the text; `save` keeps them level with it.
    pictures = models.ManyToManyField(Picture, through="PostPicture", editable=False, related_name="posts")

    objects = search.SearchableManager.from_queryset(PostQuerySet)()

    # Whom the last move of this very object wrote to (blog/editorial.py).
    told: list[str]

    # Guests write these. The log says that they changed; how, say the revisions, which are forgotten with the post.
    personal_fields = frozenset({"title", "slug", "standfirst", "introduction", "body", "content_note"})

    class Meta:
        ordering = [F("publish_at").desc(nulls_first=True), "-pk"]
        permissions = [
            ("publish_post", "Can publish, schedule and take down posts"),
            ("edit_post", "Can edit everybody's posts and work with guests"),
        ]
        indexes = [
            models.Index("status", F("publish_at").desc(), F("id").desc(), name="post_published_newest"),
            GinIndex(fields=["search_vector"], name="post_search"),
            models.Index(fields=["pinned_until"], condition=Q(pinned_until__isnull=False), name="post_pinned"),
            # When the feeds last changed is asked of these.
            models.Index(fields=["expire_at"], condition=Q(expire_at__isnull=False), name="post_expiry"),
            models.Index(fields=["updated_at"], name="post_changed"),
            models.Index(fields=["moved_at"], name="post_moved"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "submitted",
                        "changes requested",
                        "awaiting sign-off",
                        "approved",
                        "published",
                        "archived",
                        "rejected",
                    ]
                ),
                name="post_status",
            ),
            models.CheckConstraint(
                condition=Q(instead="") | (Q(instead__startswith="/") & ~Q(instead__startswith="//")),
                name="post_leads_to_a_path_of_ours",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(publish_at__isnull=False), name="published_post_has_a_moment"
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | (~Q(title="") & ~Q(body="")), name="published_post_says_something"
            ),
            models.CheckConstraint(
                condition=Q(expire_at=None) | Q(publish_at=None) | Q(expire_at__gt=F("publish_at")),
                name="post_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=~Q(slug="") & ~Q(slug__in=RESERVED_SLUGS), name="post_address_is_its_own"),
        ]

    def __str__(self):
        return self.title or "(post without a title)"

    def audit_label(self) -> str:
        """The log is never rewritten, so a guest's title stands there only once it was out."""
        is_private = self.passes.exists() and not self.was_ever_out()
        return f"A guest's draft ({self.pk})" if is_private else str(self)

    def save(self, *args, **kwargs):
        self._keep_address_of_the_row()
        super().save(*args, **kwargs)
        if self.is_out():
            self.keep_address()
        self._note_pictures()

    def _note_pictures(self) -> None:
        self.pictures.set(Picture.objects.filter(pk__in=richtext.picture_ids(self.introduction + self.body)))

    def note_bylines(self) -> None:
        """Let search find the post by its bylines as they are printed now."""
        self.byline_text = "; ".join(str(byline) for byline in self.bylines.all())
        Post.objects.filter(pk=self.pk).update(byline_text=self.byline_text)

    def _keep_address_of_the_row(self) -> None:
        """What was scheduled went out by the clock alone: its address is noted before the row changes. That of a post
        which nobody saw is not."""
        row = Post.objects.filter(pk=self.pk, status=self.Status.PUBLISHED).only("status", "publish_at", "slug").first()
        if row and row.is_out():
            row.keep_address()

    def keep_address(self) -> None:
        """Remember that this address was given out; it will lead to the post for ever."""
        if not self.addresses.filter(slug=self.slug).exists():
            self.addresses.create(slug=self.slug)

    def get_absolute_url(self):
        return reverse("blog:post_detail", args=[self.slug])

    # Where it stands

    def is_published(self, now: datetime | None = None) -> bool:
        """Whether the public may see it; the twin of `PostQuerySet.published()`."""
        now = now or timezone.now()
        return (
            self.status == self.Status.PUBLISHED
            and self.publish_at <= now
            and (self.expire_at is None or self.expire_at > now)
        )

    is_public = is_published

    def is_out(self) -> bool:
        """Whether it has gone out, past its end or not."""
        return self.status == self.Status.PUBLISHED and not self.is_scheduled()

    def was_ever_out(self) -> bool:
        return self.is_out() or self.addresses.exists()

    def is_expired(self, now: datetime | None = None) -> bool:
        return (
            self.status == self.Status.PUBLISHED
            and self.expire_at is not None
            and self.expire_at <= (now or timezone.now())
        )

    def is_scheduled(self, now: datetime | None = None) -> bool:
        return self.status == self.Status.PUBLISHED and self.publish_at > (now or timezone.now())

    def has_fixed_text(self) -> bool:
        """Readers see this text, or will at its moment: it changes by publishing another, never by saving one."""
        return self.status == self.Status.PUBLISHED

    def guests(self) -> list[Author]:
        """The guests among its authors, each of whom has to agree to the text before it goes out."""
        return [byline.author for byline in self._bylines_with_authors() if byline.author.is_guest]

    def _bylines_with_authors(self) -> QuerySet[Byline]:
        is_there = "bylines" in getattr(self, "_prefetched_objects_cache", {})
        return self.bylines.all() if is_there else self.bylines.select_related("author")

    def is_own_of(self, user: User) -> bool:
        """Whether this member of staff began it, or stands in its bylines."""
        return self.created_by_id == user.pk or self.bylines.filter(author__user=user).exists()

    def state_in_words(self) -> str:
        if self.status == self.Status.ARCHIVED and not (self.publish_at and self.publish_at <= self.moved_at):
            return "Put away"  # it was never out
        if self.status != self.Status.PUBLISHED:
            return self.Status(self.status).label
        if self.is_expired():
            return f"No longer on the site since {_in_words(self.expire_at)}"
        if self.is_scheduled():
            return f"Scheduled for {_in_words(self.publish_at)} (Europe/London)"
        ends = f", until {_in_words(self.expire_at)}" if self.expire_at else ""
        return f"Published {_in_words(self.publish_at)}{ends}"

    # What is shown

    @property
    def teaser(self) -> str:
        """What a list says about the post: its standfirst, or how it begins."""
        return self.standfirst or Truncator(richtext.plain(self.body)).words(40)

    @property
    def opening(self) -> str:
        """What a list shows of the text: what stands before the fold, or nothing where the writer put none."""
        return reading.opening(self.body)

    @property
    def reading_minutes(self) -> int:
        return max(1, round(len(richtext.plain(self.body).split()) / WORDS_A_MINUTE))

    @property
    def words_changed_at(self) -> datetime:
        """When readers last got other words to see; what was written before it went out is no change."""
        return max(self.updated_at, self.publish_at or self.updated_at)

    @property
    def announced_workshop(self) -> Workshop | None:
        """The workshop this post announces, once that is published itself."""
        return self.workshop if self.workshop and self.workshop.is_published else None

    @property
    def introducer(self) -> str:
        return ", ".join(filter(None, [self.introduced_by.name, self.introduced_by.role]))


class PostPicture(models.Model):
    """A picture in a post's text. While it stands there it cannot be deleted."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "picture"], name="post_picture_once")]

    def __str__(self):
        return f"{self.picture} in {self.post}"


class PostAddress(models.Model):
    """An address under which a post was once public; points at the post, so there are no chains and no loops."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="addresses")
    slug = models.SlugField("address", max_length=120, unique=True)

    class Meta:
        verbose_name_plural = "post addresses"

    def __str__(self):
        return self.slug


class Byline(models.Model):
    """Who wrote a post, as printed: name and organisation stay as they were, whatever the author does later."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="bylines")
    position = models.PositiveSmallIntegerField("order", default=1)
    name = models.CharField("name as printed", max_length=120, blank=True, help_text="Empty: as the author has it.")
    organisation = models.CharField(
        "organisation as printed", max_length=150, blank=True, help_text="Empty at first: as the author has it."
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "author"],
                name="byline_names_each_author_once",
                violation_error_message="This author is there already.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="byline_is_printed"),
        ]

    def __str__(self):
        return f"{self.name}, {self.organisation}" if self.organisation else self.name

    def clean(self):
        self._print_as_the_author_has_it()

    def save(self, *args, **kwargs):
        self._print_as_the_author_has_it()
        super().save(*args, **kwargs)
        self.post.note_bylines()

    def delete(self, *args, **kwargs):
        deleted = super().delete(*args, **kwargs)
        self.post.note_bylines()
        return deleted

    def _print_as_the_author_has_it(self) -> None:
        if self.author_id:
            self.name = self.name or self.author.name
            if self._state.adding:
                self.organisation = self.organisation or self.author.organisation
