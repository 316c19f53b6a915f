from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from .audited_admin import AuditedModelAdmin, ReadOnly, ReadOnlyAdmin
from .mail_admin import OutgoingMailAdmin
from .models import AuditEntry, Charity
from .picture_admin import PictureAdmin
from .redirect_admin import RedirectAdmin
from .user_admin import UserAdmin

__all__ = [
    "AuditedModelAdmin",
    "OutgoingMailAdmin",
    "PictureAdmin",
    "ReadOnly",
    "ReadOnlyAdmin",
    "RedirectAdmin",
    "UserAdmin",
]

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
    list_display = ["at", "actor_name", "action", "thing", "what_changed"]
    list_filter = ["at", "action"]
    search_fields = ["actor_name", "object_label", "note"]
    show_full_result_count = False
    fields = readonly_fields = ["at", "actor_name", "action", "thing", "note", "what_changed"]

    @admin.display(description="thing", ordering="object_label")
    def thing(self, entry):
        address = f"admin:{entry.object_type.replace('.', '_')}_change"
        try:
            return format_html('<a href="{}">{}</a>', reverse(address, args=[entry.object_id]), entry.object_label)
        except NoReverseMatch:
            return entry.object_label

    @admin.display(description="what changed")
    def what_changed(self, entry):
        return format_html_join(mark_safe("<br>"), "{}", ((sentence,) for sentence in entry.sentences()))
