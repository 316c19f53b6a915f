"""What the access needs team notes about a need, and what it hands to a caterer."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import Permission
from django.db.models import Q

from sharedlives.foundation.models import User

from .models import AccessNeed


def team():
    """Staff who may see to needs."""
    may = Permission.objects.filter(content_type__app_label="events", codename="change_accessneed")
    has_it = Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    return User.objects.filter(has_it, is_active=True, is_staff=True).order_by("name", "pk").distinct()


class NeedTaskForm(forms.Form):
    arrangement = forms.CharField(
        label="What is arranged",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="For the team alone. It goes with the need, 14 days after the workshop.",
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), label="Who sees to it", required=False, empty_label="Nobody yet"
    )
    due_on = forms.DateField(
        label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args, need: AccessNeed, **kwargs):
        initial = {"arrangement": need.arrangement, "owner": need.owner_id, "due_on": need.due_on}
        super().__init__(*args, initial=initial, **kwargs)
        # Whoever has left the team stays shown until somebody else is chosen.
        self.fields["owner"].queryset = team() | User.objects.filter(pk=need.owner_id).distinct()
