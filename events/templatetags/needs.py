from django import template

from events import needs

register = template.Library()


@register.inclusion_tag("admin/events/_needs_to_see_to.html")
def needs_to_see_to(user):
    """A line for the front page of the desk, for the access needs team."""
    return needs.open_counts()._asdict() if user.has_perm("events.view_accessneed") else {}
