"""The texts of a post at the desk: which there were, how two differ, and taking an earlier one up again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from . import compare, editorial, revisions, snapshots
from .models import Post, Revision

ON_A_PAGE = 50


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

    def _post(self, request, pk, *, to_change: bool = False) -> Post:
        """The post, for whoever may see it, or change it: asked of this very post."""
        post = self.get_object(request, str(pk))
        if post is None:
            raise Http404
        if not (self.has_change_permission if to_change else self.has_view_or_change_permission)(request, post):
            raise PermissionDenied
        return post

    def _texts(self, request, post) -> QuerySet[Revision]:
        """What people may read of its texts: everybody's saved ones, and their own from while they wrote."""
        others = post.revisions.autosaves().exclude(by=request.user)
        return post.revisions.exclude(pk__in=others).select_related("by", "guest_pass").newest_first()

    def _context(self, request, post, title, **more):
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "post": post, **more}

    def texts_view(self, request, pk):
        post = self._post(request, pk)
        texts = self._texts(request, post)
        before = request.GET.get("before", "")
        if before.isdecimal() and len(before) < 19:
            texts = texts.filter(pk__lt=int(before))
        found = list(texts[: ON_A_PAGE + 1])
        context = self._context(
            request,
            post,
            f"Texts of {post}",
            texts=found[:ON_A_PAGE],
            older=found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None,
            newest=revisions.newest(post),
            may_restore=self.has_change_permission(request, post),
        )
        return TemplateResponse(request, "admin/blog/post/texts.html", context)

    def compare_view(self, request, pk):
        """Two texts, by `?before=` and `?after=`; without them the one that is out and the newest."""
        post = self._post(request, pk)
        texts = self._texts(request, post)
        before, after = (self._chosen(texts, request.GET.get(name)) for name in ("before", "after"))
        after = after or texts.kept().first()
        before = before or (texts.filter(pk=post.revision_id).first() if post.has_fixed_text() else None)
        if after and not before:
            before = texts.kept().filter(pk__lt=after.pk).first()
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
        post = self._post(request, pk, to_change=True)
        mine = get_object_or_404(self._texts(request, post), pk=revision)
        theirs = revisions.newest(post)
        context = self._context(
            request,
            post,
            f"Two texts of {post}",
            mine=mine,
            theirs=theirs,
            changes=compare.changes(theirs.data, mine.data),
        )
        return TemplateResponse(request, "admin/blog/post/beside.html", context)

    def restore_view(self, request, pk, revision):
        post = self._post(request, pk, to_change=True)
        text = get_object_or_404(self._texts(request, post), pk=revision)
        saved = revisions.restore(text, base=request.POST.get("base", ""), by=request.user)
        if saved.is_beside:
            messages.warning(request, "Somebody has saved another text meanwhile. Choose what should stay.")
            return redirect("admin:blog_post_beside", pk, saved.revision.pk)
        editorial.text_changed(post, by=request.user)
        self.log_change(request, post, "")
        messages.success(request, "That text is the newest again. The others are kept.")
        return redirect("admin:blog_post_change", pk)


def put_text_into(post: Post, chosen: str) -> None:
    """For the form, within a transaction that is rolled back: the text with this key, or the newest."""
    text = post.revisions.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if text := text or revisions.newest(post):
        snapshots.put_into(post, text.data)
