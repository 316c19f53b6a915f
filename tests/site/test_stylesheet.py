"""Promises of docs/decisions/0011-plain-css.md, read from the stylesheet itself."""

import gzip
import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings

SITE_CSS = Path(settings.BASE_DIR, "static/css/site.css").read_text()
RULES = re.sub(r"/\*.*?\*/", "", SITE_CSS, flags=re.DOTALL)

TEXT = ["ink", "ink-soft", "accent", "accent-deep", "danger"]
GROUNDS = ["paper", "sand", "surface", "accent-soft", "amber-soft", "danger-soft", "good-soft"]
PAIRS = [
    *itertools.product(TEXT, GROUNDS),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("on-danger", "danger"),
    ("on-footer", "footer"),
]


def tokens(scheme):
    light, dark = re.findall(r":root \{(.*?)\}", RULES, flags=re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", dark))


def luminance(colour):
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert round(contrast("#000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_colour_stands_out_seven_to_one(scheme):
    colours = tokens(scheme)
    too_weak = {
        f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 2)
        for text, ground in PAIRS
        if contrast(colours[text], colours[ground]) < 7
    }
    assert too_weak == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_borders_of_form_fields_stand_out_three_to_one(scheme):
    colours = tokens(scheme)
    assert contrast(colours["line-strong"], colours["paper"]) >= 3
    assert contrast(colours["line-strong"], colours["surface"]) >= 3


def test_it_is_small():
    assert len(gzip.compress(SITE_CSS.encode())) < 15_000


def test_nothing_that_phones_from_before_2022_drop_whole():
    assert not re.search(r"@layer|@container|:has\(|:is\(|:where\(|&", RULES)


def test_nothing_comes_from_another_host():
    assert not re.search(r"@import|url\(|https?://", RULES)


def test_every_colour_used_is_a_token():
    used = set(re.findall(r"var\(--([\w-]+)\)", RULES))
    assert used <= set(re.findall(r"--([\w-]+):", RULES))
