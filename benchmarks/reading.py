"""What pages of the blog cost with 200 posts and with 20,000: queries, milliseconds, and how the two compare.

    export DATABASE_URL=postgres://... SECRET_KEY=x
    python -m benchmarks.reading [--few 200] [--many 20000] [--times 31]

Uses the database of DATABASE_URL, which is emptied of posts first: never one with real content; the few posts stand in
a copy of it, which is dropped at the end. A page that is flat has a ratio near 1. Nothing is cached but what a process
remembers of the charity for a second.
"""

import argparse
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.utils import timezone

from benchmarks import comparing
from benchmarks.comparing import Cost
from blog.demo_posts import create_posts
from blog.models import Author, Post, Tag, Topic
from tests.factories import create_picture


def main():
    options = read_options()
    comparing.begin("blog_post", "blog_author", "blog_topic", "blog_tag", "foundation_picture")
    for number in range(3):
        create_picture(name=f"Picture {number}")
    comparing.fill(lambda: posts(options.few))
    with comparing.Small() as small:
        comparing.fill(lambda: posts(options.many))
        few, many = small.measure(pages, options.times)
        comparing.tell(few, many, numbers=(options.few, options.many), of="posts")
        print(f"authors {Author.objects.count()}, topics {Topic.objects.count()}, tags {Tag.objects.count()}")


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=200)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=31)
    return parser.parse_args()


def posts(count):
    create_posts(count, timezone.localdate())
    return f"{Post.objects.count()} posts"


def pages():
    """A page of each kind: the newest, one from the middle of the list, and the last."""
    posts = Post.objects.published().newest_first()
    total = posts.count()
    middle, last = posts[total // 2], posts[total - 5]
    topic, tag = Topic.objects.public()[0], middle.tags.all()[0]
    author = middle.bylines.all()[0].author
    addresses = {
        "home": "/",
        "list": "/blog/",
        "list, in the middle": f"/blog/?before={middle.pk}",
        "list, the end": f"/blog/?before={last.pk}",
        "post": middle.get_absolute_url(),
        "post, the first ever": last.get_absolute_url(),
        "topics": "/blog/topics/",
        "topic": topic.get_absolute_url(),
        "topic, the end": f"{topic.get_absolute_url()}?before={topic.posts.oldest_first()[3].pk}",
        "tag": tag.get_absolute_url(),
        "author": author.get_absolute_url(),
        "archive": "/blog/archive/",
        "archive, a year": f"/blog/archive/{middle.publish_at.year}/",
        "archive, a month": f"/blog/archive/{middle.publish_at.year}/{middle.publish_at.month}/",
        "feed": "/blog/feed/",
        "feed, Atom": "/blog/feed/atom/",
        "feed of a topic": f"{topic.get_absolute_url()}feed/",
        "feed of an author": f"{author.get_absolute_url()}feed/",
        "search, a rare word": "/search/?q=inglenook",
        "search, in every post": "/search/?q=kettle",
        "search, two words": "/search/?q=kettle+garden",
        "sitemap": "/sitemap.xml",
    }
    return {name: Cost(address) for name, address in addresses.items()}


if __name__ == "__main__":
    main()
