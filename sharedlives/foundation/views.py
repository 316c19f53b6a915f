import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseNotAllowed

# As renditions.py names them: key, shape and width. A picture that changes gets a new key, so that what answers under
# one address never does.
RENDITION = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}-[ws]?\d{1,4}\.(avif|jpg)")
CONTENT_TYPES = {"avif": "image/avif", "jpg": "image/jpeg"}


def rendition(request, name):
    """A picture made by us, from the file storage; anything else below /media/ does not exist."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    match = RENDITION.fullmatch(name)
    if not match:
        raise Http404
    try:
        file = default_storage.open(f"renditions/{name}")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type=CONTENT_TYPES[match[1]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
