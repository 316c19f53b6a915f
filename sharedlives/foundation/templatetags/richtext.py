from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def richtext(value: str) -> SafeString:
    """HTML from a RichTextField, which was cleaned when it was saved."""
    return mark_safe(value)
