from django import template

from events.models import WorkshopDate

register = template.Library()


@register.inclusion_tag("admin/events/_unsettled.html")
def dates_unsettled(user):
    """Lines for the front page of the desk, each day until somebody has settled where or when."""
    if not user.has_perm("events.change_workshopdate"):
        return {}
    return {
        "awaiting_venue": WorkshopDate.objects.awaiting_venue(),
        "awaiting_time": WorkshopDate.objects.awaiting_time(),
    }
