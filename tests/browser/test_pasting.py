"""What is pasted into the editor: what it means stays, and nothing else. The files in pastes/ are after the real
clipboards of Word 365 for the desk, Word Online, Google Docs, LibreOffice 24 and Apple Pages, with words of ours."""

import re
from pathlib import Path

import pytest

from blog.models import Post
from sharedlives.foundation import reading, richtext
from sharedlives.foundation.richtext import clean
from tests.factories import create_charity, create_guest_pass, create_user
from tests.hostile.policy import findings

from .test_editor import box, wait_for_editors, written

PASTES = Path(__file__).parent / "pastes"
LISTS = (
    "<ul><li><p>One</p><ul><li><p>Within one</p></li></ul></li><li><p>Two</p></li></ul><ol><li><p>First</p></li></ol>"
)
TABLE = "<table><tbody><tr><td><p>Cell</p></td></tr></tbody></table>"


@pytest.fixture
def form(new_page):
    create_charity()
    page = new_page(create_user(is_superuser=True))
    page.goto("/admin/blog/post/add/")
    wait_for_editors(page)
    box(page).click()
    return page


def paste(page, html="", text="plain"):
    page.evaluate(
        """([html, text]) => {
            const clipboardData = new DataTransfer();
            if (html) clipboardData.setData("text/html", html);
            clipboardData.setData("text/plain", text);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        [html, text],
    )


def stored(page):
    """What would be saved; empty paragraphs at the end are the editor's own."""
    return clean(written(page))


def test_word(form):
    paste(form, (PASTES / "word.html").read_text())

    assert stored(form) == (
        '<h2>What we found</h2><p>Plain <strong>words</strong> and a <a href="https://www.example.org/a">link</a>.</p>'
        "<ul><li><p>First</p><ul><li><p>Within first</p></li></ul></li><li><p>Second</p></li></ul>"
        f"<p>Then:</p><ol><li><p>One</p></li><li><p>Two</p></li></ol>{TABLE}"
        "<p>A claim<small>From the <em>yearly report</em>, "
        '<a href="https://www.example.org/report">page 4</a>.</small> with a source.</p><h3>A smaller heading</h3>'
    )
    assert form.evaluate("window.hurt") is None


def test_word_online(form):
    paste(form, (PASTES / "word_online.html").read_text())

    assert stored(form) == (
        "<h2>What we found</h2><h3>Smaller</h3><p>Plain, <strong>bold</strong><em> and slanted</em>, "
        f'<a href="https://www.example.org/">a link</a>.</p>{LISTS}{TABLE}'
    )


def test_google_docs(form):
    paste(form, (PASTES / "google_docs.html").read_text())

    assert stored(form) == (
        "<h2>What we found</h2><h3>Smaller</h3><p>Plain, <strong><em>bold and slanted</em></strong>, <s>gone</s> and "
        f'<a href="https://www.example.org/">a link</a>. H<sub>2</sub>O</p>{LISTS}{TABLE}'
    )


def test_libreoffice(form):
    paste(form, (PASTES / "libreoffice.html").read_text())

    assert stored(form) == (
        "<h2>What we found</h2><h3>Smaller</h3><p>Plain, <strong>bold</strong><em> and slanted</em>, "
        '<a href="https://www.example.org/">a link</a><small>From the <em>yearly report</em>.</small>.</p>'
        f"{LISTS}{TABLE}"
    )


def test_pages(form):
    paste(form, (PASTES / "pages.html").read_text())

    assert stored(form) == (
        '<p>Plain, <strong>bold</strong> <em>and slanted</em>, <a href="https://www.example.org/">a link</a>.</p>'
        f"{LISTS}"
    )


@pytest.mark.parametrize("program", sorted(path.stem for path in PASTES.iterdir()))
def test_nothing_else_stays_of_any_program(form, program):
    paste(form, (PASTES / f"{program}.html").read_text())

    assert not re.search(r"mso|style|class|span|font|img|data:|evil|<!--|&nbsp;|<p></p>.", written(form))


def test_the_first_word_pasted_over_nothing_leaves_no_empty_paragraph(form):
    paste(form, "<h1>One</h1><p>&nbsp;</p><p><br></p><p>Two</p>")

    assert stored(form) == "<h2>One</h2><p>Two</p>"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<h2>a</h2><h3>b</h3><h6>c</h6>", "<h2>a</h2><h3>b</h3><h4>c</h4>"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4>", "<h2>a</h2><h3>b</h3><h4>c</h4><h4>d</h4>"),
        ("<p>a <small>b</small></p><aside>c</aside>", "<p>a b</p><p>c</p>"),
        ("<p>a<a href='#b'>b</a></p><p id=b>c</p>", '<p>a<a href="#b">b</a></p><p>c</p>'),
        ("<p>a</p><img src=data:image/png;base64,AA==><p>b</p>", "<p>a</p><p>b</p>"),
    ],
)
def test_headings_small_print_links_and_pictures_of_other_sites(form, html, kept):
    paste(form, html)

    assert stored(form) == kept


