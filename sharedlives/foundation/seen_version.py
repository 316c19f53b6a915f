"""Who saves second is told, and overwrites nobody's work unseen: for the form and the desk's page of any model."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

from django import forms
from django.contrib.admin.utils import display_for_field
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.functional import cached_property
from django.utils.text import capfirst

from . import richtext, spoken
from .models import AuditEntry


def version(row: models.Model) -> str:
    """How everything stands that somebody can edit: what the site itself counts and notes there makes no other."""
    values = [str(getattr(row, field.attname)) for field in row._meta.concrete_fields if field.editable]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


class Difference(NamedTuple):
    label: str
    theirs: str
    yours: str


class SeenVersionForm(forms.ModelForm):
    """Its template shows the field `seen_version`, and `theirs` or the `differences` from the row as a colleague has
    saved it meanwhile (admin/seen_version_change_form.html)."""

    # Which state of the row the person saw when they began.
    seen_version = forms.CharField(required=False, widget=forms.HiddenInput)
    # Fields that say nothing about the row; the log leaves them out.
    not_of_the_row = frozenset({"seen_version"})
    theirs: models.Model | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = version(self.instance)

    @cached_property
    def changed_data(self):
        return [name for name in super().changed_data if name not in self.not_of_the_row]

    def clean(self):
        cleaned = super().clean()
        if self._is_overtaken():
            self._refuse_to_overwrite()
        return cleaned

    def _is_overtaken(self) -> bool:
        return bool(self.instance.pk) and self.cleaned_data.get("seen_version") != self.initial["seen_version"]

    def _refuse_to_overwrite(self):
        model = type(self.instance)
        self.theirs = model.objects.get(pk=self.instance.pk)
        # Saving once more says: I have seen it.
        self.data = self.data.copy()
        self.data[self.add_prefix("seen_version")] = self.initial["seen_version"]
        saved = AuditEntry.objects.filter(object_type=model._meta.label_lower, object_id=str(self.instance.pk))
        last = saved.exclude(changes={}).first()
        what = f"saved this {model._meta.verbose_name}"
        raise ValidationError(
            f"{f'{last.actor_name} {what} at {spoken.time(last.at)}' if last else f'Somebody {what}'}, after you had "
            "opened it. Yours is not saved yet, and nothing of it is lost: it stands in the form, and theirs below it. "
            "Put together what should stay and save again; that replaces theirs.",
            code="overtaken",
        )

    def differences(self) -> list[Difference]:
        """What is not alike in the row as it stands and in this form."""
        found = []
        for field in self.theirs._meta.concrete_fields if self.theirs else []:
            if field.name in self.fields:
                theirs = getattr(self.theirs, field.name)
                yours = self.cleaned_data.get(field.name, self[field.name].value())
                if theirs != yours:
                    label = capfirst(str(self.fields[field.name].label or field.verbose_name))
                    found.append(Difference(label, _in_words(theirs, field), _in_words(yours, field)))
        return found


def _in_words(value: object, field: models.Field) -> str:
    if isinstance(field, richtext.RichTextField):
        return richtext.plain(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(display_for_field(value, field, "-")) or "-"


class SeenVersionAdminMixin:
    """Of two people who save at once the second is asked: the row is locked until all is saved."""

    change_form_template = "admin/seen_version_change_form.html"

    def get_object(self, request, object_id, from_field=None):
        if request.method == "POST" and connection.in_atomic_block and str(object_id).isdecimal():
            self.model.objects.select_for_update(no_key=True).filter(pk=int(object_id)).first()
        return super().get_object(request, object_id, from_field)
