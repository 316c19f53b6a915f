"""What becomes of an uploaded file: only its pixels go on, upright and in sRGB; bombs and broken files are refused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image, ImageCms

from sharedlives.foundation.picture_decoding import LONGEST_SIDE, Refused, read
from tests.bombs import BOMBS, encoded, scene
from tests.factories import picture_file

ROOT = Path(__file__).parent.parent.parent

# A red corner at the top left, blue to the right of it, green below: each turn can be told from the others.
CORNERS = Image.new("RGB", (60, 40), "white")
CORNERS.paste("red", (0, 0, 30, 20))
CORNERS.paste("blue", (30, 0, 60, 20))
CORNERS.paste("lime", (0, 20, 30, 40))


def content(data):
    return ContentFile(data, "a.jpg")


def colour_at(image, x, y):
    """The nearest plain colour there, since JPEG blurs."""
    return tuple(255 * round(band / 255) for band in image.getpixel((x, y)))


@pytest.mark.parametrize(
    ("format", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {}), ("AVIF", {})],
)
def test_pictures_of_four_formats_are_read(format, options):
    image = read(picture_file(format=format, size=(300, 200), colour="red", **options))

    assert (image.mode, image.size) == ("RGB", (300, 200))
    assert colour_at(image, 150, 100) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK"])
def test_whatever_the_colours_are_kept_in_they_come_out_as_rgb(mode):
    image = Image.new("RGB", (90, 60), "white").convert(mode)
    format = "JPEG" if mode == "CMYK" else "PNG"

    assert read(content(encoded(image, format))).getpixel((45, 30)) == (255, 255, 255)
    assert read(content(encoded(image, format))).mode == "RGB"


def test_sixteen_bits_of_grey_stay_grey():
    grey = Image.frombytes("I;16", (40, 30), b"\x00\x80" * 1200)

    assert read(content(encoded(grey, "PNG"))).getpixel((20, 15)) == (128, 128, 128)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_each_orientation_is_shown_upright(format, orientation):
    # What a camera held that way would have stored.
    turns = [None, None, 0, 3, 1, 5, 2, 6, 4]
    stored = CORNERS if orientation == 1 else CORNERS.transpose(Image.Transpose(turns[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = read(content(encoded(stored, format, exif=exif.tobytes())))

    assert image.size == (60, 40)
    assert [colour_at(image, x, y) for x, y in ((10, 8), (50, 8), (10, 32), (50, 32))] == [
        (255, 0, 0),
        (0, 0, 255),
        (0, 255, 0),
        (255, 255, 255),
    ]


def test_position_names_and_comments_are_gone():
    exif = Image.Exif()
    exif[0x013B] = "Anna Photographer"
    exif.get_ifd(0x8825).update({1: "N", 2: (53.0, 24.0, 0.0)})
    data = encoded(
        scene(),
        "JPEG",
        exif=exif.tobytes(),
        comment=b"at Bob's house",
        xmp=b"<x:xmpmeta>Anna</x:xmpmeta>",
        dpi=(72, 72),
    )
    assert b"Anna" in data
    assert b"Bob" in data

    image = read(content(data + b"<?php the end ?>"))

    assert image.info == {}
    assert dict(image.getexif()) == {}
    for format in ("JPEG", "PNG", "AVIF", "WEBP"):
        again = encoded(image, format)
        assert not re.search(rb"Anna|Bob|Exif|xmp|php|Photographer", again)


def test_odd_metadata_is_no_reason_to_refuse():
    assert read(content(encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))).size == (600, 400)
    assert read(content(encoded(scene(), "JPEG", icc_profile=b"no profile"))).size == (600, 400)


def test_colours_of_another_profile_become_those_of_srgb():
    profile = _profile_with_gamma_one()
    image = Image.new("RGB", (40, 30), (55, 55, 55))

    read_image = read(content(encoded(image, "PNG", icc_profile=profile)))

    assert read_image.getpixel((20, 15)) == pytest.approx((128, 128, 128), abs=3)


def test_large_pictures_are_made_smaller_and_small_ones_stay():
    assert max(read(picture_file(size=(5000, 2500))).size) == LONGEST_SIDE
    assert read(picture_file(size=(2000, 5120), format="PNG")).size == (1000, 2560)
    assert read(picture_file(size=(20, 10))).size == (20, 10)
    assert read(picture_file(size=(10_000, 1), format="PNG")).size == (2560, 1)


def test_bands_leave_no_seams():
    image = Image.linear_gradient("L").resize((3000, 3000)).convert("RGB")

    ours = read(content(encoded(image, "PNG")))

    assert ours.tobytes() == image.resize((2560, 2560), Image.Resampling.LANCZOS).tobytes()


def test_what_cannot_be_seen_does_not_bleed_into_what_can():
    image = Image.new("RGBA", (3000, 300), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (1500, 0, 3000, 300))

    small = read(content(encoded(image, "PNG")))

    reds = [red for red, _green, _blue, alpha in small.get_flattened_data() if alpha > 8]
    assert max(reds) == 0


def test_what_shines_through_still_does():
    see_through = picture_file(format="PNG", mode="RGBA", colour=(200, 0, 0, 100))
    opaque = picture_file(format="PNG", mode="RGBA", colour=(200, 0, 0, 255))

    assert read(see_through).getpixel((5, 5)) == (200, 0, 0, 100)
    assert read(opaque).mode == "RGB"


OTHERS = {
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "PDF": b"%PDF-1.7\n1 0 obj\n",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "GIF and HTML": b"GIF89a/*<html>*/=1;alert(1)//",
    **{name: encoded(Image.new("RGB", (30, 20)), name) for name in ("TIFF", "BMP", "ICO", "GIF", "PPM", "TGA")},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_are_refused_whatever_their_name(kind):
    with pytest.raises(Refused, match="JPEG, PNG, WebP or AVIF"):
        read(content(OTHERS[kind]))


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_and_broken_files_are_refused_in_words(kind):
    with pytest.raises(Refused, match=r"^This (file|picture) .+\.$"):
        read(content(BOMBS[kind]()))


@pytest.mark.parametrize("format", ["WEBP", "AVIF"])
def test_where_a_decoder_needs_much_memory_fewer_pixels_are_taken(format):
    """As many as a telephone's camera of 16 megapixels makes, and no more; the words say what to do."""

    def of_size(width, height):
        return content(encoded(Image.new("L", (width, height)), format, **({"speed": 10} if format == "AVIF" else {})))

    assert read(of_size(4624, 3468)).size == (2560, 1920)
    with pytest.raises(Refused, match=r"at most 16 million\. Save it as a JPEG, or save a smaller copy"):
        read(of_size(4624, 3600))
    assert read(content(encoded(Image.new("L", (4624, 3600)), "JPEG"))).size == (2560, 1993)


