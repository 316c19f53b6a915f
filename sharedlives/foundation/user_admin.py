"""People on the staff: invited, given roles, deactivated. Nobody sets another person's password."""

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef

from . import invitations
from .accounts import end_sessions, may_manage, roles_to_give, second_factors, tell
from .audited_admin import AuditedModelAdmin
from .invitations import InvitationRefused
from .models import AuditEntry, User


class UserForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name", "email", "groups", "is_active", "is_superuser"]
        labels = {"groups": "Roles", "is_superuser": "May do everything"}
        help_texts = {
            "email": "The invitation goes there, and it is what they sign in with.",
            "groups": "You can give the roles whose rights you hold yourself.",
            "is_superuser": "Gives all rights without naming them, those over other people included. Two people are "
            "enough for most charities.",
        }
        widgets = {"groups": forms.CheckboxSelectMultiple, "email": forms.EmailInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"].queryset = roles_to_give(self.actor)

    def clean_is_active(self):
        is_active = self.cleaned_data["is_active"]
        if not is_active and self.instance == self.actor:
            raise forms.ValidationError("You cannot deactivate yourself. Ask a colleague.")
        return is_active

    def clean_is_superuser(self):
        is_superuser = self.cleaned_data["is_superuser"]
        if not is_superuser and self.instance == self.actor:
            raise forms.ValidationError("You cannot take this away from yourself. Ask a colleague.")
        return is_superuser


class RoleFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = "role"


@admin.register(User)
class UserAdmin(AuditedModelAdmin):
    form = UserForm
    list_display = ["name", "email", "roles", "state", "second_step", "last_login"]
    list_filter = ["is_active", ("groups", RoleFilter)]
    search_fields = ["name", "email"]
    ordering = ["name", "pk"]
    actions = ["invite_again", "deactivate", "remove_second_step"]

    # --- Who may do what ---

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def get_fields(self, request, obj=None):
        fields = ["name", "email", "groups"]
        if obj:
            fields += ["is_active", "state", "second_step", "last_login", "date_joined"]
        if request.user.is_superuser:
            fields.insert(3, "is_superuser")
        return fields

    def get_readonly_fields(self, request, obj=None):
        return ["state", "second_step", "last_login", "date_joined"] if obj else []

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or may_manage(request.user, obj))

    def has_delete_permission(self, request, obj=None):
        """Only somebody who never came: people who have done things are deactivated."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or (may_manage(request.user, obj) and not _has_been_here(obj))

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_queryset(self, request):
        factors = second_factors().filter(user=OuterRef("pk"))
        return super().get_queryset(request).prefetch_related("groups").annotate(has_second_step=Exists(factors))

    # --- What the list and the page say ---

    @admin.display(description="roles")
    def roles(self, user):
        names = [group.name for group in user.groups.all()]
        return ", ".join(["May do everything", *names] if user.is_superuser else names) or "none"

    @admin.display(description="state")
    def state(self, user):
        if not user.is_active:
            return "Deactivated"
        return "Invited, has not come yet" if invitations.is_waiting(user) else "Active"

    @admin.display(description="second step")
    def second_step(self, user):
        return "yes" if user.has_second_step else "not set up"

    # --- What is done ---

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change or ("email" in form.changed_data and invitations.is_waiting(obj)):
            invitations.invite(obj, by=request.user)
            self.message_user(request, f"An invitation is on its way to {obj.email}.")
        elif "email" in form.changed_data:
            tell(obj, "The e-mail you sign in with was changed.", to=form.initial["email"])
        if change and not obj.is_active:
            end_sessions(obj)

    @admin.action(description="Invite again (ends the earlier link)", permissions=["change"])
    def invite_again(self, request, queryset):
        invited = []
        for user in self._manageable(request, queryset):
            try:
                invitations.invite(user, by=request.user)
            except InvitationRefused as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                invited.append(user)
                self.message_user(request, f"An invitation is on its way to {user.email}.")
        return invited

    @admin.action(description="Deactivate and sign out at once", permissions=["change"])
    def deactivate(self, request, queryset):
        users = self._manageable(request, queryset)
        for user in users:
            user.is_active = False
            user.save(update_fields=["is_active"])
            end_sessions(user)
            self.message_user(request, f"{user} is deactivated and signed out.")
        return users

    @admin.action(description="Remove the second step (phone or key lost)", permissions=["change"])
    def remove_second_step(self, request, queryset):
        """For somebody who has rung and is known by voice."""
        users = self._manageable(request, queryset)
        for user in users:
            Authenticator.objects.filter(user=user).delete()
            end_sessions(user)
            tell(user, "A colleague has removed your second step for signing in.")
            self.message_user(request, f"{user} signs in with the password alone, then sets up a new second step.")
        return users

    def _manageable(self, request, queryset):
        """Those of the chosen people whom this colleague may manage, never the colleague."""
        users = []
        for user in queryset:
            if user == request.user:
                self.message_user(request, "You cannot do this to yourself. Ask a colleague.", messages.WARNING)
            elif not may_manage(request.user, user):
                self.message_user(request, f"{user} has rights that you do not have.", messages.WARNING)
            else:
                users.append(user)
        return users


def _has_been_here(user):
    return user.last_login is not None or AuditEntry.objects.filter(actor=user).exists()
