"""What becomes of a body of either editor."""

# ruff: noqa: E501 - markup stands as WordPress writes it

import json
import time

import pytest

from blog.models import Post

from .exports import BLOG, move, post, said

pytestmark = pytest.mark.django_db


def moved(body, *others, **fields):
    """The body of a post as it stands here, and what the report said was lost of it."""
    report = move(post(body=body, **fields), *others)
    return Post.objects.get(title="A kitchen table").body, [entry.said for entry in report.losses]


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ("One\n\nTwo\nlines\n\n\n\nThree", "<p>One</p>\n<p>Two<br>lines</p>\n<p>Three</p>"),
        ("One\r\n\r\nTwo\r\nlines", "<p>One</p>\n<p>Two<br>lines</p>"),
        ("One<br />\nTwo", "<p>One<br>Two</p>"),
        ("A <strong>bold\nend</strong> of", "<p>A <strong>bold<br>end</strong> of</p>"),
        ("<ul>\n<li>One</li>\n<li>Two\nlines</li>\n</ul>\nAfter", "<ul><li>One</li><li>Two<br>lines</li></ul>\n<p>After</p>"),
        ("<blockquote>One\n\nTwo</blockquote>", "<blockquote><p>One</p><p>Two</p></blockquote>"),
        ("<h1>Large</h1>\nText", "<h2>Large</h2>\n<p>Text</p>"),
        ("<pre>a\n\n  b</pre>", "<p>a<br><br>  b</p>"),
        ("<div>One\n\nTwo</div>", "<p>One</p>\n<p>Two</p>"),
        ("&nbsp;\n\nText\n\n&nbsp;", "<p>Text</p>"),
        ("Before\n\n<!--more Read on-->\n\nAfter", '<p>Before</p>\n<hr data-fold="">\n<p>After</p>'),
        ("Before <!--more--> after", '<p>Before</p>\n<hr data-fold="">\n<p>after</p>'),
        ("One\n\n<!--nextpage-->\n\nTwo", "<p>One</p>\n<p>Two</p>"),
        ("One[sic] and [our emphasis]", "<p>One[sic] and [our emphasis]</p>"),
        ("Write [[gallery]] for one", "<p>Write [gallery] for one</p>"),
        ("<code>[gallery]</code>", "<p>[gallery]</p>"),
        ("a[footnote]With <em>words</em>[/footnote] b", "<p>a<small>With <em>words</em></small> b</p>"),
        ("A <small>small print</small>", "<p>A small print</p>"),
        ('Fine <img class="wp-smiley" src="/x.gif" alt="🙂"> day', "<p>Fine 🙂 day</p>"),
        ("<table>\n<tr>\n<td>a</td>\n<td>b\nc</td>\n</tr>\n</table>",
         "<table><tbody><tr><td>a</td><td>b<br>c</td></tr></tbody></table>"),
        ("<p>Whole</p>\n<p>paragraphs</p>", "<p>Whole</p>\n<p>paragraphs</p>"),
    ],
)  # fmt: skip
def test_bodies_of_the_classic_editor(body, becomes):
    assert moved(body) == (becomes, [])


def block(name, inner, **attributes):
    written = f" {json.dumps(attributes)}" if attributes else ""
    return f"<!-- wp:{name}{written} -->\n{inner}\n<!-- /wp:{name} -->\n\n"


