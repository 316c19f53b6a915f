import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from blog import editorial, revisions, snapshots
from blog.editorial import MOVES, EditorialRefused
from blog.models import Post
from sharedlives.foundation.models import AuditEntry
from tests.factories import create_author, create_guest_pass, create_post, create_user
from tests.server import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher():
    rights = ["blog.publish_post", "blog.edit_post", "blog.change_post"]
    return create_user(name="Pat Publisher", permissions=rights)


def draft(**fields):
    return create_post(is_published=False, **fields)


def scheduled(**fields):
    return create_post(publish_at=timezone.now() + timedelta(days=3), **fields)


def live(**fields):
    return create_post(**fields)


def archived(**fields):
    return create_post(status=Post.Status.ARCHIVED, **fields)


def standing(status):
    return lambda **fields: create_post(is_published=False, status=status, **fields)


STATES = {"draft": draft, "scheduled": scheduled, "live": live, "archived": archived} | {
    status: standing(status)
    for status in ("submitted", "changes requested", "awaiting sign-off", "approved", "rejected")
}
BY_GUEST = ("sign_off", "withdraw")


def make(move, post, by):
    """Make a move as whoever may: guests' own with a pass, the others as `by`."""
    if move in BY_GUEST:
        guest_pass = create_guest_pass(post=post)
        if move == "sign_off":
            text = snapshots.content_hash(snapshots.of(post))
            return editorial.sign_off(post, guest_pass=guest_pass, content_hash=text)
        return editorial.withdraw(post, guest_pass=guest_pass)
    if move == "ask_for_sign_off":
        create_guest_pass(post=post)
    more = {
        "schedule": {"at": timezone.now() + timedelta(days=1)},
        "request_changes": {"note": "Say more about the kitchen."},
        "decline": {"reasons": "It is about another subject."},
        "unpublish": {"reason": "It is out of date."},
    }.get(move, {})
    return getattr(editorial, move)(post, by=by, **more)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", MOVES)
def test_each_move_from_each_state_is_made_or_refused_in_words(move, state, publisher):
    post = STATES[state]()
    before = post.status
    if (move, state) == ("publish", "live"):
        revisions.begin(post)  # nothing newer waits
    if state in MOVES[move].leads and (move, state) != ("publish", "live"):
        make(move, post, publisher)
        assert post.status == MOVES[move].leads[state]
    else:
        with pytest.raises(EditorialRefused) as refusal:
            make(move, post, publisher)
        assert re.fullmatch(r"[A-Z].*\.", str(refusal.value))
        assert post.status == before
    assert Post.objects.get(pk=post.pk).status == post.status


@pytest.mark.parametrize("move", [move for move in MOVES if move not in BY_GUEST])
def test_without_the_right_nothing_moves(move):
    colleague = create_user(permissions=["blog.view_post"])
    post = next(make_post() for state, make_post in STATES.items() if state in MOVES[move].leads)
    before = post.status

    with pytest.raises(EditorialRefused, match="is for colleagues with that right|is for editors"):
        make(move, post, colleague)

    assert Post.objects.get(pk=post.pk).status == before
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("move", [move for move in MOVES if not MOVES[move].by_guest])
def test_a_guest_makes_no_move_of_the_editors(move):
    post = draft()
    guest_pass = create_guest_pass(post=post)

    with pytest.raises(EditorialRefused, match="Your link does not allow that"):
        editorial._move(post, move, guest_pass=guest_pass)


def test_publish_makes_it_public_now(publisher):
    post = draft()
    began = timezone.now()
    editorial.publish(post, by=publisher)

    assert Post.objects.published().get() == post
    assert began <= post.publish_at <= timezone.now()


def test_publish_can_date_a_post_back_but_not_forward(publisher):
    then = datetime(2019, 10, 14, 9, tzinfo=UTC)
    assert editorial.publish(draft(), by=publisher, at=then).publish_at == then

    with pytest.raises(EditorialRefused, match="still to come"):
        editorial.publish(draft(title="B"), by=publisher, at=timezone.now() + timedelta(hours=1))


