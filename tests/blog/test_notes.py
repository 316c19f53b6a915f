import pytest

from blog import notes
from blog.models import Note
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import create_charity, create_guest_pass, create_post, create_user

pytestmark = pytest.mark.django_db

TAKE_DOWN = Note.AsksFor.TAKING_DOWN


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def log():
    return list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name"))


def test_what_a_guest_asks_for_counts_once_the_text_is_fixed():
    early = create_guest_pass()
    late = create_guest_pass(post=create_post())

    assert notes.write_as_guest(early, "Please take it down", asks_for=TAKE_DOWN).asks_for == ""
    assert notes.write_as_guest(late, "Please take it down", asks_for=TAKE_DOWN).asks_for == TAKE_DOWN
    assert log()[-1] == ("wrote a note", "a guest author")


def test_a_note_among_colleagues_is_mailed_to_nobody():
    guest_pass = create_guest_pass()
    OutgoingMail.objects.all().delete()

    note = notes.write(guest_pass.post, "Is it too long?", by=create_user(), is_shared=False)

    assert note.told == []
    assert not OutgoingMail.objects.exists()


def test_who_saw_to_a_note_stands_in_the_log_once():
    note = notes.write_as_guest(create_guest_pass(post=create_post()), "Please take it down", asks_for=TAKE_DOWN)
    editor = create_user()

    notes.settle(note, by=editor)
    notes.settle(note, by=editor)

    note.refresh_from_db()
    assert note.settled_at
    assert log().count(("saw to a note", str(editor))) == 1
