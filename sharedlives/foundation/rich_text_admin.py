"""The rich-text editor within the admin, under the strict Content-Security-Policy (docs/decisions/0006-editor.md)."""

from __future__ import annotations

from csp.constants import NONCE
from django import forms
from django.utils.html import format_html
from js_asset import Media

from . import reading
from .richtext import RichTextField
from .templatetags.richtext import show


class EditorStyle:
    """The element in which the editor would otherwise put its rules itself, without a nonce. They are in editor.css."""

    def __init__(self, nonce: str):
        self.nonce = nonce

    def __html__(self) -> str:
        return format_html('<style data-tiptap-style nonce="{}"></style>', self.nonce)


def media_with_nonce(media: forms.Media, nonce: str) -> Media:
    """`media` of a form with the editor, its inline import map and style allowed by `nonce`."""
    scripts = ["js/editor_ready.js", "js/dialogs.js", "js/picture_picker.js"]
    dialogs = forms.Media(css={"all": ["css/dialogs.css"]}, js=scripts)
    # Ours come after the editor's own, whatever else the form brings.
    styles = ["django_prose_editor/editor.css", "django_prose_editor/overrides.css", "css/editor.css"]
    ours = dialogs + forms.Media(css={"all": [*styles, EditorStyle(nonce)]})
    return Media.from_media(media + ours, nonce=nonce)


class RichTextAdminMixin:
    """For a ModelAdmin whose form has rich text. Only its pages carry a nonce."""

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and not self.has_change_permission(request, obj):
            _show_as_it_looks(obj)
        response = super().render_change_form(request, context, add, change, form_url, obj)
        response.context_data["media"] = media_with_nonce(response.context_data["media"], str(request.csp_nonce))
        # Sent as multipart, a long text keeps its size; urlencoded it could be three times as long, and refused whole.
        response.context_data["has_file_field"] = True
        response._csp_update = {"script-src": [NONCE], "style-src": [NONCE]}
        return response


def _show_as_it_looks(obj) -> None:
    """Who may only look sees rich text as readers do, instead of its HTML: Django prints the values of `obj` itself,
    which nobody saves on this page."""
    # Django would make a <br> of each line's end.
    texts = {
        field.attname: getattr(obj, field.attname).replace("\n", " ")
        for field in obj._meta.concrete_fields
        if isinstance(field, RichTextField)
    }
    pictures = reading.pictures_in(*texts.values())
    for name, html in texts.items():
        setattr(obj, name, show(html, pictures, prefix=name))
