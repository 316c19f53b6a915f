from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from . import mail
from .audited_admin import AuditedModelAdmin, ReadOnly, ReadOnlyAdmin
from .models import AuditEntry, Charity, OutgoingMail
from .picture_admin import PictureAdmin
from .redirect_admin import RedirectAdmin
from .user_admin import UserAdmin

__all__ = ["AuditedModelAdmin", "PictureAdmin", "ReadOnly", "ReadOnlyAdmin", "RedirectAdmin", "UserAdmin"]

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


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "subject", "state", "last_error"]
    list_filter = ["state", "created_at"]
    search_fields = ["recipient", "subject"]
    show_full_result_count = False
    actions = ["send_again"]
    fields = readonly_fields = [
        "recipient",
        "reply_to",
        "subject",
        "state",
        "last_error",
        "attempts",
        "created_at",
        "next_attempt_at",
        "delivered_at",
        "words",
        "html_half",
        "calendar",
    ]

    def get_fields(self, request, obj=None):
        """Whoever reads the link in a mail about an account can open that account."""
        fields = super().get_fields(request, obj)
        return fields if _may_read(request, obj) else [name for name in fields if name not in ("words", "html_half")]

    @admin.display(description="text")
    def words(self, row):
        return format_html('<pre class="mail-text">{}</pre>', row.text)

    @admin.display(description="HTML")
    def html_half(self, row):
        if not row.html:
            return "none"
        address = reverse("admin:foundation_outgoingmail_html", args=[row.pk])
        return format_html('<a href="{}">See it as it arrives</a>', address)

    def get_urls(self):
        view = self.admin_site.admin_view(self.html_view)
        return [path("<int:pk>/html/", view, name="foundation_outgoingmail_html"), *super().get_urls()]

    def html_view(self, request, pk):
        """The HTML half alone, under a policy of its own: mails carry styles inline, and nothing else may run."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not (self.has_view_permission(request, row) and _may_read(request, row)):
            raise PermissionDenied
        response = HttpResponse(row.html)
        response._csp_exempt = True
        response["Content-Security-Policy"] = (
            "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )
        return response

    def has_resend_permission(self, request):
        return request.user.has_perm("foundation.resend_outgoingmail")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request, queryset):
        for row in queryset:
            mail.send_again(row)
        self.message_user(request, "Put back in the queue; it goes out within a minute.")


def _may_read(request, row):
    return row is None or request.user.is_superuser or not row.opens_an_account()
