"""What people do with pictures: take one in, change its file or its focal point, delete it."""

from __future__ import annotations

import logging
import unicodedata
from pathlib import PurePath

from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from PIL import Image

from . import links, mail, renditions
from .models import Charity, Picture, User
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
    _give_files(picture, read(file))


def _give_files(picture: Picture, image: Image.Image) -> None:
    before = {name: getattr(picture, name) for name in ("key", "has_renditions", "format", "width", "height")}
    picture.key, picture.has_renditions = new_key(), False
    try:
        renditions.store_copy(picture, image)
        renditions.make_fallbacks(picture, image)
    except Exception as error:  # a full disk, one that may only be read, or whatever a storage elsewhere raises
        log.exception("a picture could not be written")
        renditions.remove(renditions.files(picture))
        for name, value in before.items():
            setattr(picture, name, value)
        raise Refused(
            "The picture could not be kept: there is no room for it, or the site may not write there. Nothing else "
            "was lost. Tell whoever looks after the site."
        ) from error


@transaction.atomic
def save(picture: Picture) -> None:
    """Write the row, and have the missing renditions made; or the public files removed, if it may not be shown."""
    from .jobs import make_renditions

    if picture.may_be_shown():
        picture.save()
        if not picture.has_renditions:
            make_renditions.defer(picture_id=picture.pk, key=picture.key)
    else:
        picture.has_renditions = False
        picture.save()
        files = renditions.public_files(picture)
        transaction.on_commit(lambda: renditions.remove(files), robust=True)


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
    try:
        image = renditions.open_copy(picture)
    except OSError as error:
        log.exception("our copy of a picture is missing")
        raise Refused("The file of this picture cannot be found. Choose it again.") from error
    _give_files(picture, image)


@transaction.atomic
def delete(picture: Picture) -> None:
    """Delete a picture that stands nowhere; its files go once that is certain. Raises Refused, with where it stands."""
    if uses := picture.uses():
        places = ", ".join(f'"{use}"' for use in uses[:5])
        raise Refused(f'"{picture}" is used in {places}. Take it out there first.')
    files = renditions.files(picture)
    picture.delete()
    transaction.on_commit(lambda: renditions.remove(files), robust=True)


def clean_name(name: str) -> str:
    """What of a file's name is worth keeping: no folders, no ending, nothing invisible."""
    stem = PurePath(name.replace("\\", "/").replace("\0", "")).stem
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in stem)
    return " ".join(visible.split())[:150] or "Picture"


# What jobs do


def make_renditions(picture_id: int, key: str) -> None:
    """Make what is missing of the picture as it was under `key`; nothing if it has another by now, is gone, or may not
    be shown."""
    picture = Picture.objects.consented().filter(pk=picture_id, key=key).first()
    if picture:
        renditions.make_missing(picture)
        Picture.objects.filter(pk=picture_id, key=key).update(has_renditions=True)


def make_lost_renditions() -> None:
    """Ask again for those whose job got lost, for instance with a worker that was killed."""
    from .jobs import make_renditions

    for pk, key in Picture.objects.consented().filter(has_renditions=False).values_list("pk", "key"):
        make_renditions.defer(picture_id=pk, key=key)


def take_down_what_has_no_consent() -> None:
    """Remove the public files of pictures whose consent is over; pages show words instead since the hour it ended.

    Our own copy stays: when the day is moved, the picture is cut anew, under a new key.
    """
    for picture in Picture.objects.consent_over():
        Picture.objects.filter(pk=picture.pk, key=picture.key).update(has_renditions=False)
        renditions.remove(renditions.public_files(picture))


def remove_orphans() -> None:
    """Remove files that belong to no picture: of one that was replaced or cut anew, or whose row was never written.

    None younger than a day, since its row may be about to come.
    """
    for path, key in renditions.stored():
        if not Picture.objects.filter(key=key).exists() or path.endswith(".part"):
            renditions.remove_if_old(path)


@transaction.atomic
def tell_about_consent() -> None:
    """Mail the charity, and whoever uploaded them, which pictures lose their consent in a month, and which have lost
    it; each once for each end of consent."""
    locked = Picture.objects.select_for_update(of=("self",)).select_related("uploaded_by")
    soon = list(locked.consent_soon_over().exclude(warned_of=F("consent_until")))
    over = list(locked.consent_over().exclude(told_of=F("consent_until")))
    for address in _whom_to_tell(soon + over):
        _tell(
            address,
            soon=[_line(picture) for picture in soon if address in _whom_to_tell([picture])],
            over=[_line(picture) for picture in over if address in _whom_to_tell([picture])],
        )
    Picture.objects.filter(pk__in=[picture.pk for picture in soon]).update(warned_of=F("consent_until"))
    Picture.objects.filter(pk__in=[picture.pk for picture in over]).update(told_of=F("consent_until"))


def _whom_to_tell(pictures: list[Picture]) -> list[str]:
    uploaders = {picture.uploaded_by for picture in pictures}
    addresses = {user.email for user in uploaders if user and user.is_active and user.is_staff}
    return sorted(addresses | ({Charity.current().email} if pictures else set()) - {""})


def _tell(address: str, *, soon: list[dict], over: list[dict]) -> None:
    mail.send("foundation/email/picture_consent", to=address, context={"soon": soon, "over": over})


def _line(picture: Picture) -> dict:
    return {
        "name": picture.name,
        "until": picture.consent_until,
        "address": links.absolute(reverse("admin:foundation_picture_change", args=[picture.pk])),
        "uses": [str(use) for use in picture.uses()],
    }
