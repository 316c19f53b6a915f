"""What static/js/keep.js promises: typed words are on the server or in the tab, and nothing that is old comes back."""

import pytest
from django.urls import reverse

from blog import revisions
from blog.models import Post, Revision
from tests.browser.test_two_editors import ann, bob, box, opened, press, sign_in_again, write  # noqa: F401
from tests.factories import create_guest_pass, create_post

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

TAKE_UP = "Take up the words that this browser still has"


def wait_until_kept(page):
    expect(page.locator("[data-keep-status]")).to_contain_text("Kept at", timeout=15_000)


def wait_until_not_kept(page):
    expect(page.locator("[data-keep-status]")).to_contain_text("Not kept", timeout=15_000)


def breaks(page):
    """The line for keeping breaks; the rest of the site answers."""
    page.route("**/keep/", lambda route: route.abort())


def without_broken_lines(complaints):
    complaints[:] = [said for said in complaints if "ERR_FAILED" not in said]


def own(post, by):
    return revisions.own_autosave(post, by=by)


def all_bodies(post):
    return {text.data["body"] for text in post.revisions.all()}


def test_looking_at_a_post_keeps_nothing(new_page, ann):  # noqa: F811
    body = "<h2>Beans</h2>\n<p>One<br>two &amp; three.</p>\n\n<ul><li>Four</li></ul><p>Five</p>"
    post = create_post(is_published=False, body=body)
    page = opened(new_page, ann, post)
    box(page).click()
    page.keyboard.press("ArrowRight")
    with page.expect_response("**/presence/"):
        page.reload()
    page.wait_for_timeout(3000)  # longer than what is typed waits before it is kept

    assert not post.revisions.exists()


def test_words_kept_on_one_page_stay_when_another_page_goes_on_without_them(new_page, ann):  # noqa: F811
    """Two tabs of one person; and somebody who passes over the line that offers what they wrote yesterday."""
    post = create_post(is_published=False, body="<p>Beans.</p>")
    revisions.begin(post)
    first = opened(new_page, ann, post)
    write(first, "Written in the first.")
    wait_until_kept(first)
    second = opened(new_page, ann, post)
    write(second, "Second.")
    wait_until_kept(second)
    assert own(post, ann).data["body"] == "<p>Beans. Second.</p>"
    assert "<p>Beans. Written in the first.</p>" in all_bodies(post)

    write(first, "And more.")
    expect(first.locator("[data-keep-status]")).to_contain_text("Kept at")
    second.close()
    press(first, "Save and continue editing")
    first.get_by_text("was changed successfully").wait_for()
    assert Post.objects.get().body == "<p>Beans. Written in the first. And more.</p>"
    assert "<p>Beans. Second.</p>" in all_bodies(post)
    assert not Revision.objects.autosaves().exists()


def test_words_that_only_the_tab_has_know_what_they_began_from(new_page, ann, bob, complaints):  # noqa: F811
    post = create_post(is_published=False, body="<p>Beans.</p>")
    begun = revisions.begin(post)
    page = opened(new_page, ann, post)
    breaks(page)
    write(page, "Only here.")
    wait_until_not_kept(page)
    revisions.save(post, begun.data | {"body": "<p>Beans by Bob.</p>"}, base=str(begun.pk), by=bob)
    page.unroute("**/keep/")
    page.reload()
    page.get_by_role("button", name=TAKE_UP).click()
    expect(box(page)).to_contain_text("Only here.")
    press(page, "Save")

    page.get_by_role("heading", name="Two texts of").wait_for()
    assert Post.objects.get().body == "<p>Beans by Bob.</p>"
    assert "<p>Beans. Only here.</p>" in all_bodies(post)
    without_broken_lines(complaints)


def test_what_was_sent_by_a_second_press_is_not_offered_again(new_page, ann, complaints):  # noqa: F811
    """The line for keeping is broken, so the page does not know what became of the text; the site says so later."""
    page = new_page(ann)
    page.goto(reverse("admin:blog_post_add"))
    box(page).wait_for()
    breaks(page)
    page.get_by_label("Title").fill("On homes")
    write(page, "All new.")
    press(page, "Save")
    page.get_by_text("Not sent. The site does not answer.").wait_for()
    press(page, "Save")
    page.get_by_text("was added successfully").wait_for()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('keep'))") == []

    page.goto(reverse("admin:blog_post_add"))
    box(page).wait_for()
    expect(page.get_by_role("button", name=TAKE_UP)).to_have_count(0)
    assert "All new." in Post.objects.get().body
    without_broken_lines(complaints)


