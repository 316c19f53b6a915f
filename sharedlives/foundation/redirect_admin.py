"""Old addresses at the desk: most are kept by the site itself, some are added by hand."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from .audited_admin import AuditedModelAdmin
from .models import Charity, Redirect
from .redirects import aim, answers, find, normal

LONGEST_HOST = 253
MOST_STEPS = 10


class RedirectForm(forms.ModelForm):
    path = forms.CharField(
        label="Old address",
        max_length=2000,
        help_text="As somebody may still have it: a whole address, or what follows the name of the site, like "
        "/2019/10/a-title/.",
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )
    leads_to = forms.CharField(
        label="Leads to",
        max_length=1000,
        help_text="An address on this site, like /blog/a-title/ or /contact/.",
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )

    class Meta:
        model = Redirect
        fields = ["path", "leads_to"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance.leads_to:
            self.initial["leads_to"] = aim(self.instance) or ""
            self.fields["leads_to"].required = False
            self.fields["leads_to"].help_text += " It follows the thing it leads to, until you change it here."

    def clean_path(self):
        typed = self.cleaned_data["path"]
        try:
            parts = urlsplit(typed)
            path = normal(typed)
        except ValueError as error:
            raise ValidationError("This is no address.") from error
        own = urlsplit(Charity.current().site_address).hostname
        self.host = parts.hostname.lower() if parts.hostname and parts.hostname != own else self.instance.host
        if len(self.host) > LONGEST_HOST:
            raise ValidationError("This is no address.")
        if not (parts.netloc or typed.startswith("/")):
            raise ValidationError("An old address begins with / or with https://")
        if path == "/":
            raise ValidationError("That is the home page, which is always there.")
        return path

    def clean_leads_to(self):
        typed = self.cleaned_data["leads_to"].removeprefix(Charity.current().site_address)
        if "leads_to" in self.changed_data and not _answers(typed):
            raise ValidationError("Nothing on this site answers there. It must begin with a single /, like /blog/.")
        return typed

    def clean(self):
        cleaned = super().clean()
        path = cleaned.get("path")
        same = Redirect.objects.filter(path=path, host=getattr(self, "host", "")).exclude(pk=self.instance.pk)
        if path and same.exists():
            self.add_error("path", "This old address is in the list already. Change it there.")
        if path and cleaned.get("leads_to") and normal(cleaned["leads_to"]) == path:
            self.add_error("leads_to", "The old address would lead to itself.")
        elif path and cleaned.get("leads_to") and _leads_back(cleaned["leads_to"], path):
            self.add_error("leads_to", "That is an old address too, and leads back to this one.")
        return cleaned

    def _post_clean(self):
        if not self.errors:
            self.instance.host = self.host
        follows_a_thing = self.instance.content_type_id and "leads_to" not in self.changed_data
        if follows_a_thing:
            self.cleaned_data["leads_to"] = ""
        else:
            self.instance.content_type = self.instance.object_id = None
        super()._post_clean()


def _answers(path: str) -> bool:
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return is_ours and path.isprintable() and answers(urlsplit(path).path)


def _leads_back(address: str, path: str) -> bool:
    """Whether whoever follows old addresses from `address` on comes to `path`, or never to an end."""
    for _ in range(MOST_STEPS):
        onward = find(address)
        if onward is None or normal(onward) == normal(address):  # what moved in may keep the address that it had
            return False
        if normal(onward) == path:
            return True
        address = onward
    return True


class SiteFilter(admin.SimpleListFilter):
    title = "which site had it"
    parameter_name = "site"

    def lookups(self, request, model_admin):
        return [("here", "This one"), ("before", "One that moved in")]

    def queryset(self, request, queryset):
        if self.value() == "here":
            return queryset.filter(host="")
        return queryset.exclude(host="") if self.value() == "before" else queryset


@admin.register(Redirect)
class RedirectAdmin(AuditedModelAdmin):
    form = RedirectForm
    list_display = ["old_address", "new_address", "created_at"]
    search_fields = ["path", "host", "leads_to"]
    list_filter = [SiteFilter]
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("content_type").prefetch_related("target")

    @admin.display(description="old address", ordering="path")
    def old_address(self, redirect):
        return str(redirect)[:200]

    @admin.display(description="leads to")
    def new_address(self, redirect):
        address = aim(redirect)
        return format_html('<a href="{0}">{0}</a>', address) if address else "nowhere any more"
