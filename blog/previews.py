"""A post as readers will see it, from a form that is not saved: at the desk, in a tab of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.utils import flatten_fieldsets
from django.db import transaction
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control

from . import views
from .models import Post

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest


def respond(request: HttpRequest, admin: ModelAdmin, post: Post | None) -> TemplateResponse:
    """The preview of the posted form, or what is wrong with it in words. The caller has asked for the permission."""
    with transaction.atomic():
        form, formsets = _filled_in(request, admin, post)
        is_valid = all([form.is_valid(), *(formset.is_valid() for formset in formsets)])
        html = _saved_and_shown(request, admin, form, formsets) if is_valid else ""
        # Saved, so that bylines, topics and pictures are there to be shown, and never kept.
        transaction.set_rollback(True)
    context = {
        **admin.admin_site.each_context(request),
        "title": f"Preview: {form['title'].value() or 'post without a title'}",
        "html": html,
        "wrong": _wrong(form, formsets),
        "opts": admin.opts,
    }
    response = TemplateResponse(request, "admin/blog/post/preview.html", context).render()
    patch_cache_control(response, no_store=True, private=True)
    return response


def _filled_in(request, admin, post):
    fields = flatten_fieldsets(admin.get_fieldsets(request, post))
    form_class = admin.get_form(request, post, change=post is not None, fields=fields)
    form = form_class(request.POST, request.FILES, instance=post)
    form.is_preview = True
    form.is_valid()  # gives the formsets the post as it would be
    formsets, _inlines = admin._create_formsets(request, form.instance, change=post is not None)
    return form, formsets


def _saved_and_shown(request, admin, form, formsets) -> str:
    change = form.instance.pk is not None
    admin.save_model(request, admin.save_form(request, form, change), form, change)
    admin.save_related(request, form, formsets, change)
    post = Post.objects.for_reading().get(pk=form.instance.pk)
    return render_to_string("blog/post_detail.html", views.on_its_page(post), request=request)


def _wrong(form, formsets) -> list[str]:
    """What keeps the form from being shown, each with the field it is about."""
    found = _sentences(form)
    for formset in formsets:
        found += [str(error) for error in formset.non_form_errors()]
        for row in formset.forms:
            found += _sentences(row)
    return found


def _sentences(form) -> list[str]:
    return [
        str(error) if name == "__all__" else f"{form[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    ]
