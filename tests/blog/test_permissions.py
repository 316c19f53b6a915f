"""Who may do what with which post: every role, every kind of post, every address of it at the desk."""

import uuid

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import resolve, reverse

from blog import editorial, preview_links, revisions, snapshots, urls
from blog.editorial_admin import FOR_EDITORS, FOR_WRITERS
from blog.models import Note, Post, Suggestion
from sharedlives.site.roles import ROLES
from tests.factories import create_author, create_charity, create_guest_pass, create_post, create_user
from tests.server import ROOT

pytestmark = pytest.mark.django_db

SECRET = "Wombats"
SIGN_IN = reverse("admin:login")
PEOPLE = ["nobody", "no role", "superuser", *ROLES]
EDITORS = {"superuser", "Editors", "Publishers"}
READERS = EDITORS | {"Writers", "Read only"}


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def someone(who):
    if who == "nobody":
        return None
    user = create_user(email="who@example.org", name="Who Asks", is_superuser=who == "superuser")
    if who in ROLES:
        user.groups.add(Group.objects.get(name=who))
    return user


def browser_of(user):
    client = Client()
    if user:
        client.force_login(user)
    return client


STATES = {
    "draft": {"is_published": False},
    "submitted": {"is_published": False, "status": Post.Status.SUBMITTED},
    "live": {},
    "archived": {"is_published": False, "status": Post.Status.ARCHIVED},
}


def post_of(owner, state):
    """With texts, a note among colleagues, a guest and a link for reading, by whomever."""
    # The author is of nobody, so that a post is one's own by having begun it alone.
    post = create_post(title="Homes", authors=[create_author(name="Printed")], created_by=owner, **STATES[state])
    revisions.begin(post)
    post.notes.create(text=SECRET, by=owner)
    create_guest_pass(post=post)
    return post


def addresses(post):
    """Every address of one post at the desk, with how it is asked and who has to be let in."""
    text = revisions.newest(post).pk
    at = lambda name, *args: reverse(f"admin:blog_post_{name}", args=[post.pk, *args])  # noqa: E731
    return [
        ("see", "get", at("change")),
        ("see", "get", at("history")),
        ("change", "post", at("change")),
        ("change", "post", at("preview")),
        ("work", "get", at("texts")),
        ("work", "get", at("texts") + "compare/"),
        ("work", "get", at("texts") + f"compare/?before={text}&after={text}"),
        ("change", "get", at("beside", text)),
        ("change", "post", at("restore", text)),
        ("keep", "post", at("keep")),
        ("keep", "post", at("presence")),
        ("edit", "get", at("invite_to")),
        ("edit", "post", at("invite_to")),
        ("delete", "get", at("delete")),
        ("delete", "post", at("delete")),
        *[("edit", "post", at("act", act)) for act in sorted(FOR_EDITORS)],
        *[("work", "post", at("act", act)) for act in sorted(FOR_WRITERS)],
    ]


def let_in(who, what, *, is_own, state):
    """The table: what this role may do with such a post."""
    if what == "see":
        return who in READERS
    if what == "edit":
        return who in EDITORS
    if what == "delete":
        return who in EDITORS and state != "live"
    own = who == "Writers" and is_own
    return who in EDITORS or (own and (what in ("work", "keep") or state == "draft"))


# Whose post it is and how it stands makes most difference to those who write.
CASES = [(who, is_own, state) for who in ("Writers", "Editors") for is_own in (False, True) for state in STATES]
CASES += [(who, False, state) for who in PEOPLE if who not in ("Writers", "Editors") for state in ("draft", "live")]
CASES += [("Read only", True, "draft")]


@pytest.mark.parametrize(("who", "is_own", "state"), CASES)
def test_every_address_of_a_post_opens_to_those_who_may_and_to_nobody_else(who, is_own, state):
    user = someone(who)
    post = post_of(user if is_own else create_user(name="Col League"), state)
    client = browser_of(user)
    wrong = []
    for what, method, address in addresses(post):
        may = let_in(who, what, is_own=is_own, state=state)
        # 400 and 404: let in, and told that the form or the key that this test leaves out is missing.
        expected = {200, 302, 400, 404} if may else {403}
        # Signed out, pages lead to the sign-in, and scripts are told.
        expected = expected if user else {401} if what == "keep" else {302}
        # Writers whose post has gone on to the editors are led back to its form: what they typed is kept.
        if (what, method, who, is_own) == ("change", "post", "Writers", True) and address.endswith("/change/"):
            expected = {200, 302}
        answer = getattr(client, method)(address)
        leads_to_sign_in = answer.get("Location", "").startswith(SIGN_IN)
        if answer.status_code not in expected or (answer.status_code == 302 and leads_to_sign_in != (user is None)):
            wrong.append((method, address, answer.status_code, expected))
        if not may:
            assert SECRET not in answer.content.decode()
    assert wrong == []


