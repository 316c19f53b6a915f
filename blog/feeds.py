"""The feeds: the newest posts in full, for feed readers and for other sites, as RSS 2.0 and as Atom.

One for the whole blog, and one for each author, topic and tag.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.syndication.views import Feed
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape, format_html
from django.utils.http import http_date
from django.views.decorators.http import conditional_page, require_safe

from sharedlives.foundation import reading
from sharedlives.foundation.models import Charity

from .models import Author, Post, Tag, Topic
from .models.posts import PostQuerySet

POSTS_IN_A_FEED = 20

# Everything that XML 1.0 has no way to say (section 2.2), control characters and half surrogates for instance.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sayable(value):
    """`value`, if it is a text or a list of texts, without what XML cannot say."""
    if isinstance(value, str):
        return NOT_XML.sub("", value)
    if isinstance(value, list):
        return [sayable(part) for part in value]
    return value


# --- The two formats --------------------------------------------------------------------------------------------------


class Sayable(SyndicationFeed):
    """Well-formed whatever people wrote."""

    def __init__(self, **facts):
        super().__init__(**{name: sayable(value) for name, value in facts.items()})

    def add_item(self, **facts):
        super().add_item(**{name: sayable(value) for name, value in facts.items()})


class RSS(Sayable, Rss201rev2Feed):
    """With the whole post (content:encoded) and one dc:creator for each author."""

    def rss_attributes(self):
        return super().rss_attributes() | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for name, _address in item["authors"]:
            handler.addQuickElement("dc:creator", sayable(name))
        handler.addQuickElement("content:encoded", item["content"])


class Atom(Sayable, Atom1Feed):
    """With the whole post, and all authors with their addresses."""

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item | {"unique_id": as_iri(item["unique_id"])})
        for name, address in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", sayable(name))
            handler.addQuickElement("uri", address)
            handler.endElement("author")
        handler.addQuickElement("content", item["content"], {"type": "html"})


def as_iri(guid: str) -> str:
    """What Atom takes for an id (RFC 4287, 4.2.6): the same for ever too, where a GUID from elsewhere is no address."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", guid):
        return guid
    return uuid.uuid5(uuid.NAMESPACE_URL, guid).urn


# --- What stands in them ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Channel:
    """What one feed is of: the whole blog, or a shelf of it."""

    charity: Charity
    posts: PostQuerySet
    name: str
    page: str  # the path of the same posts as a page
    address: str  # of the feed itself


class Posts(Feed):
    item_guid_is_permalink = False

    def __init__(self, format):
        self.feed_type = format

    def get_object(self, request, shelf=None):
        charity, posts = Charity.current(), Post.objects.published()
        if shelf is None:
            return Channel(charity, posts, f"{charity.name}: blog", reverse("blog:post_list"), request.path)
        name = f"{shelf.name} - {charity.name}: blog"
        return Channel(charity, posts.on_shelf(shelf), name, shelf.get_absolute_url(), request.path)

    def title(self, channel):
        return channel.name

    def description(self, channel):
        return channel.charity.strapline or f"What {channel.charity.name} writes."

    subtitle = description

    def author_name(self, channel):
        return channel.charity.name

    def link(self, channel):
        return channel.charity.site_address + channel.page

    def feed_url(self, channel):
        return channel.charity.site_address + channel.address

    def feed_guid(self, channel):
        return self.feed_url(channel)

    def items(self, channel):
        posts = list(channel.posts.newest_first().for_reading()[:POSTS_IN_A_FEED])
        pictures = reading.pictures_in(*(_lead(post) + post.introduction + post.body for post in posts))
        for post in posts:
            post.site, post.all_pictures = channel.charity.site_address, pictures
        return posts

    def item_title(self, post):
        return post.title

    def item_description(self, post):
        return escape(post.teaser)  # feed readers take it for HTML

    def item_link(self, post):
        return post.site + post.get_absolute_url()

    def item_guid(self, post):
        return post.guid

    def item_pubdate(self, post):
        return post.publish_at

    def item_updateddate(self, post):
        return post.words_changed_at

    def item_categories(self, post):
        return [shelf.name for shelf in [*post.topics.all(), *post.tags.all()]]

    def item_extra_kwargs(self, post):
        authors = [(str(byline), post.site + byline.author.get_absolute_url()) for byline in post.bylines.all()]
        return {"content": _whole_text(post), "authors": authors}


def _lead(post: Post) -> str:
    """The lead picture as if it stood in the text."""
    return f'<figure data-picture="{post.lead_picture_id}"></figure>' if post.lead_picture_id else ""


def _whole_text(post: Post) -> str:
    """Lead picture, content note, introduction, text, and where to reserve."""
    page = post.site + post.get_absolute_url()
    lead, introduction, body = (
        reading.for_feed(text, post.all_pictures, site=post.site, page=page, prefix=prefix)
        for text, prefix in ((_lead(post), "lead"), (post.introduction, "introduction"), (post.body, "text"))
    )
    note = format_html("<p><strong>Before you read:</strong> {}</p>", post.content_note) if post.content_note else ""
    return "<hr>".join(filter(None, [lead + note, introduction, body, _where_to_reserve(post)]))


def _where_to_reserve(post: Post) -> str:
    if not post.announced_workshop:
        return ""
    return format_html(
        '<p><a href="{}{}">{}: next dates, and how to reserve your place</a></p>',
        post.site,
        post.workshop.get_absolute_url(),
        post.workshop.title,
    )


# --- Their addresses --------------------------------------------------------------------------------------------------

FORMATS = {"rss": RSS, "atom": Atom}


def _last_change() -> datetime | None:
    """When a feed last became another one: by words changed, posts moved, or a moment that came or passed."""
    posts = Post.objects.order_by()
    moments = [
        posts.exclude(status=Post.Status.DRAFT).order_by("-updated_at").values_list("updated_at")[:1],
        posts.order_by("-moved_at").values_list("moved_at")[:1],
        posts.published().newest_first().values_list("publish_at")[:1],
        posts.filter(expire_at__lte=timezone.now()).order_by("-expire_at").values_list("expire_at")[:1],
    ]
    return max((moment for (moment,) in moments[0].union(*moments[1:], all=True)), default=None)


def _answer(request, format, shelf=None):
    response = Posts(FORMATS[format])(request, shelf=shelf)
    if changed_at := _last_change():
        response["Last-Modified"] = http_date(changed_at.timestamp())
    return response


@require_safe
@conditional_page
def latest_posts(request, format):
    return _answer(request, format)


def _of(shelves):
    """The feed of one author, topic or tag."""

    @require_safe
    @conditional_page
    def feed(request, slug, format):
        return _answer(request, format, get_object_or_404(shelves.objects.public(), slug=slug))

    return feed


author_feed, topic_feed, tag_feed = _of(Author), _of(Topic), _of(Tag)
