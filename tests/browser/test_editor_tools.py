"""The tools of the editor, each by what it stores: that comes back into the editor and out again the same."""

import re

import pytest

from blog.models import Post
from sharedlives.foundation import richtext
from tests.browser.test_editor import back_in_the_text, box, move_caret, press, written
from tests.browser.test_editor import form, publisher  # noqa: F401
from tests.factories import create_picture, create_post


def text_of(page):
    """What the form would send, without the empty paragraph that is there to write on."""
    return written(page).removesuffix("<p></p>")


@pytest.fixture
def text(form):  # noqa: F811
    box(form).click()
    return form


def write(page, words):
    page.keyboard.type(words)


def test_a_pull_quote(text):
    write(text, "Kind words")
    press(text, "Pull quote")

    assert text_of(text) == "<aside><p>Kind words</p></aside>"
    press(text, "Pull quote")
    assert text_of(text) == "<p>Kind words</p>"


def test_the_fold_stands_once_and_never_within_anything(text):
    fold = "“Continue reading” starts after this paragraph"
    write(text, "First")
    press(text, fold)
    assert text_of(text) == '<p>First</p><hr data-fold="">'

    move_caret(text, "Control+End")
    press(text, "List with bullets")
    write(text, "Second")
    press(text, fold)
    assert text_of(text) == '<p>First</p><ul><li><p>Second</p></li></ul><hr data-fold="">'


def test_a_footnote_by_keyboard(text):
    write(text, "Words")
    press(text, "Footnote")
    note = text.get_by_role("textbox", name="What it says")
    note.wait_for()
    write(text, "A source of ")
    text.keyboard.press("Control+b")
    write(text, "ours")
    text.keyboard.press("Enter")
    back_in_the_text(text)
    write(text, " and more")

    assert text_of(text) == "<p>Words<small>A source of <strong>ours</strong></small> and more</p>"
    assert text.get_by_role("button", name="Footnote: A source of ours").is_visible()


