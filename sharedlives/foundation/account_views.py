from allauth.account.utils import perform_login
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from . import invitations, limits, links
from .account_forms import InvitationForm
from .invitations import InvitationRefused


@links.private_page
@sensitive_post_parameters("password1", "password2")
def invitation(request, token):
    """GET shows the invitation, POST sets the password and signs the person in."""
    if request.method == "POST":
        limits.hit("invitation", limits.client_address(request), limit=30, seconds=600)
    try:
        user = invitations.find(token)
        form = InvitationForm(request.POST or None, user=user)
        if form.is_valid():
            user = invitations.accept(token, name=form.cleaned_data["name"], password=form.cleaned_data["password1"])
            return perform_login(request, user, redirect_url=reverse("admin:index"))
    except InvitationRefused as refusal:
        return render(request, "account/invitation_ended.html", {"reason": str(refusal)}, status=410)
    return render(request, "account/invitation.html", {"form": form, "user_invited": user})


def overview(request):
    """`/accounts/` by itself: a person's own way of signing in."""
    return redirect("mfa_index" if request.user.is_authenticated else "account_login")
