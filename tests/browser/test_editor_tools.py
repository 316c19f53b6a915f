"""The tools of the editor: each makes exactly the markup we store, by mouse or keyboard, and finds its way back."""

import io
import re

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from blog.models import Post, Tag
from sharedlives.foundation import pictures
from sharedlives.foundation.models import Picture
from tests.browser.test_editor import (
    back_in_the_text,
    box,
    form,  # noqa: F401
    move_caret,
    press,
    publisher,  # noqa: F401
    wait_for_editors,
    written,
)
from tests.factories import create_page, create_post

FOLD = "“Continue reading” starts after this paragraph"


def text_of(page):
    """What the form would send, without the empty paragraph that is there to write on."""
    return written(page).removesuffix("<p></p>")


def write(page, words):
    page.keyboard.type(words)


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(file, "JPEG")
    return {"name": "view.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def add_picture(name="A kitchen table", alt="Two people at a kitchen table"):
    """One with its files, since these pages show them."""
    return pictures.add(ContentFile(jpeg()["buffer"], "view.jpg"), by=None, name=name, alt=alt)


@pytest.fixture
def text(form):  # noqa: F811
    box(form).click()
    return form


# --- What each tool makes ---------------------------------------------------------------------------------------------


def test_a_pull_quote(text):
    write(text, "Kind words")
    press(text, "Pull quote")
    assert text_of(text) == "<aside><p>Kind words</p></aside>"

    press(text, "Pull quote")
    assert text_of(text) == "<p>Kind words</p>"


def test_the_fold_stands_once_and_never_within_anything(text):
    write(text, "First")
    press(text, FOLD)
    assert text_of(text) == '<p>First</p><hr data-fold="">'

    press(text, "List with bullets")
    write(text, "Second")
    press(text, FOLD)
    assert text_of(text) == '<p>First</p><ul><li><p>Second</p></li></ul><hr data-fold="">'


def test_a_footnote_by_keyboard(text):
    write(text, "Words")
    press(text, "Footnote")
    text.get_by_role("textbox", name="What it says").wait_for()
    write(text, "A source of ")
    text.keyboard.press("Control+b")
    write(text, "ours")
    text.keyboard.press("Enter")
    back_in_the_text(text)
    write(text, " and more")

    assert text_of(text) == "<p>Words<small>A source of <strong>ours</strong></small> and more</p>"


def test_a_footnote_is_changed_and_removed_where_its_number_stands(text):
    write(text, "Words")
    press(text, "Footnote")
    write(text, "Once")
    text.keyboard.press("Enter")
    back_in_the_text(text)

    text.get_by_role("button", name="Footnote: Once").click()
    write(text, " more")
    text.get_by_role("button", name="Save footnote").click()
    back_in_the_text(text)
    assert text_of(text) == "<p>Words<small>Once more</small></p>"

    text.get_by_role("button", name="Footnote: Once more").click()
    text.get_by_role("button", name="Remove this footnote").click()
    back_in_the_text(text)
    assert text_of(text) == "<p>Words</p>"


def test_a_footnote_needs_words(text):
    press(text, "Footnote")
    text.get_by_role("button", name="Save footnote").click()

    text.get_by_text("Write what the footnote says.").wait_for()
    assert text.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_a_footnote_in_a_link_does_not_lie_within_it(text):
    write(text, "Words")
    move_caret(text, "Shift+Home")
    press(text, "Link")
    text.get_by_label("Where the link leads").fill("/about/")
    text.keyboard.press("Enter")
    back_in_the_text(text)
    move_caret(text, "Home")
    move_caret(text, "ArrowRight")
    press(text, "Footnote")
    write(text, "Note")
    text.keyboard.press("Enter")
    back_in_the_text(text)

    assert text_of(text) == '<p><a href="/about/">W</a><small>Note</small><a href="/about/">ords</a></p>'


def test_rows_and_columns_come_and_go_but_the_headings_stay(text):
    press(text, "Insert a table")
    text.get_by_label("Rows").fill("2")
    text.get_by_role("button", name="Insert table").click()
    back_in_the_text(text)
    write(text, "A")
    delete_row = text.locator(".field-body").get_by_role("button", name="Delete this row")
    assert delete_row.get_attribute("aria-disabled") == "true"
    press(text, "Add a row below this one")
    press(text, "Add a column after this one")
    assert written(text).count("<tr>") == 3
    assert written(text).count("<th>") == 3

    press(text, "Delete this column")
    move_caret(text, "ArrowDown")
    press(text, "Delete this row")
    assert written(text).count("<th>") == 2
    assert written(text).count("<tr>") == 2


@pytest.mark.parametrize(("rows", "words"), [("1", "From 2 to 100"), ("", "From 2 to 100"), ("101", "From 2 to 100")])
def test_a_table_that_cannot_be_is_refused_beside_the_field(text, rows, words):
    press(text, "Insert a table")
    text.get_by_label("Rows").fill(rows)
    text.get_by_role("button", name="Insert table").click()

    text.get_by_text(words).wait_for()
    assert text.evaluate("document.activeElement.name") == "rows"


# --- Links ------------------------------------------------------------------------------------------------------------


def test_a_page_of_ours_is_found_and_linked_by_keyboard_alone(text):
    create_page(title="How we work")
    write(text, "See ")
    text.keyboard.press("Control+k")
    text.get_by_label("Find a page of ours").focus()
    write(text, "how we")
    text.get_by_role("button", name="How we work").wait_for()
    text.keyboard.press("Tab")
    text.keyboard.press("Enter")
    text.keyboard.press("Enter")
    back_in_the_text(text)
    write(text, " first")

    assert text_of(text) == '<p>See <a href="/how-we-work/">How we work</a> first</p>'


def test_a_link_without_an_address_or_words_is_refused_beside_its_field(text):
    press(text, "Link")
    text.get_by_role("button", name="Save link").click()

    assert text.get_by_text("Say where the link leads.").is_visible()
    assert text.get_by_text("Give it some words").is_visible()
    text.keyboard.press("Escape")
    back_in_the_text(text)
    assert text_of(text) == ""


# --- Pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_of_the_library_is_found_by_its_words_and_stands_in_the_text(text):
    picture = add_picture(name="The table", alt="Two people at a table")
    add_picture(name="A garden", alt="Beans")
    press(text, "Picture")
    text.get_by_label("Search the library").fill("people")
    text.get_by_text("One picture.").wait_for()
    text.keyboard.press("Tab")
    text.keyboard.press("Enter")
    back_in_the_text(text)
    write(text, "After it")

    assert text_of(text) == f'<figure data-picture="{picture.pk}"></figure><p>After it</p>'
    figure = text.locator(".picture-in-text")
    assert figure.get_by_role("img", name="Two people at a table").count() == 1
    assert figure.get_by_text("The table").is_visible()


def test_a_picture_is_taken_in_from_within_the_editor_once_its_description_is_decided(text):
    press(text, "Picture")
    text.get_by_role("button", name="Upload a new one").click()
    text.get_by_role("button", name="Upload and use it").click()
    assert text.get_by_text("Choose the picture’s file.").is_visible()

    text.locator("dialog input[type=file]").set_input_files(jpeg())
    text.get_by_role("button", name="Upload and use it").click()
    text.get_by_text("Describe the picture, or tick").wait_for()
    assert not Picture.objects.exists()

    text.get_by_label("Description").fill("A window")
    text.get_by_label("Caption").fill("The view")
    text.get_by_label("Who took it").fill("Photograph: Ada Rowan")
    text.get_by_role("button", name="Upload and use it").click()
    back_in_the_text(text)

    picture = Picture.objects.get()
    assert (picture.alt, picture.caption, picture.credit) == ("A window", "The view", "Photograph: Ada Rowan")
    assert text_of(text) == f'<figure data-picture="{picture.pk}"></figure>'


def test_a_chosen_picture_is_changed_for_another(text):
    first, second = add_picture(name="First"), add_picture(name="Second")
    for change, picture in ((lambda: press(text, "Picture"), first), (lambda: change_picture(text), second)):
        change()
        text.get_by_role("dialog").get_by_role("button", name=picture.name).click()
        back_in_the_text(text)

        assert text_of(text) == f'<figure data-picture="{picture.pk}"></figure>'


def change_picture(page):
    page.locator(".picture-in-text").get_by_role("button", name="Change").click()


def type_on_a_screen(page, words):
    """As keyboards on a screen do, which put a word together before they write it."""
    screen = page.context.new_cdp_session(page)
    screen.send("Input.imeSetComposition", {"text": words, "selectionStart": len(words), "selectionEnd": len(words)})


def paste_words(page, words):
    page.evaluate(
        """words => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", words);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        words,
    )


WAYS_TO_WRITE = {
    "by keys": write,
    "whole words": lambda page, words: page.keyboard.insert_text(words),
    "on a screen": type_on_a_screen,
    "pasted": paste_words,
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_what_is_written_while_something_is_selected_whole_goes_behind_it(new_page, publisher, way):  # noqa: F811
    picture = add_picture()
    figure, fold = f'<figure data-picture="{picture.pk}"></figure>', '<hr data-fold="">'
    post = create_post(body=f"<p>a</p>{figure}<p>b<small>note</small></p>{fold}<p>c</p>", is_published=False)
    page = new_page(publisher)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    wait_for_editors(page)

    for selected in (".picture-in-text img", ".fold-line"):
        box(page).locator(selected).click()
        box(page).locator(".ProseMirror-selectednode").wait_for()
        move_caret(page, "Shift")
        WAYS_TO_WRITE[way](page, "new")
    box(page).get_by_text("b", exact=True).click()
    move_caret(page, "Home")
    for key in ("ArrowRight", "ArrowRight"):
        move_caret(page, key)
    WAYS_TO_WRITE[way](page, "new")

    all_of_it = f"<p>a</p>{figure}<p>new</p><p>b<small>note</small>new</p>{fold}<p>new</p><p>c</p>"
    page.wait_for_function("text => document.querySelector('#id_body').value === text", arg=all_of_it)
    box(page).locator(".picture-in-text img").click()
    move_caret(page, "Backspace")
    assert written(page) == all_of_it.replace(figure, "")


def test_a_table_put_in_while_a_picture_is_selected_stands_behind_it(new_page, publisher):  # noqa: F811
    picture = add_picture()
    figure = f'<figure data-picture="{picture.pk}"></figure>'
    post = create_post(body=f"<p>a</p>{figure}<p>b</p>", is_published=False)
    page = new_page(publisher)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    wait_for_editors(page)
    box(page).locator(".picture-in-text img").click()
    press(page, "Insert a table")
    page.get_by_role("button", name="Insert table").click()
    back_in_the_text(page)

    assert re.fullmatch(f"<p>a</p>{figure}<table.*</table><p>b</p>", written(page))


def test_an_editor_that_comes_without_one_of_its_parts_is_locked_and_loses_nothing(
    new_page,
    publisher,  # noqa: F811
    complaints,
):
    body = f'<p>a</p><figure data-picture="{add_picture().pk}"></figure><p>b</p>'
    post = create_post(body=body, is_published=False)
    page = new_page(publisher)
    page.route("**/editor_pictures.js", lambda route: route.abort())
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    page.get_by_text("this text is locked").first.wait_for()
    box(page).get_by_text("b", exact=True).click(force=True)
    page.keyboard.type("new")
    page.get_by_label("Title").fill("Another title")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()

    post.refresh_from_db()
    assert (post.title, post.body) == ("Another title", body)
    complaints.clear()


def test_what_the_server_refuses_is_said_beside_the_file(text, complaints):
    press(text, "Picture")
    text.get_by_role("button", name="Upload a new one").click()
    text.locator("dialog input[type=file]").set_input_files(jpeg() | {"buffer": b"no picture at all"})
    text.get_by_label("Only decoration").check()
    text.get_by_role("button", name="Upload and use it").click()

    text.locator("[data-row=file] .desk-dialog__error:visible").wait_for()
    assert not Picture.objects.exists()
    assert any("400" in complaint for complaint in complaints)
    complaints.clear()


def give(page, how, type_="image/jpeg"):
    """Drop or paste a file."""
    page.evaluate(
        """async ([how, type]) => {
            const canvas = new OffscreenCanvas(300, 200);
            canvas.getContext("2d").fillRect(0, 0, 300, 200);
            const blob = await canvas.convertToBlob({ type });
            const transfer = new DataTransfer();
            transfer.items.add(new File([blob], "given.jpg", { type }));
            const box = document.querySelector(".field-body .ProseMirror");
            const { left, top } = box.getBoundingClientRect();
            const options = { bubbles: true, cancelable: true };
            const place = { clientX: left + 40, clientY: top + 20 };
            box.dispatchEvent(
                how === "paste"
                    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
                    : new DragEvent("drop", { ...options, ...place, dataTransfer: transfer }));
        }""",
        [how, type_],
    )


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_a_file_dropped_or_pasted_is_taken_into_the_library_first(text, how):
    give(text, how)
    text.get_by_label("Description").fill("Nothing but black")
    assert "base64" not in written(text)
    text.get_by_role("button", name="Upload and use it").click()
    back_in_the_text(text)

    assert text_of(text) == f'<figure data-picture="{Picture.objects.get().pk}"></figure>'


def test_the_lead_picture_is_chosen_and_taken_away_by_the_same_dialog(form):  # noqa: F811
    picture = add_picture(name="The table")
    form.get_by_role("button", name="Lead picture: Choose a picture").click()
    form.get_by_role("dialog").get_by_role("button", name="The table").click()
    form.wait_for_function("() => document.querySelector('[name=lead_picture]').value")
    assert form.locator("[name=lead_picture]").input_value() == str(picture.pk)
    assert form.locator(".field-lead_picture").get_by_text("The table").is_visible()

    form.get_by_role("button", name="Take it away").click()
    assert form.locator("[name=lead_picture]").input_value() == ""
    assert form.evaluate("document.activeElement.textContent") == "Choose a picture"


# --- Kept as it is ----------------------------------------------------------------------------------------------------


def test_all_of_it_comes_back_and_goes_out_again_byte_by_byte(new_page, publisher):  # noqa: F811
    picture = add_picture()
    body = (
        "<h2>A</h2><p>b<small>A <em>note</em> &amp; "
        '<a href="https://www.example.org/?a=1&amp;b=2">more</a></small> c</p>'
        "<aside><p>Kind words</p></aside>"
        f'<figure data-picture="{picture.pk}"></figure><p>d</p><hr data-fold="">'
        "<p>e <strong>f<small>g</small></strong></p>"
        "<hr><table><tbody><tr><th><p>h</p></th></tr><tr><td><p>i</p></td></tr></tbody></table><p>j</p>"
    )
    post = create_post(body=body, is_published=False)
    assert post.body == body
    page = new_page(publisher)
    for _time in range(2):
        page.goto(f"/admin/blog/post/{post.pk}/change/")
        wait_for_editors(page)
        box(page).get_by_role("heading").click()  # in the middle of the box the picture would be selected
        move_caret(page, "Control+End")
        write(page, "x")
        page.keyboard.press("Backspace")
        page.get_by_role("button", name="Save and continue editing").click()
        page.get_by_text("was changed successfully").wait_for()
        post.refresh_from_db()
        assert post.body == body


def test_without_javascript_the_stored_markup_survives(new_page, publisher):  # noqa: F811
    picture = add_picture()
    body = (
        f'<p>a<small>n</small></p><figure data-picture="{picture.pk}"></figure><hr data-fold=""><aside><p>b</p></aside>'
    )
    post = create_post(body=body, is_published=False)
    page = new_page(publisher, java_script_enabled=False)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    page.get_by_label("Title").fill("Other title")
    page.locator("#id_lead_picture").fill(str(picture.pk))
    page.get_by_role("button", name="Save", exact=True).click()

    post.refresh_from_db()
    assert (post.title, post.body, post.lead_picture) == ("Other title", body, picture)


def test_words_are_counted_below_the_text(text):
    line = text.locator(".field-body .word-count")
    assert line.inner_text() == "No words yet"
    write(text, "Seven plain words – and two more")
    text.get_by_text("6 words, about a minute to read").wait_for()


# --- The preview, and what axe says -----------------------------------------------------------------------------------


def preview(page):
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    tab = opened.value
    tab.get_by_role("heading", name="On a phone").wait_for()
    return tab


def test_the_preview_shows_what_stands_in_the_form_at_two_widths(text):
    picture = add_picture(alt="A table")
    text.get_by_label("Title").fill("Unsaved")
    box(text).click()
    write(text, "Words not saved")
    press(text, "Picture")
    text.get_by_role("dialog").get_by_role("button", name=picture.name).click()
    back_in_the_text(text)
    tab = preview(text)

    for frame, widest in (("The post on a phone", 400), ("The post on a large screen", 2000)):
        within = tab.frame_locator(f"iframe[title='{frame}']")
        assert within.get_by_role("heading", name="Unsaved", level=1).is_visible()
        assert within.get_by_text("Words not saved").is_visible()
        within.get_by_role("img", name="A table").evaluate("image => image.decode()")  # it is really there
        assert tab.locator(f"iframe[title='{frame}']").bounding_box()["width"] <= widest
    assert not Post.objects.exists()


def test_axe_finds_nothing_in_the_preview(text, axe):
    text.get_by_label("Title").fill("Unsaved")
    assert axe(preview(text)) == []


def test_axe_finds_nothing_in_the_dialogs_and_around_what_they_made(text, axe):
    add_picture()
    write(text, "Words")
    for tool, ready in (
        ("Footnote", "What it says"),
        ("Link", "Where the link leads"),
        ("Insert a table", "Rows"),
    ):
        press(text, tool)
        text.get_by_label(ready).first.wait_for()
        assert axe(text, within="dialog") == []
        text.keyboard.press("Escape")
        back_in_the_text(text)
    press(text, "Picture")
    text.get_by_text("One picture.").wait_for()
    assert axe(text, within="dialog") == []
    text.get_by_role("button", name="Upload a new one").click()
    text.get_by_role("button", name="Upload and use it").click()
    assert axe(text, within="dialog") == []
    text.keyboard.press("Escape")
    back_in_the_text(text)
    press(text, FOLD)
    assert axe(text) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_holds_on_a_phone(new_page, publisher, axe, scheme):  # noqa: F811
    post = create_post(body='<p>a<small>n</small></p><hr data-fold=""><aside><p>b</p></aside>', is_published=False)
    page = new_page(publisher, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    wait_for_editors(page)
    page.evaluate("() => document.fonts.ready.then(() => true)")  # until then the tools are words

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe(page) == []


def test_tags_that_are_there_are_offered_while_typing(form):  # noqa: F811
    Tag.objects.create(name="Kindness", slug="kindness")
    tags = form.get_by_label("Tags")
    tags.click()
    form.keyboard.type("homes, kin")

    form.locator("datalist option").wait_for(state="attached")
    assert form.locator("datalist option").get_attribute("value") == "homes, Kindness"


@pytest.mark.parametrize("model", ["author", "topic", "tag"])
def test_axe_finds_nothing_on_the_forms_beside_it(new_page, publisher, axe, model):  # noqa: F811
    page = new_page(publisher)
    page.goto(f"/admin/blog/{model}/add/")
    page.get_by_label("Name", exact=False).first.wait_for()

    assert axe(page) == []
