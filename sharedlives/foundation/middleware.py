from django.contrib import messages
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from . import worker_watch
from .accounts import needs_second_factor

# A picture of 8 MB, and what comes with it. deploy/nginx.conf says the same.
MOST_BYTES = 10 * 1024 * 1024


def health(get_response):
    """Answers /healthz and /readyz before redirects and host checks can get in a prober's way."""

    def middleware(request):
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            return _readiness()
        worker_watch.look_now_and_then()
        return get_response(request)

    return middleware


def _readiness() -> JsonResponse:
    body = {"database": "away", "migrations": "unknown", "worker_last_seen_seconds": None}
    try:
        executor = MigrationExecutor(connection)
        body["database"] = "ok"
        is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        body["migrations"] = "ok" if is_migrated else "missing"
        if is_migrated and (age := worker_watch.age()):
            body["worker_last_seen_seconds"] = int(age.total_seconds())
    except Error:
        pass
    is_ready = body["database"] == body["migrations"] == "ok"
    return JsonResponse(body, status=200 if is_ready else 503, headers={"Cache-Control": "no-store"})


def response_headers(get_response):
    """Headers that Django's own middleware does not set."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def too_large(get_response):
    """Refuses what is too large by what it says of itself, before a byte of it is read (OWASP ASVS 5.0, 5.2.1).

    Nothing is read of a body that does not say its length (WSGI, PEP 3333).
    """

    def middleware(request):
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > MOST_BYTES:
            return render(request, "413.html", status=413)
        return get_response(request)

    return middleware


def second_factor(get_response):
    """Whoever may see access needs sets up a second factor before the admin opens (OWASP ASVS 5.0, 6.3.3)."""

    def middleware(request):
        if request.path_info.startswith("/admin/") and needs_second_factor(request.user):
            messages.warning(
                request,
                "Your account can see things about people that nobody else may see, so it needs a second step when "
                "you sign in. Set one up here; then the desk opens.",
            )
            return redirect("mfa_index")
        return get_response(request)

    return middleware
