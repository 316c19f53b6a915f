"""Nobody's words are lost: not when two save at once, not when one publishes meanwhile, not while they are typed."""

import pytest
from django.db import ProgrammingError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from blog import editorial, revisions, snapshots
from blog.editorial import EditorialRefused
from blog.models import Post, Revision
from tests.factories import create_author, create_picture, create_post, create_tag, create_topic, create_user
from tests.server import all_at_once

pytestmark = pytest.mark.django_db

RIGHTS = ["blog.edit_post", "blog.change_post", "blog.publish_post"]


@pytest.fixture
def ann():
    return create_user(email="ann@example.org", name="Ann", permissions=RIGHTS)


@pytest.fixture
def bob():
    return create_user(email="bob@example.org", name="Bob", permissions=RIGHTS)


def text(post, **changes):
    newest = revisions.newest(post)
    return (newest.data if newest else snapshots.of(post)) | changes


def save(post, by, body, base=None):
    base = revisions.base_of(post) if base is None else base
    return revisions.save(post, text(post, body=f"<p>{body}</p>"), base=base, by=by)


def bodies(post):
    return [revision.data["body"] for revision in post.revisions.order_by("pk")]


def test_a_saved_draft_is_a_revision_and_stands_in_its_row(ann):
    post = create_post(is_published=False, body="<p>One.</p>")
    saved = save(post, ann, "Two.")

    post.refresh_from_db()
    assert (post.body, post.revision) == ("<p>Two.</p>", saved.revision)
    assert bodies(post) == ["<p>One.</p>", "<p>Two.</p>"]
    assert (saved.revision.by, saved.revision.base.data["body"]) == (ann, "<p>One.</p>")


def test_everything_that_can_be_edited_comes_back(ann):
    picture, topic = create_picture(), create_topic()
    post = create_post(
        is_published=False,
        standfirst="Short.",
        introduction="<p>A guest.</p>",
        introduced_by=create_author(name="Host"),
        lead_picture=picture,
        body=f'<p>Words.</p><figure data-picture="{picture.pk}"></figure>',
        content_note="It rains.",
        expire_at="2099-01-01T12:00:00Z",
        pinned_until="2098-01-01T12:00:00Z",
        review_by="2097-01-01",
        authors=[create_author(name="Ann"), create_author(name="Bea", organisation="Beans")],
    )
    post.topics.add(topic)
    post.tags.add(create_tag("homes"))
    before = revisions.begin(post)
    later = before.data | {"title": "Else", "standfirst": "", "body": "<p>Else.</p>", "topics": [], "tags": []}
    later |= {"bylines": before.data["bylines"][::-1], "lead_picture": None, "introduced_by": None, "review_by": None}
    revisions.save(post, later, base=revisions.base_of(post), by=ann)
    assert Post.objects.get().title == "Else"

    revisions.restore(before, base=revisions.base_of(post), by=ann)

    assert snapshots.of(Post.objects.get()) == before.data
    assert [str(byline) for byline in post.bylines.all()] == ["Ann", "Bea, Beans"]


def test_saving_the_same_again_makes_no_revision(ann):
    post = create_post(is_published=False)
    first = save(post, ann, "One.")
    assert save(post, ann, "One.").revision == first.revision
    assert len(bodies(post)) == 2  # as it was found, and that


def test_of_two_who_save_the_later_text_is_kept_beside(ann, bob):
    post = create_post(is_published=False)
    base = revisions.base_of(post)
    save(post, ann, "Ann's.", base)

    saved = save(post, bob, "Bob's.", base)

    assert saved.is_beside
    assert (saved.theirs.by, saved.revision.by) == (ann, bob)
    assert Post.objects.get().body == "<p>Ann's.</p>"
    assert "<p>Bob's.</p>" in bodies(post)


def test_the_text_of_a_post_that_is_out_changes_by_publishing_alone(ann):
    post = create_post(body="<p>Old.</p>")
    save(post, ann, "New.")
    assert (Post.objects.get().body, revisions.has_newer_draft(Post.objects.get())) == ("<p>Old.</p>", True)

    editorial.publish(Post.objects.get(), by=ann)

    assert (Post.objects.get().body, revisions.has_newer_draft(Post.objects.get())) == ("<p>New.</p>", False)


def test_who_publishes_publishes_what_they_saw(ann, bob):
    post = create_post(is_published=False)
    seen = str(save(post, ann, "Seen.").revision.pk)
    save(post, bob, "Unseen.")

    with pytest.raises(editorial.Overtaken):
        editorial.publish(post, by=ann, base=seen)

    assert Post.objects.get().status == Post.Status.DRAFT


