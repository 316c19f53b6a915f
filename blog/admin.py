from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.audited_admin import CalmAutocomplete
from sharedlives.foundation.picture_fields import PicksPictures
from sharedlives.foundation.rich_text_admin import RichTextAdminMixin
from sharedlives.foundation.seen_version import SeenVersionAdminMixin

from . import editorial, previews
from .editorial import EditorialRefused
from .forms import PostForm, PublishingForm, pressed_move
from .models import Author, Byline, Handle, Post, Tag, Topic


class ShelfAdmin(AuditedModelAdmin):
    """Topics and tags: what posts are found under."""

    list_display = ["name", "how_many_posts", "slug"]
    ordering = ["name", "pk"]  # said here, it outlives the counting
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(how_many=Count("posts"))

    @admin.display(description="posts", ordering="how_many")
    def how_many_posts(self, shelf):
        return shelf.how_many


@admin.register(Topic)
class TopicAdmin(ShelfAdmin):
    fields = ["name", "description", "slug"]


@admin.register(Tag)
class TagAdmin(ShelfAdmin):
    fields = ["name", "slug"]


class HandleInline(admin.StackedInline):
    model = Handle
    fields = [("network", "name")]
    extra = 0


@admin.register(Author)
class AuthorAdmin(PicksPictures, AuditedModelAdmin):
    list_display = ["name", "role", "organisation", "is_guest"]
    list_filter = ["is_guest"]
    search_fields = ["name", "organisation"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["user"]
    inlines = [HandleInline]

    def get_fieldsets(self, request, obj=None):
        for_editors = ["email", "is_guest", "slug"]
        if request.user.has_perm("foundation.view_user"):
            for_editors.append("user")
        return [
            ("As printed with a post", {"fields": ["name", "organisation"]}),
            ("About them", {"fields": ["role", "bio", "portrait", "website"]}),
            ("For the editors", {"fields": for_editors}),
        ]


class BylineFormSet(forms.BaseInlineFormSet):
    def clean(self):
        super().clean()
        if self.instance.status != Post.Status.PUBLISHED:
            return
        stays = [form for form in self.forms if form.cleaned_data.get("author") and not form.cleaned_data.get("DELETE")]
        if not stays:
            raise ValidationError("This post is published, so it needs at least one byline.")


class BylineInline(CalmAutocomplete, admin.StackedInline):
    model = Byline
    formset = BylineFormSet
    fields = [("author", "position"), ("name", "organisation")]
    autocomplete_fields = ["author"]
    verbose_name_plural = "bylines: who wrote it, in the order as printed"

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj else 1


class StateFilter(admin.SimpleListFilter):
    title = "where it stands"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("draft", "Draft"),
            ("scheduled", "Scheduled"),
            ("published", "Published"),
            ("expired", "No longer on the site"),
            ("review", "To be looked at again"),
            ("archived", "Taken down"),
        ]

    def queryset(self, request, queryset):
        out = queryset.filter(status=Post.Status.PUBLISHED)
        if self.value() == "scheduled":
            return out.filter(publish_at__gt=timezone.now())
        if self.value() == "expired":
            return out.filter(expire_at__lte=timezone.now())
        if self.value() == "published":
            return queryset.published()
        if self.value() == "review":
            return queryset.to_review()
        return queryset.filter(status=self.value()) if self.value() in ("draft", "archived") else queryset


# The buttons below the form, by where the post stands.
BUTTONS = {
    "draft": {"publish": "Save and publish", "schedule": "Schedule"},
    "scheduled": {"schedule": "Schedule", "publish": "Save and publish now", "unpublish": "Take off the schedule"},
    "live": {"unpublish": "Take down"},
    "archived": {"restore": "Make it a draft again"},
}
DONE = {
    "publish": "The post is out. {state}.",
    "schedule": "{state}.",
    "unpublish": "The post is no longer out. {state}.",
    "restore": "The post is a draft again.",
}


