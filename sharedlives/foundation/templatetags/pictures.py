from django import template

from sharedlives.foundation import picture_elements
from sharedlives.foundation.models import Picture

register = template.Library()

# {% picture post.lead_picture shape="wide" sizes="100vw" is_lazy=False %}; nothing where there is no picture.
register.simple_tag(picture_elements.picture_element, name="picture")
# The same with caption and credit: {% figure post.lead_picture %}
register.simple_tag(picture_elements.figure, name="figure")
# {% picture_address post.lead_picture "wide" 1600 "jpg" %}
register.simple_tag(picture_elements.address, name="picture_address")


@register.inclusion_tag("admin/foundation/picture/_consent_notice.html")
def consent_notice(user):
    """A line for the front page of the desk about pictures without consent, now or soon; nothing for whom it is no
    concern."""
    if not user.has_perm("foundation.view_picture"):
        return {}
    return {"over": Picture.objects.consent_over().count(), "soon": Picture.objects.consent_soon_over().count()}
