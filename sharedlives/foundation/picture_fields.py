"""A picture of the library as a form field: with script a preview and a dialog, without it the picture's number."""

from __future__ import annotations

import json

from django import forms
from django.template.loader import render_to_string

from .models import Picture
from .picture_admin import as_json


class PictureInput(forms.TextInput):
    class Media:
        css = {"all": ["css/dialogs.css"]}
        js = ["js/dialogs.js", "js/picture_picker.js"]

    def render(self, name, value, attrs=None, renderer=None):
        picture = self._chosen(value)
        attrs = (attrs or {}) | {"inputmode": "numeric", "size": 8}
        context = {
            "input": super().render(name, value, attrs, renderer),
            "picture": picture,
            "data": json.dumps(as_json(picture)) if picture else "",
        }
        return render_to_string("foundation/_picture_input.html", context)

    def _chosen(self, value) -> Picture | None:
        number = str(value or "")
        return Picture.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 10 else None


class PictureField(forms.ModelChoiceField):
    widget = PictureInput
    default_error_messages = {"invalid_choice": "This picture is no longer in the library. Choose another one."}


class PicksPictures:
    """For a ModelAdmin: its picture fields are chosen from the library by the picker instead of from a list of all."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.remote_field and db_field.remote_field.model is Picture and db_field.many_to_one:
            return db_field.formfield(form_class=PictureField, widget=PictureInput)
        return super().formfield_for_dbfield(db_field, request, **kwargs)
