"""The base of every page of the desk, which writes the log of what was done."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from . import audit
from .models import AuditEntry
from .moment_input import MomentInput


class CalmAutocompleteSelect(AutocompleteSelect):
    """Django's own looks for whatever was posted among the keys when the form is shown again, and breaks on words."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [key for key in value if key.isdecimal() and len(key) < 19], attr)


class CalmFields:
    """For a page of the desk, or an inline of one: what Django's own fields leave to be wished."""

    formfield_overrides = {models.DateTimeField: {"widget": MomentInput}}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", CalmAutocompleteSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AuditedModelAdmin(CalmFields, admin.ModelAdmin):
    """Base of every page of the desk: each save, deletion and action leaves an entry in the append-only log.

    Takes the place of Django's own admin log, which staff could edit and which quotes personal data.
    """

    class Media:
        js = ["js/desk.js"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if isinstance(db_field, models.URLField):
            kwargs.setdefault("assume_scheme", "https")  # for "www.example.org"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_prepopulated_fields(self, request, obj=None):
        """Only while adding: an address, once given out, does not follow the title."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

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
            name: (_audited(function, name), name, description)
            for name, (function, _name, description) in super().get_actions(request).items()
        }

    def lookup_allowed(self, lookup, value, request=None):
        """Addresses like ?email__startswith=a would let a list tell, letter by letter, what it does not show."""
        field = lookup.split("__")[0]
        hidden = getattr(self.model, "personal_fields", frozenset()) | {"password"}
        return super().lookup_allowed(lookup, value, request) and (
            field not in hidden or field in self.get_list_filter(request)
        )

    def changelist_view(self, request, extra_context=None):
        title = {"title": str(capfirst(self.opts.verbose_name_plural))}
        return super().changelist_view(request, title | (extra_context or {}))

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
        name: (
            _in_words(form.fields[name], form.initial.get(name)),
            _in_words(form.fields[name], form.cleaned_data.get(name)),
        )
        for name in form.changed_data
        if name in form.fields
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


def _in_words(field, value):
    """Before, a form knows a related row by its key and afterwards as an object: the log shows both by name."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(str(row) for row in value or []))
    if isinstance(field, forms.ModelChoiceField) and value and not hasattr(value, "pk"):
        return str(field.queryset.model._base_manager.filter(pk=value).first() or value)
    return value


def _audited(function, name):
    """An action that also leaves an entry for each row it acted on: all chosen ones, or those in the list it returns.

    A page that asks back is not an action yet, and deleting writes its own entries.
    """

    @transaction.atomic
    def action(modeladmin, request, queryset):
        chosen = list(queryset) if name != "delete_selected" else []
        answer = function(modeladmin, request, queryset)
        acted_on = answer if isinstance(answer, list) else chosen
        if not isinstance(answer, TemplateResponse):
            for obj in acted_on:
                audit.record(request.user, f"action: {name.replace('_', ' ')}", obj)
        return None if isinstance(answer, list) else answer

    return action


class ReadOnly:
    """For records that are read at the desk and written by the system."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ReadOnlyAdmin(ReadOnly, AuditedModelAdmin):
    pass
