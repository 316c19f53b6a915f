"""The rich-text editor at the desk, in a real browser and under the strict policy."""

import pytest

from blog.models import Post
from tests.factories import create_author, create_charity, create_post, create_user, create_workshop


@pytest.fixture
def publisher():
    create_charity()
    return create_user(is_superuser=True)


@pytest.fixture
def form(new_page, publisher):
    """The empty form of a post, its editors ready."""
    page = new_page(publisher)
    page.goto("/admin/blog/post/add/")
    wait_for_editors(page)
    return page


def wait_for_editors(page):
    """Until each has taken the place of its plain text box, which answers to the same name."""
    page.wait_for_function(
        """() => {
            const boxes = document.querySelectorAll("textarea[data-django-prose-editor-configurable]");
            return boxes.length && boxes.length === document.querySelectorAll(".ProseMirror[role=textbox]").length;
        }"""
    )


def box(page, name="Text"):
    return page.get_by_role("textbox", name=name, exact=False)


def press(page, name, within=".field-body"):
    page.locator(within).get_by_role("button", name=name, exact=True).click()


def move_caret(page, keys):
    """Press keys that move the caret or select.

    For 50 ms after it has changed the text ProseMirror passes over moves of the caret: no hand is as quick as a test.
    The waiting happens in the page, behind whatever it still has to do: the editor gives itself the focus in the next
    frame, and puts the caret back where it knew it then.
    """
    settle = "() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 150)))"
    page.evaluate(settle)
    page.keyboard.press(keys)
    page.evaluate(settle)


def back_in_the_text(page):
    """A dialog gives the focus back when it has closed, and the editor takes what it brought a moment later."""
    page.locator(".ProseMirror-focused").wait_for()
    page.wait_for_function("() => document.querySelector('dialog[open]') === null")
    page.evaluate("() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))")


