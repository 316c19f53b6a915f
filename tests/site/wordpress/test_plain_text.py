"""Several posts in one plain text become drafts."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from blog.models import Post
from sharedlives.foundation.models import Redirect
from sharedlives.site.models import ImportRun, Proposal
from sharedlives.site.wordpress.plain_text import split

pytestmark = pytest.mark.django_db

TEXT = """\ufeffA kitchen\u00a0table

This is a guest blog from my colleague Anna Moor (@AnnaMoor):

We sat down, <all> of us & the dog.

The days:

Monday 28th October: London (Friends House, Euston Road, NW1 2BJ)
Tuesday 29th October: Leeds (venue tbc)

Is it true?

I am sure of it.

It went on until Continue reading
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "posts.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def titles(text):
    return [(piece.title, len(piece.paragraphs)) for piece in split(text)]


def test_titles_are_told_from_paragraphs():
    assert titles(TEXT.lstrip("\ufeff")) == [("A kitchen\u00a0table", 4), ("Is it true?", 2)]


def test_marked_titles_leave_no_doubt():
    assert titles("# One\n\nA short line\n\nText here.\n\n# Two\nText at once.") == [("One", 2), ("Two", 1)]


def test_posts_become_drafts(file):
    call_command("import_text", str(file), "--apply", verbosity=0)

    first, second = Post.objects.order_by("pk")
    assert (first.title, first.slug, first.status, first.publish_at) == (
        "A kitchen table",
        "a-kitchen-table",
        "draft",
        None,
    )
    assert first.body == (
        "<p>This is a guest blog from my colleague Anna Moor (@AnnaMoor):</p>\n"
        "<p>We sat down, &lt;all&gt; of us &amp; the dog.</p>\n<p>The days:</p>\n"
        "<p>Monday 28th October: London (Friends House, Euston Road, NW1 2BJ)<br>"
        "Tuesday 29th October: Leeds (venue tbc)</p>"
    )
    assert (second.title, second.body) == ("Is it true?", "<p>I am sure of it.</p>\n<p>It went on until</p>")
    assert {"byline", "introduction", "cut_short"} <= set(Proposal.objects.values_list("kind", flat=True))
    assert not Redirect.objects.exists()


def test_a_trial_changes_nothing_and_twice_is_once(file):
    call_command("import_text", str(file), verbosity=0)
    assert not Post.objects.exists()

    call_command("import_text", str(file), "--apply", verbosity=0)
    call_command("import_text", str(file), "--apply", verbosity=0)

    assert Post.objects.count() == 2
    assert ImportRun.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "no title"), (b"One\n\nA caf\xe9.", "Line 3: the text is not in UTF-8")]
)
def test_what_is_no_such_text_is_refused(file, content, reason):
    file.write_bytes(content)

    with pytest.raises(CommandError, match=reason):
        call_command("import_text", str(file), "--apply")
