from itertools import islice

from django import template
from django.core.cache import cache

from events import checking
from events.models import WorkshopDate

register = template.Library()

MOST = 5
# Where all is well it is believed for so many seconds; what is wrong is looked for each time, so that what was mended
# is gone at once.
GOOD_FOR, ALL_IS_WELL = 600, "bookings-are-well"


@register.inclusion_tag("admin/events/_findings.html")
def bookings_that_look_wrong(user):
    """A line for the front page of the desk, of dates that are not over; nothing while all is well."""
    if not user.has_perm("events.view_booking") or cache.get(ALL_IS_WELL):
        return {}
    found = list(islice(checking.findings(WorkshopDate.objects.upcoming(), most=MOST + 1), MOST + 1))
    if not found:
        cache.set(ALL_IS_WELL, True, GOOD_FOR)
    return {"findings": found[:MOST], "are_more": len(found) > MOST}
