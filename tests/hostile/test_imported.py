"""Hostile vectors as posts of a WordPress export."""

import io
import re

import pytest

from blog.models import Post
from sharedlives.foundation.richtext import clean
from sharedlives.site.wordpress import applying

from .policy import as_nh3_has_it, findings
from .vectors import EVERY

A_THIRD = EVERY[::3]  # all take half a minute, and lead through the same code
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EXPORT = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Old blog</title><link>https://old.example</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://old.example</wp:base_site_url><wp:base_blog_url>https://old.example</wp:base_blog_url>
{items}</channel></rss>"""
ITEM = """<item><title>Post {number}</title><link>https://old.example/post-{number}/</link><dc:creator>x</dc:creator>
<guid isPermaLink="false">https://old.example/?p={number}</guid><content:encoded><![CDATA[{body}]]></content:encoded>
<excerpt:encoded><![CDATA[]]></excerpt:encoded><wp:post_id>{number}</wp:post_id>
<wp:post_date>2019-05-01 10:00:00</wp:post_date><wp:post_date_gmt>2019-05-01 09:00:00</wp:post_date_gmt>
<wp:post_name>post-{number}</wp:post_name><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>"""


def export(bodies):
    items = [
        ITEM.format(number=number, body=NOT_XML.sub("", body).replace("]]>", "]]]]><![CDATA[>"))
        for number, body in enumerate(bodies, start=1)
    ]
    return io.BytesIO(EXPORT.format(items="\n".join(items)).encode())


@pytest.mark.django_db
def test_what_moves_in_is_within_the_policy_and_stays_as_it_is():
    applying.move(export(f"<p>before</p>{vector}" for vector in A_THIRD), name="x.xml", is_applied=True)

    wrong = {
        post.body: findings(post.body)
        for post in Post.objects.all()
        if findings(post.body) or not clean(post.body) == as_nh3_has_it(post.body) == post.body
    }
    assert wrong == {}
    assert Post.objects.filter(body__contains="before").count() == len(A_THIRD)
