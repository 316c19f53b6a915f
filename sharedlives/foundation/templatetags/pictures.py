from django import template

from sharedlives.foundation import picture_elements

register = template.Library()

# {% picture post.lead_picture shape="wide" sizes="100vw" is_lazy=False %}; nothing where there is no picture.
register.simple_tag(picture_elements.picture_element, name="picture")
# The same with caption and credit: {% figure post.lead_picture %}
register.simple_tag(picture_elements.figure, name="figure")
# {% picture_address post.lead_picture "wide" 1600 "jpg" %}
register.simple_tag(picture_elements.address, name="picture_address")
