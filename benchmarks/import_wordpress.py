"""How long a large export takes, and how much memory: reading it alone, and the whole trial with the database.

    DATABASE_URL=... python benchmarks/import_wordpress.py [--megabytes 100] [--only reading]

The trial rolls back, so any database will do. What is generated is like a large real blog: posts of both editors with
ten comments each, an attachment for every post, menu entries, older versions, custom fields. There are no files of
pictures: decoding those is another measure (benchmarks/pictures.py).
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["DEBUG"] = "0"  # or Django keeps the last 9,000 queries
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharedlives.settings")
sys.path.insert(0, str(Path(__file__).parent.parent))

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>A large blog</title><link>https://blog.example.org</link>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://blog.example.org</wp:base_site_url>
<wp:base_blog_url>https://blog.example.org</wp:base_blog_url>
"""
WORDS = (
    "Sharing a home is sharing a table, a garden gate and the small arguments of a week. The people who open their "
    "doors seldom call it work, and those who come to stay seldom call it care. "
)


def item(number, kind, body="", more="", comments=0):
    slug = f"{kind}-number-{number}"
    said = "".join(
        f"<wp:comment><wp:comment_id>{number}{n}</wp:comment_id><wp:comment_author><![CDATA[Somebody {n}]]>"
        f"</wp:comment_author><wp:comment_content><![CDATA[{WORDS * 2}]]></wp:comment_content></wp:comment>"
        for n in range(comments)
    )
    year, month, day = 2005 + number % 20, number % 12 + 1, number % 28 + 1
    return (
        f"<item><title>{kind.capitalize()} number {number}</title><link>https://blog.example.org/{year}/{month:02}/"
        f"{day:02}/{slug}/</link><dc:creator>alex</dc:creator><guid isPermaLink='false'>https://blog.example.org/?p="
        f"{number}</guid><content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded></excerpt:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>{year}-{month:02}-{day:02} 08:15:00</wp:post_date_gmt>"
        f"<wp:post_name>{slug}</wp:post_name><wp:status>publish</wp:status><wp:post_type>{kind}</wp:post_type>"
        f"<category domain='category' nicename='topic-{number % 12}'>Topic {number % 12}</category>"
        f"{more}{said}</item>\n"
    )


def body(number):
    if number % 2:
        paragraphs = "\n\n".join(f"<em>{n}</em> {WORDS * 3}" for n in range(8))
        link = f"<a href='https://blog.example.org/?p={number * 10 - 10}'>before</a>"
        return f"{paragraphs}\n\n<!--more-->\n\n{paragraphs} {link}"
    blocks = "".join(f"<!-- wp:paragraph -->\n<p>{n} {WORDS * 3}</p>\n<!-- /wp:paragraph -->\n\n" for n in range(14))
    return f'{blocks}<!-- wp:heading {{"level":3}} --><h3>An end</h3><!-- /wp:heading -->'


def generate(path, size):
    number = 0
    with path.open("w") as file:
        file.write(HEAD)
        while file.tell() < size:
            number += 10
            file.write(item(number, "post", body(number // 10), comments=10))
            file.write(item(number + 1, "nav_menu_item"))
            file.write(item(number + 2, "revision", WORDS * 20))
            upload = f"https://blog.example.org/wp-content/uploads/2019/10/picture-{number}.jpg"
            file.write(item(number + 3, "attachment", more=f"<wp:attachment_url>{upload}</wp:attachment_url>"))
        file.write("</channel></rss>")
    return number // 10


def read(path):
    from sharedlives.site.wordpress import reading

    with path.open("rb") as file, reading.read(file) as export:
        print(f"    {len(export.known):,} posts and attachments, {export.comments:,} comments")


def trial(path):
    import django

    django.setup()
    from sharedlives.site.wordpress import applying

    with path.open("rb") as file:
        report = applying.move(file, name=path.name, is_applied=False)
    print(f"    {report.counts}")


def measured(what, path):
    """Run one of the two in a process of its own, whose peak is its own too."""
    print(f"{what}:", flush=True)
    began = time.monotonic()
    subprocess.run([sys.executable, __file__, "--run", what, str(path)], check=True)
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--only", choices=["reading", "trial"])
    parser.add_argument("--run", nargs=2)
    options = parser.parse_args()
    if options.run:
        what, path = options.run
        {"reading": read, "trial": trial}[what](Path(path))
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"    peak of memory: {used.ru_maxrss / 1024:.0f} MB")
        print(f"    {used.ru_utime + used.ru_stime:.1f} s of processor, the database's not counted", flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.xml")
        posts = generate(path, options.megabytes * 1_000_000)
        print(f"{path.stat().st_size / 1e6:.0f} MB, {posts:,} posts")
        for what in ("reading", "trial"):
            if options.only in (None, what):
                measured(what, path)


if __name__ == "__main__":
    main()
