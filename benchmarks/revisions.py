"""What the desk costs with 2,000 posts of 40 texts each: queries and milliseconds, beside the same with 200.

    export DATABASE_URL=postgres://... SECRET_KEY=x
    python -m benchmarks.revisions [--few 200] [--many 2000] [--texts 40] [--times 11]

Uses the database of DATABASE_URL, which is emptied of posts first: never one with real content; the few stand in a copy
of it, which is dropped at the end.
"""

import argparse
import itertools
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks import comparing
from benchmarks.comparing import Cost
from blog import revisions
from blog.demo_posts import create_posts
from blog.models import Post
from sharedlives.foundation.models import User
from tests.blog.test_desk import filled_in

# Each text with its own number of words, as if one more paragraph had been written each time.
TEXTS = """
INSERT INTO blog_revision (post_id, kind, data, content_hash, created_at)
SELECT revision.post_id, 'saved',
       jsonb_set(revision.data, '{body}', to_jsonb((revision.data->>'body') || '<p>Paragraph ' || n || '.</p>')),
       revision.content_hash, now()
FROM blog_revision AS revision, generate_series(2, %s) AS n
"""


def main():
    options = read_options()
    comparing.begin("blog_post", "blog_author", "blog_topic", "blog_tag", "blog_revision")
    comparing.fill(lambda: fill(options.few, options.texts))
    with comparing.Small() as small:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE blog_post, blog_author, blog_topic, blog_tag CASCADE")
        comparing.fill(lambda: fill(options.many, options.texts))
        few, many = small.measure(pages, options.times)
        comparing.tell(few, many, numbers=(options.few, options.many), of="posts")
    print(f"load {os.getloadavg()[0]:.1f}")


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=200)
    parser.add_argument("--many", type=int, default=2_000)
    parser.add_argument("--texts", type=int, default=40)
    parser.add_argument("--times", type=int, default=11)
    return parser.parse_args()


def fill(posts, texts):
    create_posts(posts, timezone.localdate())
    for post in Post.objects.all():
        revisions.begin(post)
    with connection.cursor() as cursor:
        cursor.execute(TEXTS, [texts])
        cursor.execute("SELECT count(*), pg_size_pretty(pg_total_relation_size('blog_revision')) FROM blog_revision")
        count, size = cursor.fetchone()
    return f"{posts} posts, {count} texts, {size}"


def pages():
    user = User.objects.get_or_create(email="bench@example.org", defaults={"is_staff": True, "is_superuser": True})[0]
    client = Client()
    client.force_login(user)
    post = Post.objects.published().newest_first()[100]
    newest = revisions.newest(post)
    at = lambda name: reverse(f"admin:blog_post_{name}", args=[post.pk])  # noqa: E731
    posted = {"title": post.title, "body": newest.data["body"], "base": revisions.base_of(post)}
    posts = reverse("admin:blog_post_changelist")
    return {
        "list": Cost(posts, client=client),
        "list: with a newer text": Cost(f"{posts}?state=newer", client=client),
        "front page": Cost(reverse("admin:index"), client=client),
        "form": Cost(at("change"), client=client),
        "texts": Cost(at("texts"), client=client),
        "compare": Cost(at("compare"), client=client),
        "keep while writing": Cost(do=lambda: client.post(at("keep"), posted)),
        "save the form": Cost(do=lambda: save(client, post, at("change"), "_save")),
        "publish by the form": Cost(do=lambda: save(client, post, at("change"), "_publish")),
        "public page": Cost(post.get_absolute_url()),
    }


WORDS = itertools.count(1)


def save(client, post, address, button):
    """Another text each time, as somebody who has just opened the form sends it."""
    post = Post.objects.get(pk=post.pk)
    body = revisions.newest(post).data["body"] + f"<p>Once more, {next(WORDS)}.</p>"
    answer = client.post(address, filled_in(post, body=body, **{button: "x"}))
    assert answer.status_code == 302, "the form was not saved"


if __name__ == "__main__":
    main()
