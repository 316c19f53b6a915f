from datetime import timedelta

from django import template
from django.utils import timezone

from blog.models import GuestPass, Note, Post, Suggestion

register = template.Library()


@register.inclusion_tag("admin/blog/post/_to_review.html")
def posts_to_review(user):
    """A line for the front page of the desk; nothing where no post is due, or for whom it is no concern."""
    return {"posts": Post.objects.to_review().count() if user.has_perm("blog.change_post") else 0}


@register.inclusion_tag("admin/blog/post/_desk.html")
def posts_on_the_desk(user):
    """What waits for this person, what is due, what goes out this week; nothing for whom it is no concern."""
    if not user.has_perm("blog.edit_post"):
        return {}
    status, now = Post.Status, timezone.now()
    to_remind = GuestPass.objects.valid().filter(
        deadline__lt=timezone.localdate(), post__status__in=[status.DRAFT, status.CHANGES_REQUESTED]
    )
    recently = now - timedelta(days=7)
    return {
        "submitted": Post.objects.filter(status=status.SUBMITTED).order_by("moved_at", "pk")[:20],
        "approved": Post.objects.filter(status=status.APPROVED).order_by("moved_at", "pk")[:20],
        "awaiting": Post.objects.filter(status=status.AWAITING_SIGN_OFF).order_by("moved_at", "pk")[:20],
        "asked": Note.objects.exclude(asks_for="").filter(settled_at=None).select_related("post")[:20],
        "suggestions": Suggestion.objects.filter(state=Suggestion.State.WAITING).count(),
        "to_remind": to_remind.exclude(reminded_at__gt=recently).select_related("post").order_by("deadline")[:20],
        "scheduled": Post.objects.filter(
            status=status.PUBLISHED, publish_at__range=(now, now + timedelta(days=7))
        ).oldest_first()[:20],
    }
