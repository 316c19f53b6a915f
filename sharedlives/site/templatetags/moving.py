from django import template

from sharedlives.site import proposals

register = template.Library()


@register.simple_tag
def proposals_waiting(user):
    """How many proposals from a move wait, for those who may decide them."""
    return proposals.to_decide().count() if user.has_perm("site.change_proposal") else 0
