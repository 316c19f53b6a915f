"""Texts as readers get them: on pages, in lists and in feeds."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from sharedlives.foundation import reading
from sharedlives.foundation.richtext import clean
from tests.factories import create_picture

SITE, PAGE = "https://www.example.org", "https://www.example.org/blog/homes/"


def on_a_page(text, pictures=None, prefix="text"):
    context = Context({"text": text, "pictures": pictures or {}, "prefix": prefix})
    return Template("{% load richtext %}{% reading text pictures prefix %}").render(context)


def in_a_feed(text, pictures=None):
    return reading.for_feed(text, pictures or {}, site=SITE, page=PAGE)


def test_a_text_without_anything_special_is_shown_as_it_is():
    text = (
        '<h2>One</h2><p>5 &lt; 6 &amp; 7, "quoted" <a href="/x?a=1&amp;b=2">link</a><br>Ll&nbsp;ŷn</p><hr>'
        "<ul><li>a</li></ul>"
    )

    assert on_a_page(text) == text
    assert on_a_page("") == ""


def test_footnotes_are_numbered_and_listed_with_links_both_ways():
    text = '<p>One<small>First, <a href="/x">there</a></small> and two<small>Second</small>.</p>'

    assert on_a_page(text) == (
        '<p>One<sup class="note-mark"><a href="#text-note-1" id="text-note-1-mark" role="doc-noteref" '
        'aria-label="Note 1">1</a></sup> and two<sup class="note-mark"><a href="#text-note-2" id="text-note-2-mark" '
        'role="doc-noteref" aria-label="Note 2">2</a></sup>.</p>'
        '<section class="notes" role="doc-endnotes" aria-labelledby="text-notes"><h2 id="text-notes">Notes</h2><ol>'
        '<li id="text-note-1">First, <a href="/x">there</a> <a class="notes__back no-print" href="#text-note-1-mark" '
        'role="doc-backlink" aria-label="Back to the text, note 1">↩\ufe0e</a></li>'
        '<li id="text-note-2">Second <a class="notes__back no-print" href="#text-note-2-mark" '
        'role="doc-backlink" aria-label="Back to the text, note 2">↩\ufe0e</a></li></ol></section>'
    )


def test_footnotes_of_two_texts_on_one_page_do_not_meet():
    text = "<p>One<small>First</small></p>"

    assert 'id="introduction-note-1"' in on_a_page(text, prefix="introduction")
    assert 'id="introduction-note-1"' not in on_a_page(text)


@pytest.mark.django_db
def test_pictures_stand_where_they_were_put_with_caption_and_credit():
    picture = create_picture(alt="A table", caption="At home", credit="Photograph: Ada Rowan")
    text = f'<p>a</p><figure data-picture="{picture.pk}"></figure><p>b</p>'

    shown = on_a_page(text, reading.pictures_in(text))

    assert shown.startswith('<p>a</p><figure class="figure"><picture>')
    assert 'alt="A table"' in shown
    assert "<figcaption>At home" in shown
    assert shown.endswith("</figure><p>b</p>")


@pytest.mark.django_db
def test_a_picture_that_is_no_more_leaves_nothing():
    text = '<p>a</p><figure data-picture="999999999999999999"></figure><p>b</p>'

    assert on_a_page(text, reading.pictures_in(text)) == "<p>a</p><p>b</p>"
    assert in_a_feed(text) == "<p>a</p><p>b</p>"


@pytest.mark.django_db
def test_the_pictures_of_many_texts_take_one_query_and_of_none_no_query(django_assert_num_queries):
    first, second = create_picture(), create_picture()
    texts = [f'<figure data-picture="{picture.pk}"></figure>' for picture in (first, second, first)]

    with django_assert_num_queries(1):
        assert reading.pictures_in(*texts) == {first.pk: first, second.pk: second}
    with django_assert_num_queries(0):
        assert reading.pictures_in("<p>a</p>") == {}


def test_tables_are_shown_so_that_they_scroll_by_themselves():
    assert on_a_page(clean("<table><td>a<small>b</small></table>")).startswith(
        '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table><tbody><tr><td>a<sup'
    )


def test_the_fold_is_for_lists_only():
    text = '<p>a <em>b</em><small>note</small></p><figure data-picture="1"></figure><hr data-fold=""><p>c</p><hr>'

    assert on_a_page(text).startswith("<p>a <em>b</em><sup")
    assert "data-fold" not in on_a_page(text) + in_a_feed(text)
    assert on_a_page("<hr>") == "<hr>"
    assert reading.opening(text) == "<p>a <em>b</em></p>"


@pytest.mark.parametrize(
    "text",
    ["", "<p>a</p><hr><p>b</p>", '<hr data-fold=""><p>b</p>', '<figure data-picture="1"></figure><hr data-fold="">'],
)
def test_without_a_fold_or_words_before_it_there_is_no_opening(text):
    assert reading.opening(text) == ""


def test_feeds_get_whole_addresses_and_nothing_that_needs_our_stylesheet():
    text = (
        '<p><a href="/a">a</a> <a href="#b">b</a> <a href="https://example.org/">c</a> write href="/d"<small>e <a '
        'href="/f">f</a></small></p><aside><p>g</p></aside><table><tbody><tr><td>h</td></tr></tbody></table>'
    )

    assert in_a_feed(text) == (
        f'<p><a href="{SITE}/a">a</a> <a href="{PAGE}#b">b</a> <a href="https://example.org/">c</a> write href="/d"'
        f'<sup><a href="{PAGE}#text-note-1">1</a></sup></p><blockquote><p>g</p></blockquote>'
        f'<table><tbody><tr><td>h</td></tr></tbody></table><h2>Notes</h2><ol><li>e <a href="{SITE}/f">f</a></li></ol>'
    )


@pytest.mark.django_db
def test_feeds_get_pictures_as_jpeg_with_their_whole_address():
    picture = create_picture(alt='"A" table', caption="At <home>", credit="By Ada")
    text = f'<figure data-picture="{picture.pk}"></figure>'

    sent = in_a_feed(text, {picture.pk: picture})

    assert sent.startswith(f'<figure><img src="{SITE}/')
    assert f"{picture.key}-960.jpg" in sent
    assert sent.endswith('alt="&quot;A&quot; table"><figcaption>At &lt;home&gt; By Ada</figcaption></figure>')


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-1, 100])
def test_feeds_get_no_picture_whose_consent_ends(days):
    picture = create_picture(consent_until=timezone.localdate() + timedelta(days=days))

    assert in_a_feed(f'<figure data-picture="{picture.pk}"></figure>', {picture.pk: picture}) == ""