# Of no post that is there: tried in the tests named beside them.
ELSEWHERE = {
    "blog_post_add": "tests/test_admin_pages.py",
    "blog_post_changelist": "tests/test_admin_pages.py",
    "blog_post_preview_new": "test_what_is_of_no_post_yet_is_for_those_who_may_add_posts",
    "blog_post_keep_new": "test_what_is_of_no_post_yet_is_for_those_who_may_add_posts",
    "blog_post_invite": "test_suggested_posts_are_answered_by_editors",
    "blog_suggestion_changelist": "test_suggested_posts_are_answered_by_editors",
    "blog_suggestion_change": "test_suggested_posts_are_answered_by_editors",
    "blog_suggestion_decline": "test_suggested_posts_are_answered_by_editors",
    # The same page without its name, for addresses of long ago.
    None: "",
}
# Django's own, which SuggestionAdmin lets nobody use.
NOBODY = ["blog_suggestion_add", "blog_suggestion_delete", "blog_suggestion_history"]


def test_every_view_of_posts_and_suggestions_is_in_the_table():
    """A new one is added above, or this fails."""
    tried = {resolve(address.partition("?")[0]).url_name for _what, _how, address in addresses(post_of(None, "draft"))}
    there = {route.name for model in (Post, Suggestion) for route in site.get_model_admin(model).get_urls()}

    assert there - tried - set(NOBODY) == set(ELSEWHERE)
    assert not [test for test in ELSEWHERE.values() if test.startswith("test_") and test not in globals()]


def test_every_address_of_a_guest_is_tried_without_their_link():
    """Of a new one: tests/blog/test_guests.py tries another's link, a broken one and one that has ended."""
    there = {route.name for route in urls.urlpatterns if route.name.startswith("guest_")}
    source = (ROOT / "tests/blog/test_guests.py").read_text()
    part = source[source.index("def test_a_link_opens_one_post_only") :].partition("\n\n\n")[0]

    assert {name for name in there if f'"{name}"' in part} == there - {"guest_link_lost"}


@pytest.mark.parametrize("who", PEOPLE)
def test_what_is_of_no_post_yet_is_for_those_who_may_add_posts(who):
    client = browser_of(someone(who))
    answers = [client.post(reverse(f"admin:blog_post_{name}")).status_code for name in ("preview_new", "keep_new")]

    if who == "nobody":
        assert answers == [302, 401]
    else:
        assert answers == ([200, 200] if who in EDITORS | {"Writers"} else [403, 403])


@pytest.mark.parametrize("who", PEOPLE)
def test_a_suggestion_is_made_and_deleted_by_nobody_at_the_desk(who):
    idea = Suggestion.objects.create(name="Sue", email="s@example.org", idea=SECRET, request_id=uuid.uuid4())
    client = browser_of(someone(who))
    for name in NOBODY:
        address = reverse(f"admin:{name}", args=[] if name.endswith("add") else [idea.pk])
        answer = client.post(address, {"post": "yes", "name": "x"})
        assert answer.status_code in ((302,) if who == "nobody" else (403, 200) if name.endswith("history") else (403,))
        assert SECRET not in answer.content.decode()
    assert Suggestion.objects.get().idea == SECRET


# --- Keys and names that somebody made up -----------------------------------------------------------------------------


@pytest.fixture
def writer():
    return someone("Writers")


@pytest.fixture
def colleague():
    return create_user(email="col@example.org", name="Col League")


def own_draft(user, **fields):
    post = create_post(title="Mine", is_published=False, created_by=user, **fields)
    revisions.begin(post, by=user)
    return post


def autosaved(post, by, words=SECRET):
    data = revisions.newest(post).data | {"body": f"<p>{words}</p>"}
    return revisions.autosave(post, data, base=revisions.base_of(post), by=by)


