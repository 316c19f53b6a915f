from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from js_asset import Script

from sharedlives.foundation import richtext, spoken
from sharedlives.foundation.admin import AuditedModelAdmin
from sharedlives.foundation.audited_admin import CalmFields
from sharedlives.foundation.picture_fields import PicksPictures
from sharedlives.foundation.rich_text_admin import RichTextAdminMixin

from . import editorial, previews, revisions, snapshots
from .editorial import EditorialRefused
from .editorial_admin import EditorialPages, told
from .forms import PostForm, PublishingForm, pressed_move
from .models import Author, Byline, Handle, Post, Tag, Topic
from .revision_admin import TO_BE_ASKED_AGAIN, RevisionPages, put_text_into


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


class BylineInline(CalmFields, admin.StackedInline):
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
        status = Post.Status
        return [
            *[(state.value, state.label) for state in editorial.IN_WORK],
            ("scheduled", "Scheduled"),
            ("published", "Published"),
            ("newer", "Published, with a newer text"),
            ("expired", "No longer on the site"),
            ("review", "To be looked at again"),
            (status.ARCHIVED.value, "Taken down or put away"),
            (status.REJECTED.value, status.REJECTED.label),
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
        if self.value() == "newer":
            return queryset.with_newer_draft()
        return queryset.filter(status=self.value()) if self.value() in Post.Status else queryset


# The buttons below the form, by where the post stands.
TO_EDITORS = {"submit": "Save and send to the editors"}
BUTTONS = dict.fromkeys(editorial.IN_WORK, {"publish": "Save and publish", "schedule": "Schedule"}) | {
    editorial.SCHEDULED: {
        "schedule": "Schedule",
        "publish": "Save and publish now",
        "unpublish": "Take off the schedule",
    },
    editorial.LIVE: {"publish": "Save and publish the changes", "unpublish": "Take down"},
    editorial.ARCHIVED: {"restore": "Make it a draft again"},
    editorial.REJECTED: {"restore": "Make it a draft again"},
}
DONE = {
    "submit": "Sent to the editors. You can take it back until one of them has opened it.",
    "publish": "The post is out. {state}.",
    "schedule": "{state}.",
    "unpublish": "The post is no longer out. {state}.",
    "restore": "The post is a draft again.",
}


COPIES_KNOWN = 20


def note_arrived(request) -> None:
    """What the browser still holds under this name need not be offered again (static/js/keep.js)."""
    if copy := request.POST.get("copy", "")[:40]:
        request.session["arrived"] = [*request.session.get("arrived", []), copy][-COPIES_KNOWN:]


# After Save alone, of a post whose text is fixed.
READERS_SEE = {
    editorial.LIVE: "Readers go on seeing the text that is out, until “Save and publish the changes” is pressed.",
    editorial.SCHEDULED: "At its moment the text goes out that was scheduled. Press “Schedule” to let this one take "
    "its place.",
}


@admin.register(Post)
class PostAdmin(EditorialPages, RevisionPages, PicksPictures, RichTextAdminMixin, AuditedModelAdmin):
    form = PostForm
    list_display = ["named", "state", "printed_bylines", "publish_at", "updated_at"]
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

    class Media:
        # Deferred: in the head of the page the form is not there yet.
        js = [Script(f"js/{name}.js", defer=True) for name in ("keep", "presence")]

    # What stands in the list and the form

    def get_queryset(self, request):
        return super().get_queryset(request).with_bylines()

    @admin.display(description="title", ordering="title")
    def named(self, post):
        return str(post)

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
        stands = editorial.where(obj) if obj else editorial.DRAFT
        if stands == editorial.LIVE:
            # Offered before anything has changed: what is typed now is what they have not agreed to.
            fields = ["is_correction", "without_sign_off"]
            publishing = [("Publishing the changes", {"fields": fields})] if obj.guests() else []
            return [*publishing, ("Taking it down", {"fields": ["reason", "leads_to"], "classes": ["collapse"]})]
        if "schedule" not in BUTTONS[stands]:
            return []
        agreeing = ["without_sign_off"] if obj and self._not_agreed(request, obj) else []
        return [("When it goes out", {"fields": [("publish_on", "publish_time"), *agreeing]})]

    def _newest(self, request, post):
        """The newest text, asked for once while the page is made."""
        if not hasattr(request, "_newest"):
            request._newest = revisions.newest(post)
        return request._newest

    def _not_agreed(self, request, post):
        if not hasattr(request, "_not_agreed"):
            request._not_agreed = editorial.not_agreed_to(post, self._newest(request, post))
        return request._not_agreed

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
            context["moves"] = BUTTONS[editorial.where(obj) if obj else editorial.DRAFT]
        elif obj is None or obj.status in editorial.GUEST_MAY_WRITE:
            context["moves"] = TO_EDITORS
        context["show_save_and_add_another"] = False
        context["preview_address"] = self._preview_address(request, obj)
        context["keep_address"] = self._keep_address(request, obj)
        context["kept"] = request.POST.get("kept", getattr(request, "_kept", ""))
        if obj:
            context["panel"] = self.panel(request, obj, self._newest(request, obj), self._not_agreed(request, obj))
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

    def _keep_address(self, request, post):
        if post is None:
            return reverse("admin:blog_post_keep_new")
        return reverse("admin:blog_post_keep", args=[post.pk]) if self.has_change_permission(request, post) else ""

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
        """Writers change their own drafts, editors every post: readers see the text of one that is out until another
        is published."""
        if obj is None:
            return super().has_change_permission(request)
        return editorial.may_edit(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        """What was once out is taken down, not deleted: links to it lead somewhere for ever."""
        was_out = obj is not None and obj.was_ever_out()
        return super().has_delete_permission(request, obj) and not was_out

    # Saving, and what the buttons do

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """The form works on the newest text, which of a post that is out does not stand in its row: it is put there
        while the form is filled in, and taken out again."""
        request._saved = None
        post = self._found(request, int(object_id)) if str(object_id).isdecimal() else None
        if post and request.method == "POST" and self._has_left_its_writer(request, post):
            return self._keep_what_came_too_late(request, post)
        if post is None or not (request.method == "POST" or self._shows_another_text(request, post)):
            request._found = post
            return super().changeform_view(request, object_id, form_url, extra_context)
        request._works_on_newest = True
        with transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if request._saved is None:
                if hasattr(response, "render"):
                    response.render()
                transaction.set_rollback(True)
        return response

    def _found(self, request, key):
        if request.method != "POST":
            # Before the row: of a text that is saved between the two the form does not say that it began from it.
            self._newest(request, self.model(pk=key))
        return self.get_queryset(request).filter(pk=key).first()

    def _shows_another_text(self, request, post):
        return "text" in request.GET or revisions.is_newer_draft(post, self._newest(request, post))

    def _has_left_its_writer(self, request, post):
        return editorial.may_work_on(request.user, post) and not editorial.may_edit(request.user, post)

    def _keep_what_came_too_late(self, request, post):
        """Their own post went on to the editors, or out, while they had its form open: the words are not lost."""
        words = "This post is no longer with you, so it was not changed."
        try:
            self.keep_typed(request, post)
        except richtext.Refused as refusal:
            words += f" Your text cannot be kept: {' '.join(refusal.messages)}"
        else:
            words += " What you wrote is kept for you, and the line above the form leads to it."
        self.message_user(request, words, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:blog_post_change", args=[post.pk]))

    def get_object(self, request, object_id, from_field=None):
        post = getattr(request, "_found", None)
        if post:
            post.began_from = revisions.base_named(post, self._newest(request, post))
            return post
        post = super().get_object(request, object_id, from_field)
        if post and getattr(request, "_works_on_newest", False):
            request._works_on_newest = False
            if request.method == "POST":
                # Locked for the whole save, so that of two who save at once one comes first.
                revisions.locked(post)
            request._before = transaction.savepoint()
            newest, before = self._newest(request, post), post.updated_at
            chosen = request.GET.get("text", "") if request.method == "GET" else ""
            text = put_text_into(post, chosen, newest, user=request.user)
            post.updated_at = before  # which filling in the row has changed
            began_from = revisions.base_of_form(post, text, newest)
            post = super().get_object(request, object_id, from_field)
            post.began_from = began_from
            request._kept = str(text.pk) if text and text.kind == revisions.AUTOSAVE else ""
        return post

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        if obj.status in editorial.IN_WORK and isinstance(form, PublishingForm):
            obj.publish_at = form.moment  # a plan; nothing goes out by it
        super().save_model(request, obj, form, change)
        request._post_form = form

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if form.is_preview:
            return
        post = form.instance
        if not change:
            request._saved = revisions.Saved(revisions.begin(post, by=request.user))
            note_arrived(request)
            return
        data, planned = snapshots.of(post), post.publish_at
        transaction.savepoint_rollback(request._before)
        base = form.cleaned_data.get("base", "")
        kept = request.POST.get("kept")
        request._saved = revisions.save(post, data, base=base, by=request.user, kept=kept)
        note_arrived(request)
        if post.status in editorial.IN_WORK:
            Post.objects.filter(pk=post.pk).update(publish_at=planned)
        editorial.note_opened(post, by=request.user)
        request._is_to_be_agreed_anew = editorial.text_changed(post, by=request.user)
        post.refresh_from_db()

    def response_add(self, request, obj, post_url_continue=None):
        return self._pressed_button(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return self._pressed_button(request, obj) or super().response_change(request, obj)

    def _pressed_button(self, request, post):
        if request._saved.is_beside:
            return self._choose_between(request, post)
        name = pressed_move(request.POST)
        if not name:
            if getattr(request, "_is_to_be_agreed_anew", False):
                self.message_user(request, TO_BE_ASKED_AGAIN, messages.WARNING)
            if revisions.has_newer_draft(post):
                self.message_user(request, READERS_SEE[editorial.where(post)])
            return None
        try:
            self._move(request, post, name)
        except EditorialRefused as refusal:
            self.message_user(request, f"Saved, but no more than that. {refusal}", messages.ERROR)
        else:
            self.message_user(request, DONE[name].format(state=post.state_in_words()) + told(post))
        return HttpResponseRedirect(reverse("admin:blog_post_change", args=[post.pk]))

    def _choose_between(self, request, post):
        theirs = request._saved.theirs
        self.message_user(
            request,
            f"{theirs.writer_name} saved this post at {spoken.time(theirs.created_at)}, after you had opened it. Yours "
            "is kept beside theirs and nothing is lost: choose what should stay.",
            messages.WARNING,
        )
        return HttpResponseRedirect(reverse("admin:blog_post_beside", args=[post.pk, request._saved.revision.pk]))

    def _move(self, request, post, name):
        form = request._post_form
        moment = getattr(form, "moment", None)
        said = form.cleaned_data
        base = str(request._saved.revision.pk)
        if name == "publish":
            was_scheduled_then = post.status == Post.Status.PUBLISHED and moment == post.publish_at
            is_live = editorial.where(post) == editorial.LIVE
            editorial.publish(
                post,
                by=request.user,
                at=None if was_scheduled_then or is_live else moment,
                base=base,
                without_sign_off=said.get("without_sign_off", ""),
                is_correction=said.get("is_correction", False),
            )
        elif name == "schedule":
            if not moment:
                raise EditorialRefused("Say on which day it is to go out.")
            without = said.get("without_sign_off", "")
            editorial.schedule(post, by=request.user, at=moment, base=base, without_sign_off=without)
        elif name == "unpublish":
            editorial.unpublish(post, by=request.user, reason=said.get("reason", ""), instead=said.get("leads_to", ""))
        elif name == "submit":
            editorial.submit(post, by=request.user)
        elif name == "restore":
            editorial.restore(post, by=request.user)
        else:
            raise EditorialRefused("That has a button of its own.")