def test_a_new_post_that_was_sent_and_did_not_arrive_is_still_there(new_page, ann, complaints):  # noqa: F811
    page = new_page(ann)
    address = reverse("admin:blog_post_add")
    page.goto(address)
    box(page).wait_for()
    page.get_by_label("Title").fill("On homes")
    write(page, "All new.")
    page.route(f"**{address}", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with page.expect_event("requestfailed", lambda request: request.method == "POST" and "keep" not in request.url):
        press(page, "Save")
    page.wait_for_url("chrome-error://**")
    page.goto(address)
    box(page).wait_for()
    page.get_by_role("button", name=TAKE_UP).click()

    expect(box(page)).to_have_text("All new.")
    assert page.get_by_label("Title").input_value() == "On homes"
    assert not Post.objects.exists()
    without_broken_lines(complaints)


def test_who_passes_over_an_offer_and_types_on_is_offered_it_again(new_page, ann, complaints):  # noqa: F811
    page = new_page(ann)
    page.goto(reverse("admin:blog_post_add"))
    box(page).wait_for()
    write(page, "One.")
    page.reload()
    box(page).wait_for()
    page.get_by_role("button", name=TAKE_UP).wait_for()
    write(page, "Two.")
    page.reload()
    box(page).wait_for()
    page.get_by_role("button", name="Throw them away").click()
    page.reload()
    box(page).wait_for()
    page.get_by_role("button", name=TAKE_UP).click()

    expect(box(page)).to_have_text("One.")


def test_a_colleague_at_the_same_machine_is_offered_nothing_and_keeps_nothing(new_page, ann, bob, complaints):  # noqa: F811
    post = create_post(is_published=False, body="<p>Beans.</p>")
    page = opened(new_page, ann, post)
    breaks(page)
    write(page, "Mine alone.")
    wait_until_not_kept(page)
    page.unroute("**/keep/")
    sign_in_again(page, bob)
    write(page, "Truly.")
    expect(page.locator("[data-keep-status]")).to_contain_text("Bob is signed in here now.", timeout=15_000)
    press(page, "Save")
    page.get_by_text("Not sent. Bob is signed in here now.").wait_for()
    assert not post.revisions.exists()

    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    box(page).wait_for()
    expect(page.get_by_role("button", name=TAKE_UP)).to_have_count(0)
    sign_in_again(page, ann)
    page.reload()
    box(page).wait_for()
    page.get_by_role("button", name=TAKE_UP).click()
    expect(box(page)).to_have_text("Beans. Mine alone. Truly.")
    complaints[:] = [said for said in complaints if "ERR_FAILED" not in said and "401" not in said]


def test_two_presses_at_once_send_once(new_page, ann):  # noqa: F811
    page = new_page(ann)
    page.goto(reverse("admin:blog_post_add"))
    box(page).wait_for()
    page.get_by_label("Title").fill("On homes")
    write(page, "All new.")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Save", exact=True).dblclick()
    page.get_by_text("was added successfully").wait_for()

    assert len([url for url in sent if url.endswith("/add/")]) == 1
    assert Post.objects.count() == 1


def test_the_last_words_before_a_guest_leaves_the_page_are_kept(new_page, ann):  # noqa: F811
    guest_pass = create_guest_pass()
    page = new_page()
    page.goto(guest_pass.get_absolute_url())
    box(page, "Your text").click()
    page.keyboard.type("Beans grow.")
    page.goto("/blog/")
    kept = guest_pass.revisions.autosaves()
    for _ in range(100):
        if kept.exists():
            break
        page.wait_for_timeout(100)
    assert kept.get().data["body"] == "<p>Beans grow.</p>"

    page.goto(guest_pass.get_absolute_url())
    expect(page.get_by_text("This is what you wrote until")).to_be_visible()
    expect(box(page, "Your text")).to_have_text("Beans grow.")
