from __future__ import annotations

from collections.abc import Sequence

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest


def page(request: HttpRequest, rows: QuerySet | Sequence, on_a_page: int) -> Page:
    """The page of `rows` that `?page=` asks for, the first one without. Raises Http404 for what no page links.

    For lists of which people want to know how long they are; what grows for ever comes in pieces (blog/paging.py).
    """
    try:
        return Paginator(rows, on_a_page).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
