"""The library of pictures at the desk, and what the editor's dialog asks of it."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import JsonResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from . import picture_elements, pictures
from .audited_admin import AuditedModelAdmin
from .models import Picture

AT_ONCE = 24
WIDE = forms.TextInput(attrs={"size": 70})


class PictureForm(forms.ModelForm):
    file = forms.FileField(
        label="Picture file",
        help_text="JPEG, PNG, WebP or AVIF, at most 8 MB. Position, camera and names inside the file are removed, and "
        "a large picture is made smaller.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
    )

    class Meta:
        model = Picture
        fields = [
            "name",
            "alt",
            "is_decorative",
            "caption",
            "credit",
            "pictured",
            "consent",
            "consent_until",
            "focal_x",
            "focal_y",
        ]
        help_texts = {"focal_x": "In percent.", "focal_y": "In percent."}
        widgets = {
            "name": WIDE,
            "alt": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "caption": WIDE,
            "credit": WIDE,
            "pictured": WIDE,
            "focal_x": forms.NumberInput(attrs={"min": 0, "max": 100}),
            "focal_y": forms.NumberInput(attrs={"min": 0, "max": 100}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        self.fields["file"].required = is_new
        if not is_new:
            self.fields["file"].label = "Another file"
            self.fields["file"].help_text += " It takes this one's place wherever the picture stands."
        # Left out, they are as the model has them: nobody need know of focal points to add a picture.
        for name in {"name", "consent", "focal_x", "focal_y"} & self.fields.keys():
            self.fields[name].required = False

    def clean_alt(self):
        return " ".join(self.cleaned_data["alt"].split())

    def clean(self):
        facts = super().clean()
        if "alt" in facts and not facts["alt"] and not facts.get("is_decorative"):
            self.add_error("alt", 'Describe the picture, or tick "only decoration".')
        for name in ("consent", "focal_x", "focal_y"):
            if facts.get(name) in (None, ""):
                facts[name] = getattr(self.instance, name)
        if not facts.get("name"):
            facts["name"] = self.instance.name or pictures.clean_name(getattr(facts.get("file"), "name", "") or "")
        return facts

    def _post_clean(self):
        """Files are written last, once everything else is right, and while there can still be an error to show."""
        super()._post_clean()
        if self.errors:
            return
        try:
            self._write_files()
        except pictures.Refused as refusal:
            self.add_error("file", str(refusal))

    def _write_files(self):
        if file := self.cleaned_data.get("file"):
            pictures.take_file(self.instance, file)
        elif self.instance.pk and (self._has_new_focus() or self._is_shown_again()):
            pictures.recut(self.instance)

    def _has_new_focus(self):
        return bool({"focal_x", "focal_y"} & set(self.changed_data))

    def _is_shown_again(self):
        """Consent was over, so that the public files may have been taken away, and is given again."""
        before = self.initial.get("consent_until")
        return before and before < timezone.localdate() and self.instance.may_be_shown()


class Filter(admin.SimpleListFilter):
    """Choices that are querysets of Picture, by the name of their method."""

    methods: dict[str, str]

    def lookups(self, request, model_admin):
        return self.methods.items()

    def queryset(self, request, queryset):
        return getattr(queryset, self.value())() if self.value() in self.methods else queryset


class DescriptionFilter(Filter):
    title = parameter_name = "description"
    methods = {"undescribed": "Missing", "described": "Written", "decorative": "Only decoration"}


class ConsentFilter(Filter):
    title = parameter_name = "consent"
    methods = {"consent_over": "Over", "consent_soon_over": "Over within 30 days", "consent_unknown": "Not known yet"}


class UseFilter(Filter):
    title, parameter_name = "use", "used"
    methods = {"unused": "Nowhere", "used": "Somewhere"}


@admin.register(Picture)
class PictureAdmin(AuditedModelAdmin):
    form = PictureForm
    list_display = ["thumb", "name", "described", "may_show", "uploaded_at"]
    list_display_links = ["name"]
    list_filter = [DescriptionFilter, ConsentFilter, UseFilter]
    list_per_page = 50
    search_fields = ["name", "alt", "caption", "credit", "pictured"]
    show_full_result_count = False
    view_on_site = False
    readonly_fields = ["preview", "where_used", "uploaded_by", "uploaded_at"]

    class Media:
        js = ["js/focal.js"]

    def get_fieldsets(self, request, obj=None):
        may_write = self.has_change_permission(request, obj) if obj else True
        return [
            ("The picture", {"fields": [*(["file"] if may_write else []), "preview", ("focal_x", "focal_y"), "name"]}),
            (
                "For people who cannot see it",
                {
                    "fields": ["alt", "is_decorative"],
                    "description": "One of the two. What matters is why the picture stands there: "
                    '"Ann shows Bob how to repot a plant" says more than "two people".',
                },
            ),
            ("Below it", {"fields": ["caption", "credit"]}),
            (
                "Who is in it",
                {
                    "fields": ["pictured", "consent", "consent_until"],
                    "description": "For the staff only. You get a mail 30 days before the last day, and the day after.",
                },
            ),
            *([("Where it stands", {"fields": ["where_used", "uploaded_by", "uploaded_at"]})] if obj else []),
        ]

    # The list

    @admin.display(description="picture")
    def thumb(self, picture):
        return format_html('<img class="thumb" src="{}" alt="" loading="lazy">', picture_elements.thumb(picture))

    @admin.display(description="description", ordering="alt")
    def described(self, picture):
        if picture.is_alt_decided:
            return picture.alt or "Only decoration"
        return format_html("<strong>{}</strong>", "Missing")

    @admin.display(description="may be shown", ordering="consent_until")
    def may_show(self, picture):
        if not picture.may_be_shown():
            return f"No longer (until {formats.date_format(picture.consent_until)})"
        return picture.get_consent_display()

    # The page

    @admin.display(description="what to keep")
    def preview(self, picture):
        image = ""
        if picture.pk:
            image = format_html('<img src="{}" alt="{}">', picture_elements.thumb(picture, width=960), picture.alt)
        return format_html('<div class="focal" data-focal>{}</div>', image)

    @admin.display(description="used in")
    def where_used(self, picture):
        return format_html_join(SafeString("<br>"), "{}", ((_link(use),) for use in picture.uses())) or "Nowhere yet"

    # What happens

    def construct_change_message(self, request, form, formsets, add=False):
        message = super().construct_change_message(request, form, formsets, add)
        if "file" in request._audit_changes:
            # The name of the file may be anything, a person's too; the log is for ever.
            request._audit_changes["file"] = (None, "a new one")
        return message

    def save_model(self, request, obj, form, change):
        if not change:
            obj.uploaded_by = request.user
        pictures.save(obj)

    def get_deleted_objects(self, objs, request):
        """What goes, and what forbids it. Django itself would ask for rights over rows that nobody deletes."""
        where = [_link(use) for picture in objs for use in picture.uses()]
        return [str(picture) for picture in objs], {self.opts.verbose_name_plural: len(objs)}, set(), where

    def delete_model(self, request, obj):
        pictures.delete(obj)

    def delete_queryset(self, request, queryset):
        for picture in queryset:
            pictures.delete(picture)

    # For the editor's dialog

    def get_urls(self):
        return [
            path("picker/", never_cache(require_GET(self.picker_view)), name="foundation_picture_picker"),
            path("upload/", never_cache(require_POST(self.upload_view)), name="foundation_picture_upload"),
            *super().get_urls(),
        ]

    def picker_view(self, request):
        """The newest pictures with these words, 24 at a time; or those with these `ids`, whatever they are."""
        if refusal := self._refusal(request, self.has_view_permission):
            return refusal
        if ids := request.GET.get("ids"):
            numbers = [number for part in ids.split(",")[:200] if (number := _number(part))]
            return JsonResponse({"pictures": [as_json(row) for row in Picture.objects.filter(pk__in=numbers)]})
        words = request.GET.get("q", "").replace("\0", "")[:200]
        first = AT_ONCE * (max(1, _number(request.GET.get("page", ""))) - 1)
        found, _may_repeat = self.get_search_results(request, Picture.objects.consented(), words)
        rows = list(found[first : first + AT_ONCE + 1])
        return JsonResponse({"pictures": [as_json(row) for row in rows[:AT_ONCE]], "more": len(rows) > AT_ONCE})

    def upload_view(self, request):
        if refusal := self._refusal(request, self.has_add_permission):
            return refusal
        form = PictureForm(request.POST, request.FILES)
        if not form.is_valid():
            return JsonResponse({"errors": form.errors}, status=400)
        self.construct_change_message(request, form, None, add=True)
        with transaction.atomic():
            self.save_model(request, form.instance, form, change=False)
            self.log_addition(request, form.instance, "")
        return JsonResponse({"picture": as_json(form.instance)})

    def _refusal(self, request, may):
        if not self.admin_site.has_permission(request):
            words, status = "You are signed out. Sign in again in another tab, then try once more.", 401
        elif not may(request):
            words, status = "You have no right to do this. Ask a colleague who looks after accounts.", 403
        else:
            return None
        return JsonResponse({"errors": {"__all__": [words]}}, status=status)


def as_json(picture: Picture) -> dict:
    return {
        "id": picture.pk,
        "name": picture.name,
        "alt": picture.alt,
        "is_decorative": picture.is_decorative,
        "caption": picture.caption,
        "credit": picture.credit,
        "may_be_shown": picture.may_be_shown(),
        "thumb": picture_elements.thumb(picture),
        "width": picture.width,
        "height": picture.height,
    }


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 15 else 0


def _link(obj):
    """`obj` by name, with a link to its page at the desk where it has one."""
    try:
        address = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    except NoReverseMatch:
        return f"{obj} ({obj._meta.verbose_name})"
    return format_html('<a href="{}">{}</a> ({})', address, obj, obj._meta.verbose_name)
