"""The files of a picture: our own copy, which nobody is served, and the renditions, which the public sees.

All are named by the picture's random key; a picture that changes gets a new one (docs/decisions/0008-pictures.md).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from .models import Picture

log = logging.getLogger(__name__)

WIDTHS = (480, 960, 1600)
FALLBACK_WIDTH = 960


class Shape(NamedTuple):
    letter: str
    ratio: float | None  # width by height; None: as it is


SHAPES = {"whole": Shape("", None), "wide": Shape("w", 3 / 2), "square": Shape("s", 1)}
FORMATS = {
    "jpg": {"format": "JPEG", "quality": 80, "optimize": True, "progressive": True},
    "avif": {"format": "AVIF", "quality": 60, "speed": 6},
}


def region(picture: Picture, shape: str) -> tuple[int, int, int, int]:
    """What `shape` shows of the picture, around its focal point: left, top, right, bottom."""
    ratio = SHAPES[shape].ratio or picture.width / picture.height
    width = max(1, min(picture.width, round(picture.height * ratio)))
    height = max(1, min(picture.height, round(picture.width / ratio)))
    # A form that is shown again holds whatever was typed.
    x, y = min(picture.focal_x or 0, 100), min(picture.focal_y or 0, 100)
    left = min(max(round(picture.width * x / 100 - width / 2), 0), picture.width - width)
    top = min(max(round(picture.height * y / 100 - height / 2), 0), picture.height - height)
    return left, top, left + width, top + height


def sizes(picture: Picture, shape: str) -> list[tuple[int, int]]:
    """Width and height of each rendition, smallest first; never larger than what there is."""
    left, top, right, bottom = region(picture, shape)
    widths = sorted({min(width, right - left) for width in WIDTHS})
    return [(width, max(1, round(width * (bottom - top) / (right - left)))) for width in widths]


def fallback_size(picture: Picture, shape: str) -> tuple[int, int]:
    """That of the one JPEG which is there from the beginning."""
    return max(size for size in sizes(picture, shape) if size[0] <= FALLBACK_WIDTH)


def name(picture: Picture, shape: str, width: int, format: str) -> str:
    return f"{picture.key[:2]}/{picture.key}-{SHAPES[shape].letter}{width}.{format}"


def _path(picture: Picture, shape: str, size: tuple[int, int], format: str) -> str:
    return f"renditions/{name(picture, shape, size[0], format)}"


def copy_name(picture: Picture) -> str:
    return f"masters/{picture.key[:2]}/{picture.key}.{picture.format}"


def store_copy(picture: Picture, image: Image.Image) -> None:
    """Write our own copy of `image`, and set what `picture` says about it. Raises OSError."""
    has_holes = image.mode == "RGBA"
    picture.format, (picture.width, picture.height) = "png" if has_holes else "jpeg", image.size
    options = {"format": "PNG"} if has_holes else {"format": "JPEG", "quality": 90}
    _write(copy_name(picture), image, options)


def make_fallbacks(picture: Picture, image: Image.Image) -> None:
    """Write the one JPEG of each shape that is there from the beginning. Raises what the storage raises."""
    for shape in SHAPES:
        _make(picture, image, shape, fallback_size(picture, shape), "jpg")


def make_missing(picture: Picture) -> None:
    """Write every rendition that does not lie in the storage yet. Raises OSError where our own copy is gone."""
    image = open_copy(picture)
    for shape in SHAPES:
        for size in sizes(picture, shape):
            for format in FORMATS:
                if not default_storage.exists(_path(picture, shape, size, format)):
                    _make(picture, image, shape, size, format)


def _make(picture: Picture, image: Image.Image, shape: str, size: tuple[int, int], format: str) -> None:
    rendition = image.resize(size, Image.Resampling.LANCZOS, box=region(picture, shape))
    if rendition.mode == "RGBA":
        # On white whatever the page's colour: dark lines on nothing would vanish at night.
        rendition = Image.alpha_composite(Image.new("RGBA", size, "white"), rendition).convert("RGB")
    _write(_path(picture, shape, size, format), rendition, FORMATS[format])


def _write(path: str, image: Image.Image, options: dict) -> None:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    default_storage.save(path, ContentFile(buffer.getvalue()))


def open_copy(picture: Picture) -> Image.Image:
    """Our own copy, read whole. Raises OSError."""
    with default_storage.open(copy_name(picture)) as file, Image.open(file, formats=["JPEG", "PNG"]) as image:
        return image.copy()


def public_files(picture: Picture) -> list[str]:
    return [
        _path(picture, shape, size, format) for shape in SHAPES for size in sizes(picture, shape) for format in FORMATS
    ]


def files(picture: Picture) -> list[str]:
    return [*public_files(picture), copy_name(picture)]


def remove(paths: list[str]) -> None:
    """One that cannot be removed now is found by the daily search for orphans."""
    for path in paths:
        _try_to(default_storage.delete, path)


def stored() -> Iterator[tuple[str, str]]:
    """Each file that lies in the storage, with the key in its name."""
    for folder in ("masters", "renditions"):
        for shelf in _listed(folder)[0]:
            for file in _listed(f"{folder}/{shelf}")[1]:
                yield f"{folder}/{shelf}/{file}", file[:32]


def remove_if_old(path: str) -> None:
    def remove_it(path):
        if default_storage.get_modified_time(path) < timezone.now() - timedelta(days=1):
            default_storage.delete(path)

    _try_to(remove_it, path)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    return _try_to(default_storage.listdir, folder) or ([], [])


def _try_to(do: Callable, path: str):
    """One file that makes trouble must not keep the others; each storage has errors of its own."""
    try:
        return do(path)
    except FileNotFoundError:
        return None
    except Exception:
        log.exception("no luck with the file %s", path)
        return None
