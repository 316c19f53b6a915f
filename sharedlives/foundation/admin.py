from django.contrib import admin

from . import mail
from .audited_admin import AuditedModelAdmin, ReadOnlyAdmin
from .models import AuditEntry, Charity, OutgoingMail
from .user_admin import UserAdmin

__all__ = ["AuditedModelAdmin", "ReadOnlyAdmin", "UserAdmin"]

# Pages that installed packages bring along. Whoever may do what stands in sharedlives/site/roles.py; addresses, second
# factors and jobs have no use for hand-made changes that no log records.
OTHERS = {"auth.Group", "account.EmailAddress", "mfa.Authenticator", "procrastinate.ProcrastinateJob"}
for model in [model for model in admin.site._registry if model._meta.label in OTHERS]:
    admin.site.unregister(model)


@admin.register(Charity)
class CharityAdmin(AuditedModelAdmin):
    fieldsets = [
        (None, {"fields": ["name", "strapline", "charity_number", "address", "phone", "email"]}),
        (
            "Access contact",
            {
                "description": "Whom people can ask about access. Shown with every workshop, booking and mail.",
                "fields": [f"access_contact_{name}" for name in ("name", "phone", "email", "text", "relay", "hours")],
            },
        ),
        ("The site", {"fields": ["site_address"]}),
    ]

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not Charity.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "object_label", "note"]
    list_filter = ["at", "action"]
    search_fields = ["actor_name", "object_label", "note"]
    show_full_result_count = False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "subject", "state", "attempts", "last_error"]
    list_filter = ["state", "created_at"]
    search_fields = ["recipient", "subject"]
    show_full_result_count = False
    actions = ["send_again"]

    def get_fields(self, request, obj=None):
        """Whoever reads the link in a mail about an account can open that account."""
        fields = super().get_fields(request, obj)
        if obj and obj.opens_an_account() and not request.user.is_superuser:
            return [name for name in fields if name not in ("text", "html")]
        return fields

    def has_resend_permission(self, request):
        return request.user.has_perm("foundation.resend_outgoingmail")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request, queryset):
        for row in queryset:
            mail.send_again(row)
        self.message_user(request, "Put back in the queue; it goes out within a minute.")