@admin.register(Post)
class PostAdmin(SeenVersionAdminMixin, PicksPictures, RichTextAdminMixin, AuditedModelAdmin):
    form = PostForm
    list_display = ["title", "state", "printed_bylines", "publish_at", "updated_at"]
    list_filter = [
        StateFilter,
        ("topics", admin.RelatedOnlyFieldListFilter),
        ("bylines__author", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["title", "standfirst", "bylines__name"]
    show_full_result_count = False
    autocomplete_fields = ["introduced_by", "workshop"]
    readonly_fields = ["state"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [BylineInline]
    change_form_template = "admin/blog/post/change_form.html"

    # What stands in the list and the form

    def get_queryset(self, request):
        return super().get_queryset(request).with_bylines()

    @admin.display(description="where it stands", ordering="status")
    def state(self, post):
        return post.state_in_words()

    @admin.display(description="bylines")
    def printed_bylines(self, post):
        return "; ".join(str(byline) for byline in post.bylines.all())

    def get_fieldsets(self, request, obj=None):
        """By task. What few posts need is folded away until it holds something."""

        def folded_unless(*facts):
            return [] if obj and any(facts) else ["collapse"]

        return [
            (None, {"fields": ["state"]}),
            ("What people read", {"fields": ["title", "standfirst", "lead_picture", "body", "content_note"]}),
            (
                "If it is a guest’s post",
                {
                    "fields": ["introduction", "introduced_by"],
                    "classes": folded_unless(obj and (obj.introduction or obj.introduced_by_id)),
                },
            ),
            ("Where it is found", {"fields": ["topics", "tags", "slug"]}),
            (
                "If it announces a workshop",
                {"fields": ["workshop"], "classes": folded_unless(obj and obj.workshop_id)},
            ),
            *self._publishing_fieldset(request, obj),
            (
                "How long it stays",
                {
                    "fields": ["expire_at", "pinned_until", "review_by"],
                    "classes": folded_unless(obj and (obj.expire_at or obj.pinned_until or obj.review_by)),
                },
            ),
        ]

    def _publishing_fieldset(self, request, obj):
        if not self._may_publish(request, obj):
            return []
        buttons = BUTTONS[editorial.where(obj)] if obj else BUTTONS["draft"]
        if "schedule" in buttons:
            return [("When it goes out", {"fields": [("publish_on", "publish_time")]})]
        return [("Taking it down", {"fields": ["reason"]})] if "unpublish" in buttons else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        if self._may_publish(request, obj):
            kwargs["form"] = PublishingForm
        form = super().get_form(request, obj, change, **kwargs)
        form.may_add_tags = request.user.has_perm("blog.add_tag")
        return form

    def view_on_site(self, post):
        return post.get_absolute_url()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if self._may_publish(request, obj):
            context["moves"] = BUTTONS[editorial.where(obj) if obj else "draft"]
        context["show_save_and_add_another"] = False
        context["preview_address"] = self._preview_address(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Looking at it as it stands in the form

    def get_urls(self):
        view = require_POST(self.admin_site.admin_view(self.preview_view))
        return [
            path("preview/", view, name="blog_post_preview_new"),
            path("<int:object_id>/preview/", view, name="blog_post_preview"),
            *super().get_urls(),
        ]

    def _preview_address(self, request, post):
        if post is None:
            return reverse("admin:blog_post_preview_new") if self.has_add_permission(request) else ""
        may = self.has_change_permission(request, post)
        return reverse("admin:blog_post_preview", args=[post.pk]) if may else ""

    def preview_view(self, request, object_id=None):
        """What the form would make of the post, at two widths; nothing of it is kept."""
        post = self.get_object(request, object_id) if object_id else None
        if object_id and post is None:
            raise Http404
        if not self._preview_address(request, post):
            raise PermissionDenied
        return previews.respond(request, self, post)

    # Who may do what

    def _may_publish(self, request, obj=None):
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return may_save and request.user.has_perm("blog.publish_post")

    def has_change_permission(self, request, obj=None):
        """Changing what is out, or due to go out, is publishing."""
        is_out = obj is not None and obj.status == Post.Status.PUBLISHED
        return super().has_change_permission(request, obj) and (
            not is_out or request.user.has_perm("blog.publish_post")
        )

    def has_delete_permission(self, request, obj=None):
        """What was once out is taken down, not deleted: links to it lead somewhere for ever."""
        was_out = obj is not None and obj.addresses.exists()
        return super().has_delete_permission(request, obj) and not was_out

    # Saving, and what the buttons do

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        if obj.status == Post.Status.DRAFT and isinstance(form, PublishingForm):
            obj.publish_at = form.moment  # a plan; nothing goes out by it
        super().save_model(request, obj, form, change)
        request._post_form = form

    def response_add(self, request, obj, post_url_continue=None):
        return self._pressed_button(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return self._pressed_button(request, obj) or super().response_change(request, obj)

    def _pressed_button(self, request, post):
        name = pressed_move(request.POST)
        if not name:
            return None
        try:
            self._move(request, post, name)
        except EditorialRefused as refusal:
            self.message_user(request, f"Saved, but no more than that. {refusal}", messages.ERROR)
        else:
            self.message_user(request, DONE[name].format(state=post.state_in_words()))
        return HttpResponseRedirect(reverse("admin:blog_post_change", args=[post.pk]))

    def _move(self, request, post, name):
        form = request._post_form
        moment = getattr(form, "moment", None)
        if name == "publish":
            was_scheduled_then = post.status == Post.Status.PUBLISHED and moment == post.publish_at
            editorial.publish(post, by=request.user, at=None if was_scheduled_then else moment)
        elif name == "schedule":
            if not moment:
                raise EditorialRefused("Say on which day it is to go out.")
            editorial.schedule(post, by=request.user, at=moment)
        elif name == "unpublish":
            editorial.unpublish(post, by=request.user, reason=form.cleaned_data.get("reason", ""))
        else:
            editorial.restore(post, by=request.user)