def test_what_is_changed_past_the_form_is_a_revision_too(ann):
    post = create_post(is_published=False)
    base = str(save(post, ann, "Ann's.").revision.pk)
    Post.objects.filter(pk=post.pk).update(body="<p>By an import.</p>")

    assert save(post, ann, "Ann's again.", base).is_beside
    assert "<p>By an import.</p>" in bodies(post)


def test_a_revision_cannot_be_changed(ann):
    revision = save(create_post(is_published=False), ann, "Words.").revision
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(data={})
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(kind="autosave")


def test_an_autosave_takes_the_place_of_its_writers_last_one_only(ann, bob):
    post = create_post(is_published=False)
    base = revisions.base_of(post)
    revisions.autosave(post, text(post, body="<p>Half a</p>"), base=base, by=ann)
    revisions.autosave(post, text(post, body="<p>Bob's half</p>"), base=base, by=bob)
    revisions.autosave(post, text(post, body="<p>Half a sentence</p>"), base=base, by=ann)

    assert sorted(bodies(post)) == ["<p>Bob's half</p>", "<p>Half a sentence</p>"]
    assert revisions.own_autosave(post, by=ann).data["body"] == "<p>Half a sentence</p>"
    assert Post.objects.get().body == post.body


def test_describing_a_picture_is_no_edit_and_still_asks_who_agreed_again(ann):
    picture = create_picture(alt="A table")
    post = create_post(is_published=False, lead_picture=picture)
    before = revisions.begin(post)
    picture.alt = "A kitchen table"
    picture.save()

    assert revisions.begin(post) == before
    assert snapshots.content_hash(snapshots.with_pictures(before.data)) != before.content_hash


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_save_at_once_one_is_the_newest_and_all_are_kept():
    post = create_post(is_published=False)
    people = [create_user(email=f"p{n}@example.org", name=f"P{n}") for n in range(8)]
    base, before = revisions.base_of(post), snapshots.of(post)

    def press(n):
        data = before | {"body": f"<p>Words of {n}.</p>"}
        return revisions.save(Post.objects.get(pk=post.pk), data, base=base, by=people[n]).is_beside

    assert sorted(all_at_once(8, press)) == [False] + [True] * 7
    assert {f"<p>Words of {n}.</p>" for n in range(8)} <= set(bodies(post))


class TwoWriters(RuleBasedStateMachine):
    """Two open forms, and anything that may happen to them in any order."""

    def __init__(self):
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.people = [create_user(email=f"w{n}@example.org", name=f"W{n}", permissions=RIGHTS) for n in range(2)]
        self.post = create_post(is_published=False, body="<p>First.</p>")
        self.forms = [self.opened(), self.opened()]
        self.saved, self.unsaved, self.count = [], {}, 0

    def teardown(self):
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    def opened(self):
        return revisions.base_of(Post.objects.get(pk=self.post.pk)), text(self.post)

    def typed(self, who):
        self.count += 1
        base, data = self.forms[who]
        self.forms[who] = (base, data | {"body": f"<p>Text {self.count} of {who}.</p>"})
        return self.forms[who]

    @rule(who=st.integers(0, 1))
    def open_the_form(self, who):
        self.forms[who] = self.opened()

    @rule(who=st.integers(0, 1), goes_on=st.booleans())
    def save(self, who, goes_on):
        base, data = self.typed(who)
        saved = revisions.save(self.post, data, base=base, by=self.people[who])
        self.saved.append(data["body"])
        self.unsaved.pop(who, None)
        if goes_on:  # sees both texts, and puts together what should stay
            self.forms[who] = self.opened()
        assert saved.is_beside or revisions.newest(self.post).data["body"] == data["body"]

    @rule(who=st.integers(0, 1))
    def write_on_and_be_cut_off(self, who):
        base, data = self.typed(who)
        revisions.autosave(self.post, data, base=base, by=self.people[who])
        self.unsaved[who] = data["body"]

    @rule(who=st.integers(0, 1))
    def publish(self, who):
        try:
            editorial.publish(Post.objects.get(pk=self.post.pk), by=self.people[who], base=self.forms[who][0])
        except EditorialRefused:
            return
        assert Post.objects.get(pk=self.post.pk).body == revisions.newest(self.post).data["body"]

    @rule()
    def take_down_and_up(self):
        post = Post.objects.get(pk=self.post.pk)
        if post.status == Post.Status.PUBLISHED:
            editorial.unpublish(post, by=self.people[0], reason="It is out of date.")
            editorial.restore(post, by=self.people[0])

    @invariant()
    def every_saved_text_is_there(self):
        assert set(self.saved) <= set(bodies(self.post))

    @invariant()
    def what_somebody_was_writing_is_there(self):
        for who, body in self.unsaved.items():
            own = revisions.own_autosave(self.post, by=self.people[who])
            assert own.data["body"] == body


def test_no_text_is_lost_in_any_order():
    run_state_machine_as_test(
        TwoWriters,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
