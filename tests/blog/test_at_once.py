"""A colleague saves at the very moment in which somebody opens a form, or goes on with what they never saved: what the
colleague wrote is seen before anything takes its place."""

import pytest
from django.db import connection
from django.urls import reverse

from blog import revisions
from blog.models import Post
from tests.blog.test_desk import filled_in
from tests.factories import create_author, create_charity, create_guest_pass, create_post, create_user

pytestmark = pytest.mark.django_db

THEIRS = "Theirs, quite new."


@pytest.fixture
def ann():
    create_charity()
    return create_user(email="ann@example.org", name="Ann", is_superuser=True)


@pytest.fixture
def bob():
    return create_user(email="bob@example.org", name="Bob", is_superuser=True)


def save(post, by, words):
    post = Post.objects.get(pk=post.pk)
    text = revisions.as_it_stands(post).data | {"body": f"<p>{words}</p>"}
    return revisions.save(post, text, base=revisions.base_of(post), by=by)


class Meanwhile:
    """Before the query with this number that asks for a post or its texts, `act` is done, once."""

    def __init__(self, number, act):
        self.number, self.act, self.asked = number, act, 0

    def __call__(self, execute, sql, *args):
        if "blog_" in sql:
            self.asked += 1
            if self.asked == self.number:
                self.act()
        return execute(sql, *args)


def opened(client, address, number, act):
    """The page, and whether it asked often enough for `act` to be done."""
    meanwhile = Meanwhile(number, act)
    with connection.execute_wrapper(meanwhile):
        page = client.get(address)
    return page, meanwhile.asked >= number


def test_who_opens_a_form_while_a_colleague_saves_does_not_overwrite_it_unseen(client, ann, bob):
    client.force_login(ann)
    number, is_done = 0, True
    while is_done:
        number += 1
        post = create_post(title=f"Post {number}", is_published=False, authors=[create_author(name=f"A {number}")])
        save(post, ann, "Beans.")
        address = reverse("admin:blog_post_change", args=[post.pk])
        page, is_done = opened(client, address, number, lambda post=post: save(post, bob, THEIRS))
        form = page.context["adminform"].form
        sees_theirs = THEIRS in form["body"].value()
        client.post(address, filled_in(post, base=form["base"].value(), body="<p>Mine.</p>", _save="Save"))

        post.refresh_from_db()
        assert sees_theirs or not is_done or post.body == f"<p>{THEIRS}</p>", number
    assert post.body == "<p>Mine.</p>"
    assert number > 8


def test_a_guest_who_opens_their_page_while_an_editor_saves_does_not_overwrite_it_unseen(client, ann):
    number, is_done = 0, True
    while is_done:
        number += 1
        post = create_post(title=f"Post {number}", is_published=False, authors=[])
        guest_pass = create_guest_pass(post=post)
        save(post, ann, "Beans.")
        address = guest_pass.get_absolute_url()
        page, is_done = opened(client, address, number, lambda post=post: save(post, ann, THEIRS))
        form = page.context["form"]
        sees_theirs = THEIRS in form["body"].value()
        typed = {"name": "Mary", "base": form["base"].value(), "title": post.title, "body": "<p>Mine.</p>", "save": "1"}
        answer = client.post(address, typed)

        post.refresh_from_db()
        assert sees_theirs or not is_done or post.body == f"<p>{THEIRS}</p>", number
        assert (answer.status_code == 302) == (post.body == "<p>Mine.</p>")
    assert post.body == "<p>Mine.</p>"
    assert number > 5


def test_who_goes_on_with_what_they_never_saved_sees_what_was_saved_since(client, ann, bob):
    client.force_login(ann)
    post = create_post(is_published=False)
    text = save(post, ann, "Beans.").revision
    kept = revisions.autosave(post, text.data | {"body": "<p>Mine.</p>"}, base=str(text.pk), by=ann)
    address = reverse("admin:blog_post_change", args=[post.pk])

    page = client.get(address, {"text": kept.pk})
    assert page.context["adminform"].form["base"].value() == str(text.pk)

    save(post, bob, THEIRS)
    form = client.get(address, {"text": kept.pk}).context["adminform"].form
    assert form["body"].value() == "<p>Mine.</p>"
    answer = client.post(address, filled_in(post, base=form["base"].value(), body="<p>Mine.</p>", _save="Save"))

    beside = revisions.readable_by(ann, post).get(kind="beside")
    assert answer["Location"] == reverse("admin:blog_post_beside", args=[post.pk, beside.pk])
    assert Post.objects.get().body == f"<p>{THEIRS}</p>"
    # Having seen both, they go on with their own.
    form = client.get(address, {"text": beside.pk}).context["adminform"].form
    client.post(address, filled_in(post, base=form["base"].value(), body="<p>Mine and theirs.</p>", _save="Save"))
    assert Post.objects.get().body == "<p>Mine and theirs.</p>"
