"""Pictures for the demonstration, painted when it is loaded: hills, sun and houses in the site's own colours."""

from __future__ import annotations

import io
from math import sin

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from . import pictures
from .models import Picture

SIZE = WIDTH, HEIGHT = 1600, 1067
SKIES = {"morning": ("#f6e3c0", "#e9a15b"), "evening": ("#c9dcec", "#d8636a"), "noon": ("#d3e7e4", "#ffcf4d")}
HILLS = ("#8fbcb5", "#4d8a86", "#0b3d43")
WALLS = ("#fffdfa", "#f6f0e6", "#fdf0cc")


def paint(sky: str, *, houses: int) -> Picture:
    """A picture of the library: `houses` of them on a hill, below one of SKIES."""
    image = Image.new("RGB", SIZE, SKIES[sky][0])
    draw = ImageDraw.Draw(image)
    draw.ellipse((1050, 160, 1330, 440), fill=SKIES[sky][1])
    for number, colour in enumerate(HILLS):
        draw.polygon(_hill(number), fill=colour)
    for number in range(houses):
        _house(draw, left=180 + number * 330, wall=WALLS[number % len(WALLS)])
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return pictures.add(
        ContentFile(file.getvalue(), f"{sky}.jpg"),
        by=None,
        name=f"Houses on a hill, {sky} (invented)",
        alt=f"A painted hill with {houses} houses side by side, below the sun",
        credit="Painted by this site",
        consent=Picture.Consent.NOBODY,
    )


def _hill(number: int) -> list[tuple[float, float]]:
    top = 620 + number * 110
    crest = [(x, top + 60 * sin(x / (220 + 90 * number) + number)) for x in range(0, WIDTH + 20, 20)]
    return [*crest, (WIDTH, HEIGHT), (0, HEIGHT)]


def _house(draw: ImageDraw.ImageDraw, *, left: int, wall: str) -> None:
    draw.rectangle((left, 640, left + 230, 880), fill=wall)
    draw.polygon([(left - 25, 645), (left + 115, 530), (left + 255, 645)], fill="#0a4f56")
    draw.rectangle((left + 90, 760, left + 145, 880), fill="#8a5a2b")
    for window in (25, 165):
        draw.rectangle((left + window, 690, left + window + 42, 735), fill="#ffcf4d")
