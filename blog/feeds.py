"""The feed: the newest posts in full, for feed readers and for other sites."""

import re

from django.contrib.syndication.views import Feed
from django.db.models import Max
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import format_html
from django.utils.http import http_date
from django.views.decorators.http import conditional_page, require_safe

from sharedlives.foundation.models import Charity

from .models import Post

POSTS_IN_A_FEED = 20

# Everything that XML 1.0 has no way to say (section 2.2), control characters and half surrogates for instance.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _sayable(value):
    if isinstance(value, str):
        return NOT_XML.sub("", value)
    if isinstance(value, list):
        return [_sayable(part) for part in value]
    return value


class FullTextFeed(Rss201rev2Feed):
    """RSS 2.0 with the whole post (content:encoded) and one dc:creator for each author."""

    def __init__(self, **facts):
        super().__init__(**{name: _sayable(value) for name, value in facts.items()})

    def add_item(self, **facts):
        super().add_item(**{name: _sayable(value) for name, value in facts.items()})

    def rss_attributes(self):
        return super().rss_attributes() | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for creator in item["creators"]:
            handler.addQuickElement("dc:creator", creator)
        handler.addQuickElement("content:encoded", item["content"])


class LatestPosts(Feed):
    feed_type = FullTextFeed

    def get_object(self, request):
        return Charity.current()

    def title(self, charity):
        return f"{charity.name}: blog"

    def description(self, charity):
        return charity.strapline or f"What {charity.name} writes."

    def link(self, charity):
        return charity.site_address + reverse("blog:post_list")

    def feed_url(self, charity):
        return charity.site_address + reverse("blog:feed")

    def items(self, charity):
        for post in Post.objects.published().newest_first().for_reading()[:POSTS_IN_A_FEED]:
            post.charity = charity
            yield post

    def item_title(self, post):
        return post.title

    def item_description(self, post):
        return post.teaser

    def item_link(self, post):
        return post.charity.site_address + post.get_absolute_url()

    def item_guid(self, post):
        return post.guid

    item_guid_is_permalink = False

    def item_pubdate(self, post):
        return post.publish_at

    def item_updateddate(self, post):
        return max(post.updated_at, post.publish_at)

    def item_extra_kwargs(self, post):
        return {"content": _whole_text(post), "creators": [str(byline) for byline in post.bylines.all()]}


def _whole_text(post):
    """Introduction, text and where to reserve, with whole addresses: in a feed reader "/" is somebody else's."""
    parts = [post.introduction, post.body]
    if post.announced_workshop:
        parts.append(
            format_html(
                '<p><a href="{}">{}: next dates, and how to reserve your place</a></p>',
                post.workshop.get_absolute_url(),
                post.workshop.title,
            )
        )
    site = post.charity.site_address
    page = site + post.get_absolute_url()
    return "<hr>".join(filter(None, parts)).replace('href="/', f'href="{site}/').replace('href="#', f'href="{page}#')


def _last_change():
    """When the feed last became another one: by words changed, posts taken down, or a moment that came."""
    facts = Post.objects.exclude(status=Post.Status.DRAFT).aggregate(Max("updated_at"), Max("moved_at"))
    facts |= Post.objects.published().aggregate(Max("publish_at"))
    return max((moment for moment in facts.values() if moment), default=None)


@require_safe
@conditional_page
def latest_posts(request):
    response = LatestPosts()(request)
    if changed_at := _last_change():
        response["Last-Modified"] = http_date(changed_at.timestamp())
    return response
