from datetime import timedelta

from django import template

from events import rush

register = template.Library()


@register.inclusion_tag("admin/events/_rushes.html")
def rushes_of_today(user):
    """A line for the front page of the desk about each date that very many reserved at once since yesterday."""
    return {"rushes": rush.rushes(within=timedelta(days=1))} if user.has_perm("events.view_booking") else {}
