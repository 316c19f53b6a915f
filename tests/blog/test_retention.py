"""What came to nothing is forgotten: a word that stood in all of it is nowhere in the database afterwards."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from blog import editorial, jobs, passes, preview_links, retention, revisions, snapshots
from blog.models import Author, GuestPass, GuestPicture, Note, Post, Suggestion
from sharedlives.foundation import mail
from sharedlives.foundation.models import AuditEntry, OutgoingMail, Picture
from tests.factories import create_author, create_charity, create_guest_pass, create_picture, create_post, create_user

pytestmark = pytest.mark.django_db

WORD = "wombat"


@pytest.fixture
def editor():
    create_charity()
    rights = ["blog.edit_post", "blog.change_post", "blog.publish_post"]
    return create_user(name="Edith Editor", permissions=rights)


def tables_with(word):
    """Every table in which the word stands, in whatever column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" AS t WHERE t::text ILIKE %s)', [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def wrote_everywhere(editor):
    """A guest's draft with the word in all that belongs to it."""
    idea = passes.suggest(name=f"Ann {WORD}", email=f"{WORD}@example.org", idea=WORD, request_id=uuid.uuid4())
    guest_pass = passes.invite(
        name=f"Ann {WORD}", email=f"{WORD}@example.org", message=WORD, title=WORD, by=editor, suggestion=idea
    )
    post = guest_pass.post
    picture = create_picture(name=WORD, alt=WORD, pictured=WORD)
    GuestPicture.objects.create(guest_pass=guest_pass, picture=picture)
    Author.objects.filter(pk=guest_pass.author_id).update(bio=WORD, portrait=create_and_give(guest_pass))
    words = f'<p>{WORD}</p><figure data-picture="{picture.pk}"></figure>'
    data = snapshots.of(post) | {"body": words, "standfirst": WORD, "tags": []}
    revisions.save(post, data, base=revisions.base_of(post), guest_pass=guest_pass)
    revisions.autosave(post, data | {"title": WORD * 2}, base=revisions.base_of(post), guest_pass=guest_pass)
    post.refresh_from_db()
    editorial.submit(post, guest_pass=guest_pass)
    editorial.request_changes(post, by=editor, note=WORD)
    Note.objects.create(post=post, guest_pass=guest_pass, text=WORD, is_shared=True)
    editorial.ask_for_sign_off(post, by=editor)
    hash_now = snapshots.content_hash(snapshots.with_pictures(revisions.newest(post).data))
    editorial.sign_off(post, guest_pass=guest_pass, content_hash=hash_now)
    preview_links.create(post, by=editor, label=WORD)
    return post


def create_and_give(guest_pass):
    portrait = create_picture(name=f"Portrait of {WORD}", alt=WORD)
    GuestPicture.objects.create(guest_pass=guest_pass, picture=portrait)
    return portrait


def at_the_end_of(machine, days):
    machine.move_to(timezone.now() + timedelta(days=days, hours=1))
    jobs.forget_what_came_to_nothing(0)
    mail.forget_old_bodies()


def end_by_declining(post, editor):
    editorial.decline(post, by=editor, reasons=WORD)


def end_by_putting_away(post, editor):
    editorial.archive(post, by=editor)


def end_by_withdrawing(post, editor):
    editorial.withdraw(post, guest_pass=post.passes.get(), reason=WORD)


def end_once_scheduled(post, editor):
    editorial.schedule(post, by=editor, at=timezone.now() + timedelta(days=1))
    editorial.unpublish(post, by=editor)
    editorial.decline(post, by=editor, reasons=WORD)


def end_by_withdrawing_once_scheduled(post, editor):
    editorial.schedule(post, by=editor, at=timezone.now() + timedelta(days=1))
    editorial.withdraw(post, guest_pass=post.passes.get(), reason=WORD)


@pytest.mark.parametrize(
    "end",
    [
        end_by_declining,
        end_by_putting_away,
        end_by_withdrawing,
        end_once_scheduled,
        end_by_withdrawing_once_scheduled,
    ],
)
def test_half_a_year_after_the_end_of_a_draft_not_a_word_of_it_is_left(editor, time_machine, end):
    post = wrote_everywhere(editor)
    end(post, editor)
    assert {"blog_post", "blog_revision", "blog_note", "blog_guestpass", "blog_author", "blog_suggestion"} <= set(
        tables_with(WORD)
    )

    at_the_end_of(time_machine, 182)
    assert Post.objects.filter(pk=post.pk).exists()

    at_the_end_of(time_machine, 1)
    assert tables_with(WORD) == []
    assert not Picture.objects.exists()


def test_the_bodies_of_mails_go_after_ninety_days(editor, time_machine):
    wrote_everywhere(editor)
    assert "foundation_outgoingmail" in tables_with(WORD)
    at_the_end_of(time_machine, 91)

    assert "foundation_outgoingmail" not in tables_with(WORD)
    assert OutgoingMail.objects.exists()


def test_what_was_ever_out_stays_and_so_does_what_is_still_being_written(editor, time_machine):
    out, taken_down = create_post(title="Out"), create_post(title="Taken down")
    editorial.unpublish(taken_down, by=editor, reason="It is out of date.")
    draft = create_post(title="Draft", is_published=False)
    at_the_end_of(time_machine, 3000)

    assert set(Post.objects.all()) == {out, taken_down, draft}


