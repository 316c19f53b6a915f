"""Pages at the desk, and the search for something to link to that the editor's dialog asks."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sharedlives.foundation import slugs
from sharedlives.foundation.audited_admin import AuditedModelAdmin
from sharedlives.foundation.rich_text_admin import RichTextAdminMixin
from sharedlives.foundation.seen_version import SeenVersionAdminMixin, SeenVersionForm

from . import link_search
from .models import Page, reserved_words


class PageForm(SeenVersionForm):
    class Meta:
        model = Page
        fields = [
            "title",
            "summary",
            "body",
            "shows_contact",
            "is_published",
            "menu",
            "menu_title",
            "position",
            "slug",
        ]
        widgets = {
            "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "summary": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 2}),
            "slug": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "menu": forms.RadioSelect,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False  # without JavaScript it is made here

    def clean_summary(self):
        return " ".join(self.cleaned_data["summary"].split())

    def clean_slug(self):
        return self.cleaned_data["slug"] or self._new_slug()

    def _new_slug(self) -> str:
        title = self.cleaned_data.get("title", "")
        return slugs.free(title, Page.objects, otherwise="page", reserved=reserved_words())

    def clean(self):
        cleaned = super().clean()
        says_something = cleaned.get("body") or cleaned.get("shows_contact") or "body" in self.errors
        if cleaned.get("is_published") and not says_something:
            self.add_error("body", "To be published it needs a text.")
        return cleaned


@admin.register(Page)
class PageAdmin(SeenVersionAdminMixin, RichTextAdminMixin, AuditedModelAdmin):
    form = PageForm
    list_display = ["title", "is_published", "menu", "position", "address", "updated_at"]
    list_filter = ["is_published", "menu"]
    search_fields = ["title", "summary"]
    show_full_result_count = False
    prepopulated_fields = {"slug": ["title"]}
    change_form_template = "admin/site/page/change_form.html"
    fieldsets = [
        ("What people read", {"fields": ["title", "summary", "body", "shows_contact"]}),
        (
            "Who sees it",
            {
                "description": "Until it is published only staff see it: save it, then “View on site” shows it as it "
                "will look.",
                "fields": ["is_published"],
            },
        ),
        (
            "Where people find it",
            {
                "description": "Few entries at the top are found soonest: four are plenty. Search finds every page.",
                "fields": ["menu", ("menu_title", "position"), "slug"],
            },
        ),
    ]

    @admin.display(description="address", ordering="slug")
    def address(self, page):
        return page.get_absolute_url()

    def view_on_site(self, page):
        return page.get_absolute_url()

    def get_urls(self):
        links = never_cache(require_GET(self.admin_site.admin_view(self.links_view)))
        return [path("links/", links, name="site_page_links"), *super().get_urls()]

    def links_view(self, request):
        """For the editor: what of ours a text may link to."""
        return JsonResponse({"links": link_search.find(request.GET.get("q", ""), request.user)})
