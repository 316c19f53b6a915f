"""Two people with one post open, and one who is signed out while writing, in real browsers."""

import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from blog import editorial, revisions
from blog.models import Post
from tests.browser.test_editor import box, wait_for_editors
from tests.factories import create_author, create_charity, create_guest_pass, create_post, create_user
from tests.server import Server

SIZES = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]


@pytest.fixture
def ann():
    create_charity()
    return create_user(email="ann@example.org", name="Ann", is_superuser=True)


@pytest.fixture
def bob():
    return create_user(email="bob@example.org", name="Bob", is_superuser=True)


def opened(new_page, user, post, **options):
    page = new_page(user, **options)
    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    wait_for_editors(page)
    return page


def write(page, words):
    text = box(page)
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f" {words}")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def all_words():
    return " ".join(text.data["body"] for post in Post.objects.all() for text in post.revisions.all())


def sign_in_again(page, user):
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    site = page.url[: page.url.index("/", len("https://"))]  # with a longer address the cookie would be for that alone
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": site}])


def test_of_two_who_save_both_texts_stay_and_are_put_together(new_page, ann, bob):
    post = create_post(is_published=False, body="<p>Beans.</p>")
    mine, theirs = opened(new_page, ann, post), opened(new_page, bob, post)
    theirs.get_by_text("Ann has this post open too.").wait_for()

    write(mine, "Ann was here.")
    write(theirs, "Bob was here.")
    press(theirs, "Save and continue editing")
    theirs.get_by_text("was changed successfully").wait_for()
    press(mine, "Save")
    mine.get_by_role("heading", name="Two texts of").wait_for()
    assert mine.locator("ins", has_text="Ann").is_visible()
    mine.get_by_role("link", name="Open yours in the form").click()
    wait_for_editors(mine)
    assert "Ann was here." in box(mine).inner_text()
    write(mine, "And Bob.")
    press(mine, "Save")
    mine.wait_for_url(re.compile(r"/admin/blog/post/$"))

    assert Post.objects.get().body == "<p>Beans. Ann was here. And Bob.</p>"
    assert "Bob was here." in all_words()


def test_who_is_signed_out_loses_nothing_and_goes_on_once_signed_in(new_page, ann, complaints):
    post = create_post(is_published=False, body="<p>Beans.</p>")
    page = opened(new_page, ann, post)
    Session.objects.all().delete()
    write(page, "Signed out.")
    press(page, "Save")
    page.get_by_text("Not sent. You are signed out. Sign in again in another tab").wait_for()
    assert "Signed out." in box(page).inner_text()

    sign_in_again(page, ann)
    press(page, "Save")
    page.wait_for_url(re.compile(r"/admin/blog/post/$"))
    assert Post.objects.get().body == "<p>Beans. Signed out.</p>"
    complaints[:] = [words for words in complaints if "401" not in words and "403" not in words]


def test_words_that_were_not_saved_are_offered_when_one_comes_back(new_page, ann):
    post = create_post(body="<p>Beans.</p>")
    page = opened(new_page, ann, post)
    write(page, "Not saved.")
    page.get_by_text(re.compile("^Kept at")).wait_for()
    page.close()

    page = opened(new_page, ann, post)
    page.get_by_role("link", name="go on with that text").click()
    wait_for_editors(page)
    assert "Not saved." in box(page).inner_text()
    press(page, "Save and publish the changes")
    page.get_by_text("The post is out.").wait_for()
    assert Post.objects.get().body == "<p>Beans. Not saved.</p>"


def test_a_new_post_is_not_sent_in_vain(new_page, ann, complaints):
    page = new_page(ann)
    page.goto(reverse("admin:blog_post_add"))
    wait_for_editors(page)
    page.get_by_label("Title").fill("On homes")
    write(page, "All new.")
    Session.objects.all().delete()
    press(page, "Save")
    page.get_by_text("Not sent. You are signed out.").wait_for()

    sign_in_again(page, ann)
    press(page, "Save")
    page.get_by_text("was added successfully").wait_for()
    assert "All new." in Post.objects.get().body
    page.goto(reverse("admin:blog_post_add"))
    wait_for_editors(page)
    assert not page.get_by_role("button", name="Take up the words").is_visible()
    complaints[:] = [words for words in complaints if "401" not in words and "403" not in words]


def test_two_lose_nothing_while_processes_die_and_the_site_is_restarted(new_page, ann, bob, complaints):
    post = create_post(is_published=False, body="<p>Beans.</p>")
    revisions.begin(post)
    server = Server(connection.settings_dict["NAME"], workers=1)
    site = f"http://localhost:{server.port}"
    with server:
        mine, theirs = (opened(new_page, user, post, base_url=site) for user in (ann, bob))
        write(mine, "Ann was here.")
        write(theirs, "Bob was here.")
        server.kill_a_worker()
        press(mine, "Save and continue editing")
        # Killed under its hands, or in time: either way the page has the words, and the button is pressed again.
        server.kill_a_worker()
        saved, told = (
            mine.get_by_text("was changed successfully"),
            mine.get_by_text("Not sent. The site does not answer"),
        )
        saved.or_(told).first.wait_for(timeout=40_000)
        if not saved.is_visible():
            press(mine, "Save and continue editing")
        saved.wait_for(timeout=40_000)
    write(theirs, "And nobody answers.")
    press(theirs, "Save")
    theirs.get_by_text("Not sent. The site does not answer.").wait_for()
    with server:
        press(theirs, "Save")
        theirs.get_by_role("heading", name="Two texts of").wait_for(timeout=40_000)
        server.kill_a_worker()
        theirs.get_by_role("link", name="Open yours in the form").click()
        wait_for_editors(theirs)
        assert "Beans. Bob was here. And nobody answers." in box(theirs).inner_text()
        write(theirs, "Nor Ann.")
        press(theirs, "Save")
        theirs.wait_for_url(re.compile(r"/admin/blog/post/$"), timeout=40_000)

    assert Post.objects.get().body == "<p>Beans. Bob was here. And nobody answers. Nor Ann.</p>"
    assert "Ann was here." in all_words()
    complaints[:] = [words for words in complaints if "net::ERR" not in words]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_axe_finds_nothing_beside_a_post(new_page, axe, ann, bob, width, scheme):
    mary = create_author(name="Mary Writer", is_guest=True)
    post = create_post(title="On homes", body="<p>Old beans.</p>", is_published=False, authors=[mary])
    create_guest_pass(post=post, name="Mary Writer", invited_by=ann)
    text = revisions.begin(post)
    editorial.publish(post, by=ann, without_sign_off="She is ill.")
    saved = revisions.save(
        post, text.data | {"title": "On houses", "body": "<p>New beans.</p>"}, base=str(text.pk), by=bob
    )
    beside = revisions.save(post, text.data | {"body": "<p>Other beans.</p>"}, base=str(text.pk), by=ann).revision
    post.notes.create(text="Ask her about the kitchen.", by=bob)
    assert saved.revision != beside
    create_post(title="Came in", is_published=False, status=Post.Status.SUBMITTED)
    page = new_page(ann, viewport={"width": width, "height": 900}, color_scheme=scheme)
    addresses = [reverse(f"admin:blog_post_{name}", args=[post.pk]) for name in ("change", "texts", "compare")]
    addresses += [reverse("admin:blog_post_beside", args=[post.pk, beside.pk])]
    addresses += [reverse(f"admin:{name}") for name in ("blog_post_invite", "index", "blog_post_changelist")]
    for address in addresses:
        page.goto(address)
        if address.endswith("/change/"):
            wait_for_editors(page)
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
