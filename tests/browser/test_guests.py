"""A guest's way in a real browser: on a phone, without JavaScript, by keyboard, and over a line that breaks."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from blog import editorial, passes, revisions
from blog.models import Post
from sharedlives.foundation.models import OutgoingMail, Picture
from tests.factories import create_charity, create_post, create_user, picture_file

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

PHONE = {"viewport": {"width": 360, "height": 800}}
SIZES = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def editor():
    create_charity()
    rights = ["blog.edit_post", "blog.change_post", "blog.publish_post"]
    return create_user(email="eddie@example.org", name="Eddie Editor", permissions=rights)


@pytest.fixture
def guest_pass(editor):
    return passes.invite(name="Mary Writer", email="mary@example.org", by=editor, message="Tell us about the garden.")


def link_in(mail):
    return re.search(r"/blog/guests/\S+", mail.text)[0]


def newest_mail():
    return OutgoingMail.objects.filter(recipient="mary@example.org").latest("pk")


def photo():
    return {"name": "beans.jpg", "mimeType": "image/jpeg", "buffer": picture_file(size=(600, 400)).read()}


def text_box(page):
    """The editor once it is there."""
    return page.locator("[role=textbox][aria-labelledby]")


def plain_box(page):
    """In its place without JavaScript, or without its script."""
    return page.locator("#plain")


def wait_until_kept(page):
    expect(page.locator("[data-keep-status]")).to_contain_text("Kept at", timeout=15_000)


def edited(post, words, *, by):
    """A colleague saves another text at the desk."""
    data = revisions.newest(post).data | {"body": words}
    revisions.save(post, data, base=revisions.base_of(post), by=by)
    editorial.text_changed(post, by=by)


def test_on_a_phone_from_the_invitation_to_the_post_that_is_out(new_page, guest_pass, editor):
    page = new_page(**PHONE)
    page.goto(link_in(newest_mail()))
    assert page.title().startswith("Write your post")
    expect(page.get_by_text("Tell us about the garden.")).to_be_visible()

    page.get_by_role("button", name="Send it in").click()
    expect(page).to_have_title(re.compile("^Error: Write your post"))
    page.get_by_role("link", name="Title – Give your post a title").click()
    page.keyboard.type("The garden")
    text_box(page).click()
    page.keyboard.type("Beans grow.")
    wait_until_kept(page)
    page.get_by_role("button", name="Picture", exact=True).click()
    dialog = page.get_by_role("dialog", name="Choose a picture")
    dialog.get_by_label("Picture", exact=True).set_input_files(photo())
    dialog.get_by_role("button", name="Upload and use it").click()
    expect(dialog.get_by_text("Describe the picture, or tick")).to_be_visible()
    dialog.get_by_label("Description").fill("A bed of beans")
    dialog.get_by_role("button", name="Upload and use it").click()
    expect(text_box(page).locator("figure img")).to_be_visible()
    page.get_by_label("About you (optional)").fill("Mary grows beans.")
    page.get_by_text("Your names on social networks").click()
    page.get_by_label("Bluesky").fill("@mary.example")
    page.get_by_label("Mastodon").fill("mary@example.social")
    page.get_by_role("button", name="Save and see how it will look").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The garden")
    expect(page.get_by_role("img", name="A bed of beans")).to_be_attached()
    page.get_by_role("link", name="Back to writing").click()
    expect(page.get_by_role("button", name="Take up the words")).to_have_count(0)
    page.get_by_role("button", name="Send it in").click()
    expect(page).to_have_title(re.compile("^Sent in – Your post is with the editors"))

    page.get_by_role("button", name="Take it back and change it").click()
    page.get_by_role("button", name="Send it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is with the editors")
    post = Post.objects.get()
    picture = Picture.objects.get()
    assert post.body == f'<p>Beans grow.</p><figure data-picture="{picture.pk}"></figure>'
    assert post.slug == "the-garden"
    assert {(handle.network, handle.name) for handle in guest_pass.author.handles.all()} == {
        ("bluesky", "mary.example"),
        ("mastodon", "mary@example.social"),
    }

    editorial.request_changes(post, by=editor, note="Say more about the kitchen.")
    page.goto(link_in(newest_mail()))
    expect(page.get_by_role("heading", level=1)).to_have_text("The editors ask for changes")
    expect(page.get_by_text("Say more about the kitchen.")).to_be_visible()
    page.get_by_label("Your words to the editors").fill("Gladly.")
    page.get_by_role("button", name="Send these words").click()
    expect(page.get_by_text("Your words are with the editors.")).to_be_visible()
    text_box(page).locator("p").first.click()
    page.keyboard.press("End")
    page.keyboard.type(" The kitchen smells of them.")
    page.get_by_role("button", name="Send it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is with the editors")

    figure = f'<figure data-picture="{picture.pk}"></figure>'
    edited(post, f"<p>Beans grow. Our kitchen smells of them.</p>{figure}", by=editor)
    editorial.ask_for_sign_off(Post.objects.get(), by=editor)
    page.goto(link_in(newest_mail()))
    expect(page.locator("del").filter(has_text="The")).to_be_visible()
    expect(page.locator("ins").filter(has_text="Our")).to_be_visible()
    page.get_by_role("button", name="I agree to exactly this text").click()
    expect(page).to_have_title(re.compile("^Agreed – Your post is ready to go out"))

    edited(post, f"<p>Beans grow. Our whole kitchen smells of them.</p>{figure}", by=editor)
    editorial.ask_for_sign_off(Post.objects.get(), by=editor)
    page.reload()
    expect(page.locator("ins").filter(has_text="whole")).to_be_visible()
    page.get_by_role("button", name="I agree to exactly this text").click()
    editorial.publish(Post.objects.get(), by=editor)

    page.goto(link_in(newest_mail()))
    page.get_by_label("A change of what is out").check()
    page.get_by_label("Your words to the editors").fill("It is spelt Merrow.")
    page.get_by_role("button", name="Send these words").click()
    expect(page.get_by_text("Your words are with the editors.")).to_be_visible()
    assert post.notes.get(asks_for="change").text == "It is spelt Merrow."
    page.get_by_role("link", name="Read it on our blog").click()
    expect(page.get_by_text("Our whole kitchen smells of them.")).to_be_visible()


def test_without_javascript_nobody_meets_html_and_nothing_typed_is_lost(new_page, guest_pass, editor):
    page = new_page(java_script_enabled=False, **PHONE)
    page.goto(link_in(newest_mail()))
    page.get_by_label("Title").fill("The garden")
    plain_box(page).fill("Beans grow.\n\nPeas & roses, too.")
    # Another button than "Save": what was typed comes along.
    page.locator("summary", has_text="Add a picture").click()
    page.get_by_label("The file").set_input_files(photo())
    page.get_by_role("button", name="Add this picture").click()
    assert page.title().startswith("Error: ")
    assert page.get_by_label("Title").input_value() == "The garden"
    page.get_by_label("The file").set_input_files(photo())
    page.get_by_label("What does it show?").fill("A bed of beans")
    page.get_by_label("This is a photograph of me").check()
    page.get_by_role("button", name="Add this picture").click()
    expect(page.get_by_text("The picture is with your post.")).to_be_visible()
    assert plain_box(page).input_value() == "Beans grow.\n\nPeas & roses, too."
    guest_pass.author.refresh_from_db()
    assert guest_pass.author.portrait.alt == "A bed of beans"

    plain_box(page).fill("Beans grow.\n\nPeas & roses, too.\nAnd thyme.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Send it in when you are ready.")).to_be_visible()
    assert plain_box(page).input_value() == "Beans grow.\n\nPeas & roses, too.\nAnd thyme."
    page.get_by_label("Your words to the editors").fill("Is it long enough?")
    page.get_by_role("button", name="Send these words").click()
    page.get_by_role("button", name="Send it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is with the editors")
    post = Post.objects.get()
    assert post.body.replace("\n", "") == "<p>Beans grow.</p><p>Peas &amp; roses, too.<br>And thyme.</p>"

    editorial.ask_for_sign_off(post, by=editor)
    page.goto(link_in(newest_mail()))
    page.get_by_role("button", name="I agree to exactly this text").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is ready to go out")
    page.get_by_text("I do not want to publish it").click()
    page.get_by_role("button", name="Withdraw my post").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is put away")
    assert Post.objects.get().status == "archived"


@pytest.mark.parametrize("missing", ["editor.js", "dialogs.js", "editor_pictures.js"])
def test_where_a_script_of_the_editor_does_not_come_a_guest_writes_in_the_plain_box(
    new_page, guest_pass, complaints, missing
):
    page = new_page(**PHONE)
    page.route(f"**/{missing}", lambda route: route.abort())
    page.goto(link_in(newest_mail()))
    page.get_by_label("Title").fill("The garden")
    expect(page.get_by_role("textbox", name="Your text")).to_have_count(1)
    page.get_by_role("textbox", name="Your text").fill("Beans grow.\n\nPeas & roses,\ntoo.")
    wait_until_kept(page)
    body = "<p>Beans grow.</p><p>Peas &amp; roses,<br>too.</p>"
    kept = revisions.own_autosave(guest_pass.post, guest_pass=guest_pass)
    assert kept.data["body"].replace("\n", "") == body

    page.get_by_role("button", name="Save", exact=True).click()
    expect(plain_box(page)).to_have_value("Beans grow.\n\nPeas & roses,\ntoo.")
    page.get_by_role("button", name="Send it in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is with the editors")
    assert Post.objects.get().body.replace("\n", "") == body
    complaints.clear()


def test_words_written_before_the_editor_has_come_stand_in_it(new_page, guest_pass):
    page, waiting = new_page(**PHONE), []
    page.route("**/editor_words.js", lambda route: waiting.append(route))
    with page.expect_request("**/editor_words.js"):
        page.goto(link_in(newest_mail()), wait_until="commit")
        plain_box(page).click()
        page.keyboard.type("Beans grow.")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.keyboard.type("Peas, too")
    for route in waiting:
        route.continue_()
    expect(text_box(page)).to_be_focused()
    page.keyboard.type(".")

    expect(plain_box(page)).to_be_hidden()
    wait_until_kept(page)
    kept = revisions.own_autosave(guest_pass.post, guest_pass=guest_pass)
    assert kept.data["body"] == "<p>Beans grow.</p><p>Peas, too.</p>"


def test_who_only_looks_has_not_written(new_page, guest_pass, editor):
    edited(guest_pass.post, "<p>Beans grow.</p><p>Peas<br>too.</p>", by=editor)
    page = new_page()
    page.goto(link_in(newest_mail()))
    expect(text_box(page)).to_contain_text("Beans grow.")
    page.get_by_role("button", name="Save", exact=True).focus()
    page.clock.install()
    page.clock.run_for(10_000)

    assert revisions.own_autosave(guest_pass.post, guest_pass=guest_pass) is None


def test_by_keyboard_alone(new_page, guest_pass):
    page = new_page()
    page.goto(link_in(newest_mail()))
    text_box(page).wait_for()

    def tab_to(locator, *, most=60):
        for _ in range(most):
            page.keyboard.press("Tab")
            if locator.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError("not reached by the Tab key")

    tab_to(page.get_by_label("Title"))
    page.keyboard.type("The garden")
    tab_to(text_box(page))
    page.keyboard.type("Beans grow.")
    page.keyboard.press("Escape")
    tab_to(page.get_by_role("button", name="Send it in"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Your post is with the editors")
    assert page.evaluate("document.activeElement.textContent").startswith("Sent in. Thank you!")
    tab_to(page.get_by_role("button", name="Take it back and change it"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Write your post")


def test_over_a_line_that_breaks_the_page_stays_and_is_kept_once_it_is_back(new_page, guest_pass, complaints):
    page = new_page(**PHONE)
    page.goto(link_in(newest_mail()))
    text_box(page).click()
    page.keyboard.type("Beans grow.")
    wait_until_kept(page)
    page.context.set_offline(True)
    page.keyboard.type(" And peas.")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("alert").filter(has_text="Not sent.")).to_be_visible()
    expect(text_box(page)).to_have_text("Beans grow. And peas.")
    assert revisions.own_autosave(guest_pass.post, guest_pass=guest_pass).data["body"] == "<p>Beans grow.</p>"

    page.context.set_offline(False)
    expect(page.locator("[data-keep-status]")).to_contain_text("Kept at", timeout=15_000)
    assert revisions.own_autosave(guest_pass.post, guest_pass=guest_pass).data["body"] == "<p>Beans grow. And peas.</p>"
    complaints[:] = [said for said in complaints if "ERR_INTERNET_DISCONNECTED" not in said]


def test_words_that_only_the_browser_has_go_back_into_the_editor(new_page, guest_pass, complaints):
    page = new_page()
    page.goto(link_in(newest_mail()))
    text_box(page).wait_for()
    page.route("**/keep/", lambda route: route.abort())
    page.get_by_label("Title").fill("The garden")
    text_box(page).click()
    page.keyboard.type("Beans grow.")
    expect(page.locator("[data-keep-status]")).to_contain_text("Not kept", timeout=15_000)
    page.unroute("**/keep/")
    page.reload()
    text_box(page).wait_for()
    assert text_box(page).inner_text().strip() == ""

    page.get_by_role("button", name="Take up the words that this browser still has").click()

    expect(text_box(page)).to_have_text("Beans grow.")
    wait_until_kept(page)
    kept = revisions.own_autosave(guest_pass.post, guest_pass=guest_pass).data
    assert (kept["title"], kept["body"]) == ("The garden", "<p>Beans grow.</p>")
    assert page.evaluate("sessionStorage.length") == 0
    complaints[:] = [said for said in complaints if "ERR_FAILED" not in said]


def test_words_of_the_editor_come_back_where_it_does_not_come(new_page, guest_pass, complaints):
    page = new_page()
    page.goto(link_in(newest_mail()))
    page.route("**/keep/", lambda route: route.abort())
    text_box(page).click()
    page.keyboard.type("Beans grow.")
    expect(page.locator("[data-keep-status]")).to_contain_text("Not kept", timeout=15_000)
    page.unroute("**/keep/")
    page.route("**/editor.js", lambda route: route.abort())
    page.reload()
    page.get_by_role("button", name="Take up the words that this browser still has").click()

    expect(plain_box(page)).to_be_hidden()
    expect(page.get_by_role("textbox", name="Your text")).to_have_value("<p>Beans grow.</p>")
    wait_until_kept(page)
    assert revisions.own_autosave(guest_pass.post, guest_pass=guest_pass).data["body"] == "<p>Beans grow.</p>"
    complaints.clear()


def test_a_link_that_ends_meanwhile_leaves_the_words_on_the_page(new_page, guest_pass, editor, complaints):
    page = new_page()
    page.goto(link_in(newest_mail()))
    text_box(page).click()
    passes.revoke(guest_pass, by=editor)
    page.keyboard.type("Beans grow.")
    expect(page.locator("[data-keep-status]")).to_contain_text("Your link has ended", timeout=15_000)
    page.get_by_role("button", name="Send it in").click()
    expect(page.get_by_role("alert").filter(has_text="Your link has ended")).to_be_visible()
    expect(text_box(page)).to_have_text("Beans grow.")

    page.get_by_role("button", name="Send it in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This link has ended")
    assert page.get_by_label("Your text").input_value() == "Beans grow."
    complaints[:] = [said for said in complaints if "410" not in said]


def test_a_page_whose_mark_of_origin_has_gone_keeps_on_keeping(new_page, guest_pass, complaints):
    """As when a colleague signs in, in another tab of the same browser."""
    page = new_page()
    page.goto(link_in(newest_mail()))
    text_box(page).click()
    page.context.clear_cookies()
    page.keyboard.type("Beans grow.")

    wait_until_kept(page)
    complaints[:] = [said for said in complaints if "403" not in said]


def each_state(editor, guest_pass):
    """The page in each state that it can have."""
    post = guest_pass.post
    data = revisions.newest(post).data | {"title": "The garden", "body": "<p>Beans grow.</p>"}
    yield "invited"
    revisions.save(post, data, base=revisions.base_of(post), guest_pass=guest_pass)
    editorial.submit(post, guest_pass=guest_pass)
    yield "submitted"
    editorial.request_changes(post, by=editor, note="Say more.")
    yield "changes requested"
    mine = data | {"body": "<p>Beans grow high.</p>"}
    revisions.autosave(post, mine, base=revisions.base_of(post), guest_pass=guest_pass)
    edited(post, "<p>Beans grow tall.</p>", by=editor)
    yield "two texts"
    editorial.ask_for_sign_off(post, by=editor)
    yield "awaiting sign-off"
    edited(post, "<p>Beans grow very tall.</p>", by=editor)
    editorial.ask_for_sign_off(Post.objects.get(), by=editor)
    yield "asked again"
    editorial.file_sign_off(post, guest_pass.author, how="phone", on=post.created_at.date(), by=editor)
    yield "approved"
    post.refresh_from_db()
    editorial.schedule(post, by=editor, at=timezone.now() + timedelta(days=2))
    yield "scheduled"
    editorial.publish(post, by=editor)
    yield "published"
    editorial.unpublish(post, by=editor, reason="It is out of date.")
    yield "taken down"
    editorial.restore(post, by=editor)
    editorial.decline(post, by=editor, reasons="It is close to another post.")
    yield "declined"
    editorial.restore(post, by=editor)
    editorial.withdraw(post, guest_pass=guest_pass)
    yield "withdrawn"
    passes.revoke(guest_pass, by=editor)
    yield "link ended"


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_in_any_state_and_nothing_scrolls_sideways(
    new_page, guest_pass, editor, axe, width, scheme, complaints
):
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = {}
    for state in each_state(editor, guest_pass):
        page.goto(guest_pass.get_absolute_url())
        if state in ("invited", "changes requested", "two texts"):
            text_box(page).wait_for()
            page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
        found[state] = axe(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[state].append("scrolls sideways")
    for address in ("/blog/suggest/", "/blog/guests/lost-link/"):
        page.goto(address)
        found[address] = axe(page)
    assert {state: problems for state, problems in found.items() if problems} == {}
    complaints[:] = [said for said in complaints if "410" not in said]


def test_the_dialog_for_pictures_is_seen_and_shows_a_guest_their_own_only(new_page, guest_pass, editor, axe):
    create_post(title="Another")
    page = new_page(color_scheme="dark", **PHONE)
    page.goto(guest_pass.get_absolute_url())
    text_box(page).wait_for()
    page.get_by_role("button", name="Picture", exact=True).click()
    dialog = page.get_by_role("dialog", name="Choose a picture")
    expect(dialog.get_by_label("Picture", exact=True)).to_be_visible()
    assert dialog.evaluate("element => getComputedStyle(element).backgroundColor") != "rgba(0, 0, 0, 0)"
    dialog.get_by_role("button", name="Your pictures").click()
    expect(dialog.get_by_text("You have not added a picture yet.")).to_be_visible()
    assert axe(page) == []
