"""Home, and the pages people see when something cannot be done."""

import logging
import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template import loader
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from blog.models import Post
from events.models import WorkshopDate
from sharedlives.foundation import paging, reading
from sharedlives.foundation import search as text_search
from sharedlives.foundation.models import Charity

from . import menus
from . import search as finding
from .kept_text import kept_text
from .models import Page

RESULTS_ON_A_PAGE = 10

log = logging.getLogger(__name__)

# When even the error page cannot be rendered: words, nothing else.
PLAIN = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Something went wrong here</title>'
    '<meta name="viewport" content="width=device-width"></head><body><main><h1>Something went wrong here</h1>'
    "<p>That is our fault, not yours. Please try again in a few minutes.</p></main></body></html>"
)


@require_safe
def home(request):
    context = {
        "posts": Post.objects.published().with_bylines()[:3],
        "dates": WorkshopDate.objects.published().upcoming().taking_place()[:4],
    }
    return render(request, "site/home.html", context)


@require_safe
def page_detail(request, slug):
    page = get_object_or_404(Page, slug=slug)
    context = {"page": page, "pictures": reading.pictures_in(page.body)}
    if page.is_published:
        return render(request, "site/page_detail.html", context)
    # Only here is anybody's session looked at.
    get_object_or_404(Page.objects.visible_to(request.user), pk=page.pk)
    response = render(request, "site/page_detail.html", context | {"is_preview": True})
    patch_cache_control(response, no_store=True, private=True)
    return response


@require_safe
def search(request):
    words = text_search.asked(request.GET.get("q", ""))
    query = text_search.stems(words) if words else ""
    page = paging.page(request, finding.find(query), RESULTS_ON_A_PAGE)
    context = {
        "words": words,
        "is_too_common": words and not query,
        "page": page,
        "how_many": _how_many(page.paginator.count),
        "results": finding.results(page.object_list, query),
    }
    return render(request, "site/search.html", context)


def _how_many(count: int) -> str:
    if count >= finding.MOST:
        return f"{finding.MOST} results or more"
    return "1 result" if count == 1 else f"{count} results"


@never_cache
def bad_request(request, exception=None):
    return render(request, "400.html", status=400)


@never_cache
def permission_denied(request, exception=None):
    return render(request, "403.html", status=403)


@never_cache
def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", {"kept": kept_text(request)}, status=403)


@never_cache
def page_not_found(request, exception=None):
    return render(request, "404.html", status=404)


@never_cache
def too_many_requests(request: HttpRequest, retry_after: int) -> HttpResponse:
    context = {"wait": _in_words(retry_after), "kept": kept_text(request)}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(retry_after)
    return response


@never_cache
def server_error(request):
    # Away, overloaded or read-only for a while: that mends itself, and the page says so.
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError | InternalError):
        return service_unavailable(request)
    return _render_whatever_happens(request, "500.html", 500, _known(request))


@never_cache
def service_unavailable(request, exception=None):
    response = _render_whatever_happens(request, "503.html", 503, _known(request))
    response["Retry-After"] = "60"
    return response


def _known(request):
    """The database may be what is missing: do not wait for it again."""
    return {"charity": Charity.remembered(), "menus": menus.remembered, "kept": kept_text(request)}


def _render_whatever_happens(request, template, status, context=None):
    try:
        return HttpResponse(loader.render_to_string(template, context, request), status=status)
    except Exception:
        log.exception("%s could not be rendered", template)
        return HttpResponse(PLAIN, status=status)


def _in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    if minutes <= 1:
        return "in a minute"
    if minutes < 90:
        return f"in {minutes} minutes"
    return f"in {round(minutes / 60)} hours"
