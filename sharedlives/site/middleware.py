from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponseNotAllowed, HttpResponseNotFound, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.urls import reverse_lazy
from django.utils.encoding import iri_to_uri

from sharedlives.foundation import redirects
from sharedlives.foundation.limits import TooMany
from sharedlives.foundation.models import Charity

from . import views
from .old_addresses import leads_to


def too_many(get_response):
    """A limit passed anywhere becomes a page in words, with Retry-After."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, exception):
        return views.too_many_requests(request, exception.retry_after) if isinstance(exception, TooMany) else None

    middleware.process_exception = process_exception
    return middleware


# Not for ever in browsers: an address may be changed back.
AN_HOUR = "max-age=3600"


def old_hosts(get_response):
    """A host that this site had before (OLD_HOSTS) only ever sends on to the new one; no page is served there.

    Comes before SecurityMiddleware: that would ask browsers to insist on https at the old name and all below it,
    where other things may live.
    """

    def middleware(request):
        host = split_domain_port(request.META.get("HTTP_HOST", ""))[0]
        if not host or host not in settings.OLD_HOSTS:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        asked = request.get_full_path()
        site = Charity.current().site_address.rstrip("/")
        if urlsplit(site).hostname in settings.OLD_HOSTS:  # entered before the host became an old one: no circles
            return HttpResponseNotFound("This site has moved. Its new address is not known here yet.")
        return _sent_on(site + (leads_to(asked, host=host) or asked))

    return middleware


def old_addresses(get_response):
    """Where nothing is found, the address may be one of before; what was home then is asked for things by number."""
    asked_by_number = ("/", reverse_lazy("blog:post_list"))

    def middleware(request):
        may_be_old = request.method in ("GET", "HEAD") and not request.path_info.startswith("/admin/")
        if may_be_old and request.path_info in asked_by_number and not redirects.NAMES_A_THING.isdisjoint(request.GET):
            return _sent_to_new(request) or get_response(request)
        response = get_response(request)
        if may_be_old and response.status_code == 404:
            return _sent_to_new(request) or response
        return response

    return middleware


def _sent_to_new(request):
    new = leads_to(request.get_full_path())
    return _sent_on(new) if new else None


def _sent_on(address):
    return HttpResponsePermanentRedirect(iri_to_uri(address), headers={"Cache-Control": AN_HOUR})