@pytest.mark.parametrize("act", ["act_view", "view", "deny", "_do_note", "NOTE", "pass", "x" * 300, "take-back"])
def test_only_what_has_a_button_is_done(act):
    post = own_draft(None)
    client = browser_of(someone("superuser"))
    assert client.post(f"/admin/blog/post/{post.pk}/do/{act}/").status_code == 404


def test_every_act_has_its_button_and_every_button_its_act():
    admin = site.get_model_admin(Post)
    made = {name.removeprefix("_do_") for name in dir(admin) if name.startswith("_do_")}
    assert made == FOR_EDITORS | FOR_WRITERS
    assert not FOR_EDITORS & FOR_WRITERS


def test_what_a_colleague_is_still_writing_is_read_by_nobody_else(writer, colleague):
    colleague.groups.add(Group.objects.get(name="Editors"))
    post = own_draft(writer)
    theirs = autosaved(post, writer)
    client = browser_of(colleague)
    at = reverse("admin:blog_post_change", args=[post.pk])
    texts = reverse("admin:blog_post_texts", args=[post.pk])

    for address in (f"{at}?text={theirs.pk}", texts, f"{texts}compare/?after={theirs.pk}"):
        assert SECRET not in client.get(address).content.decode()
    assert client.get(reverse("admin:blog_post_beside", args=[post.pk, theirs.pk])).status_code == 404
    assert client.post(reverse("admin:blog_post_restore", args=[post.pk, theirs.pk])).status_code == 404
    assert SECRET in browser_of(writer).get(f"{at}?text={theirs.pk}").content.decode()


def test_a_text_of_another_post_is_not_reached_by_its_key(writer, colleague):
    mine, other = own_draft(writer), create_post(title="Other", is_published=False, created_by=colleague)
    text = revisions.begin(other)
    revisions.save(other, text.data | {"body": f"<p>{SECRET}</p>"}, base=revisions.base_of(other), by=colleague)
    key = revisions.newest(other).pk
    client = browser_of(writer)
    at = reverse("admin:blog_post_change", args=[mine.pk])
    texts = reverse("admin:blog_post_texts", args=[mine.pk])

    for address in (f"{at}?text={key}", f"{texts}compare/?after={key}", f"{texts}compare/?before={key}", texts):
        assert SECRET not in client.get(address).content.decode()
    assert client.get(reverse("admin:blog_post_beside", args=[mine.pk, key])).status_code == 404
    assert client.post(reverse("admin:blog_post_restore", args=[mine.pk, key]), {"base": key}).status_code == 404
    assert SECRET not in Post.objects.get(pk=mine.pk).body


def test_keys_of_another_posts_guest_note_or_link_do_nothing():
    editor = someone("Editors")
    mine, other = own_draft(editor), create_post(title="Other", is_published=False)
    guest_pass = create_guest_pass(post=other)
    note = Note.objects.create(post=other, text="Please", guest_pass=guest_pass, is_shared=True, asks_for="change")
    link = preview_links.create(other, by=editor)
    client = browser_of(editor)
    for act, key in (("revoke", guest_pass), ("remind", guest_pass), ("end_preview_link", link), ("settle_note", note)):
        client.post(reverse("admin:blog_post_act", args=[mine.pk, act]), {"key": key.pk})
    for row in (guest_pass, note, link):
        row.refresh_from_db()

    assert (guest_pass.revoked_at, guest_pass.reminded_at, note.settled_at, link.revoked_at) == (None,) * 4


def test_what_is_kept_while_writing_takes_in_words_and_nothing_else(writer, colleague):
    post = own_draft(writer)
    before = snapshots.of(post)
    author = create_author(name="Else")
    crafted = {
        "title": "New words",
        "slug": "taken",
        "status": "published",
        "publish_at": "2019-01-01",
        "created_by": colleague.pk,
        "bylines-0-author": author.pk,
        "topics": "1",
        "by": colleague.pk,
        "post": "1",
    }
    browser_of(writer).post(reverse("admin:blog_post_keep", args=[post.pk]), crafted)

    kept = post.revisions.autosaves().get()
    assert kept.data == before | {"title": "New words"}
    assert kept.by == writer
    assert snapshots.of(Post.objects.get(pk=post.pk)) == before


