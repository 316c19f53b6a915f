from django import template

from sharedlives.site import proposals

register = template.Library()


@register.inclusion_tag("admin/site/proposal/_waiting.html")
def proposals_waiting(user):
    """A line for the front page of the desk: how many proposals from a move wait, for those who may decide them."""
    return {"waiting": proposals.to_decide().count() if user.has_perm("site.change_proposal") else 0}
