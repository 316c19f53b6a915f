"""A guest's way, on their own page: from the invitation to the post that is out."""

import re

import pytest
from django.urls import reverse

from blog import editorial, passes, revisions
from blog.models import GuestPass, Post, SignOff
from sharedlives.foundation.models import OutgoingMail
from tests.factories import create_charity, create_user

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
