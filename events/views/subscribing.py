"""Asking to hear of new dates, confirming it from the mail, and leaving."""

from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from sharedlives.foundation import limits, links

from .. import subscriptions
from ..forms import NewDatesForm
from ..models import Subscription, Workshop
from .own_links import read_link

REQUESTS = {"limit": 50, "seconds": 600}
# Nobody needs more, and anybody can type anybody's address.
MAILS_TO_ONE = {"limit": 5, "seconds": 24 * 60 * 60}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscription_ask(request, slug=None):
    workshop = get_object_or_404(Workshop.objects.published(), slug=slug) if slug else None
    form = NewDatesForm(request.POST.dict() if request.method == "POST" else None)
    if request.method == "POST":
        limits.hit("subscribe", limits.client_address(request), **REQUESTS)
    if form.is_valid():
        email = form.cleaned_data["email"]
        # Before anybody looks who has subscribed, so that the limit tells nothing either.
        limits.hit("subscription mail to", limits.mailbox(email), **MAILS_TO_ONE)
        subscriptions.ask(email, workshop)
        return redirect("events:subscription_asked")
    return render(request, "events/subscription_ask.html", {"workshop": workshop, "form": form})


@require_safe
def subscription_asked(request):
    """The same for everybody, whatever is known of their address."""
    return render(request, "events/subscription_asked.html")


@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def subscription_confirm(request, token):
    subscription = _subscription(request, "subscribe", token)
    if subscription is None:
        return _link_has_ended(request)
    if request.method == "POST":
        subscriptions.confirm(subscription)
        return redirect(request.path)
    return render(request, "events/subscription_confirm.html", {"subscription": subscription})


# Mail programs post here by themselves when somebody presses their button, without a cookie (RFC 8058): the link says
# who leaves, and whoever has it may.
@csrf_exempt
@links.private_page
@require_http_methods(["GET", "HEAD", "POST"])
def subscription_leave(request, token):
    subscription = _subscription(request, "leave", token)
    if request.method == "POST":
        if subscription:
            subscriptions.leave(subscription)
        # No redirect, which RFC 8058 forbids; and leaving twice is leaving.
        return render(request, "events/subscription_left.html")
    if subscription is None:
        return _link_has_ended(request)
    return render(request, "events/subscription_leave.html", {"subscription": subscription})


def _subscription(request, purpose, token):
    """The one behind a link; None once somebody left, or did not confirm in time."""
    (pk,) = read_link(request, purpose, token)
    return Subscription.objects.select_related("workshop").filter(pk=pk).first()


def _link_has_ended(request):
    return render(request, "events/subscription_ended.html", status=410)
