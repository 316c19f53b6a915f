from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.rich_text_admin import RichTextAdminMixin

from . import editorial
from .editorial import EditorialRefused
from .forms import PostForm, PublishingForm, pressed_move
from .models import Author, Byline, Handle, Post


class HandleInline(admin.TabularInline):
    model = Handle
    extra = 0


@admin.register(Author)
class AuthorAdmin(AuditedModelAdmin):
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
            ("About them", {"fields": ["role", "bio", "website"]}),
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


class BylineInline(admin.StackedInline):
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
        return [("draft", "Draft"), ("scheduled", "Scheduled"), ("published", "Published"), ("archived", "Taken down")]

    def queryset(self, request, queryset):
        if self.value() == "scheduled":
            return queryset.filter(status=Post.Status.PUBLISHED, publish_at__gt=timezone.now())
        if self.value() == "published":
            return queryset.published()
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
class PostAdmin(RichTextAdminMixin, AuditedModelAdmin):
    form = PostForm
    list_display = ["title", "state", "printed_bylines", "publish_at", "updated_at"]
    list_filter = [StateFilter, ("bylines__author", admin.RelatedOnlyFieldListFilter)]
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
        return [
            (None, {"fields": ["state"]}),
            ("What people read", {"fields": ["title", "standfirst", "body"]}),
            ("If it is a guest’s post", {"fields": ["introduction", "introduced_by"]}),
            ("If it announces a workshop", {"fields": ["workshop"]}),
            ("Where it is found", {"fields": ["slug"]}),
            *self._publishing_fieldset(request, obj),
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
        return super().get_form(request, obj, change, **kwargs)

    def view_on_site(self, post):
        return post.get_absolute_url()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if self._may_publish(request, obj):
            context["moves"] = BUTTONS[editorial.where(obj) if obj else "draft"]
        return super().render_change_form(request, context, add, change, form_url, obj)

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

    def get_object(self, request, object_id, from_field=None):
        if request.method == "POST" and connection.in_atomic_block and str(object_id).isdecimal():
            # Locked until all is saved: of two people who save at once the second is asked.
            Post.objects.select_for_update(no_key=True).filter(pk=int(object_id)).first()
        return super().get_object(request, object_id, from_field)

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