PARAGRAPH = block("paragraph", "<p>A paragraph\non two lines.</p>")


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (PARAGRAPH, "<p>A paragraph\non two lines.</p>"),
        (block("heading", '<h3 class="wp-block-heading">Three</h3>', level=3), "<h3>Three</h3>"),
        (PARAGRAPH + block("more", "<!--more-->"), '<p>A paragraph\non two lines.</p>\n<hr data-fold="">'),
        (block("nextpage", "<!--nextpage-->") + PARAGRAPH, "<p>A paragraph\non two lines.</p>"),
        (block("separator", '<hr class="wp-block-separator"/>') + PARAGRAPH, "<hr>\n<p>A paragraph\non two lines.</p>"),
        (
            block("pullquote", '<figure class="wp-block-pullquote"><blockquote><p>Said</p><cite>Ann</cite></blockquote></figure>'),
            "<aside><p>Said</p><p>Ann</p></aside>",
        ),
        (
            block("quote", '<blockquote class="wp-block-quote"><!-- wp:paragraph --><p>Said</p><!-- /wp:paragraph --><cite>Ann</cite></blockquote>'),
            "<blockquote><p>Said</p><p>Ann</p></blockquote>",
        ),
        (
            block("columns", "<div>" + block("column", f"<div>{PARAGRAPH}</div>") + block("column", "<div><p>Two</p></div>") + "</div>"),
            "<p>A paragraph\non two lines.</p>\n<p>Two</p>",
        ),
        (
            block("table", '<figure class="wp-block-table"><table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody><tfoot><tr><td>2</td></tr></tfoot></table><figcaption>Said</figcaption></figure>'),
            "<table><caption>Said</caption><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody><tbody><tr><td>2</td></tr></tbody></table>",
        ),
        (
            block("list", "<ul>" + block("list-item", "<li>One<ul><li>Inner</li></ul></li>") + "</ul>"),
            "<ul><li>One<ul><li>Inner</li></ul></li></ul>",
        ),
        (
            block("buttons", '<div>' + block("button", '<div class="wp-block-button"><a class="wp-block-button__link" href="https://elsewhere.example/">Join</a></div>') + "</div>"),
            '<p><a href="https://elsewhere.example/">Join</a></p>',
        ),
        (block("html", "<p>By <u>hand</u></p>"), "<p>By hand</p>"),
        (block("freeform", "One\n\nTwo\nlines"), "<p>One</p>\n<p>Two<br>lines</p>"),
        (f"Classic\n\nfirst\n\n{PARAGRAPH}then\nclassic", "<p>Classic</p>\n<p>first</p>\n<p>A paragraph\non two lines.</p>\n<p>then<br>classic</p>"),
        (block("details", "<details><summary>Why</summary><p>Because</p></details>"), "<p><strong>Why</strong></p>\n<p>Because</p>"),
    ],
)  # fmt: skip
def test_bodies_of_the_block_editor(body, becomes):
    assert moved(body) == (becomes, [])


def test_footnotes_stand_where_their_marks_stood():
    notes = json.dumps([{"id": "ab-1", "content": 'See <a href="https://elsewhere.example/">there</a>.'}])
    mark = '<sup data-fn="ab-1" class="fn"><a href="#ab-1" id="ab-1-link">1</a></sup>'
    body = block("paragraph", f"<p>True{mark}.</p>") + "<!-- wp:footnotes /-->"

    assert moved(body, meta=[("footnotes", notes)]) == (
        '<p>True<small>See <a href="https://elsewhere.example/">there</a>.</small>.</p>',
        [],
    )


def test_a_footnote_without_its_text_is_a_loss():
    body = block("paragraph", '<p>True<sup data-fn="x" class="fn"><a href="#x">1</a></sup></p>')

    assert moved(body) == ("<p>True</p>", ["A footnote's text is not in the export."])


def test_reusable_blocks_are_put_in_where_they_are_used():
    reused = post(9, "Address", block("paragraph", "<p>We live here.</p>"), kind="wp_block")

    assert moved('<!-- wp:block {"ref":9} /-->', reused)[0] == "<p>We live here.</p>"


def test_reusable_blocks_that_are_missing_or_hold_themselves():
    itself = post(9, "Itself", PARAGRAPH + '<!-- wp:block {"ref":9} /-->', kind="wp_block")

    body, losses = moved('<!-- wp:block {"ref":9} /--><!-- wp:block {"ref":10} /-->', itself)

    assert body == "<p>A paragraph\non two lines.</p>"
    assert losses == ["A reusable block is not in the export, or stands in itself."] * 2


def test_a_block_that_wordpress_fills_is_a_loss():
    assert moved(PARAGRAPH + '<!-- wp:latest-posts {"postsToShow":3} /-->')[1] == [
        'A block that WordPress fills by itself does not come: "latest-posts".'
    ]


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ('<iframe src="https://www.youtube.com/embed/abcDEF12?rel=0"></iframe>', "https://www.youtube.com/watch?v=abcDEF12"),
        ('<iframe src="//player.vimeo.com/video/123"></iframe>', "https://vimeo.com/123"),
        ("[embed]https://youtu.be/abc[/embed]", "https://youtu.be/abc"),
        ("https://youtu.be/abc", "https://youtu.be/abc"),
        ("[youtube=https://youtu.be/abc]", "https://youtu.be/abc"),
        ('[video mp4="https://elsewhere.example/a.mp4"][/video]', "https://elsewhere.example/a.mp4"),
        ('<figure class="wp-block-video"><video controls src="https://elsewhere.example/a.mp4"></video></figure>', "https://elsewhere.example/a.mp4"),
        ('<!-- wp:embed {"url":"https://youtu.be/abc","type":"video"} --><figure class="wp-block-embed"><div>https://youtu.be/abc</div></figure><!-- /wp:embed -->', "https://youtu.be/abc"),
        ("<object data='https://elsewhere.example/a.swf'></object><iframe src='https://youtu.be/abc'></iframe>", "https://youtu.be/abc"),
    ],
)  # fmt: skip
def test_films_become_links_and_are_told(body, link):
    stands, losses = moved(f"Before\n\n{body}\n\nAfter")

    assert f'<a href="{link}">' in stands
    assert "iframe" not in stands
    assert "Something embedded became a link." in losses


