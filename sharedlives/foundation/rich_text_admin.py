"""The rich-text editor within the admin, under the strict Content-Security-Policy (docs/decisions/0006-editor.md)."""

from __future__ import annotations

from csp.constants import NONCE
from django import forms
from django.utils.html import format_html
from js_asset import Media


class EditorStyle:
    """The element in which the editor would otherwise put its rules itself, without a nonce. They are in editor.css."""

    def __init__(self, nonce: str):
        self.nonce = nonce

    def __html__(self) -> str:
        return format_html('<style data-tiptap-style nonce="{}"></style>', self.nonce)


def media_with_nonce(media: forms.Media, nonce: str) -> Media:
    """`media` of a form with the editor, its inline import map and style allowed by `nonce`."""
    ours = forms.Media(
        css={"all": ["css/dialogs.css", "css/editor.css", EditorStyle(nonce)]},
        js=["js/dialogs.js", "js/picture_picker.js"],
    )
    return Media.from_media(media + ours, nonce=nonce)


class RichTextAdminMixin:
    """For a ModelAdmin whose form has rich text. Only its pages carry a nonce."""

    def render_change_form(self, request, context, *args, **kwargs):
        response = super().render_change_form(request, context, *args, **kwargs)
        response.context_data["media"] = media_with_nonce(response.context_data["media"], str(request.csp_nonce))
        # Sent as multipart, a long text keeps its size; urlencoded it could be three times as long, and refused whole.
        response.context_data["has_file_field"] = True
        response._csp_update = {"script-src": [NONCE], "style-src": [NONCE]}
        return response
