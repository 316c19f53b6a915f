"""Links with which people outside read a post that is not out."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import revisions, snapshots
from .editorial import EditorialRefused, may_work_on
from .models import GuestPass, Post, PreviewLink, Revision

VALID_FOR = timedelta(days=14)


@transaction.atomic
def create(
    post: Post,
    *,
    by: User | None = None,
    guest_pass: GuestPass | None = None,
    revision: Revision | None = None,
    days: int = VALID_FOR.days,
    label: str = "",
) -> PreviewLink:
    """A link to one text of the post, or without `revision` always to the newest, for `days` days. Either `by` or
    `guest_pass` asks for it. Raises EditorialRefused."""
    if by and not may_work_on(by, post):
        raise EditorialRefused("This is a colleague's post.")
    if post.status == Post.Status.PUBLISHED:
        raise EditorialRefused("This post is out, or due to go out: its own address is the link.")
    if post.status in Post.NO_LONGER_IN_WORK:
        raise EditorialRefused("This post is put away. Make it a draft again first.")
    revisions.begin(post)
    link = PreviewLink.objects.create(
        post=post,
        revision=revision,
        label=label,
        ends_at=timezone.now() + timedelta(days=days),
        created_by=by,
        guest_pass=guest_pass,
    )
    audit.record(by, "made a preview link", post, who="a guest author" if guest_pass else "")
    return link


def revoke(link: PreviewLink, *, by: User | None = None) -> None:
    link.revoked_at = timezone.now()
    link.save(update_fields=["revoked_at"])
    audit.record(by, "ended a preview link", link.post, who="a guest author" if link.guest_pass_id else "")


def rendered(text: Revision) -> str:
    """The article of the post as this text has it: put into its row, shown, and taken out again."""
    from . import views

    with transaction.atomic():
        post = Post.objects.get(pk=text.post_id)
        snapshots.put_into(post, text.data)
        post = Post.objects.for_reading().get(pk=post.pk)
        html = render_to_string("blog/_article.html", views.on_its_page(post))
        transaction.set_rollback(True)
    return html
