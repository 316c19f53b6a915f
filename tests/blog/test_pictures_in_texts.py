"""A picture that somebody is about to publish is not deleted under their hands."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.models.deletion import ProtectedError
from django.urls import reverse

from blog import editorial, revisions
from blog.models import RevisionPicture
from sharedlives.foundation import pictures
from sharedlives.foundation.models import Picture
from tests.factories import create_guest_pass, create_picture, create_post, create_user

pytestmark = pytest.mark.django_db

RIGHTS = ["blog.edit_post", "blog.change_post", "blog.publish_post"]


@pytest.fixture
def ann():
    return create_user(email="ann@example.org", name="Ann", permissions=RIGHTS)


def figure(picture):
    return f'<p>Words.</p><figure data-picture="{picture.pk}"></figure>'


def save(post, by, *, base=None, **changes):
    text = revisions.as_it_stands(post).data | changes
    return revisions.save(post, text, base=revisions.base_of(post) if base is None else base, by=by)


def is_held(picture):
    """Whether the library keeps it, by all of its three ways to ask."""
    held = bool(picture.uses())
    assert Picture.objects.used().filter(pk=picture.pk).exists() == held
    return held


def test_a_picture_in_a_newer_text_of_what_is_out_is_kept_and_is_not_public(client, ann):
    post = create_post(title="On homes")
    lead, picture = create_picture(name="Lead"), create_picture(name="In the text")
    save(post, ann, body=figure(picture), lead_picture=lead.pk)
    for each in (lead, picture):
        assert (is_held(each), each.is_public()) == (True, False)
        with pytest.raises(pictures.Refused, match='is used in "On homes"'):
            pictures.delete(each)
        with pytest.raises(ProtectedError):
            each.delete()
    client.force_login(create_user(is_superuser=True))
    page = client.get(reverse("admin:foundation_picture_change", args=[picture.pk])).content.decode()
    assert "On homes (text that is not out)" in page

    editorial.publish(post, by=ann)
    assert [(str(use), use.is_public()) for use in picture.uses()] == [("On homes", True)]
    assert not RevisionPicture.objects.exists()


def test_what_no_text_holds_any_more_may_go(ann):
    post = create_post()
    first, second = create_picture(), create_picture()
    save(post, ann, body=figure(first))
    save(post, ann, body=figure(second))
    assert (is_held(first), is_held(second)) == (False, True)
    save(post, ann, body="<p>Words alone.</p>")
    assert not is_held(second)
    pictures.delete(second)


def test_a_picture_in_what_somebody_is_writing_is_kept_until_they_save_or_throw_it_away(ann):
    post = create_post(is_published=False)
    guest_pass = create_guest_pass(post=post)
    mine, theirs = create_picture(), create_picture()
    text = revisions.begin(post)
    for picture, who in ((mine, {"by": ann}), (theirs, {"guest_pass": guest_pass})):
        revisions.autosave(post, text.data | {"body": figure(picture)}, base=str(text.pk), **who)
    assert (is_held(mine), is_held(theirs)) == (True, True)

    save(post, create_user(email="bob@example.org", permissions=RIGHTS), body="<p>Bob's.</p>")
    assert (is_held(mine), is_held(theirs)) == (True, True)
    revisions.forget_autosave(post, by=ann)
    assert (is_held(mine), is_held(theirs)) == (False, True)
    # Beside Bob's, until somebody has put them together.
    revisions.save(post, text.data | {"body": figure(theirs)}, base=str(text.pk), guest_pass=guest_pass)
    assert is_held(theirs)
    save(post, ann, body="<p>Both.</p>")
    assert not is_held(theirs)


def test_texts_from_before_are_held_by_the_migration_alike(ann):
    out, draft = create_post(title="Out"), create_post(title="Draft", is_published=False)
    old, newest, unsaved, beside, row = (create_picture() for _ in range(5))
    save(out, ann, body=figure(old))
    save(out, ann, body=figure(newest), lead_picture=row.pk)
    save(out, ann, body=figure(beside), base="")
    text = save(draft, ann, body=figure(row)).revision
    revisions.autosave(draft, text.data | {"body": figure(unsaved)}, base=str(text.pk), by=ann)
    rows = set(RevisionPicture.objects.values_list("revision", "picture"))
    assert {picture for _text, picture in rows} == {newest.pk, unsaved.pk, beside.pk, row.pk}

    RevisionPicture.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("blog.migrations.0008_hold_pictures_of_texts_that_are_not_out").HOLD)

    assert set(RevisionPicture.objects.values_list("revision", "picture")) == rows
