"""What search engines read of a post: schema.org's BlogPosting, with everybody who wrote it."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static

from sharedlives.foundation import picture_elements
from sharedlives.foundation.models import Charity

from .models import Byline, Post

PICTURE_WIDTH = 1600


def blog_posting(post: Post, charity: Charity) -> dict[str, Any]:
    """A post read with `for_reading()`, as JSON-LD; what it does not have is left out."""
    site = charity.site_address
    address = site + post.get_absolute_url()
    facts = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "headline": post.title,
        "description": post.teaser,
        "inLanguage": "en-GB",
        "datePublished": post.publish_at.isoformat() if post.publish_at else "",
        "dateModified": post.words_changed_at.isoformat(),
        "author": [_person(byline, site) for byline in post.bylines.all()],
        "publisher": _publisher(charity),
        "image": picture_address(post, site),
        "articleSection": [topic.name for topic in post.topics.all()],
        "keywords": [tag.name for tag in post.tags.all()],
    }
    return _said(facts)


def picture_address(post: Post, site: str) -> str:
    """The whole address of the lead picture, cut for cards; nothing where there is none that may be shown."""
    picture = post.lead_picture
    if picture is None or not picture.may_be_shown():
        return ""
    return site + picture_elements.address(picture, "wide", PICTURE_WIDTH, "jpg")


def _person(byline: Byline, site: str) -> dict[str, Any]:
    """Name and organisation as printed; the rest as the author has it today."""
    author = byline.author
    facts = {
        "@type": "Person",
        "name": byline.name,
        "url": site + author.get_absolute_url(),
        "jobTitle": author.role,
        "affiliation": _said({"@type": "Organization", "name": byline.organisation}) if byline.organisation else "",
        "sameAs": [*filter(None, [author.website]), *(handle.get_absolute_url() for handle in author.handles.all())],
    }
    return _said(facts)


def _publisher(charity: Charity) -> dict[str, Any]:
    site = charity.site_address
    logo = {"@type": "ImageObject", "url": site + static("icons/icon-180.png"), "width": 180, "height": 180}
    return {"@type": "Organization", "name": charity.name, "url": f"{site}/", "logo": logo}


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}