def test_a_writer_writes_to_no_guest_of_their_own_accord(writer):
    post = own_draft(writer)
    create_guest_pass(post=post)
    browser_of(writer).post(reverse("admin:blog_post_act", args=[post.pk, "note"]), {"note": "Hello", "shared": "1"})

    assert post.notes.get().is_shared is False


def test_who_may_only_look_at_posts_sees_none_of_what_is_said_about_them(writer, colleague):
    post = own_draft(colleague)
    post.notes.create(text=SECRET, by=colleague)
    link = preview_links.create(post, by=someone_else_who_edits())
    for reader in (writer, create_user(email="r@example.org", permissions=["blog.view_post"])):
        page = browser_of(reader).get(reverse("admin:blog_post_change", args=[post.pk])).content.decode()
        assert SECRET not in page
        assert link.get_absolute_url() not in page
        assert "All texts of this post" not in page


def someone_else_who_edits():
    return create_user(email="edit@example.org", permissions=["blog.edit_post", "blog.change_post"])


@pytest.mark.parametrize("who", PEOPLE)
def test_suggested_posts_are_answered_by_editors(who):
    idea = Suggestion.objects.create(
        name="Sue", email="s@example.org", idea=SECRET, request_id="12345678123456781234567812345678"
    )
    client = browser_of(someone(who))
    seen = client.get(reverse("admin:blog_suggestion_change", args=[idea.pk]))
    invited = client.get(reverse("admin:blog_post_invite"), {"suggestion": idea.pk})
    declined = client.post(reverse("admin:blog_suggestion_decline", args=[idea.pk]), {"words": "Sorry."})

    may = who in EDITORS
    for page in (seen, invited):
        assert (page.status_code == 200) == may
        assert (SECRET in page.content.decode()) == may
    assert declined.status_code == (403 if who not in (*EDITORS, "nobody") else 302)
    idea.refresh_from_db()
    assert idea.state == (Suggestion.State.DECLINED if may else Suggestion.State.WAITING)


# --- Nothing is lost when the right goes ------------------------------------------------------------------------------


def test_what_a_writer_saves_after_the_post_went_to_the_editors_is_kept_for_them(writer):
    post = own_draft(writer)
    editorial.submit(post, by=writer)
    client = browser_of(writer)
    address = reverse("admin:blog_post_change", args=[post.pk])
    answer = client.post(address, {"title": "Mine", "body": "<p>One more thought.</p>"}, follow=True)

    assert "What you wrote is kept for you" in answer.content.decode()
    assert revisions.own_autosave(post, by=writer).data["body"] == "<p>One more thought.</p>"
    assert f"?text={revisions.own_autosave(post, by=writer).pk}" in answer.content.decode()
    assert "One more thought" not in Post.objects.get(pk=post.pk).body


def test_who_is_signed_out_while_writing_is_told_so_in_words(writer):
    post = own_draft(writer)
    answer = Client().post(reverse("admin:blog_post_keep", args=[post.pk]), {"title": "x"})

    assert answer.status_code == 401
    assert "Sign in again in another tab" in answer.json()["problem"]


def test_who_writes_a_new_post_is_told_whether_it_can_be_sent(writer):
    address = reverse("admin:blog_post_keep_new")
    assert "your words are kept" in browser_of(writer).post(address).json()["words"]
    assert "Sign in again" in Client().post(address).json()["problem"]
    reader = create_user(email="r@example.org", permissions=["blog.view_post"])
    assert browser_of(reader).post(address).status_code == 403
    assert not Post.objects.exists()


def test_a_writer_takes_back_what_no_editor_has_opened(writer):
    post = own_draft(writer)
    editorial.submit(post, by=writer)
    client = browser_of(writer)
    address = reverse("admin:blog_post_change", args=[post.pk])
    assert "Take it back and change it" in client.get(address).content.decode()
    client.post(reverse("admin:blog_post_act", args=[post.pk, "take_back"]))
    post.refresh_from_db()
    assert post.status == Post.Status.DRAFT

    editorial.submit(post, by=writer)
    editorial.note_opened(post, by=someone_else_who_edits())
    assert "Take it back and change it" not in client.get(address).content.decode()
    client.post(reverse("admin:blog_post_act", args=[post.pk, "take_back"]))
    assert Post.objects.get(pk=post.pk).status == Post.Status.SUBMITTED
