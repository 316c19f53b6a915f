"""Uploaded pictures, read with suspicion: of a file only its pixels go on."""

from __future__ import annotations

import io
import logging
import threading
import warnings

from django.core.files import File
from PIL import Image, ImageCms

log = logging.getLogger(__name__)

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
# Their decoders cannot read at a smaller size: so many take the memory of a JPEG with 40 million.
MOST_PIXELS_OF = {"WEBP": 16_500_000, "AVIF": 16_500_000}
LONGEST_SIDE = 2560
BAND = 2_000_000  # pixels
FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]

SRGB = ImageCms.createProfile("sRGB")
# What EXIF's orientation asks for, 2 to 8.
TURNS = dict(
    enumerate(
        [
            Image.Transpose.FLIP_LEFT_RIGHT,
            Image.Transpose.ROTATE_180,
            Image.Transpose.FLIP_TOP_BOTTOM,
            Image.Transpose.TRANSPOSE,
            Image.Transpose.ROTATE_270,
            Image.Transpose.TRANSVERSE,
            Image.Transpose.ROTATE_90,
        ],
        start=2,
    )
)
# A large picture takes 160 MB and more while it is read: one at a time in each process, however many threads it has.
_one_at_a_time = threading.Lock()


class Refused(Exception):
    """A file that cannot become a picture; the words are fit to show."""


UNREADABLE = "This file cannot be read as a picture. It may be damaged: try to open and save it again, as a JPEG."
TOO_MANY_PIXELS = (
    "This picture has too many pixels: at most 40 million. Save a smaller copy, 2,560 pixels long is enough."
)
TOO_MANY_FOR_ITS_KIND = (
    "This picture has too many pixels for a WebP or AVIF: at most 16 million. Save it as a JPEG, or save a smaller "
    "copy: 2,560 pixels long is enough."
)
OTHER_KIND = "This is no picture that the site can take. Save it as JPEG, PNG, WebP or AVIF."


def read(file: File) -> Image.Image:
    """The picture in `file`: upright, in sRGB, at most 2560 pixels long, in mode RGB, or RGBA where something shines
    through; without profile, EXIF, position, comments or whatever else came with it.

    Raises Refused. Looks at the header first and decodes nothing that is too large.
    """
    if not file.size:
        raise Refused("This file is empty. Choose it again.")
    if file.size > MOST_BYTES:
        raise Refused("This file is too large: at most 8 MB. Save a smaller copy, 2,560 pixels long is enough.")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata, which go anyway
        try:
            file.seek(0)
            with Image.open(file, formats=FORMATS) as image:
                _refuse_too_many_pixels(image)
                return _only_pixels(image)
        except Image.DecompressionBombError as error:
            raise Refused(TOO_MANY_PIXELS) from error
        except Image.UnidentifiedImageError as error:
            raise Refused(OTHER_KIND) from error
        except Refused:
            raise
        except Exception as error:  # decoders trip in many ways over what is not as it should be
            log.info("an uploaded picture could not be read: %s", type(error).__name__)
            raise Refused(UNREADABLE) from error


def _refuse_too_many_pixels(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise Refused(TOO_MANY_PIXELS)
    if pixels > MOST_PIXELS_OF.get(image.format or "", MOST_PIXELS):
        raise Refused(TOO_MANY_FOR_ITS_KIND)


def _only_pixels(image: Image.Image) -> Image.Image:
    scale = min(1, LONGEST_SIDE / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    # A JPEG can be read at a half, a quarter or an eighth of its size.
    image.draft(None, size)
    image.load()
    # After loading: asked before, a damaged PNG would swallow its own error and come out grey.
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    small = _in_srgb(_shrunk(image, size), profile)
    if orientation in TURNS:
        small = small.transpose(TURNS[orientation])
    if small.mode == "RGBA" and small.getchannel("A").getextrema()[0] == 255:
        small = small.convert("RGB")
    small = small.copy()
    small.info = {}
    return small


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(0x0112, 1)
    except Exception:  # odd metadata is no reason to refuse the picture
        return 1


def _shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`image` in a plain mode and this size. Made narrow in bands of lines: the whole of it in another mode would take
    up to four times the memory, and the result is the same."""
    if size == image.size:
        return _in_a_plain_mode(image)
    lines = max(1, BAND // image.width)
    bands = (
        _narrow(image.crop((0, top, image.width, min(top + lines, image.height))), size[0])
        for top in range(0, image.height, lines)
    )
    first = next(bands)
    narrow = Image.new(first.mode, (size[0], image.height))
    narrow.paste(first)
    for number, band in enumerate(bands, start=1):
        narrow.paste(band, (0, number * lines))
    small = narrow.resize(size, Image.Resampling.LANCZOS)
    return small.convert("RGBA") if small.mode == "RGBa" else small


def _narrow(band: Image.Image, width: int) -> Image.Image:
    band = _in_a_plain_mode(band)
    if band.mode == "RGBA":
        # Colours weighed by how much they show, or what cannot be seen would bleed in at the edges.
        band = band.convert("RGBa")
    return band.resize((width, band.height), Image.Resampling.LANCZOS)


def _in_a_plain_mode(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            return ImageCms.profileToProfile(image, io.BytesIO(profile), SRGB, outputMode=mode) or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            log.info("a picture's colour profile could not be used")
    return image if image.mode == mode else image.convert(mode)
