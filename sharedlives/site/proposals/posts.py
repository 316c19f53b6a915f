"""What all decisions share: the post locked, the right asked, the change saved and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blog.models import Post
from sharedlives.foundation import audit

from ..models import ImportedItem
from ..wordpress.standing import post_standing

if TYPE_CHECKING:
    from sharedlives.foundation.models import User


class ProposalRefused(Exception):
    """It cannot be done; the message says why, in a sentence fit to show."""


def locked_post(pk: int | None, by: User) -> Post:
    """The post, locked till the end of the transaction. Raises ProposalRefused where it is gone, or where this person
    may not change it."""
    post = Post.objects.select_for_update(no_key=True).filter(pk=pk or 0).first()
    if post is None:
        raise ProposalRefused("The post is gone. Decline this.")
    if why := why_not_changed(post, by):
        raise ProposalRefused(why)
    post.moved_in = _as_it_moved_in(post)  # type: ignore[attr-defined]
    return post


def _as_it_moved_in(post: Post) -> ImportedItem | None:
    """The note of the import, while the post still stands as that left it."""
    items = ImportedItem.objects.filter(content_type__app_label="blog", content_type__model="post", object_id=post.pk)
    return next((item for item in items if item.stood_as == post_standing(post)), None)


def why_not_changed(post: Post, by: User) -> str:
    """Why this person may not change this post, as a sentence; empty where they may."""
    if not by.has_perm("blog.change_post"):
        return "Changing posts is for colleagues with that right. Ask an editor."
    if post.status == Post.Status.PUBLISHED and not by.has_perm("blog.publish_post"):
        return f"“{post}” is published, and changing what is out is for colleagues who may publish. Ask one of them."
    return ""


def save(post: Post, by: User, changes: dict[str, tuple[Any, Any]], *fields: str) -> None:
    """Write these fields of a post from `locked_post`, and the log: what changed, from what to what."""
    # "Last changed" moves too: a form that a colleague has open then sees it, and feeds are read anew.
    post.save(update_fields=[*fields, "updated_at"])
    if moved_in := getattr(post, "moved_in", None):
        # A decision is no edit by hand: what is mended in WordPress later may still come (see text_as_decided).
        moved_in.stood_as = post_standing(post)
        moved_in.save(update_fields=["stood_as"])
    audit.record(by, "changed", post, changes=changes)


def printed(post: Post) -> str:
    return "; ".join(str(byline) for byline in post.bylines.all())


def counted(number: int, thing: str) -> str:
    """ "1 post is", "3 posts are"."""
    return f"1 {thing} is" if number == 1 else f"{number} {thing}s are"
