from datetime import timedelta

from django import template
from django.utils import timezone

from blog.models import GuestPass, Note, Post, Suggestion
from sharedlives.foundation.models import Picture

register = template.Library()

# A line that names more than these is read by nobody.
MOST = 20


@register.inclusion_tag("admin/blog/post/_to_review.html")
def posts_to_review(user):
    """A line for the front page of the desk; nothing where no post is due, or for whom it is no concern."""
    return {"posts": Post.objects.to_review().count() if user.has_perm("blog.change_post") else 0}


@register.inclusion_tag("admin/blog/post/_desk.html")
def posts_on_the_desk(user):
    """What waits for this person, what is due, what goes out this week; nothing for whom it is no concern."""
    if not user.has_perm("blog.change_post"):
        return {}
    # What a guest has to change waits for the guest, whoever began the draft for them.
    own = Post.objects.own_of(user).exclude(pk__in=GuestPass.objects.valid().values("post"))
    lines = {"sent_back": _standing(Post.Status.CHANGES_REQUESTED, own)}
    return lines | _for_editors() if user.has_perm("blog.edit_post") else lines


def _for_editors():
    status, now = Post.Status, timezone.now()
    soon = Post.objects.filter(status=status.PUBLISHED, publish_at__range=(now, now + timedelta(days=7)))
    return {
        "submitted": _standing(status.SUBMITTED),
        "approved": _standing(status.APPROVED),
        "awaiting": _standing(status.AWAITING_SIGN_OFF),
        "newer": Post.objects.with_newer_draft().newest_first()[:MOST],
        "asked": Note.objects.exclude(asks_for="").filter(settled_at=None).select_related("post")[:MOST],
        "suggestions": Suggestion.objects.filter(state=Suggestion.State.WAITING).count(),
        "to_remind": _to_remind(now)[:MOST],
        "scheduled": soon.oldest_first()[:MOST],
        "undescribed": Picture.objects.undescribed().count(),
    }


def _standing(state, posts=None):
    posts = Post.objects.all() if posts is None else posts
    return posts.filter(status=state).order_by("moved_at", "pk")[:MOST]


def _to_remind(now):
    """Guests who hoped to be ready by now, and were not reminded lately."""
    late = GuestPass.objects.valid().filter(
        deadline__lt=timezone.localdate(), post__status__in=[Post.Status.DRAFT, Post.Status.CHANGES_REQUESTED]
    )
    lately = now - timedelta(days=7)
    return late.exclude(email="").exclude(reminded_at__gt=lately).select_related("post").order_by("deadline", "pk")
