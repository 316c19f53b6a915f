from datetime import timedelta

from django import template
from django.utils import timezone

from sharedlives.foundation import mail

register = template.Library()


@register.inclusion_tag("admin/foundation/outgoingmail/_lost.html")
def mail_that_did_not_arrive(user):
    """A line for the front page of the desk; nothing where all has arrived, or for whom it is no concern."""
    if not user.has_perm("foundation.view_outgoingmail"):
        return {}
    # Afterwards it is no news.
    return {"lost": mail.lost_since(timezone.now() - timedelta(days=7)).count()}
