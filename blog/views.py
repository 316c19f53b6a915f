from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from .models import Author, Post, Tag, Topic

POSTS_ON_A_PAGE = 10


@require_safe
def post_list(request):
    posts = Post.objects.published().newest_first().with_bylines()
    try:
        page = Paginator(posts, POSTS_ON_A_PAGE).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    return render(request, "blog/post_list.html", {"page": page})


@require_safe
def post_detail(request, slug):
    posts = Post.objects.published().for_reading()
    post = posts.filter(slug=slug).first()
    if post:
        return render(request, "blog/post_detail.html", _shown(post))
    if moved := posts.filter(addresses__slug=slug).first():
        response = redirect(moved, permanent=True)
        # Not for ever in browsers: an address may be changed back.
        patch_cache_control(response, max_age=3600)
        return response
    return _preview(request, slug)


def _preview(request, slug):
    """What is not public yet, or no longer, for staff who may see posts. Only here is anybody's session looked at."""
    post = get_object_or_404(Post.objects.for_reading().visible_to(request.user), slug=slug)
    response = render(request, "blog/post_detail.html", _shown(post) | {"is_preview": True})
    patch_cache_control(response, no_store=True, private=True)
    return response


def _shown(post):
    workshop = post.announced_workshop
    return {"post": post, "dates": workshop.dates.published().upcoming() if workshop else None}


@require_safe
def author_detail(request, slug):
    author = get_object_or_404(Author.objects.public(), slug=slug)
    posts = Post.objects.published().filter(bylines__author=author)
    return _shelf(request, author, posts)


@require_safe
def topic_detail(request, slug):
    topic = get_object_or_404(Topic.objects.public(), slug=slug)
    return _shelf(request, topic, Post.objects.published().filter(topics=topic))


@require_safe
def tag_detail(request, slug):
    tag = get_object_or_404(Tag.objects.public(), slug=slug)
    return _shelf(request, tag, Post.objects.published().filter(tags=tag))


def _shelf(request, shelf, posts):
    page = Paginator(posts.newest_first().with_bylines(), POSTS_ON_A_PAGE).page(1)
    return render(request, "blog/post_list.html", {"page": page, "shelf": shelf})
