"""Outgoing mail at the desk: what was written, and what became of it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html

from . import links, mail
from .audited_admin import ReadOnlyAdmin
from .models import Charity, OutgoingMail


def as_it_arrives(html: str) -> HttpResponse:
    """The HTML half of a mail alone, under a policy of its own: mails carry styles inline, and nothing else may run."""
    response = HttpResponse(html)
    response._csp_exempt = True
    response["Content-Security-Policy"] = (
        "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response


class HowItWentFilter(admin.SimpleListFilter):
    title = "how it went"
    parameter_name = "went"

    def lookups(self, request, model_admin):
        return [("lost", "Came back or failed"), *OutgoingMail.State.choices]

    def queryset(self, request, queryset):
        if self.value() == "lost":
            return queryset.filter(state__in=mail.DID_NOT_ARRIVE)
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "recipient", "subject", "state", "last_error"]
    list_filter = [HowItWentFilter, "created_at"]
    search_fields = ["recipient", "subject"]
    show_full_result_count = False
    actions = ["send_again", "came_back"]
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
        return format_html('<pre class="mail-text">{}</pre>', _to_be_read(row.text))

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
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not (self.has_view_permission(request, row) and _may_read(request, row)):
            raise PermissionDenied
        return as_it_arrives(_to_be_read(row.html))

    def has_resend_permission(self, request):
        return request.user.has_perm("foundation.resend_outgoingmail")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request, queryset):
        for row in queryset:
            mail.send_again(row)
        self.message_user(request, "Put back in the queue; it goes out within a minute.")

    @admin.action(description="It came back", permissions=["resend"])
    def came_back(self, request, queryset):
        """For reports that reach people: a letter from a mail server, or somebody who rings."""
        noted = [row for row in queryset.select_for_update() if mail.came_back(row, f"Noted by hand by {request.user}")]
        if noted:
            self.message_user(
                request, "Noted. Whoever has a booking to come and a phone is on the list of people to ring."
            )
        if len(noted) < len(queryset):
            self.message_user(request, "Only a mail that was sent can come back.", level=messages.WARNING)
        return noted


def _may_read(request, row):
    return row is None or request.user.is_superuser or not row.opens_an_account()


def _to_be_read(text: str) -> str:
    """In a demonstration nobody else gets the mail: whoever tries the site goes on by its links."""
    return text if Charity.current().is_demo else links.without_keys(text)