def test_footnotes_of_wordpress(form):
    paste(
        form,
        '<p>Claim<sup data-fn="a1" class="fn"><a href="https://old.example/post/#a1" id="a1-link">1</a></sup>.</p>'
        '<ol class="wp-block-footnotes"><li id="a1">The source. <a href="https://old.example/post/#a1-link">↩︎</a></li></ol>',
    )

    assert stored(form) == "<p>Claim<small>The source.</small>.</p>"


TEXT_OF_OURS = (
    '<p>One<small>See <a href="/x">there</a></small>.</p><hr data-fold=""><aside><p>Two</p></aside>'
    "<table><tbody><tr><th><p>h</p></th></tr><tr><td><p>c</p></td></tr></tbody></table><p>Three</p>"
)


def test_footnotes_copied_from_a_page_of_ours_are_footnotes_again(form):
    shown = reading.shown(TEXT_OF_OURS, {})
    paste(form, shown.replace('href="#', 'href="https://www.example.org/blog/x/#'))

    assert stored(form).startswith('<p>One<small>See <a href="/x">there</a></small>.</p>')
    assert "Notes" not in stored(form)


def test_what_is_copied_from_one_editor_is_the_same_in_another(form):
    """As the editor writes it to the clipboard."""
    paste(form, TEXT_OF_OURS.replace("<p>", '<p data-pm-slice="0 0 []">', 1))

    assert stored(form) == TEXT_OF_OURS


def test_plain_text_has_paragraphs_where_it_has_blank_lines(form):
    paste(form, text="One & <two>\r\nthree\r\n\r\n  \r\nFour\n")

    assert stored(form) == "<p>One &amp; &lt;two&gt;<br>three</p><p>Four</p>"


def test_plain_words_go_where_the_caret_is(form):
    form.keyboard.type("ab")
    form.keyboard.press("ArrowLeft")
    form.wait_for_timeout(150)
    paste(form, text="words")

    assert stored(form) == "<p>awordsb</p>"


def test_what_was_pasted_is_saved(form):
    form.get_by_label("Title").fill("From Word")
    box(form).click()
    paste(form, (PASTES / "word.html").read_text())
    form.get_by_role("button", name="Save", exact=True).click()
    form.get_by_text("was added successfully").wait_for()

    post = Post.objects.get()
    assert post.body.startswith("<h2>What we found</h2>")
    assert clean(post.body) == post.body


# --- On a guest's page ------------------------------------------------------------------------------------------------

KINDS = sorted(path.name for path in PASTES.glob("*.html"))


@pytest.mark.parametrize("name", KINDS)
def test_what_a_guest_pastes_stays_within_their_narrower_list_and_keeps_its_words(new_page, name):
    create_charity()
    page = new_page()
    page.goto(create_guest_pass().get_absolute_url())
    own = page.locator("[role=textbox][aria-labelledby]")
    own.click()

    paste(page, (PASTES / name).read_text())

    kept = clean(page.locator("#id_body").input_value(), "guest")
    assert findings(kept, "guest") == []
    assert page.evaluate("window.hurt") is None
    assert "<strong>" in kept
    assert not re.search("mso|<table|<small|style=|base64", kept)
    assert own.inner_text().split()[:3] == richtext.plain(kept).split()[:3] != []

    # Saved twice, as it then stands in the form: the same bytes.
    for _ in range(2):
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved. Send it in when you are ready.").wait_for()
        own.click()
        page.keyboard.press("Control+End")
        page.keyboard.type("!")
        page.keyboard.press("Backspace")
    stored = Post.objects.get().body
    assert richtext.clean(stored, "guest") == stored == kept
