"""What search engines read of a post: schema.org's BlogPosting, with everybody who wrote it."""

from __future__ import annotations

from typing import Any

from sharedlives.foundation import structured_data
from sharedlives.foundation.models import Charity
from sharedlives.foundation.structured_data import said

from .models import Byline, Post


def blog_posting(post: Post, charity: Charity) -> dict[str, Any]:
    """A post read with `for_reading()`, as JSON-LD; what it does not have is left out."""
    site = charity.site_address
    address = site + post.get_absolute_url()
    facts = {
        "@context": structured_data.CONTEXT,
        "@type": "BlogPosting",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "headline": post.title,
        "description": post.teaser,
        "inLanguage": structured_data.LANGUAGE,
        "datePublished": post.publish_at.isoformat() if post.publish_at else "",
        "dateModified": post.words_changed_at.isoformat(),
        "author": [_person(byline, site) for byline in post.bylines.all()],
        "publisher": structured_data.organisation(charity),
        "image": structured_data.picture_address(post.lead_picture, site),
        "articleSection": [topic.name for topic in post.topics.all()],
        "keywords": [tag.name for tag in post.tags.all()],
    }
    return said(facts)


def _person(byline: Byline, site: str) -> dict[str, Any]:
    """Name and organisation as printed; the rest as the author has it today."""
    author = byline.author
    facts = {
        "@type": "Person",
        "name": byline.name,
        "url": site + author.get_absolute_url(),
        "jobTitle": author.role,
        "affiliation": said({"@type": "Organization", "name": byline.organisation}) if byline.organisation else "",
        "sameAs": [*filter(None, [author.website]), *(handle.get_absolute_url() for handle in author.handles.all())],
    }
    return said(facts)
