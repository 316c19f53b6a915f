"""Two editors with one post open, over HTTP, and whatever may happen to them in any order: they keep, save, publish,
are signed out, the site is restarted before or after it has written. Each word that was typed stands on an open page or
in a text of the post, and nobody saves over a text that they have not seen."""

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from blog import revisions
from blog.models import Post
from tests.blog.test_desk import filled_in
from tests.factories import create_charity, create_post, create_user

pytestmark = pytest.mark.django_db

WHO = st.integers(0, 1)


class Restart:
    """The process dies before its query with this number; all that it had written is rolled back."""

    def __init__(self, number):
        self.left = number

    def __call__(self, execute, sql, *args):
        is_of_the_tests = sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
        self.left -= not is_of_the_tests
        if self.left < 0 and not is_of_the_tests:
            raise OperationalError("the server closed the connection unexpectedly")
        return execute(sql, *args)

    def during(self, ask):
        """The answer, or None where the process died."""
        before = transaction.savepoint()
        with connection.execute_wrapper(self):
            answer = ask()
        if self.left >= 0:
            transaction.savepoint_commit(before)
            return answer
        transaction.set_rollback(False)
        transaction.savepoint_rollback(before)
        return None


class Page:
    """The form of a post as one editor's browser has it."""

    def __init__(self, post, user):
        self.post, self.user = post, user
        self.client = Client(raise_request_exception=False)
        self.sign_in()
        self.open()

    def sign_in(self):
        self.client.force_login(self.user)

    def is_signed_in(self):
        return self.client.session.get("_auth_user_id") == str(self.user.pk)

    def open(self, text=""):
        self.shown = self.client.get(at("change", self.post), {"text": text} if text else {})
        form = self.shown.context["adminform"].form
        self.base, self.body = form["base"].value(), form["body"].value()
        self.kept = self.shown.context["kept"]

    def send(self, address, fields, then):
        """The answer, or None where none comes: the site is restarted before it has written all, or after that."""
        if then is None:
            return self.client.post(address, fields)
        if then == "after":
            self.client.post(address, fields)
            return None
        return Restart(then).during(lambda: self.client.post(address, fields))

    def keep(self, then=None):
        fields = {"title": self.post.title, "body": self.body, "base": self.base, "kept": self.kept}
        answer = self.send(at("keep", self.post), fields | {"who": self.user.pk}, then)
        if answer is not None and answer.status_code == 200:
            self.kept = str(answer.json()["key"])
        return answer

    def press(self, button, then=None):
        post = Post.objects.get(pk=self.post.pk)
        fields = filled_in(post, body=self.body, base=self.base, kept=self.kept, **{button: "x"})
        return self.send(at("change", self.post), fields, then)


def at(name, post, *args):
    return reverse(f"admin:blog_post_{name}", args=[post.pk, *args])


# Nothing happens; the site is restarted before so many queries are done; or after all of them, and the answer is lost.
THEN = st.one_of(st.none(), st.none(), st.integers(0, 60), st.just("after"))


class TwoBrowsers(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        create_charity()
        people = [create_user(email=f"w{n}@example.org", name=f"W{n}", is_superuser=True) for n in (0, 1)]
        self.post = create_post(is_published=False, body="<p>First.</p>")
        revisions.begin(self.post)
        self.pages = [Page(self.post, user) for user in people]
        self.typed = []

    def teardown(self):
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    def type(self, who):
        word = f"Word{len(self.typed)}."
        self.typed.append(word)
        self.pages[who].body = self.pages[who].body.removesuffix("</p>") + f" {word}</p>"

    @rule(who=WHO, then=THEN)
    def keep(self, who, then):
        page = self.pages[who]
        self.type(who)
        was_signed_in, answer = page.is_signed_in(), page.keep(then)
        if then is None:
            assert answer.status_code == (200 if was_signed_in else 401)

    @rule(who=WHO, then=THEN, button=st.sampled_from(["_save", "_save", "_publish"]), puts_together=st.booleans())
    def press(self, who, then, button, puts_together):
        page = self.pages[who]
        self.type(who)
        if not page.is_signed_in():
            # The page keeps first, is told so, and is not sent.
            assert page.keep().status_code == 401
            return
        newest = revisions.newest(self.post)
        answer = page.press(button, then)
        if answer is None:
            return
        assert answer.status_code == 302
        beside = "/beside/" in answer["Location"]
        assert beside or str(newest.pk) == page.base or newest == revisions.newest(self.post)
        page.open(text=answer["Location"].split("/")[-3] if beside and puts_together else "")

    @rule(who=WHO)
    def close_the_tab_once_kept_and_come_back(self, who):
        page = self.pages[who]
        if page.is_signed_in() and page.keep().status_code == 200:
            page.open()

    @rule(who=WHO)
    def go_on_with_what_was_not_saved(self, who):
        page = self.pages[who]
        own = revisions.own_autosave(self.post, by=page.user)
        if page.is_signed_in() and page.keep().status_code == 200 and own:
            page.open(text=str(revisions.own_autosave(self.post, by=page.user).pk))

    @rule(who=WHO)
    def the_session_ends(self, who):
        self.pages[who].client.logout()

    @rule(who=WHO)
    def sign_in_again(self, who):
        self.pages[who].sign_in()

    @invariant()
    def every_word_is_on_a_page_or_in_a_text(self):
        somewhere = [page.body for page in self.pages]
        somewhere += [text.data["body"] for text in self.post.revisions.all()]
        assert [word for word in self.typed if not any(word in body for body in somewhere)] == []

    @invariant()
    def readers_see_what_somebody_published(self):
        post = Post.objects.get(pk=self.post.pk)
        if post.is_published():
            assert post.body == post.revision.data["body"]


def test_no_word_is_lost_in_any_order_of_saving_publishing_signing_out_and_restarting():
    run_state_machine_as_test(
        TwoBrowsers,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            phases=[Phase.generate],
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
