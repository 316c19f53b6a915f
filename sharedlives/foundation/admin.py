from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from . import audit, mail
from .models import AuditEntry, Charity, OutgoingMail


class AuditedModelAdmin(admin.ModelAdmin):
    """Base of every page of the desk: each save, deletion and action leaves an entry in the append-only log.

    Takes the place of Django's own admin log, which staff could edit and which quotes personal data.
    """

    def construct_change_message(self, request, form, formsets, add=False):
        request._audit_changes = _changes(form, formsets or [])
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request, obj, message):
        audit.record(request.user, "added", obj, changes=getattr(request, "_audit_changes", None))

    def log_change(self, request, obj, message):
        if changes := getattr(request, "_audit_changes", None):
            audit.record(request.user, "changed", obj, changes=changes)

    def log_deletions(self, request, queryset):
        for obj in queryset:
            audit.record(request.user, "deleted", obj)

    def get_actions(self, request):
        return {
            name: (function if name == "delete_selected" else _audited(function, name), name, description)
            for name, (function, _name, description) in super().get_actions(request).items()
        }

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {obj}",
            "entries": AuditEntry.objects.filter(object_type=self.opts.label_lower, object_id=str(obj.pk))[:200],
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history.html", context)


def _changes(form, formsets):
    changes = {
        name: (form.initial.get(name), form.cleaned_data.get(name)) for name in form.changed_data if name in form.fields
    }
    for formset in formsets:
        kind = formset.model._meta.verbose_name
        for verb, rows in (
            ("added", formset.new_objects),
            ("changed", [obj for obj, _names in formset.changed_objects]),
            ("removed", formset.deleted_objects),
        ):
            changes |= {f"{kind} {row.pk or row}": (None, verb) for row in rows}
    return changes


def _audited(function, name):
    """An action that also leaves an entry for each row it was asked to act on."""

    @transaction.atomic
    def action(modeladmin, request, queryset):
        for obj in queryset:
            audit.record(request.user, f"action: {name.replace('_', ' ')}", obj)
        return function(modeladmin, request, queryset)

    return action


class ReadOnlyAdmin(AuditedModelAdmin):
    """For records that are read at the desk and written by the system."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


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

    def has_resend_permission(self, request):
        return request.user.has_perm("foundation.resend_outgoingmail")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request, queryset):
        for row in queryset:
            mail.send_again(row)
        self.message_user(request, "Put back in the queue; it goes out within a minute.")
