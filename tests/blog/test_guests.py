"""A guest's way, on their own page: from the invitation to the post that is out."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog import editorial, emails, guest_views, passes, preview_links, revisions
from blog.models import GuestPass, Note, Post, SignOff, Suggestion, Topic
from events.lost_links import digest_of
from sharedlives.foundation.logs import JSONFormatter
from sharedlives.foundation.models import OutgoingMail
from tests.factories import create_author, create_charity, create_picture, create_post, create_user, picture_file
from tests.rows import open_every_link_of_every_mail, rows
from tests.test_hostile_values import VALUES, Form, is_words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


@pytest.fixture
def editor():
    rights = ["blog.edit_post", "blog.change_post", "blog.publish_post"]
    return create_user(email="eddie@example.org", name="Eddie Editor", permissions=rights)


@pytest.fixture
def guest_pass(editor):
    return passes.invite(name="Mary Writer", email="mary@example.org", by=editor, message="Tell us about the garden.")


def page(client, guest_pass):
    return client.get(guest_pass.get_absolute_url()).content.decode()


def written(client, guest_pass, **typed):
    """What a browser would send from the guest's form, with `typed`."""
    form = client.get(guest_pass.get_absolute_url()).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | typed


def mails(to):
    return [m.template.rpartition("/")[2] for m in OutgoingMail.objects.filter(recipient=to).order_by("pk")]


def test_from_the_invitation_to_the_post_that_is_out(client, guest_pass, editor):
    url = guest_pass.get_absolute_url()
    invitation = OutgoingMail.objects.get(recipient="mary@example.org")
    assert invitation.text.startswith("Eddie Editor of Kind Places invites you to write a post for our blog.")
    assert url in invitation.text
    assert invitation.reply_to == "eddie@example.org"
    assert "Tell us about the garden." in page(client, guest_pass)

    client.post(
        url, written(client, guest_pass, title="The garden", body="<p>Beans grow.</p>", bio="Grows beans.", save="1")
    )
    client.post(url, written(client, guest_pass, submit="1"))
    post = Post.objects.get()
    assert (post.status, post.title, post.body) == ("submitted", "The garden", "<p>Beans grow.</p>")
    assert mails("mary@example.org")[-1] == "guest_submitted"
    assert mails("eddie@example.org") == ["editors_submitted"]

    editorial.request_changes(post, by=editor, note="Say more about the kitchen.")
    assert "Say more about the kitchen." in OutgoingMail.objects.filter(recipient="mary@example.org").first().text
    assert "Say more about the kitchen." in page(client, guest_pass)
    client.post(url, written(client, guest_pass, body="<p>Beans grow by the kitchen.</p>", submit="1"))

    editorial.ask_for_sign_off(Post.objects.get(), by=editor)
    shown = page(client, guest_pass)
    seen = re.search(r'name="hash" value="([0-9a-f]{64})"', shown)[1]
    client.post(url, {"agree": "1", "hash": seen})
    assert Post.objects.get().status == "approved"

    # One edit after that asks again.
    data = revisions.newest(post).data | {"body": "<p>Beans grow tall by the kitchen.</p>"}
    revisions.save(post, data, base=revisions.base_of(post), by=editor)
    editorial.text_changed(post, by=editor)
    assert Post.objects.get().status == "submitted"
    assert "You agreed to an earlier text." in page(client, guest_pass)
    with pytest.raises(editorial.EditorialRefused, match="Mary Writer has not agreed to this text"):
        editorial.publish(Post.objects.get(), by=editor)
    editorial.ask_for_sign_off(Post.objects.get(), by=editor)
    shown = page(client, guest_pass)
    assert re.search(r"<ins>.*tall.*</ins>", shown)
    assert client.post(url, {"agree": "1", "hash": seen}).status_code == 200  # of the earlier text: refused
    assert not SignOff.objects.filter(content_hash=revisions.newest(post).content_hash).exists()
    client.post(url, {"agree": "1", "hash": re.search(r'name="hash" value="([0-9a-f]{64})"', shown)[1]})
    editorial.publish(Post.objects.get(), by=editor)

    assert "Beans grow tall" in client.get(Post.objects.get().get_absolute_url()).content.decode()
    assert "Your post is out" in page(client, guest_pass)
    assert mails("mary@example.org")[-1] == "guest_published"


