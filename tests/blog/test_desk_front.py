"""What the desk says without being asked: the lines on its front page, the filters of the list, who was told."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from blog import editorial, revisions
from blog.models import Note, Post
from sharedlives.foundation.models import OutgoingMail, Picture
from tests.blog.test_desk import filled_in, form_of, said
from tests.factories import create_author, create_charity, create_guest_pass, create_picture, create_post, create_user

pytestmark = pytest.mark.django_db

FRONT = reverse("admin:index")
LIST = reverse("admin:blog_post_changelist")
Status = Post.Status


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


def member(role, **fields):
    user = create_user(email=f"{role[:4].strip().lower()}@example.org", name=f"{role} One", **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def publisher():
    return member("Publishers")


def standing(title, status, **fields):
    return create_post(title=title, is_published=False, status=status, **fields)


def with_newer_text(post, by):
    text = revisions.begin(post)
    revisions.save(post, text.data | {"body": "<p>Newer.</p>"}, base=revisions.base_of(post), by=by)
    return post


# --- The front page ---------------------------------------------------------------------------------------------------


def everything(editor):
    today = timezone.localdate()
    standing("Came in", Status.SUBMITTED)
    standing("Is ready", Status.APPROVED)
    standing("Is asked", Status.AWAITING_SIGN_OFF)
    with_newer_text(create_post(title="Has a newer text"), editor)
    create_post(title="Goes out soon", publish_at=timezone.now() + timedelta(days=2))
    create_post(title="Goes out late", publish_at=timezone.now() + timedelta(days=9))
    create_post(title="Is stale", review_by=today)
    late, reminded = today - timedelta(days=2), timezone.now() - timedelta(days=1)
    create_guest_pass(name="Late Guest", deadline=late, post=standing("A", Status.DRAFT))
    create_guest_pass(name="Early Guest", deadline=today, post=standing("B", Status.DRAFT))
    create_guest_pass(name="Told Guest", deadline=late, reminded_at=reminded, post=standing("C", Status.DRAFT))
    create_guest_pass(name="Done Guest", deadline=late, post=standing("D", Status.SUBMITTED))
    guest_pass = create_guest_pass(name="Asking Guest", post=create_post(title="Is out"))
    Note.objects.create(post=guest_pass.post, text="Please", guest_pass=guest_pass, is_shared=True, asks_for="change")
    create_picture(name="Bare", alt="")


LINES = {
    "Sent in, and waiting for an editor": ["Came in", "D"],
    "Ready to be published": ["Is ready"],
    "Waiting for their authors to agree": ["Is asked"],
    "With a newer text than readers get": ["Has a newer text"],
    "Going out this week": ["Goes out soon"],
    "Guests to remind": ["Late Guest"],
    "Guests ask": ["Is out"],
    "without a description": ["1 picture"],
    "to look at again": ["1 post"],
}


def lines(client):
    html = client.get(FRONT).content.decode()
    return [part.split("</p>")[0] for part in html.split('<p class="desk-notice">')[1:]]


@pytest.mark.parametrize("role", ["Editors", "Publishers"])
def test_the_front_page_says_what_waits_for_the_editors(client, role):
    editor = member(role)
    everything(editor)
    client.force_login(editor)
    found = lines(client)

    for words, names in LINES.items():
        [line] = [line for line in found if words in line]
        assert [name for name in names if f">{name}<" in line or f">{name} " in line] == names
    everywhere = " ".join(found)
    for name in ("Goes out late", "Early Guest", "Told Guest", "Done Guest"):
        assert name not in everywhere


@pytest.mark.parametrize("role", ["Writers", "Read only", "Workshop organisers", "Office managers"])
def test_others_are_not_told_what_waits_for_the_editors(client, role):
    everything(member("Editors"))
    client.force_login(member(role))
    found = " ".join(lines(client))

    assert not [words for words in LINES if words in found and words != "to look at again"]


def test_a_writer_is_told_what_came_back_to_them_and_not_what_came_back_to_others(client):
    writer, other = member("Writers"), create_user(name="Col League")
    standing("Mine", Status.CHANGES_REQUESTED, created_by=writer)
    standing("Printed as mine", Status.CHANGES_REQUESTED, authors=[create_author(name="Will", user=writer)])
    standing("Theirs", Status.CHANGES_REQUESTED, created_by=other, authors=[create_author(name="Else")])
    create_guest_pass(post=standing("A guest has to write it", Status.CHANGES_REQUESTED, created_by=writer))
    client.force_login(writer)

    [line] = [line for line in lines(client) if "sent back to you" in line]
    assert ">Mine<" in line
    assert ">Printed as mine<" in line
    assert "Theirs" not in line
    assert "A guest" not in line


def test_a_desk_where_nothing_waits_says_nothing(client, publisher):
    client.force_login(publisher)
    assert lines(client) == []


def test_the_front_page_takes_the_same_queries_however_much_waits(client, publisher, django_assert_max_num_queries):
    client.force_login(publisher)
    client.get(FRONT)
    for number in range(5):
        standing(f"S{number}", Status.SUBMITTED)
        guest_pass = create_guest_pass(name=f"G{number}", deadline="2019-01-01")
        Note.objects.create(
            post=guest_pass.post, text="Please", guest_pass=guest_pass, is_shared=True, asks_for="change"
        )
    with django_assert_max_num_queries(45):
        client.get(FRONT)


# --- The list ---------------------------------------------------------------------------------------------------------


def titles(client, **query):
    return {post.title for post in client.get(LIST, query).context["cl"].result_list}


def test_the_list_is_filtered_by_every_state_there_is(client, publisher):
    for state in Status:
        if state != Status.PUBLISHED:
            standing(state.label, state)
    create_post(title="Published")
    with_newer_text(create_post(title="Newer"), publisher)
    client.force_login(publisher)

    for state in Status:
        wanted = {"Published", "Newer"} if state == Status.PUBLISHED else {state.label}
        assert titles(client, state=state.value) == wanted
    assert titles(client, state="newer") == {"Newer"}
    offered = {choice for choice, _label in client.get(LIST).context["cl"].filter_specs[0].lookup_choices}
    assert offered == {*Status.values, "scheduled", "expired", "review", "newer"}


def test_the_list_is_filtered_by_who_is_printed_as_its_author(client, publisher):
    ann, bea = create_author(name="Ann"), create_author(name="Bea")
    create_post(title="By Ann", authors=[ann])
    create_post(title="By both", authors=[ann, bea])
    create_post(title="By Bea", authors=[bea])
    client.force_login(publisher)

    assert titles(client, bylines__author__id__exact=ann.pk) == {"By Ann", "By both"}


def test_editors_invite_from_the_list_and_others_are_not_offered_it(client):
    for role, offered in {"Editors": True, "Writers": False, "Read only": False}.items():
        client.force_login(member(role))
        assert ("Invite somebody to write" in client.get(LIST).content.decode()) == offered


def test_nobody_is_invited_to_write_what_is_out(client, publisher):
    post = create_post()
    client.force_login(publisher)
    assert "Invite a guest to write this" not in client.get(form_of(post)).content.decode()
    guest = {"name": "Mary", "email": "mary@example.org"}
    answer = client.post(reverse("admin:blog_post_invite_to", args=[post.pk]), guest)

    assert "not being written any more" in answer.content.decode()
    assert 'value="mary@example.org"' in answer.content.decode()
    assert post.bylines.count() == 1


# --- The form and its buttons -----------------------------------------------------------------------------------------


def sent(post, **changes):
    return filled_in(post, base=revisions.base_of(post), **changes)


@pytest.fixture
def guests_draft():
    post = create_post(title="On homes", is_published=False, authors=[create_author(name="Mary", is_guest=True)])
    create_guest_pass(post=post, name="Mary")
    return post


def test_what_the_guest_did_not_agree_to_does_not_go_out_and_the_words_are_kept(client, publisher, guests_draft):
    client.force_login(publisher)
    client.post(form_of(guests_draft), sent(guests_draft, body="<p>New.</p>", _publish="x"))

    post = Post.objects.get()
    assert (post.status, post.body) == (Status.DRAFT, "<p>New.</p>")
    page = client.get(form_of(post))
    assert "Mary has not agreed to this text." in said(page)[-1]
    assert "without_sign_off" in page.context["adminform"].form.fields


def test_it_goes_out_all_the_same_with_a_reason_which_the_log_keeps(client, publisher, guests_draft):
    client.force_login(publisher)
    answer = client.post(form_of(guests_draft), sent(guests_draft, without_sign_off="She is ill.", _publish="x"))

    assert Post.objects.published().exists()
    assert "Told by mail: Mary." in said(answer)[-1]
    assert "We could not wait until you had agreed to this very text." in OutgoingMail.objects.latest("pk").text
    history = client.get(reverse("admin:blog_post_history", args=[guests_draft.pk])).content.decode()
    assert "without sign-off: She is ill." in history


def test_who_edits_what_a_guest_was_asked_about_is_told_to_ask_again(client, publisher, guests_draft):
    editorial.ask_for_sign_off(guests_draft, by=publisher)
    client.force_login(publisher)
    answer = client.post(form_of(guests_draft), sent(guests_draft, body="<p>New.</p>", _continue="x"))

    assert any("Ask them again" in words for words in said(answer))


def test_of_what_is_out_spelling_is_corrected_and_the_guest_is_told(client, publisher, guests_draft, mailoutbox):
    editorial.publish(guests_draft, by=publisher, without_sign_off="She is ill.")
    client.force_login(publisher)
    post = Post.objects.get()
    assert "is_correction" in client.get(form_of(post)).context["adminform"].form.fields
    answer = client.post(form_of(post), sent(post, body="<p>Corrected.</p>", is_correction="on", _publish="x"))

    assert Post.objects.get().body == "<p>Corrected.</p>"
    assert "Told by mail: Mary." in said(answer)[-1]
    mail = OutgoingMail.objects.latest("pk")
    assert re.search(r"\[-.+-\] {\+Corrected\.\+}", mail.text)
    assert "<ins>Corrected.</ins>" in mail.html


@pytest.mark.parametrize("four_eyes", [False, True])
def test_with_four_eyes_a_colleague_publishes_what_one_wrote(client, publisher, settings, four_eyes):
    settings.FOUR_EYES = four_eyes
    client.force_login(publisher)
    draft = create_post(is_published=False)
    answer = client.post(form_of(draft), sent(draft, body="<p>My words.</p>", _publish="x"))
    assert Post.objects.published().exists() != four_eyes
    if not four_eyes:
        return
    assert "ask a colleague to publish what you wrote" in said(answer)[-1]

    other = create_user(email="other@example.org", is_superuser=True)
    editorial.publish(Post.objects.get(), by=other)
    assert Post.objects.published().get().body == "<p>My words.</p>"


def test_of_a_scheduled_post_a_newer_text_waits_until_it_is_scheduled_too(client, publisher):
    moment = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    post = create_post(publish_at=moment, body="<p>As scheduled.</p>")
    client.force_login(publisher)
    answer = client.post(form_of(post), sent(post, body="<p>Newer.</p>", _save="x"))

    assert any("the text goes out that was scheduled" in words for words in said(answer))
    assert Post.objects.get().body == "<p>As scheduled.</p>"
    assert "let it take its place" in client.get(form_of(post)).content.decode()

    client.post(form_of(post), sent(post, body="<p>Newer.</p>", _schedule="x"))
    post.refresh_from_db()
    assert (post.body, post.is_scheduled()) == ("<p>Newer.</p>", True)


def test_saving_what_is_out_says_that_readers_still_see_the_other_text(client, publisher):
    post = create_post()
    client.force_login(publisher)
    answer = client.post(form_of(post), sent(post, body="<p>Newer.</p>", _continue="x"))

    assert any("Readers go on seeing the text that is out" in words for words in said(answer))


@pytest.mark.parametrize("leads_to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "elsewhere"])
def test_a_post_taken_down_leads_nowhere_but_to_a_page_of_ours(client, publisher, leads_to):
    post = create_post()
    client.force_login(publisher)
    answer = client.post(form_of(post), sent(post, reason="Wrong.", leads_to=leads_to, _unpublish="x"))

    assert "has to be a path of this site" in said(answer)[-1]
    assert Post.objects.published().exists()


def test_a_post_taken_down_says_that_it_is_gone_or_leads_where_staff_said(client, publisher):
    gone, moved = create_post(title="Gone"), create_post(title="Moved")
    client.force_login(publisher)
    client.post(form_of(gone), sent(gone, reason="Wrong.", _unpublish="x"))
    client.post(form_of(moved), sent(moved, reason="Wrong.", leads_to="/about/", _unpublish="x"))
    client.logout()

    assert client.get(gone.get_absolute_url()).status_code == 410
    answer = client.get(moved.get_absolute_url())
    assert (answer.status_code, answer["Location"]) == (302, "/about/")


def test_no_picture_is_counted_as_undescribed_that_is_decoration(client, publisher):
    create_picture(name="Line", alt="", is_decorative=True)
    client.force_login(publisher)
    assert Picture.objects.exists()
    assert lines(client) == []
