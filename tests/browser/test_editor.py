"""The rich-text editor at the desk, in a real browser and under the strict policy."""

import re

import pytest

from blog.models import Post
from tests.factories import create_author, create_charity, create_post, create_user, create_workshop

# After the clipboard of Word 365 for the desk: two levels of bullets, a numbered list, a heading, a comment, a picture.
FROM_WORD = """
<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"
xmlns="http://www.w3.org/TR/REC-html40"><head><meta name=Generator content="Microsoft Word 15">
<style><!-- p.MsoNormal {mso-style-parent:""; font-family:"Calibri",sans-serif} --></style></head>
<body lang=EN-GB style='tab-interval:36.0pt'><!--StartFragment-->
<h1 style='mso-pagination:none'>What we found<o:p></o:p></h1>
<p class=MsoNormal style='margin-bottom:8pt'>Plain <b style='mso-bidi-font-weight:normal'><span
style='color:red;mso-ansi-language:EN-GB'>words</span></b> and a <a href="https://www.example.org/a"
style='mso-comment-reference:KL_1'>link</a>.<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-list:Ignore'>·<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;</span></span><![endif]>First<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>o<span>&nbsp;&nbsp;</span></span><![endif]>Within first<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp;</span></span><![endif]>Second<o:p></o:p></p>
<p class=MsoNormal>Then:<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span>&nbsp;</span></span><![endif]>One<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>2.<span>&nbsp;</span></span><![endif]>Two<o:p></o:p></p>
<table class=MsoTableGrid border=1 style='border-collapse:collapse'><tr style='mso-yfti-irow:0'><td width=301
valign=top style='width:225.4pt'><p class=MsoNormal>Cell<o:p></o:p></p></td></tr></table>
<p class=MsoNormal><img width=1 src="data:image/png;base64,iVBORw0KGgo=" onerror="window.hurt=1"></p>
<p class=MsoNormal><script>window.hurt=1</script></p>
<div style='mso-element:comment'><p class=MsoCommentText>Ann: check this</p></div>
<!--EndFragment--></body></html>
"""


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
    The waiting happens in the page, behind whatever it still has to do.
    """
    settle = "() => new Promise(resolve => setTimeout(resolve, 150))"
    page.evaluate(settle)
    page.keyboard.press(keys)
    page.evaluate(settle)


def back_in_the_text(page):
    """A dialog gives the focus back when it has closed."""
    page.locator(".ProseMirror-focused").wait_for()
    page.wait_for_function("() => document.querySelector('dialog[open]') === null")


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
    create_author(name="Anna McEwen", organisation="Shared Lives Plus")
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
    assert visitor.get_by_text("By Anna McEwen, Shared Lives Plus").is_visible()


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


def test_what_comes_from_word_is_what_it_means(form):
    box(form).click()
    paste(form, FROM_WORD)

    cleaned = Post(body=written(form))._meta.get_field("body").get_prep_value(written(form))
    assert cleaned == (
        '<h2>What we found</h2><p>Plain <strong>words</strong> and a <a href="https://www.example.org/a">link</a>.</p>'
        "<ul><li><p>First</p><ul><li><p>Within first</p></li></ul></li><li><p>Second</p></li></ul>"
        "<p>Then:</p><ol><li><p>One</p></li><li><p>Two</p></li></ol>"
        "<table><tbody><tr><td><p>Cell</p></td></tr></tbody></table><p>Ann: check this</p>"
    )
    assert form.evaluate("window.hurt") is None


# After the clipboard of Google Docs: all within a <b> that is not bold, marks as styles, no h1 but levels.
FROM_GOOGLE = """
<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-x"><h2 dir="ltr"
style="line-height:1.38;"><span style="font-size:16pt;font-family:Arial;">Heading</span></h2><p dir="ltr"><span
style="font-weight:400;">Plain, </span><span style="font-weight:700;font-style:italic;">bold and slanted</span><span>,
</span><a href="https://www.example.org/" style="text-decoration:none;"><span style="color:#1155cc;">a
link</span></a></p><ul style="margin-top:0;"><li dir="ltr" style="list-style-type:disc;" aria-level="1"><p dir="ltr"
role="presentation"><span style="font-weight:400;">One</span></p></li></ul></b><br class="Apple-interchange-newline">
"""


def test_what_comes_from_google_docs_is_what_it_means(form):
    box(form).click()
    paste(form, FROM_GOOGLE)

    assert written(form) == (
        "<h2>Heading</h2><p>Plain, <strong><em>bold and slanted</em></strong>, "
        '<a href="https://www.example.org/">a link</a></p><ul><li><p>One</p></li></ul>'
    )


@pytest.mark.parametrize(
    "html",
    [
        "<img src=x onerror='window.hurt=1'>",
        "<svg><script>window.hurt=1</script></svg>",
        "<a href='javascript:window.hurt=1'>x</a>",
        "<iframe srcdoc='<script>parent.hurt=1</script>'></iframe>",
        "<p onclick='window.hurt=1' style='position:fixed;inset:0'>x</p>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.hurt=1&gt;'>",
    ],
)
def test_what_is_pasted_runs_nothing(form, html):
    box(form).click()
    paste(form, html)
    form.wait_for_timeout(100)

    assert form.evaluate("window.hurt") is None
    assert not re.search("onerror|javascript|style=|<script|<iframe", written(form))


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
    assert form.evaluate("document.activeElement === document.querySelector('.field-body [role=textbox]')")
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