def test_what_is_written_is_kept_unfinished_and_offered_again(client, guest_pass):
    form = client.get(guest_pass.get_absolute_url()).context["form"]
    keep = reverse("blog:guest_keep", args=[guest_pass.get_absolute_url().split("/")[-2]])
    answer = client.post(keep, {"body": "<p>Half a sen", "title": "", "base": form["base"].value()})

    assert answer.status_code == 200
    assert "kept" in answer.json()
    assert Post.objects.get().body == ""
    again = client.get(guest_pass.get_absolute_url())
    assert again.context["form"]["body"].value() == "<p>Half a sen</p>"


def test_an_ended_link_says_so_and_gives_nothing_away(client, guest_pass, editor):
    passes.revoke(guest_pass, by=editor)

    answer = client.get(guest_pass.get_absolute_url())

    assert answer.status_code == 410
    assert "Mary" not in answer.content.decode()
    assert GuestPass.objects.get().is_valid() is False


# --- What a guest cannot do -------------------------------------------------------------------------------------------


def token(guest_pass):
    return guest_pass.get_absolute_url().split("/")[-2]


def at(name, guest_pass):
    return reverse(f"blog:{name}", args=[token(guest_pass)])


FOREIGN = {
    "status": "published",
    "author": "1",
    "slug": "another",
    "is_featured": "1",
    "publish_at": "2026-01-01",
    "pinned_until": "2030-01-01",
    "introduction": "<p>Mine.</p>",
    "content_note": "Mine.",
    "created_by": "1",
    "bylines": "1",
    "bylines-0-name": "Mine",
    "topics": "1",
    "workshop": "1",
    "guid": "x",
    "email": "evil@example.org",
    "portrait": "1",
    "is_guest": "",
    "user": "1",
    "revision": "1",
}


@pytest.mark.parametrize("button", ["save", "submit", "look", "note", "keep"])
def test_what_is_posted_outside_the_form_changes_nothing(client, guest_pass, button):
    post = guest_pass.post
    colleague = create_author(name="Carl Colleague")
    post.bylines.create(author=colleague, position=2)
    revisions.begin(post)
    topic = Topic.objects.create(name="Homes", slug="homes")
    sent = written(client, guest_pass, title="The garden", body="<p>Beans grow.</p>", text="Hello") | FOREIGN
    sent |= {"topics": str(topic.pk), "author": str(colleague.pk)}

    client.post(at("guest_keep", guest_pass) if button == "keep" else guest_pass.get_absolute_url(), sent | {button: 1})

    post.refresh_from_db()
    assert post.status == ("submitted" if button == "submit" else "draft")
    assert (post.publish_at, post.pinned_until, post.introduction, post.content_note) == (None, None, "", "")
    assert not post.topics.exists()
    assert post.slug == ("the-garden" if button in ("save", "submit", "look") else "draft-by-mary-writer")
    assert [str(byline) for byline in post.bylines.all()] == ["Mary Writer", "Carl Colleague"]
    guest_pass.author.refresh_from_db()
    assert (guest_pass.author.email, guest_pass.author.is_guest, guest_pass.author.portrait) == (
        "mary@example.org",
        True,
        None,
    )


FIGURES = ['<figure data-picture="{}"></figure>', '<figure data-picture="0{}"></figure>', "<FIGURE DATA-PICTURE={}>"]


@pytest.mark.parametrize("figure", FIGURES)
def test_the_librarys_pictures_are_not_reached_by_their_numbers(client, guest_pass, figure):
    secret = create_picture(name="Not for guests", alt="A secret")
    sent = written(client, guest_pass, title="x", body=f"<p>Beans.</p>{figure.format(secret.pk)}")

    client.post(at("guest_keep", guest_pass), sent)
    shown = page(client, guest_pass)
    client.post(guest_pass.get_absolute_url(), sent | {"look": "1"})
    shown += client.get(at("guest_preview", guest_pass)).content.decode()
    for query in ("", f"?ids={secret.pk}", "?q=secret", "?ids=x,,9999999999999999999"):
        shown += client.get(at("guest_pictures", guest_pass) + query).content.decode()

    assert revisions.newest(guest_pass.post).data["body"].strip() == "<p>Beans.</p>"
    assert "secret" not in shown
    assert "Not for guests" not in shown


