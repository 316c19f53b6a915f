from itertools import islice

from django import template

from events import checking
from events.models import WorkshopDate

register = template.Library()

MOST = 5


@register.inclusion_tag("admin/events/_findings.html")
def bookings_that_look_wrong(user):
    """A line for the front page of the desk, of dates that are not over; nothing while all is well."""
    if not user.has_perm("events.view_booking"):
        return {}
    found = list(islice(checking.findings(WorkshopDate.objects.upcoming(), most=MOST + 1), MOST + 1))
    return {"findings": found[:MOST], "are_more": len(found) > MOST}
