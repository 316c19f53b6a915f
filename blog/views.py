from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from sharedlives.foundation import links, reading
from sharedlives.foundation.models import Charity

from . import archive, editorial, preview_links, revisions, structured_data
from .models import Author, Post, PreviewLink, Tag, Topic
from .paging import piece
from .related import neighbours

# The page of the workshop has the others.
DATES_WITH_A_POST = 12


@require_safe
def post_list(request):
    posts = Post.objects.published().for_lists()
    page = piece(posts.not_pinned(), request.GET.get("before"))
    pinned = posts.pinned().newest_first() if page.is_first else []
    return render(request, "blog/post_list.html", {"page": page, "pinned": pinned})


@require_safe
def post_detail(request, slug):
    posts = Post.objects.published().for_reading()
    post = posts.filter(slug=slug).first()
    if post:
        return render(request, "blog/post_detail.html", on_its_page(post))
    if moved := posts.filter(addresses__slug=slug).first():
        response = redirect(moved, permanent=True)
        # Not for ever in browsers: an address may be changed back.
        patch_cache_control(response, max_age=3600)
        return response
    return _preview(request, slug)


def _gone(request, slug):
    """What was taken down says so (410), or leads where staff said. Of what was never out nobody learns."""
    post = get_object_or_404(Post, status=Post.Status.ARCHIVED, addresses__slug=slug)
    if post.instead and not _is_gone(editorial.slug_in(post.instead)):
        return redirect(post.instead)
    return render(request, "blog/post_gone.html", status=410)


def _is_gone(slug):
    """No chains and no loops: what was itself taken down leads nobody on."""
    return bool(slug) and Post.objects.filter(status=Post.Status.ARCHIVED, addresses__slug=slug).exists()


def _preview(request, slug):
    """What is not public yet, or no longer, for staff who may see posts. Only here is anybody's session looked at."""
    post = Post.objects.for_reading().visible_to(request.user).filter(slug=slug).first()
    if post is None:
        return _gone(request, slug)
    response = render(request, "blog/post_detail.html", on_its_page(post) | {"is_preview": True})
    patch_cache_control(response, no_store=True, private=True)
    return response


@links.private_page
@require_safe
def preview(request, token):
    """What somebody outside was given to read: gone once the post is out, or the link has ended."""
    try:
        (pk,) = links.read("preview", token)
    except (links.BadLink, ValueError) as error:
        raise Http404 from error
    link = PreviewLink.objects.select_related("post", "revision").filter(pk=pk).first()
    if link is None:
        raise Http404
    if link.post.is_published():
        return redirect(link.post)
    if not link.is_valid():
        return render(request, "blog/preview_ended.html", status=410)
    text = link.revision or revisions.newest(link.post)
    context = {"title": text.data["title"], "html": preview_links.rendered(text), "link": link}
    return render(request, "blog/preview.html", context)


def on_its_page(post):
    """What its page shows; the preview at the desk (blog/previews.py) asks here too."""
    workshop = post.announced_workshop
    return {
        "post": post,
        "dates": workshop.dates.published().upcoming()[:DATES_WITH_A_POST] if workshop else None,
        "pictures": reading.pictures_in(post.introduction, post.body),
        "neighbours": neighbours(post),
        "structured_data": structured_data.blog_posting(post, Charity.current()),
    }


# --- Shelves: under what posts are found ------------------------------------------------------------------------------


@require_safe
def author_detail(request, slug):
    authors = Author.objects.public().select_related("portrait").prefetch_related("handles")
    author = get_object_or_404(authors, slug=slug)
    return _shelf(request, "blog/author_detail.html", author, author=author)


@require_safe
def topic_list(request):
    return render(request, "blog/topic_list.html", {"topics": Topic.objects.public()})


@require_safe
def topic_detail(request, slug):
    topic = get_object_or_404(Topic.objects.public(), slug=slug)
    return _shelf(request, "blog/topic_detail.html", topic, topic=topic)


@require_safe
def tag_detail(request, slug):
    tag = get_object_or_404(Tag.objects.public(), slug=slug)
    return _shelf(request, "blog/tag_detail.html", tag, tag=tag)


def _shelf(request, template, shelf, **context):
    posts = Post.objects.published().on_shelf(shelf).for_lists()
    return render(request, template, context | {"page": piece(posts, request.GET.get("before"))})


# --- The archive ------------------------------------------------------------------------------------------------------


@require_safe
def archive_index(request):
    return render(request, "blog/archive_index.html", {"months": archive.months(Post.objects.published())})


@require_safe
def archive_year(request, year):
    posts = _posts_of(year)
    page = piece(posts.for_lists(), request.GET.get("before"))
    context = {"day": _first_day(page), "page": page, "months": archive.months(posts)}
    return render(request, "blog/archive_year.html", context)


@require_safe
def archive_month(request, year, month):
    page = piece(_posts_of(year, month).for_lists(), request.GET.get("before"))
    return render(request, "blog/archive_month.html", {"day": _first_day(page), "page": page})


def _posts_of(*period):
    try:
        begins, ends = archive.bounds(*period)
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    return Post.objects.published().filter(publish_at__gte=begins, publish_at__lt=ends)


def _first_day(page):
    """A day of the period, to name it; there is no page for one without posts."""
    if not page.posts:
        raise Http404
    return timezone.localdate(page.newest_at)
