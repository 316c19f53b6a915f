"""The texts of a post at the desk: which there were, how two differ, and taking an earlier one up again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sharedlives.foundation.models import User

from . import compare, editorial, revisions, snapshots
from .models import Post, Revision

ON_A_PAGE = 50
TO_BE_ASKED_AGAIN = "Its guests were asked about the text before this one. Ask them again, below the form."


class RevisionPages:
    """For the admin of posts."""

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/texts/", site(require_safe(self.texts_view)), name="blog_post_texts"),
            path("<int:pk>/texts/compare/", site(require_safe(self.compare_view)), name="blog_post_compare"),
            path(
                "<int:pk>/texts/<int:revision>/beside/", site(require_safe(self.beside_view)), name="blog_post_beside"
            ),
            path(
                "<int:pk>/texts/<int:revision>/restore/",
                site(require_POST(self.restore_view)),
                name="blog_post_restore",
            ),
            *super().get_urls(),
        ]

    def post_for(self, request, pk, may=editorial.may_work_on) -> Post:
        """The post, for whoever may work on it, or change it; asked of this very post by every page beside its form."""
        post = get_object_or_404(Post, pk=pk)
        if not may(request.user, post):
            raise PermissionDenied
        return post

    def _context(self, request, post, title, **more):
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "post": post, **more}

    def texts_view(self, request, pk):
        post = self.post_for(request, pk)
        texts = revisions.readable_by(request.user, post)
        before = request.GET.get("before", "")
        if before.isdecimal() and len(before) < 19:
            texts = texts.filter(pk__lt=int(before))
        newest, found = revisions.newest(post), list(texts[: ON_A_PAGE + 1])
        context = self._context(
            request,
            post,
            f"Texts of {post}",
            texts=found[:ON_A_PAGE],
            older=found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None,
            newest=newest,
            base=revisions.base_named(post, newest),
            may_restore=editorial.may_edit(request.user, post),
        )
        return TemplateResponse(request, "admin/blog/post/texts.html", context)

    def compare_view(self, request, pk):
        """Two texts, by `?before=` and `?after=`; without them the one that is out and the newest."""
        post = self.post_for(request, pk)
        texts = revisions.readable_by(request.user, post)
        before, after = (self._chosen(texts, request.GET.get(name)) for name in ("before", "after"))
        after = after or texts.kept().first()
        before = before or (texts.filter(pk=post.revision_id).first() if post.has_fixed_text() else None)
        if after and not before:
            before = texts.kept().filter(pk__lt=after.pk).first() or revisions.as_it_stands(post)
        if not (before and after):
            raise Http404
        context = self._context(
            request,
            post,
            f"What changed in {post}",
            before=before,
            after=after,
            changes=compare.changes(before.data, after.data),
        )
        return TemplateResponse(request, "admin/blog/post/compare.html", context)

    def _chosen(self, texts, key):
        return texts.filter(pk=int(key)).first() if key and key.isdecimal() and len(key) < 19 else None

    def beside_view(self, request, pk, revision):
        """Two texts that were saved at once: the person chooses, or puts both together."""
        post = self.post_for(request, pk, editorial.may_edit)
        mine = get_object_or_404(revisions.readable_by(request.user, post), pk=revision)
        theirs = revisions.as_it_stands(post)
        context = self._context(
            request,
            post,
            f"Two texts of {post}",
            mine=mine,
            theirs=theirs,
            base=revisions.base_named(post, theirs),
            changes=compare.changes(theirs.data, mine.data),
        )
        return TemplateResponse(request, "admin/blog/post/beside.html", context)

    def restore_view(self, request, pk, revision):
        post = self.post_for(request, pk, editorial.may_edit)
        text = get_object_or_404(revisions.readable_by(request.user, post), pk=revision)
        saved = revisions.restore(text, base=request.POST.get("base", "")[:60], by=request.user)
        if saved.is_beside:
            messages.warning(request, "Somebody has saved another text meanwhile. Choose what should stay.")
            return redirect("admin:blog_post_beside", pk, saved.revision.pk)
        if editorial.text_changed(post, by=request.user):
            messages.warning(request, TO_BE_ASKED_AGAIN)
        self.log_change(request, post, "")
        messages.success(request, "That text is the newest again. The others are kept.")
        return redirect("admin:blog_post_change", pk)


def put_text_into(post: Post, chosen: str, newest: Revision | None, *, user: User) -> Revision | None:
    """For the form, within a transaction that is rolled back: the text with this key, or the newest."""
    texts = revisions.readable_by(user, post) if editorial.may_work_on(user, post) else post.revisions.none()
    text = texts.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if text := text or newest:
        snapshots.put_into(post, text.data)
    return text