def test_what_is_glued_behind_a_picture_is_gone():
    archive = b"PK\x03\x04 an archive"

    again = encoded(read(content(encoded(scene(), "JPEG") + archive)), "JPEG")

    assert archive not in again


def test_bombs_take_little_time_and_memory(tmp_path):
    for kind in ("PNG of 30000 x 30000", "zTXt of 80 MB", "iCCP of 50 MB", "PNG of 40 million pixels and one line"):
        path = tmp_path / "bomb.png"
        path.write_bytes(BOMBS[kind]())
        line = subprocess.run(
            [sys.executable, "-m", "benchmarks.pictures", "take_in", path], cwd=ROOT, capture_output=True, text=True
        ).stdout
        seconds, peak, answer = re.search(r"([\d.]+) s +\d+ -> +(\d+) MB +(\w+)", line).groups()
        assert (answer, float(seconds) < 2, int(peak) < 300) == ("refused", True, True), line


def _profile_with_gamma_one():
    """sRGB's profile with straight lines for its curves."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    for entry in range(132, 132 + 12 * count, 12):
        name, at = bytes(profile[entry : entry + 4]), int.from_bytes(profile[entry + 4 : entry + 8], "big")
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            # "curv" with no points is a straight line (ICC.1, 10.6).
            profile[at : at + 12] = b"curv" + bytes(8)
            profile[entry + 8 : entry + 12] = (12).to_bytes(4, "big")
    return bytes(profile)