def test_publish_now_overtakes_the_schedule(publisher):
    post = editorial.publish(scheduled(), by=publisher)

    assert post.is_published()


def test_schedule_refuses_a_moment_that_is_over(publisher):
    with pytest.raises(EditorialRefused, match="is over. Choose a moment to come"):
        editorial.schedule(draft(), by=publisher, at=timezone.now() - timedelta(minutes=1))


def test_off_the_schedule_it_is_a_draft_and_keeps_its_plan(publisher):
    post = scheduled()
    planned = post.publish_at
    editorial.unpublish(post, by=publisher, reason="It is out of date.")

    assert (post.status, post.publish_at) == (Post.Status.DRAFT, planned)


def test_taken_down_and_taken_up_again_it_keeps_its_date(publisher):
    post = live()
    was_out_since = post.publish_at
    editorial.unpublish(post, by=publisher, reason="A name was wrong.")
    assert not Post.objects.published().exists()

    editorial.restore(post, by=publisher)
    editorial.publish(post, by=publisher, at=post.publish_at)

    assert post.publish_at == was_out_since


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " ", "slug": "a"}, "Before this post can go out it needs a title."),
        ({"body": ""}, "Before this post can go out it needs a text."),
        ({"title": "", "slug": "a", "body": "<p></p>"}, "Before this post can go out it needs a title and a text."),
    ],
)
def test_an_unfinished_post_is_refused(fields, sentence, publisher):
    post = draft(**fields)
    for move in ("publish", "schedule"):
        with pytest.raises(EditorialRefused) as refusal:
            make(move, post, publisher)
        assert str(refusal.value) == sentence


def test_a_post_without_byline_is_refused(publisher):
    post = draft()
    post.bylines.all().delete()
    with pytest.raises(EditorialRefused, match="it needs a byline"):
        editorial.publish(post, by=publisher)


def test_an_address_that_leads_to_another_post_is_refused(publisher):
    first = live(slug="taken")
    first.slug = "moved"
    first.save()

    with pytest.raises(EditorialRefused, match="/blog/taken/ belongs to something else"):
        editorial.publish(draft(title="B", slug="taken"), by=publisher)


def test_each_move_leaves_an_entry_in_the_log(publisher):
    post = draft(title="On homes")
    editorial.publish(post, by=publisher)
    editorial.unpublish(post, by=publisher, reason="A name was wrong.")

    taken_down, published = AuditEntry.objects.all()
    assert (published.actor_name, published.action, published.object_label) == (
        "Pat Publisher",
        "published",
        "On homes",
    )
    assert published.changes["status"] == ["draft", "published"]
    assert (taken_down.action, taken_down.note) == ("taken down", "A name was wrong.")


def test_moving_is_no_edit(publisher):
    post = draft()
    before = post.updated_at
    editorial.publish(post, by=publisher)
    post.refresh_from_db()

    assert post.updated_at == before
    assert post.moved_at > before


def test_an_older_copy_of_the_post_overwrites_no_words(publisher):
    post = draft(title="Old words")
    Post.objects.filter(pk=post.pk).update(title="New words")
    editorial.publish(post, by=publisher)

    assert Post.objects.get(pk=post.pk).title == "New words"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_publishes_and_the_other_is_told():
    publisher = create_user(permissions=["blog.publish_post", "blog.edit_post"])
    post = draft(authors=[create_author()])

    def press(n):
        try:
            editorial.publish(Post.objects.get(pk=post.pk), by=publisher)
        except EditorialRefused as refusal:
            return str(refusal)
        return ""

    assert sorted(all_at_once(8, press)) == ["", *["This post is published already."] * 7]
    assert AuditEntry.objects.count() == 1