def paste(page, html):
    page.evaluate(
        """html => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/html", html);
            clipboardData.setData("text/plain", "plain");
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        html,
    )


def written(page):
    """What the form would send."""
    return page.locator("#id_body").input_value()


def choose(page, field, words):
    """Pick from a search box of the desk."""
    page.locator(f"[role=combobox][aria-labelledby^='{field}_label']").click()
    page.locator(".select2-search__field").fill(words)
    page.locator(".select2-results__option", has_text=words).click()


def test_write_format_publish_and_read(form, new_page):
    create_author(name="Anna Merrow", organisation="Shared Lives Plus")
    form.get_by_label("Title").fill("On homes")
    box(form).click()
    form.keyboard.type("Before all")
    press(form, "Heading")
    form.keyboard.press("Enter")
    form.keyboard.type("Some words of mine")
    move_caret(form, "Shift+Control+ArrowLeft")
    press(form, "Link")
    form.get_by_label("Where the link leads").fill("www.example.org")
    form.get_by_role("button", name="Save link").click()
    back_in_the_text(form)
    move_caret(form, "End")
    form.keyboard.press("Enter")
    press(form, "List with bullets")
    form.keyboard.type("first")
    form.keyboard.press("Enter")
    form.keyboard.type("second")
    form.keyboard.press("Enter")
    form.keyboard.press("Enter")
    press(form, "Insert a table")
    form.get_by_label("Rows").fill("2")
    form.get_by_role("button", name="Insert table").click()
    back_in_the_text(form)
    form.keyboard.type("Where")
    form.keyboard.press("Tab")
    form.keyboard.type("When")
    choose(form, "id_bylines-0-author", "Anna")
    form.get_by_role("button", name="Save and publish").click()
    form.get_by_text("The post is out.").wait_for()

    assert Post.objects.published().get().body == (
        '<h2>Before all</h2><p>Some words of <a href="https://www.example.org">mine</a></p>'
        "<ul><li><p>first</p></li><li><p>second</p></li></ul>"
        "<table><tbody><tr><th><p>Where</p></th><th><p>When</p></th></tr>"
        "<tr><td></td><td></td></tr></tbody></table>"
    )
    visitor = new_page()
    visitor.goto("/blog/on-homes/")
    assert visitor.get_by_role("heading", name="Before all").is_visible()
    assert visitor.get_by_role("columnheader", name="Where").is_visible()
    assert visitor.get_by_text("By Anna Merrow, Shared Lives Plus").is_visible()


def test_what_was_saved_comes_back_into_the_editor_and_out_again_the_same(new_page, publisher):
    body = (
        "<h2>A</h2><p>b <strong>c</strong> <em>d</em> <s>e</s> H<sub>2</sub>O m<sup>2</sup><br>f &amp; &lt;</p>"
        '<ol start="3"><li><p>g</p></li></ol><blockquote><p>h</p></blockquote><hr><h3>i</h3><h4>j</h4>'
        '<p><a href="/workshops/">k</a> <a href="mailto:ann@example.org">l</a></p>'
    )
    post = create_post(body=body, is_published=False)
    page = new_page(publisher)
    page.goto(f"/admin/blog/post/{post.pk}/change/")
    wait_for_editors(page)
    box(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" more")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()

    post.refresh_from_db()
    assert post.body == body.replace(">l</a>", ">l</a> more")


def test_the_keyboard_finds_a_way_out_of_lists_and_tables(form):
    box(form).click()
    press(form, "Insert a table")
    form.get_by_role("button", name="Insert table").click()
    form.keyboard.press("Tab")
    assert form.evaluate("document.activeElement.getAttribute('role')") == "textbox"

    form.keyboard.press("Escape")
    form.keyboard.press("Tab")
    assert form.evaluate("document.activeElement.closest('.field-body')") is None


def test_labels_and_hints_belong_to_the_text_box(form):
    form.locator("label[for=id_body]").click()
    form.wait_for_function("() => document.activeElement === document.querySelector('.field-body [role=textbox]')")
    form.locator("summary", has_text="If it is a guest").click()
    assert box(form, "Host's introduction").get_attribute("aria-describedby") == "id_introduction_helptext"
    bold = form.locator(".field-body").get_by_role("button", name="Bold", exact=True)
    assert bold.get_attribute("aria-pressed") == "false"
    bold.click()
    assert bold.get_attribute("aria-pressed") == "true"


def test_the_text_stays_in_the_form_when_something_else_is_wrong(form):
    box(form).click()
    form.keyboard.type("My long text")
    form.get_by_role("button", name="Save and publish").click()

    form.get_by_text("This field is required").wait_for()
    wait_for_editors(form)
    assert box(form).inner_text().strip() == "My long text"
    assert form.title().startswith("Error:")


def test_without_javascript_a_plain_box_does(new_page, publisher):
    page = new_page(publisher, java_script_enabled=False)
    page.goto("/admin/blog/post/add/")
    page.get_by_label("Title").fill("By hand")
    page.locator("#id_body").fill("One\n\nTwo & three")
    page.get_by_role("button", name="Save", exact=True).click()

    assert Post.objects.get().body == "<p>One</p>\n\n<p>Two &amp; three</p>"
    assert Post.objects.get().slug == "by-hand"


def test_axe_finds_nothing_on_the_form_and_on_errors(form, axe):
    assert axe(form) == []
    form.get_by_role("button", name="Save and publish").click()
    form.get_by_text("This field is required").wait_for()
    form.locator(".field-body [role=textbox][aria-labelledby]").wait_for()
    assert axe(form) == []


def test_axe_finds_nothing_in_the_dialogs(form, axe):
    box(form).click()
    form.keyboard.type("word")
    move_caret(form, "Shift+Home")
    press(form, "Link")
    form.get_by_label("Where the link leads").wait_for()
    assert axe(form, within="dialog") == []
    form.get_by_role("button", name="Cancel").click()
    press(form, "Insert a table")
    assert axe(form, within="dialog") == []


def test_the_workshop_form_has_the_same_editor(new_page, publisher, axe):
    workshop = create_workshop()
    page = new_page(publisher)
    page.goto(f"/admin/events/workshop/{workshop.pk}/change/")
    wait_for_editors(page)
    box(page, "Description").click()
    page.keyboard.type("Come along")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()

    workshop.refresh_from_db()
    assert workshop.description == "<p>Come along</p>"
