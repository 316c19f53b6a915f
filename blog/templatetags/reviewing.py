from django import template

from blog.models import Post

register = template.Library()


@register.inclusion_tag("admin/blog/post/_to_review.html")
def posts_to_review(user):
    """A line for the front page of the desk; nothing where no post is due, or for whom it is no concern."""
    return {"posts": Post.objects.to_review().count() if user.has_perm("blog.change_post") else 0}