@pytest.mark.parametrize(
    ("body", "stands", "loss"),
    [
        ('A [donate to="us"] b', "<p>A  b</p>", "A shortcode that this site does not know was left out, its words stay."),
        ("A [box color=red]kept [b]x[/b][/box] c", "<p>A kept x c</p>", "A shortcode that this site does not know"),
        ('[button url="https://elsewhere.example/"]Join[/button]', '<p><a href="https://elsewhere.example/">Join</a></p>', "A shortcode that"),
        ("[box x=1][caption]deep[/box] text", "<p>deep text</p>", "A caption is broken"),
        ("A [/caption] b", "<p>A  b</p>", "The end of a shortcode stands without its beginning"),
        ("A [gallery ids='1,2' b", "<p>A [gallery ids='1,2' b</p>", "A shortcode is broken"),
        ("[gallery]", None, "A gallery names no pictures"),
        ("<script>alert(1)</script>Text", "<p>Text</p>", "A script in the text does not come."),
        ('Text <form action="/x"><input name="q"></form>', "<p>Text</p>", "A form in the text does not come."),
        ('The <abbr title="National Health Service">NHS</abbr>', "<p>The NHS</p>", "The explanation of an abbreviation"),
    ],
)  # fmt: skip
def test_what_cannot_come_is_told(body, stands, loss):
    became, losses = moved(f"{body}" if stands else f"Words\n\n{body}")

    assert became == (stands or "<p>Words</p>")
    assert any(said.startswith(loss) for said in losses)


def test_hostile_markup_goes_through_the_models_cleaning():
    body = '<p onclick="x()">One <a href="javascript:alert(1)">two</a> <img src=x onerror=alert(1)></p><svg onload=x()>'

    stands, _ = moved(body)

    assert stands == "<p>One two</p>"


WITHOUT_END = {
    "blocks within blocks": "<!-- wp:embed -->" * 20_000,
    "captions": "<!-- wp:embed -->" + "<figcaption>" * 25_000,
    "links to files": "<!-- wp:file -->" + "<a wp-block-file__button>" * 15_000,
    "one link to files": "<!-- wp:file --><a " + "wp-block-file__button " * 15_000,
    "frames": "<!-- wp:pullquote -->" + "<figure " * 27_000,
    "pictures": "[caption]" + "<img " * 27_000 + "[/caption]",
    "sentences": "workshop " + "! " * 38_000,
}


@pytest.mark.parametrize("body", WITHOUT_END.values(), ids=WITHOUT_END)
def test_no_body_takes_time_by_the_square_of_its_length(body):
    began = time.process_time()

    move(post(body=body))

    assert time.process_time() - began < 5


def test_links_within_the_blog_lead_to_where_things_stand_now():
    body = " ".join(
        f'<a href="{href}">{n}</a>'
        for n, href in enumerate(
            [
                f"{BLOG}/2019/10/03/the-other/",
                "http://www.blog.example.org/2019/10/03/the-other/#part",
                "/2019/10/03/the-other",
                f"{BLOG}/?p=2",
                "?p=2",
                f"{BLOG}/2019/10/03/its-first-name/",
                f"{BLOG}/category/homes/",
                f"{BLOG}/tag/tea/",
                f"{BLOG}/2019/10/",
                f"{BLOG}/feed/",
                f"{BLOG}/",
                "https://elsewhere.example/?p=2",
                "mailto:office@example.org",
            ]
        )
    )
    other = post(2, "The other", meta=[("_wp_old_slug", "its-first-name")],
                 terms=[("category", "homes", "Homes"), ("post_tag", "tea", "Tea")])  # fmt: skip

    stands, losses = moved(body, other, terms=[("category", "homes", "Homes"), ("post_tag", "tea", "Tea")])

    assert [part.split('"')[0] for part in stands.split('href="')[1:]] == [
        "/blog/the-other/",
        "/blog/the-other/#part",
        "/blog/the-other/",
        "/blog/the-other/",
        "/blog/the-other/",
        "/blog/the-other/",
        "/blog/topics/homes/",
        "/blog/tags/tea/",
        "/blog/archive/2019/10/",
        "/blog/feed/",
        "/blog/",
        "https://elsewhere.example/?p=2",
        "mailto:office@example.org",
    ]
    assert losses == []


def test_links_to_what_does_not_come_are_told():
    report = move(
        post(1, "One", f'<a href="{BLOG}/gone/">gone</a> and <a href="/?p=2">long</a>'), post(2, "Long", "x" * 100_000)
    )

    assert said(report.losses) == [
        "One: A link leads to something of the old site that is not in the export.",
        "Long: The whole post did not come. This text is too long: at most 80,000 characters, formatting included.",
        "One: A link leads to something that could not be taken.",
    ]
