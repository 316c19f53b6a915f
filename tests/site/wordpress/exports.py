"""Exports of WordPress for tests, built from what a test says about them and nothing else."""

import io
from html import escape

from sharedlives.site.wordpress import applying

BLOG = "https://blog.example.org"


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def post(
    number=1,
    title="A kitchen table",
    body="Words enough.",
    *,
    kind="post",
    status="publish",
    slug=None,
    link=None,
    date="2019-10-03 08:15:00",
    excerpt="",
    terms=(),
    meta=(),
    more="",
    login="alex",
    parent=0,
    guid=None,
):
    """One item. `terms` are (domain, slug, name), `meta` are (key, value), `more` is XML of any other kind."""
    slug = title.lower().replace(" ", "-") if slug is None else slug
    link = f"{BLOG}/2019/10/03/{slug}/" if link is None else link
    guid = f"{BLOG}/?p={number}" if guid is None else guid
    return (
        f"<item><title>{cdata(title)}</title><link>{escape(link)}</link><dc:creator>{cdata(login)}</dc:creator>"
        f'<guid isPermaLink="false">{escape(guid)}</guid><content:encoded>{cdata(body)}</content:encoded>'
        f"<excerpt:encoded>{cdata(excerpt)}</excerpt:encoded><wp:post_id>{number}</wp:post_id>"
        f"<wp:post_date>{date}</wp:post_date><wp:post_date_gmt>{date}</wp:post_date_gmt>"
        f"<wp:post_name>{cdata(slug)}</wp:post_name><wp:status>{status}</wp:status>"
        f"<wp:post_parent>{parent}</wp:post_parent>{f'<wp:post_type>{kind}</wp:post_type>' if kind else ''}"
        + "".join(f'<category domain="{d}" nicename="{s}">{cdata(n)}</category>' for d, s, n in terms)
        + "".join(
            f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{cdata(value)}</wp:meta_value></wp:postmeta>"
            for key, value in meta
        )
        + f"{more}</item>\n"
    )


def attachment(number, name="table.jpg", *, alt="", caption="", title="", parent=0):
    meta = [("_wp_attachment_image_alt", alt)] if alt else []
    more = f"<wp:attachment_url>{BLOG}/wp-content/uploads/2019/10/{name}</wp:attachment_url>"
    return post(number, title or name, "", kind="attachment", status="inherit", excerpt=caption, meta=meta, more=more,
                link=f"{BLOG}/attached/{number}/", parent=parent)  # fmt: skip


def author(login="alex", name="Chief executive", number=1, email="alex@example.org"):
    return (
        f"<wp:author><wp:author_id>{number}</wp:author_id><wp:author_login>{login}</wp:author_login><wp:author_email>"
        f"{email}</wp:author_email><wp:author_display_name>{cdata(name)}</wp:author_display_name></wp:author>"
    )


def category(slug, name, parent="", number=1):
    return (
        f"<wp:category><wp:term_id>{number}</wp:term_id><wp:category_nicename>{slug}</wp:category_nicename>"
        f"<wp:category_parent>{parent}</wp:category_parent><wp:cat_name>{cdata(name)}</wp:cat_name></wp:category>"
    )


def export(*items, head="", version="1.2", blog=BLOG, encoding="UTF-8", prolog=""):
    """A whole export, as bytes."""
    at = f"http://wordpress.org/export/{version}/"
    return (
        f'<?xml version="1.0" encoding="{encoding}" ?>\n{prolog}<rss version="2.0" xmlns:excerpt="{at}excerpt/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:wp="{at}">\n<channel><title>A blog</title><link>{blog}</link><wp:wxr_version>{version}'
        f"</wp:wxr_version><wp:base_site_url>{blog}</wp:base_site_url><wp:base_blog_url>{blog}</wp:base_blog_url>"
        f"{head or author()}\n{''.join(items)}</channel></rss>"
    ).encode(encoding)


def move(*items, is_applied=True, folder=None, fetch=None, **head):
    """Move in an export of these items, or one that is bytes already; gives the report."""
    content = items[0] if items and isinstance(items[0], bytes) else export(*items, **head)
    return applying.move(io.BytesIO(content), name="export.xml", is_applied=is_applied, folder=folder, fetch=fetch)


def said(entries):
    return [f"{entry.source.title}: {entry.said}" for entry in entries]
