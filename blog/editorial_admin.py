"""Working with authors at the desk: the buttons beside a post's form, its notes, guests, links for reading."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sharedlives.foundation import richtext, spoken
from sharedlives.foundation.admin import ReadOnlyAdmin

from . import editorial, notes, passes, presence, preview_links, revisions
from .editorial import EditorialRefused
from .models import Author, GuestPass, Post, Revision, SignOff, Suggestion
from .snapshots import TEXTS


class InviteForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(label="E-mail", max_length=254)
    title = forms.CharField(label="About what", max_length=200, required=False, help_text="A title to begin with.")
    message = forms.CharField(
        label="Your message",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
        help_text="Goes into the mail and stands on their page: what you would like them to write, for whom, how long.",
    )
    deadline = forms.DateField(
        label="By when",
        required=False,
        widget=admin.widgets.AdminDateWidget,
        help_text="What you hope for. It locks nothing.",
    )


# The buttons below a post's form, by who may press them: editors; and those who may work on the post.
FOR_EDITORS = {
    "approve",
    "ask_for_sign_off",
    "request_changes",
    "decline",
    "archive",
    "file_sign_off",
    "settle_note",
    "send_again",
    "remind",
    "revoke",
}
FOR_WRITERS = {"take_back", "note", "make_preview_link", "end_preview_link", "forget_kept"}


def told(post) -> str:
    names = getattr(post, "told", [])
    return f" Told by mail: {', '.join(names)}." if names else ""


class EditorialPages:
    """For the admin of posts."""

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("invite/", site(self.invite_view), name="blog_post_invite"),
            path("<int:pk>/invite/", site(self.invite_view), name="blog_post_invite_to"),
            path("keep/", self._for_scripts(self.keep_new_view), name="blog_post_keep_new"),
            path("<int:pk>/keep/", self._for_scripts(self.keep_view), name="blog_post_keep"),
            path("<int:pk>/presence/", self._for_scripts(self.presence_view), name="blog_post_presence"),
            path("<int:pk>/do/<slug:act>/", site(require_POST(self.act_view)), name="blog_post_act"),
            *super().get_urls(),
        ]

    def _for_scripts(self, view):
        """What a page's script asks: who is signed out is told so, and not led to a page that no script can read."""
        inner = self.admin_site.admin_view(require_POST(view))

        def answer(request, *args, **kwargs):
            if not self.admin_site.has_permission(request):
                words = "You are signed out. Sign in again in another tab; your words stay on this page."
                return JsonResponse({"problem": words}, status=401)
            if request.POST.get("who") not in (None, str(request.user.pk)):
                words = "Sign in again as yourself in another tab; your words stay on this page."
                return JsonResponse({"problem": f"{request.user} is signed in here now. {words}"}, status=401)
            return inner(request, *args, **kwargs)

        return answer

    # What stands beside the form

    def panel(self, request, post, text, not_agreed) -> dict | None:
        """What somebody who works on this post sees and may do. `text` is its newest one, and `not_agreed` the guests
        who have not agreed to that."""
        if not editorial.may_work_on(request.user, post):
            return None
        may_edit = request.user.has_perm("blog.edit_post")
        stands = editorial.where(post)
        acts = ("approve", "ask_for_sign_off", "request_changes", "decline", "archive")
        return {
            "stands": stands,
            "may_edit_posts": may_edit,
            "acts": {act for act in acts if may_edit and stands in editorial.MOVES[act].leads},
            "may_take_back": not may_edit and stands == editorial.SUBMITTED and not post.opened_at,
            "may_invite": may_edit and stands in editorial.IN_WORK,
            "guests": self._guests(post, not_agreed),
            "notes": post.notes.select_related("by", "guest_pass"),
            "preview_links": post.preview_links.valid().select_related("revision", "guest_pass"),
            "hows": SignOff.How.choices[1:],
            "today": timezone.localdate(),
            "has_newer_draft": revisions.is_newer_draft(post, text),
            "kept": revisions.own_autosave(post, by=request.user),
        }

    def _guests(self, post, not_agreed):
        """Each with their link, whether they have agreed to the newest text, and whether the post waits for them."""
        guests = post.guests()
        passes_of = {row.author_id: row for row in post.passes.filter(revoked_at=None)} if guests else {}
        awaited = not_agreed if post.status == editorial.AWAITING_SIGN_OFF else []
        awaited = guests if post.status in editorial.GUEST_MAY_WRITE else awaited
        return [(guest, passes_of.get(guest.pk), guest not in not_agreed, guest in awaited) for guest in guests]

    # Buttons

    def act_view(self, request, pk, act):
        if act not in FOR_EDITORS | FOR_WRITERS:
            raise Http404
        post = self.post_for(request, pk, editorial.may_work_on if act in FOR_WRITERS else _may_act_as_editor)
        try:
            with transaction.atomic():
                words = getattr(self, f"_do_{act}")(request, post)
        except EditorialRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, words)
        return redirect("admin:blog_post_change", pk)

    def _do_approve(self, request, post):
        return f"Approved.{told(editorial.approve(post, by=request.user))}"

    def _do_ask_for_sign_off(self, request, post):
        post = editorial.ask_for_sign_off(post, by=request.user)
        guests = self._guests(post, editorial.not_agreed(post))
        without = [author.name for author, guest_pass, agreed, _awaited in guests if not (guest_pass or agreed)]
        more = f" {', '.join(without)} has no link: ask by mail or by phone, and file the answer." if without else ""
        return f"Asked to agree to this text.{told(post)}{more}"

    def _do_request_changes(self, request, post):
        post = editorial.request_changes(post, by=request.user, note=request.POST.get("note", "")[:5000])
        return f"Sent back with your note.{told(post)}"

    def _do_decline(self, request, post):
        post = editorial.decline(post, by=request.user, reasons=request.POST.get("note", "")[:5000])
        return f"Declined.{told(post)}"

    def _do_archive(self, request, post):
        editorial.archive(post, by=request.user, reason=request.POST.get("note", "")[:300])
        return "Put away. Nobody was told."

    def _do_take_back(self, request, post):
        editorial.take_back(post, by=request.user)
        return "It is a draft again."

    def _do_file_sign_off(self, request, post):
        author = get_object_or_404(Author, pk=_number(request.POST.get("author")))
        how = request.POST.get("how", "")
        if how not in (SignOff.How.MAIL, SignOff.How.PHONE):
            raise EditorialRefused("Say how they agreed: by mail or by phone.")
        try:
            on = forms.DateField().clean(request.POST.get("on", ""))
        except forms.ValidationError as error:
            raise EditorialRefused("Say on which day they agreed.") from error
        editorial.file_sign_off(post, author, how=how, on=on, by=request.user)
        return f"Filed: {author.name} agreed to this text."

    def _do_note(self, request, post):
        text = request.POST.get("note", "").strip()[:5000]
        if not text:
            raise EditorialRefused("Write something first.")
        is_shared = "shared" in request.POST and request.user.has_perm(passes.RIGHT)
        note = notes.write(post, text, by=request.user, is_shared=is_shared)
        return f"Noted.{told(note)}"

    def _do_settle_note(self, request, post):
        notes.settle(get_object_or_404(post.notes, pk=_number(request.POST.get("key"))), by=request.user)
        return "Seen to."

    def _do_send_again(self, request, post):
        passes.send_again(self._pass(request, post), by=request.user)
        return "The link is on its way."

    def _do_remind(self, request, post):
        passes.remind(self._pass(request, post), by=request.user)
        return "Reminded by mail."

    def _do_revoke(self, request, post):
        passes.revoke(self._pass(request, post), by=request.user)
        return "The link works no more."

    def _do_make_preview_link(self, request, post):
        days = min(max(_number(request.POST.get("days")) or 14, 1), 90)
        pinned = revisions.begin(post) if "pinned" in request.POST else None
        label = request.POST.get("label", "")[:100]
        preview_links.create(post, by=request.user, revision=pinned, days=days, label=label)
        return "The link stands below. Whoever has it can read this post and change nothing."

    def _do_end_preview_link(self, request, post):
        link = get_object_or_404(post.preview_links, pk=_number(request.POST.get("key")))
        preview_links.revoke(link, by=request.user)
        return "That link works no more."

    def _do_forget_kept(self, request, post):
        revisions.forget_autosave(post, by=request.user)
        return "Thrown away."

    def _pass(self, request, post) -> GuestPass:
        return get_object_or_404(post.passes, pk=_number(request.POST.get("key")))

    # While somebody writes

    def keep_view(self, request, pk):
        """Keep what is being written, finished or not; the answer says when, or why not.

        Also of a post that has gone on to the editors meanwhile: nobody but its writer sees those words.
        """
        try:
            post = self.post_for(request, pk)
        except (Http404, PermissionDenied):
            return JsonResponse({"problem": "You may not change this post any more. Copy your words."}, status=403)
        try:
            kept = self.keep_typed(request, post)
        except richtext.Refused as refusal:
            return JsonResponse({"problem": " ".join(refusal.messages)}, status=400)
        return JsonResponse({"kept": spoken.time(kept.created_at), "key": kept.pk})

    def keep_new_view(self, request):
        """Of a post that is not there yet nothing is kept. The answer says that its writer is still signed in, so that
        the form is not sent in vain."""
        if not self.has_add_permission(request):
            return JsonResponse({"problem": "You may not add posts any more. Copy your words."}, status=403)
        return JsonResponse({"words": "Once you have saved this post, your words are kept while you write."})

    def keep_typed(self, request, post) -> Revision:
        """What stands in the posted form's boxes, kept for whoever typed it. Raises richtext.Refused."""
        typed = {name: request.POST[name].replace("\0", "") for name in TEXTS if name in request.POST}
        typed |= {name: richtext.clean(typed[name]) for name in ("introduction", "body") if name in typed}
        text = revisions.as_it_stands(post).data | typed
        base, kept = request.POST.get("base", "")[:60], request.POST.get("kept")
        return revisions.autosave(post, text, base=base, by=request.user, kept=kept)

    def presence_view(self, request, pk):
        """Says that this person has the form open; the answer names the others."""
        post = self.post_for(request, pk)
        editorial.note_opened(post, by=request.user)
        return JsonResponse({"others": presence.seen(post, key=f"user {request.user.pk}", name=str(request.user))})

    # Inviting

    def invite_view(self, request, pk=None):
        """Invite somebody without an account to write: a new post, or one that is there."""
        if not request.user.has_perm(passes.RIGHT):
            raise PermissionDenied
        post = get_object_or_404(Post, pk=pk) if pk else None
        suggestion = Suggestion.objects.filter(
            pk=_number(request.GET.get("suggestion")), state=Suggestion.State.WAITING
        ).first()
        initial = {"name": suggestion.name, "email": suggestion.email} if suggestion else {}
        form = InviteForm(request.POST or None, initial=initial)
        if post:
            del form.fields["title"]
        if request.method == "POST" and form.is_valid():
            try:
                guest_pass = passes.invite(by=request.user, post=post, suggestion=suggestion, **form.cleaned_data)
            except EditorialRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Invited. Told by mail: {guest_pass.name}.")
                return redirect("admin:blog_post_change", guest_pass.post_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Invite somebody to write{f': {post}' if post else ''}",
            "opts": self.opts,
            "post": post,
            "form": form,
            "suggestion": suggestion,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/blog/post/invite.html", context)


@admin.register(Suggestion)
class SuggestionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "name", "state", "answered_by"]
    list_filter = ["state"]
    fields = readonly_fields = ["created_at", "name", "email", "idea", "state", "answered_at", "answered_by"]
    change_form_template = "admin/blog/suggestion/change_form.html"

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.decline_view))
        return [path("<int:pk>/decline/", view, name="blog_suggestion_decline"), *super().get_urls()]

    def decline_view(self, request, pk):
        if not request.user.has_perm(passes.RIGHT):
            raise PermissionDenied
        suggestion = get_object_or_404(Suggestion, pk=pk)
        try:
            passes.decline_suggestion(suggestion, by=request.user, words=request.POST.get("words", "")[:3000])
        except EditorialRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Declined. Told by mail.")
        return redirect(reverse("admin:blog_suggestion_change", args=[pk]))


def _may_act_as_editor(user, post) -> bool:
    return user.has_perm("blog.edit_post") and editorial.may_work_on(user, post)


def _number(text) -> int:
    text = str(text or "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
