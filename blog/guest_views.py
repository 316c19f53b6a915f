"""A guest's own page: what their link opens."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from sharedlives.foundation import links

from .models import GuestPass


def guest_pass_of(token: str) -> GuestPass | None:
    """Whose link this is; None where it has ended. Raises Http404 for one that we never gave out."""
    try:
        pk, version = links.read("guest", token)
    except (links.BadLink, ValueError) as error:
        raise Http404 from error
    guest_pass = GuestPass.objects.select_related("post", "author").filter(pk=pk).first()
    if guest_pass is None:
        raise Http404
    return guest_pass if guest_pass.is_valid() and str(guest_pass.link_version) == version else None


@links.private_page
@require_safe
def guest_post(request, token):
    return HttpResponse(guest_pass_of(token))
