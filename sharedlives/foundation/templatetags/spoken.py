from django import template

from sharedlives.foundation import spoken

register = template.Library()

register.filter("spoken_day", spoken.day)
register.filter("spoken_time", spoken.time)


@register.filter
def spoken_range(date):
    """The hours of anything with starts_at and ends_at."""
    return spoken.hours(date.starts_at, date.ends_at)
