from django import template
from django.utils.safestring import SafeString, mark_safe

from sharedlives.foundation import reading

register = template.Library()


@register.filter
def richtext(value: str) -> SafeString:
    """HTML from a RichTextField that holds no pictures; it was cleaned when it was saved."""
    return mark_safe(reading.shown(value, {}))


@register.simple_tag(name="reading")
def show(value: str, pictures, prefix: str = "text") -> SafeString:
    """HTML from a RichTextField with its `pictures` (as `reading.pictures_in` fetches them).

    `{% reading post.introduction pictures prefix="introduction" %}{% reading post.body pictures %}`: two texts on one
    page need two prefixes, for the ids of their footnotes.
    """
    return mark_safe(reading.shown(value, pictures, prefix=prefix))
