"""What people do with pictures: take one in, change its file or its focal point, delete it."""

from __future__ import annotations

import logging
import unicodedata
from pathlib import PurePath

from django.core.files import File
from django.db import transaction

from . import renditions
from .models import Picture, User
from .models.picture import new_key
from .picture_decoding import Refused, read

__all__ = ["Refused", "add", "delete", "refocus", "replace_file"]

log = logging.getLogger(__name__)


def add(file: File, *, by: User | None, name: str = "", **facts: object) -> Picture:
    """A new picture of the library from an uploaded file; `facts` are fields of Picture: alt, is_decorative, caption,
    credit, pictured, consent, consent_until, focal_x, focal_y.

    `name` may be the file's own and is cleaned. Raises Refused. Something to show is there at once; a job makes the
    rest.
    """
    picture = Picture(uploaded_by=by, name=clean_name(name or file.name or ""), **facts)
    take_file(picture, file)
    save(picture)
    return picture


def take_file(picture: Picture, file: File) -> None:
    """Read `file` and write what becomes of it, under a new key that `picture` has from now on; save it with `save`.

    Raises Refused, and leaves everything as it was.
    """
    image = read(file)
    _give_files(picture, image)


def _give_files(picture: Picture, image) -> None:
    before = picture.key, picture.format, picture.width, picture.height, picture.has_renditions
    picture.key, picture.has_renditions = new_key(), False
    try:
        renditions.store_copy(picture, image)
        renditions.make_fallbacks(picture, image)
    except OSError as error:
        picture.key, picture.format, picture.width, picture.height, picture.has_renditions = before
        log.exception("a picture could not be written")
        raise Refused("The picture could not be kept: our disk does not take it. Nothing else was lost.") from error


@transaction.atomic
def save(picture: Picture) -> None:
    """Write the row, and have the missing renditions made."""
    from .jobs import make_renditions

    picture.save()
    if not picture.has_renditions:
        make_renditions.defer(picture_id=picture.pk, key=picture.key)


def replace_file(picture: Picture, file: File) -> None:
    """Another file in the place of the old one, wherever the picture stands. Raises Refused; then the old one stays."""
    take_file(picture, file)
    save(picture)


def refocus(picture: Picture, focal_x: int, focal_y: int) -> None:
    """Cut crops around another point. Raises Refused."""
    picture.focal_x, picture.focal_y = focal_x, focal_y
    recut(picture)
    save(picture)


def recut(picture: Picture) -> None:
    """Fallbacks around the focal point as it is now, under a new key; save it with `save`. Raises Refused."""
    _give_files(picture, renditions.open_copy(picture))


def delete(picture: Picture) -> None:
    """Delete a picture that stands nowhere, with its files. Raises Refused, with where it stands."""
    picture.delete()


def clean_name(name: str) -> str:
    """What of a file's name is worth keeping: no folders, no ending, nothing invisible."""
    stem = PurePath(name.replace("\\", "/").replace("\0", "")).stem
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in stem)
    return " ".join(visible.split())[:150] or "Picture"


def make_renditions(picture_id: int, key: str) -> None:
    """Make what is missing of the picture as it was under `key`; nothing if it has another by now, or is gone."""
    picture = Picture.objects.filter(pk=picture_id, key=key).first()
    if picture:
        renditions.make_missing(picture)
        Picture.objects.filter(pk=picture_id, key=key).update(has_renditions=True)
