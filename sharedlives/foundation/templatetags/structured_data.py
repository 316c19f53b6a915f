import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# No value can end the element or begin another: these are escapes of JSON, which mean the same.
ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@register.simple_tag
def json_ld(facts: dict) -> SafeString:
    """Facts for search engines (JSON-LD), as an element that browsers do not run."""
    return format_html(
        '<script type="application/ld+json">{}</script>', mark_safe(json.dumps(facts).translate(ESCAPES))
    )