def test_a_picture_that_stands_elsewhere_and_a_guest_who_wrote_more_stay(editor, time_machine):
    guest_pass = create_guest_pass()
    picture = create_picture()
    GuestPicture.objects.create(guest_pass=guest_pass, picture=picture)
    other = create_post(title="Other", authors=[guest_pass.author], lead_picture=picture)
    editorial.decline(guest_pass.post, by=editor, reasons="Not this time.")
    at_the_end_of(time_machine, 184)

    assert Post.objects.get() == other
    assert other.bylines.get().author.name == "Mary Writer"
    assert Picture.objects.get() == picture


def test_a_guests_link_and_address_go_a_year_after_their_last_post(editor, time_machine):
    guest_pass = create_guest_pass(post=create_post())
    Author.objects.filter(pk=guest_pass.author_id).update(email="mary@example.org")
    at_the_end_of(time_machine, 363)
    assert GuestPass.objects.exists()

    at_the_end_of(time_machine, 2)
    assert not GuestPass.objects.exists()
    assert Author.objects.get(pk=guest_pass.author_id).email == ""
    assert Post.objects.get().bylines.filter(author=guest_pass.author_id).exists()
    assert "foundation_auditentry" not in tables_with("mary@")


def test_a_guest_who_writes_again_is_kept_for_another_year(editor, time_machine):
    guest_pass = create_guest_pass(post=create_post())
    time_machine.move_to(timezone.now() + timedelta(days=300))
    create_guest_pass(post=create_post(title="Again", is_published=False))
    at_the_end_of(time_machine, 300)

    assert set(GuestPass.objects.values_list("author", flat=True)) == {guest_pass.author_id}


def test_a_guest_who_wrote_lately_is_kept_though_invited_long_ago(editor, time_machine):
    guest_pass = create_guest_pass()
    time_machine.move_to(timezone.now() + timedelta(days=300))
    text = revisions.begin(guest_pass.post)
    revisions.save(guest_pass.post, text.data | {"body": "<p>At last.</p>"}, base=str(text.pk), guest_pass=guest_pass)
    at_the_end_of(time_machine, 300)
    assert GuestPass.objects.exists()

    at_the_end_of(time_machine, 66)
    assert not GuestPass.objects.exists()
    assert "Mary Writer" in [str(byline) for byline in Post.objects.get().bylines.all()]


def test_the_year_begins_when_the_last_post_went_out(editor, time_machine):
    guest_pass = create_guest_pass(post=create_post(publish_at=timezone.now() + timedelta(days=200)))
    Author.objects.filter(pk=guest_pass.author_id).update(email="mary@example.org")
    at_the_end_of(time_machine, 500)
    assert GuestPass.objects.exists()

    at_the_end_of(time_machine, 66)
    assert (GuestPass.objects.exists(), Author.objects.get(pk=guest_pass.author_id).email) == (False, "")


def test_a_guest_without_a_post_or_a_link_is_no_reason_to_keep_an_address(time_machine):
    create_author(name="Mary", email="mary@example.org", is_guest=True)
    assert retention.forget_guests() == 1
    assert Author.objects.get().email == ""


def test_of_a_guest_who_became_a_colleague_the_link_goes_and_the_address_stays(editor, time_machine):
    guest_pass = create_guest_pass()
    Author.objects.filter(pk=guest_pass.author_id).update(email="mary@example.org", is_guest=False)
    at_the_end_of(time_machine, 366)

    assert not GuestPass.objects.exists()
    assert Author.objects.get(pk=guest_pass.author_id).email == "mary@example.org"


@pytest.mark.parametrize("holds", ["bylines", "passes", "sign_offs", "introductions", "a sign-in", "no guest"])
def test_whoever_is_known_for_something_else_stays_when_a_draft_is_forgotten(editor, time_machine, holds):
    guest_pass = create_guest_pass()
    author, other = guest_pass.author, create_post(title="Other")
    if holds == "bylines":
        other.bylines.create(author=author)
    elif holds == "passes":
        create_guest_pass(post=other).post.bylines.filter(author=author).delete()
    elif holds == "sign_offs":
        other.sign_offs.create(author=author, content_hash="0" * 64, how="mail", agreed_on=timezone.localdate())
    elif holds == "introductions":
        Post.objects.filter(pk=other.pk).update(introduced_by=author)
    else:
        changes = {"is_guest": False} if holds == "no guest" else {"user": create_user(email="m@example.org")}
        Author.objects.filter(pk=author.pk).update(**changes)
    editorial.decline(guest_pass.post, by=editor, reasons="Not this time.")
    at_the_end_of(time_machine, 184)

    assert Post.objects.get() == other
    assert Author.objects.filter(pk=author.pk).exists()


def test_staff_who_write_are_no_guests_to_be_forgotten(editor, time_machine):
    author = create_author(name="Staff", email="staff@example.org")
    create_post(authors=[author])
    at_the_end_of(time_machine, 3000)

    assert retention.forget_guests() == 0
    assert not AuditEntry.objects.filter(action="forgot the private address").exists()
    assert Author.objects.get(pk=author.pk).email == "staff@example.org"


def test_suggestions_go_after_a_year(time_machine):
    Suggestion.objects.create(name="Sue", email="s@example.org", idea="Beans", request_id=uuid.uuid4())
    assert retention.forget_suggestions() == 0
    time_machine.move_to(timezone.now() + timedelta(days=366))
    assert retention.forget_suggestions() == 1