def test_a_picture_that_the_editors_put_in_stays_and_is_seen(client, guest_pass, editor):
    theirs = create_picture(alt="A kettle")
    post = guest_pass.post
    data = revisions.newest(post).data | {"title": "x", "body": f'<p>a</p><figure data-picture="{theirs.pk}"></figure>'}
    revisions.save(post, data, base=revisions.base_of(post), by=editor)

    client.post(guest_pass.get_absolute_url(), written(client, guest_pass, standfirst="Tea.", save="1"))

    post.refresh_from_db()
    assert (post.standfirst, f'data-picture="{theirs.pk}"' in post.body) == ("Tea.", True)
    found = client.get(at("guest_pictures", guest_pass), {"ids": theirs.pk}).json()["pictures"]
    assert [picture["alt"] for picture in found] == ["A kettle"]


def test_a_link_opens_one_post_only(client, guest_pass, editor):
    other = passes.invite(name="Olive Other", email="olive@example.org", by=editor, title="Her secret")
    link = preview_links.create(other.post, guest_pass=other)
    Note.objects.create(post=other.post, by=editor, is_shared=True, text="Dear Olive")
    Note.objects.create(post=guest_pass.post, by=editor, text="Between colleagues")

    shown = page(client, guest_pass)
    ended = client.post(guest_pass.get_absolute_url(), {"end_press_link": link.pk})

    assert ended.status_code == 404
    assert link.is_valid()
    assert not re.search("Olive|secret|colleagues|eddie@", shown)
    for broken in (
        token(guest_pass)[:-1],
        "1-1",
        token(other).replace(f"{other.pk}-", f"{guest_pass.pk}-", 1),
        "x" * 999,
    ):
        for name in ("guest_post", "guest_preview", "guest_pictures"):
            assert client.get(reverse(f"blog:{name}", args=[broken])).status_code == 404
        for name in ("guest_post", "guest_keep", "guest_picture_upload"):
            assert client.post(reverse(f"blog:{name}", args=[broken]), {"body": "x"}).status_code == 404


def test_pages_of_a_guest_are_kept_by_nobody_and_their_address_stands_in_no_log(client, guest_pass, editor, caplog):
    link = preview_links.create(guest_pass.post, guest_pass=guest_pass)
    addresses = [guest_pass.get_absolute_url(), at("guest_preview", guest_pass), at("guest_pictures", guest_pass)]
    for address in [*addresses, link.get_absolute_url(), reverse("blog:guest_link_lost")]:
        answer = client.get(address)
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
    passes.revoke(guest_pass, by=editor)
    for address in addresses:
        assert client.get(address).status_code == 410

    lines = [JSONFormatter().format(record) for record in caplog.records]
    assert any("/blog/guests/" in line for line in lines)
    assert not any(token(guest_pass).partition(":")[2] in line for line in lines)


def test_a_mail_program_that_opens_every_link_changes_nothing(client, guest_pass, editor):
    post, url = guest_pass.post, guest_pass.get_absolute_url()
    client.post(url, written(client, guest_pass, title="The garden", body="<p>Beans.</p>", submit="1"))
    editorial.request_changes(post, by=editor, note="More.")
    preview_links.create(post, guest_pass=guest_pass)
    passes.remind(guest_pass, by=editor)
    passes.send_again(guest_pass, by=editor)
    client.post(url, written(client, guest_pass, submit="1"))
    passes.suggest(name="Ann", email="ann@example.org", idea="Bees", request_id=uuid.uuid4())
    editorial.ask_for_sign_off(post, by=editor)
    before = rows()
    paths = open_every_link_of_every_mail((200, 302))
    assert rows() == before

    client.post(url, {"agree": "1", "hash": re.search(r'name="hash" value="(\w+)"', page(client, guest_pass))[1]})
    editorial.publish(Post.objects.get(), by=editor)
    before = rows()
    paths |= open_every_link_of_every_mail((200, 302))

    assert rows() == before
    assert {url, "/blog/the-garden/"} <= paths


