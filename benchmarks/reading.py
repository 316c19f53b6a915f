"""What pages of the blog cost with 200 posts and with 20,000: queries, milliseconds, and how the two compare.

    export DATABASE_URL=postgres://... SECRET_KEY=x
    python -m benchmarks.reading [--few 200] [--many 20000] [--times 31]

Uses the database of DATABASE_URL, which is emptied of posts first: never one with real content; the few posts stand in
a copy of it, which is dropped at the end. Both are asked in turns, so that whatever else the machine does slows both.
A page that is flat has a ratio near 1. Nothing is cached but what a process remembers of the charity for a second.
"""

import argparse
import os
import statistics
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import psycopg

django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.demo_posts import create_posts
from blog.models import Author, Post, Tag, Topic
from sharedlives.foundation.models import Charity
from tests.factories import create_charity, create_picture


def main():
    options = read_options()
    charity = Charity.objects.filter(pk=1).first()
    if charity and charity.name != "Kind Places":
        sys.exit("This database holds something else; give an empty one.")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE blog_post, blog_author, blog_topic, blog_tag, foundation_picture CASCADE")
    create_charity()
    for number in range(3):
        create_picture(name=f"Picture {number}")
    name = connection.settings_dict["NAME"]
    few = f"{name}_few"
    fill(options.few)
    on_the_server(f'DROP DATABASE IF EXISTS "{few}"', f'CREATE DATABASE "{few}" TEMPLATE "{name}"')
    fill(options.many)
    try:
        tell(options, *measure(few, name, options.times))
    finally:
        on_the_server(f'DROP DATABASE "{few}"')


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=200)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=31)
    return parser.parse_args()


def fill(count):
    began = time.monotonic()
    create_posts(count, timezone.localdate())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"{Post.objects.count()} posts; filling took {time.monotonic() - began:.1f} s")


def on_the_server(*commands):
    """Run SQL outside the two databases, while nobody is in them."""
    connection.close()
    with psycopg.connect(**connection.get_connection_params() | {"dbname": "postgres"}, autocommit=True) as server:
        for command in commands:
            server.execute(command)


def measure(few, many, times):
    """For both databases what each page costs, by name: queries, and milliseconds of each try."""
    asked = {few: {}, many: {}}
    for database in (few, many):
        use(database)
        asked[database] = {name: Cost(address) for name, address in addresses().items()}
    for _ in range(times):
        for database in (few, many):
            use(database)
            for cost in asked[database].values():
                cost.try_once()
    return asked[few], asked[many]


def use(database):
    connection.close()
    connection.settings_dict["NAME"] = database
    Client().get("/blog/")  # connects, and reads the charity's facts


def addresses():
    """A page of each kind: the newest, one from the middle of the list, and the last."""
    posts = Post.objects.published().newest_first()
    total = posts.count()
    middle, last = posts[total // 2], posts[total - 5]
    topic, tag = Topic.objects.public()[0], middle.tags.all()[0]
    author = middle.bylines.all()[0].author
    return {
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


class Cost:
    def __init__(self, address):
        self.address, self.client, self.taken = address, Client(), []
        response = self.client.get(address)
        if response.status_code != 200:
            sys.exit(f"{address} answered {response.status_code}")
        with CaptureQueriesContext(connection) as queries:
            self.client.get(address)
        self.queries = len(queries)

    def try_once(self):
        began = time.perf_counter()
        self.client.get(self.address)
        self.taken.append((time.perf_counter() - began) * 1000)

    @property
    def median(self):
        return statistics.median(self.taken)


def tell(options, few, many):
    print(f"{'median ms with':24}{'queries':>12}{options.few:>12,} posts{options.many:>12,} posts{'ratio':>9}")
    for name in few:
        a, b = few[name], many[name]
        queries = str(a.queries) if a.queries == b.queries else f"{a.queries} / {b.queries}"
        print(f"{name:24}{queries:>12}{a.median:>18.1f}{b.median:>18.1f}{b.median / a.median:>9.2f}")
    print(f"authors {Author.objects.count()}, topics {Topic.objects.count()}, tags {Tag.objects.count()}")


if __name__ == "__main__":
    main()
