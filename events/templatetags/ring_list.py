from django import template

from events import closed_days, waiting_list
from events.models import RingTask

register = template.Library()


@register.inclusion_tag("admin/events/_to_ring.html")
def people_to_ring(user):
    """A line for the front page of the desk; nothing where nobody is to be rung, or for whom it is no concern."""
    if not user.has_perm("events.view_ringtask"):
        return {}
    days = list(RingTask.objects.filter(done_at=None).values_list("due_on", flat=True))
    today = closed_days.today()
    return {
        "people": len(days),
        "due": sum(day <= today for day in days),
        "dates": waiting_list.dates_to_ring_for(),
    }