# --- Nothing typed is lost --------------------------------------------------------------------------------------------


def test_whatever_button_is_pressed_what_was_typed_is_kept(client, guest_pass):
    url = guest_pass.get_absolute_url()
    for button in ("note", "add_picture", "make_press_link"):
        typed = written(client, guest_pass, title=f"Before {button}", body=f"<p>{button}</p>", bio=f"I {button}.")
        client.post(url, typed | {button: "1"})

        form = client.get(url).context["form"]
        assert (form["title"].value(), form["body"].value()) == (f"Before {button}", f"<p>{button}</p>")
        assert form["bio"].value() == f"I {button}."
    assert Post.objects.get().title == ""


def test_a_text_that_cannot_be_saved_yet_is_kept_too(client, guest_pass):
    typed = written(
        client, guest_pass, title="x" * 300, body="<p>Beans.</p>", website="no address", handle_bluesky="a b"
    )

    answer = client.post(guest_pass.get_absolute_url(), typed | {"save": "1"})

    assert {*answer.context["form"].errors} == {"title", "website", "handle_bluesky"}
    assert "<title>Error: " in answer.content.decode()
    form = client.get(guest_pass.get_absolute_url()).context["form"]
    assert (form["title"].value(), form["body"].value()) == ("x" * 300, "<p>Beans.</p>")


def test_what_comes_too_late_is_shown_and_kept(client, guest_pass):
    url = guest_pass.get_absolute_url()
    typed = written(client, guest_pass, title="The garden", body="<p>Beans.</p>")
    client.post(url, typed | {"submit": "1"})

    answer = client.post(url, typed | {"body": "<p>Beans &amp; peas.</p><p>Two.</p>", "save": "1"})

    assert "The editors have your text now" in answer.content.decode()
    assert ("Your text", "Beans & peas.\n\nTwo.") in answer.context["kept"]
    assert Post.objects.get().body == "<p>Beans.</p>"
    client.post(url, {"take_back": "1"})
    assert "peas" in client.get(url).context["form"]["body"].value()


def test_a_link_that_has_ended_gives_the_words_back(client, guest_pass, editor):
    typed = written(client, guest_pass, title="The garden", body="<p>Beans.</p>", text="Hello")
    passes.revoke(guest_pass, by=editor)

    answer = client.post(guest_pass.get_absolute_url(), typed | {"save": "1"})

    assert answer.status_code == 410
    assert dict(answer.context["kept"]) == {
        "Title": "The garden",
        "Your text": "Beans.",
        "Your words to the editors": "Hello",
    }
    keep = client.post(at("guest_keep", guest_pass), typed)
    assert keep.status_code == 410
    assert "link has ended" in keep.json()["problem"]


def test_words_kept_before_an_editor_saved_another_text_are_shown_beside_it_and_stay_in_the_history(
    client, guest_pass, editor
):
    post, url = guest_pass.post, guest_pass.get_absolute_url()
    client.post(at("guest_keep", guest_pass), written(client, guest_pass, title="Mine", body="<p>My words.</p>"))
    data = revisions.newest(post).data | {"title": "Theirs", "body": "<p>Their words.</p>"}
    revisions.save(post, data, base=revisions.base_of(post), by=editor)

    answer = client.get(url)
    assert answer.context["form"]["body"].value() == "<p>My words.</p>"
    assert "Somebody else saved this post while you were writing" in answer.content.decode()
    client.post(at("guest_keep", guest_pass), written(client, guest_pass, body="<p>Their words and new ones.</p>"))

    kinds = {revision.kind: revision.data["body"] for revision in post.revisions.all()}
    assert kinds["beside"] == "<p>My words.</p>"
    assert kinds["autosave"] == "<p>Their words and new ones.</p>"


# --- What is printed about them ---------------------------------------------------------------------------------------


