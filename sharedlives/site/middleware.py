from sharedlives.foundation.limits import TooMany

from . import views


def too_many(get_response):
    """A limit passed anywhere becomes a page in words, with Retry-After."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, exception):
        return views.too_many_requests(request, exception.retry_after) if isinstance(exception, TooMany) else None

    middleware.process_exception = process_exception
    return middleware
