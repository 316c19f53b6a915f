"""What search engines are told of things (JSON-LD after schema.org): the parts that all kinds have in common.

The template tag `json_ld` shows it.
"""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static

from . import picture_elements
from .models import Charity, Picture

CONTEXT = "https://schema.org"
LANGUAGE = "en-GB"
PICTURE_WIDTH = 1600


def said(facts: dict[str, Any]) -> dict[str, Any]:
    """`facts` without those that say nothing; no and nought say something."""
    return {name: value for name, value in facts.items() if value not in ("", None, [], {})}


def organisation(charity: Charity) -> dict[str, Any]:
    site = charity.site_address
    logo = {"@type": "ImageObject", "url": site + static("icons/icon-180.png"), "width": 180, "height": 180}
    return {"@type": "Organization", "name": charity.name, "url": f"{site}/", "logo": logo}


def picture_address(picture: Picture | None, site: str) -> str:
    """The whole address of a picture, cut for cards; nothing where there is none that may be shown."""
    if picture is None or not picture.may_be_shown():
        return ""
    return site + picture_elements.address(picture, "wide", PICTURE_WIDTH, "jpg")
