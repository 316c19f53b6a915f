"""Who saves second is told, and overwrites nobody's work unseen: for the form and the desk's page of a model with
`updated_at`."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.functional import cached_property

from . import spoken
from .models import AuditEntry


class SeenVersionForm(forms.ModelForm):
    """Its template shows `theirs`, the row as a colleague has saved it meanwhile, and the field `seen_version`."""

    # Which state of the row the person saw when they began.
    seen_version = forms.CharField(required=False, widget=forms.HiddenInput)
    # Fields that say nothing about the row; the log leaves them out.
    not_of_the_row = frozenset({"seen_version"})
    theirs: models.Model | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.updated_at.isoformat()

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
        last = AuditEntry.objects.filter(object_type=model._meta.label_lower, object_id=str(self.instance.pk)).first()
        raise ValidationError(
            f"{last.actor_name if last else 'Somebody'} saved this {model._meta.verbose_name} at "
            f"{spoken.time(self.theirs.updated_at)}, after you had opened it. Yours is not saved yet, and nothing of "
            "it is lost: it stands in the form, and theirs below it. Put together what should stay and save again; "
            "that replaces theirs.",
            code="overtaken",
        )


class SeenVersionAdminMixin:
    """Of two people who save at once the second is asked: the row is locked until all is saved."""

    def get_object(self, request, object_id, from_field=None):
        if request.method == "POST" and connection.in_atomic_block and str(object_id).isdecimal():
            self.model.objects.select_for_update(no_key=True).filter(pk=int(object_id)).first()
        return super().get_object(request, object_id, from_field)