def test_a_new_author_writes_what_is_printed_about_them(client, guest_pass):
    facts = {
        "role": "Carer",
        "bio": "Grows beans.",
        "website": "mary.example",
        "handle_x": "@mary",
        "handle_threads": "m",
    }
    client.post(guest_pass.get_absolute_url(), written(client, guest_pass, name="M. Writer", save="1", **facts))
    client.post(guest_pass.get_absolute_url(), written(client, guest_pass, handle_threads="", save="1"))

    author = guest_pass.author
    author.refresh_from_db()
    assert (author.role, author.bio, author.website) == ("Carer", "Grows beans.", "https://mary.example")
    assert [(handle.network, handle.name) for handle in author.handles.all()] == [("x", "mary")]
    assert str(guest_pass.post.bylines.get()) == "M. Writer"


def test_of_an_author_whom_readers_know_it_becomes_a_wish(client, guest_pass, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    create_post(slug="known", authors=[guest_pass.author])
    assert guest_pass.author.is_public()
    sent = written(client, guest_pass, bio="Grows peas.", handle_x="mary")
    for _ in range(2):
        client.post(guest_pass.get_absolute_url(), sent | {"save": "1"})
    picture = {"file": picture_file(), "alt": "Me", "is_portrait": "on", "consent": "written", "add_picture": "1"}
    client.post(guest_pass.get_absolute_url(), picture)

    guest_pass.author.refresh_from_db()
    assert (guest_pass.author.bio, guest_pass.author.portrait) == ("", None)
    first, second = guest_pass.notes.all()
    assert first.text == "Please change what is printed about me.\nAbout me: Grows peas.\nX (Twitter): mary"
    assert "My photograph" in second.text
    assert mails("eddie@example.org").count("editors_note") == 2


# --- Links and limits -------------------------------------------------------------------------------------------------


def test_a_lost_link_is_asked_for_with_the_same_answer_for_everybody(client, guest_pass):
    ask = reverse("blog:guest_link_lost")
    OutgoingMail.objects.all().delete()
    answers = []
    for email in ("mary@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(ask, {"email": email}, follow=True)
        answers.append((answer.status_code, answer.content, len(queries)))
        assert not OutgoingMail.objects.exists()
    assert answers[0] == answers[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs WHERE task_name LIKE '%%send_guest_links'")
        jobs = [args for (args,) in cursor.fetchall()]
    assert len(jobs) == 2
    assert not any("@" in args for args in jobs)

    assert passes.send_links(digest_of("Mary@Example.org")) == 1
    assert guest_pass.get_absolute_url() in OutgoingMail.objects.get().text
    assert passes.send_links(digest_of("nobody@example.org")) == 0


def test_an_ended_link_is_not_sent_again_to_whoever_asks(guest_pass, editor):
    passes.revoke(guest_pass, by=editor)

    OutgoingMail.objects.all().delete()
    assert passes.send_links(digest_of("mary@example.org")) == 0
    mail = OutgoingMail.objects.get()
    assert ("has ended" in mail.subject, "/blog/guests/" in mail.text) == (True, False)
    assert mail.reply_to == editor.email


def test_a_guest_is_reminded_of_what_waits_for_them_and_of_nothing_else(client, guest_pass, editor):
    post, url = guest_pass.post, guest_pass.get_absolute_url()
    passes.remind(guest_pass, by=editor)
    assert mails("mary@example.org")[-1] == "guest_reminded"
    client.post(url, written(client, guest_pass, title="The garden", body="<p>Beans.</p>", submit="1"))
    with pytest.raises(editorial.EditorialRefused, match="Nothing waits for this guest"):
        passes.remind(guest_pass, by=editor)

    editorial.ask_for_sign_off(post, by=editor)
    OutgoingMail.objects.all().delete()
    passes.remind(guest_pass, by=editor)
    assert mails("mary@example.org") == ["guest_asked_for_sign_off"]


def test_sent_too_often_words_stay(client, guest_pass, monkeypatch):
    monkeypatch.setattr(guest_views, "NOTES", {"limit": 1, "seconds": 3600})
    url = guest_pass.get_absolute_url()
    client.post(url, written(client, guest_pass, text="One", note="1"))

    answer = client.post(url, written(client, guest_pass, body="<p>Beans.</p>", text="Two", note="1"))

    assert "That was very often" in answer.content.decode()
    assert "Two" in answer.content.decode()
    assert client.get(url).context["form"]["body"].value() == "<p>Beans.</p>"


def test_the_deadline_locks_nothing_and_a_year_does(client, guest_pass, time_machine):
    GuestPass.objects.update(deadline="2020-01-01")
    assert "Write your post" in page(client, guest_pass)
    time_machine.move_to(guest_pass.ends_at - timedelta(days=1), tick=False)
    assert client.get(guest_pass.get_absolute_url()).status_code == 200
    time_machine.move_to(guest_pass.ends_at + timedelta(minutes=1), tick=False)

    assert client.get(guest_pass.get_absolute_url()).status_code == 410


# --- Suggesting a post ------------------------------------------------------------------------------------------------

ANN = {"name": "Ann", "email": "ann@example.org", "idea": "What bees know about sharing."}


def stamp(client):
    return client.get(reverse("blog:suggest_post")).context["form"]["stamp"].value()


def test_anybody_suggests_a_post_once_however_often_they_press(client, editor, settings):
    settings.QUICKEST_PERSON = 0
    assert reverse("blog:suggest_post") in client.get("/blog/").content.decode()
    sent = ANN | {"stamp": stamp(client)}
    for _ in range(2):
        assert client.post(reverse("blog:suggest_post"), sent).status_code == 302

    assert Suggestion.objects.get().idea == ANN["idea"]
    assert mails("eddie@example.org") == ["editors_suggestion"]
    assert mails("ann@example.org") == ["suggestion_received"]


@pytest.mark.parametrize(
    "sign",
    [{"website": "x"}, {"idea": "http://a.example http://b.example www.c.example"}, {}],
    ids=["trap", "links", "quick"],
)
def test_what_seems_a_programs_work_is_asked_to_be_sent_once_more(client, editor, settings, sign):
    settings.QUICKEST_PERSON = 3 if not sign else 0
    first = client.post(reverse("blog:suggest_post"), ANN | sign | {"stamp": stamp(client)})
    assert first.status_code == 200
    assert "press the button at the end once more" in first.content.decode()
    assert not Suggestion.objects.exists()
    form = first.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert again["idea"] == (ANN | sign)["idea"]

    assert client.post(reverse("blog:suggest_post"), again).status_code == 302
    assert Suggestion.objects.count() == 1


def test_suggested_too_often_what_was_typed_stays(client, editor, settings, monkeypatch):
    settings.QUICKEST_PERSON = 0
    monkeypatch.setattr(guest_views, "SUGGESTIONS", {"limit": 0, "seconds": 3600})

    answer = client.post(reverse("blog:suggest_post"), ANN | {"stamp": stamp(client)})

    assert answer.status_code == 429
    assert ANN["idea"] in answer.content.decode()


# --- What the mails say -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["", "The garden"])
def test_every_mail_opens_with_one_plain_sentence_and_names_the_post(client, guest_pass, editor, title):
    post = guest_pass.post
    Post.objects.update(title=title)
    post.refresh_from_db()
    guest_pass = GuestPass.objects.get()
    note = Note.objects.create(post=post, by=editor, is_shared=True, text="Hello")
    answer = Note.objects.create(post=post, guest_pass=guest_pass, is_shared=True, text="Hello", asks_for="change")
    OutgoingMail.objects.all().delete()
    emails.invited(guest_pass)
    emails.reminded(guest_pass)
    emails.link_again(guest_pass)
    emails.link_again(guest_pass, by=editor)
    emails.link_has_ended(guest_pass)
    emails.changes_requested(post, "Say more.", by=editor)
    emails.asked_for_sign_off(post, by=editor)
    emails.note_to_guests(note)
    emails.published(post, not_agreed=[])
    emails.taken_down(post)
    emails.declined(post, "Not now.", by=editor)
    emails.submitted(post, by=None, guest_pass=guest_pass)
    emails.signed_off(post, guest_pass, missing=["Olive Other"])
    emails.withdrawn(post, guest_pass, reason="Too busy.")
    emails.note_to_editors(answer)

    for mail in OutgoingMail.objects.all():
        first = mail.text.strip().splitlines()[0]
        assert re.fullmatch(r"[A-ZY“y].*[.]", first), first
        assert first.replace("&", "&amp;") in re.sub(r"\s+", " ", mail.html), first
        assert not re.search(r"“”|None|\(post without|  ", mail.subject + mail.text), mail.text
        assert mail.subject == mail.subject.strip() != ""
        if mail.recipient == "mary@example.org":
            assert mail.reply_to == "eddie@example.org"
            has_ended = mail.template.endswith("guest_link_ended")
            assert (guest_pass.get_absolute_url() in mail.text) is not has_ended
        else:
            assert guest_pass.get_absolute_url() not in mail.text + mail.html
    texts = {mail.template.rpartition("/")[2]: mail.text for mail in OutgoingMail.objects.all()}
    assert "Say more." in texts["guest_changes_requested"]
    assert "Not now." in texts["guest_declined"]
    assert "Olive Other" in texts["editors_signed_off"]
    assert "Too busy." in texts["editors_withdrawn"]


def test_of_two_guests_each_reads_what_is_so_now_and_editors_learn_whom_to_tell(client, guest_pass, editor):
    post, agreed = guest_pass.post, guest_pass.get_absolute_url() + "?done=agreed"
    other = passes.invite(name="Olive Other", email="olive@example.org", by=editor, post=post)
    data = revisions.newest(post).data | {"title": "The garden", "body": "<p>Beans.</p>"}
    revisions.save(post, data, base=revisions.base_of(post), by=editor)
    editorial.ask_for_sign_off(post, by=editor)
    client.post(guest_pass.get_absolute_url(), {"agree": "1", "hash": revisions.newest(post).content_hash})
    assert "Thank you. We publish exactly this text" in page_at(client, agreed)
    assert "once everybody who wrote it has agreed" in page_at(client, agreed)
    with pytest.raises(editorial.EditorialRefused, match="Nothing waits for this guest"):
        passes.remind(guest_pass, by=editor)
    passes.remind(other, by=editor)

    client.post(other.get_absolute_url(), {"withdraw": "1"})

    assert "We publish exactly this text" not in page_at(client, agreed)
    assert "Your post is put away" in page_at(client, agreed)
    told = OutgoingMail.objects.get(recipient="eddie@example.org", template__endswith="editors_withdrawn")
    assert "Mary Writer wrote it too, and we have not written to them." in told.text


def test_a_scheduled_post_can_still_be_withdrawn(client, guest_pass, editor):
    post = guest_pass.post
    data = revisions.newest(post).data | {"title": "The garden", "body": "<p>Beans.</p>"}
    revisions.save(post, data, base=revisions.base_of(post), by=editor)
    editorial.schedule(post, by=editor, at=timezone.now() + timedelta(days=3), without_sign_off="rung")
    assert "goes out on" in OutgoingMail.objects.filter(recipient="mary@example.org").latest("pk").text

    client.post(guest_pass.get_absolute_url(), {"withdraw": "1", "reason": "Too busy."})

    assert Post.objects.get().status == "archived"


# --- Odd input --------------------------------------------------------------------------------------------------------


def test_every_form_of_a_guest_takes_any_value_calmly(client, guest_pass, settings):
    settings.QUICKEST_PERSON = 0
    url = guest_pass.get_absolute_url()
    forms = {address: Form(page_at(client, address)) for address in (url, reverse("blog:suggest_post"))}
    for value in VALUES:
        for address, form in forms.items():
            for button in ("save", "note", "withdraw-not") if address == url else ("send",):
                answer = client.post(
                    address, form.sent | dict.fromkeys(form.typed | form.chosen, value) | {button: "1"}
                )
                assert answer.status_code in (200, 302, 429), (address, button, value)
                assert is_words(answer), (address, button, value)
        assert client.post(at("guest_keep", guest_pass), dict.fromkeys(forms[url].sent, value)).status_code in (
            200,
            400,
        )
        assert is_words(client.get(url))


def page_at(client, address):
    return client.get(address).content.decode()
