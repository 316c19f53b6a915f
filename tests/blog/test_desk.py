"""The post's form at the desk: what may be typed, what the buttons do, and that nothing typed is lost."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from blog import editorial, revisions
from blog.editorial import EditorialRefused
from blog.models import Author, Post, PostAddress
from sharedlives.foundation.models import AuditEntry
from tests.factories import create_author, create_charity, create_post, create_user, create_workshop

pytestmark = pytest.mark.django_db

WRITE = [
    "blog.view_post",
    "blog.add_post",
    "blog.change_post",
    "blog.add_byline",
    "blog.change_byline",
    "blog.view_author",
]
ADD = reverse("admin:blog_post_add")


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


@pytest.fixture
def writer():
    return create_user(email="writer@example.org", name="Will Writer", permissions=WRITE)


@pytest.fixture
def publisher():
    permissions = [*WRITE, "blog.publish_post", "blog.edit_post", "blog.delete_post", "blog.delete_byline"]
    return create_user(email="publisher@example.org", name="Pat Publisher", permissions=permissions)


def form_of(post):
    return reverse("admin:blog_post_change", args=[post.pk])


def filled_in(post=None, **changes):
    """What a browser would send from the post's form, with `changes`."""
    changes = {name: value for name, value in changes.items() if value is not None}
    values = {
        "title": post.title if post else "On homes",
        "slug": post.slug if post else "on-homes",
        "standfirst": post.standfirst if post else "",
        "body": post.body if post else "<p>Words.</p>",
        "introduction": post.introduction if post else "",
        "base": revisions.base_of(post) if post else "",
        "bylines-TOTAL_FORMS": "1",
        "bylines-INITIAL_FORMS": "0",
        "bylines-0-position": "1",
    }
    byline = post.bylines.first() if post else None
    if byline:
        values |= {
            "bylines-INITIAL_FORMS": "1",
            "bylines-0-id": byline.pk,
            "bylines-0-post": post.pk,
            "bylines-0-author": byline.author_id,
            "bylines-0-position": byline.position,
            "bylines-0-name": byline.name,
            "bylines-0-organisation": byline.organisation,
        }
    if post and post.publish_at and not post.is_published():
        planned = timezone.localtime(post.publish_at)
        values |= {"publish_on": f"{planned:%Y-%m-%d}", "publish_time": f"{planned:%H:%M:%S}"}
    return values | changes


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def errors(response):
    form = response.context["adminform"].form
    return [error for messages in form.errors.values() for error in messages]


def with_byline(**changes):
    return {"bylines-0-author": create_author().pk} | changes


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_writer_saves_a_draft_with_a_byline(client, writer):
    client.force_login(writer)
    response = client.post(ADD, filled_in(**with_byline(), _save="Save"))

    post = Post.objects.get()
    assert response.status_code == 302
    assert (post.status, post.created_by, post.body) == (Post.Status.DRAFT, writer, "<p>Words.</p>")
    assert str(post.bylines.get()) == "Anna Merrow"


def test_the_address_is_made_from_the_title_where_none_was_typed(client, writer):
    create_post(title="On homes", slug="on-homes")
    PostAddress.objects.create(post=Post.objects.get(), slug="on-homes-2")
    client.force_login(writer)

    client.post(ADD, filled_in(slug="", _save="Save"))
    client.post(ADD, filled_in(title="Feed", slug="", _save="Save"))
    client.post(ADD, filled_in(title="???", slug="", _save="Save"))

    assert set(Post.objects.filter(status="draft").values_list("slug", flat=True)) == {"on-homes-3", "feed-2", "post"}


@pytest.mark.parametrize("slug", ["feed", "a b", "ä", "../x", "taken", "once-taken"])
def test_addresses_that_cannot_be_are_refused_and_the_words_stay(client, writer, slug):
    other = create_post(slug="once-taken")
    other.slug = "taken"
    other.save()
    client.force_login(writer)

    response = client.post(ADD, filled_in(slug=slug, body="<p>My long text.</p>", _save="Save"))

    assert response.status_code == 200
    assert errors(response)
    assert escape("<p>My long text.</p>") in response.content.decode()


def test_a_text_that_is_too_long_is_refused_at_once_and_stays(client, writer):
    client.force_login(writer)
    data = filled_in(body="<" * 1_000_000, _save="Save")

    began = timezone.now()
    response = client.post(ADD, data)  # sent as multipart, as the form says

    assert timezone.now() - began < timedelta(seconds=2)
    assert errors(response) == ["This text is too long: at most 80,000 characters, formatting included."]
    assert "&lt;" * 1_000_000 in response.content.decode()
    assert b'enctype="multipart/form-data"' in response.content


def test_hostile_html_is_clean_once_saved(client, writer):
    client.force_login(writer)
    client.post(ADD, filled_in(body='<p onclick=x>a<script>b</script><a href="javascript:c">d</a></p>', _save="Save"))

    assert Post.objects.get().body == "<p>ad</p>"


# --- The buttons ------------------------------------------------------------------------------------------------------


def buttons(client, address):
    return re.findall(
        r'<input type="submit" name="_(publish|schedule|unpublish|restore|submit)" value="([^"]+)"',
        client.get(address).content.decode(),
    )


def test_each_state_has_its_buttons(client, publisher):
    client.force_login(publisher)
    draft = create_post(title="A", is_published=False)
    scheduled = create_post(title="B", publish_at=timezone.now() + timedelta(days=1))
    archived = create_post(title="C", status=Post.Status.ARCHIVED)

    assert (
        buttons(client, ADD)
        == buttons(client, form_of(draft))
        == [("publish", "Save and publish"), ("schedule", "Schedule")]
    )
    assert [name for name, _ in buttons(client, form_of(scheduled))] == ["schedule", "publish", "unpublish"]
    assert [name for name, _ in buttons(client, form_of(create_post(title="D")))] == ["publish", "unpublish"]
    assert buttons(client, form_of(archived)) == [("restore", "Make it a draft again")]


def test_the_status_is_shown_and_never_a_field(client, publisher):
    client.force_login(publisher)
    post = create_post(is_published=False)
    html = client.get(form_of(post)).content.decode()
    assert "Draft" in html
    assert 'name="status"' not in html

    client.post(form_of(post), filled_in(post, status="published", publish_at="2019-01-01", guid="x", _save="Save"))
    post.refresh_from_db()
    assert (post.status, post.publish_at) == (Post.Status.DRAFT, None)
    assert post.guid.startswith("urn:uuid:")


def test_save_and_publish(client, publisher):
    client.force_login(publisher)
    response = client.post(ADD, filled_in(**with_byline(), _publish="Save and publish"))

    post = Post.objects.published().get()
    assert response["Location"] == form_of(post)
    assert said(response) == [f"The post is out. {post.state_in_words()}."]
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["published", "added"]


def test_what_is_missing_is_said_and_the_words_are_saved(client, publisher):
    client.force_login(publisher)
    response = client.post(ADD, filled_in(body="", _publish="x"))

    assert said(response) == ["Saved, but no more than that. Before this post can go out it needs a text and a byline."]
    assert Post.objects.get().title == "On homes"


def test_schedule(client, publisher, time_machine):
    time_machine.move_to("2019-10-20T12:00:00+00:00")
    client.force_login(publisher)
    response = client.post(
        ADD, filled_in(**with_byline(), publish_on="2019-10-28", publish_time="9:00", _schedule="Schedule")
    )

    post = Post.objects.get()
    assert said(response) == ["Scheduled for Monday 28 October 2019, 9am (Europe/London)."]
    assert post.publish_at.isoformat() == "2019-10-28T09:00:00+00:00"
    assert "Scheduled for Monday 28 October 2019, 9am (Europe/London)" in client.get(form_of(post)).content.decode()


@pytest.mark.parametrize(
    ("day", "time", "sentence"),
    [
        ("2026-03-29", "01:30", "There is no 1.30am on Sunday 29 March 2026: the clocks go forward"),
        ("2026-10-25", "01:30", "1.30am comes twice on Sunday 25 October 2026: the clocks go back"),
        ("", "", "Say on which day it is to go out."),
        ("", "10:00", "Say the day as well."),
        ("2026-02-30", "10:00", "Enter a valid date."),
        ("2026-02-03", "25:00", "Enter a valid time."),
    ],
)
def test_moments_that_cannot_be_are_refused_in_words(client, publisher, time_machine, day, time, sentence):
    time_machine.move_to("2026-01-01T12:00:00+00:00")
    client.force_login(publisher)
    response = client.post(
        ADD, filled_in(**with_byline(), publish_on=day, publish_time=time, _schedule="x", body="<p>Kept.</p>")
    )

    assert any(error.startswith(sentence) for error in errors(response))
    assert escape("<p>Kept.</p>") in response.content.decode()
    assert not Post.objects.exists()


def test_a_moment_that_is_over_is_refused_and_kept_as_a_plan(client, publisher):
    client.force_login(publisher)
    response = client.post(ADD, filled_in(**with_byline(), publish_on="2019-10-14", _schedule="x"))

    [sentence] = said(response)
    assert "Monday 14 October 2019, 9am is over." in sentence
    assert Post.objects.get().status == Post.Status.DRAFT


def test_publishing_with_a_day_in_the_past_dates_the_post_back(client, publisher):
    client.force_login(publisher)
    client.post(ADD, filled_in(**with_byline(), publish_on="2019-10-14", publish_time="10:15", _publish="x"))

    assert Post.objects.get().publish_at.isoformat() == "2019-10-14T09:15:00+00:00"


def test_the_moment_of_a_scheduled_post_can_be_moved_overtaken_and_given_up(client, publisher):
    client.force_login(publisher)
    post = create_post(publish_at=timezone.now() + timedelta(days=5))

    response = client.post(form_of(post), filled_in(post, publish_on="2099-01-01", _save="Save"))
    assert errors(response) == ["This post is scheduled already. To move its moment, press Schedule."]

    client.post(form_of(post), filled_in(post, publish_on="2099-01-01", publish_time="9:00", _schedule="x"))
    post.refresh_from_db()
    assert post.publish_at.isoformat() == "2099-01-01T09:00:00+00:00"

    client.post(form_of(post), filled_in(post, _publish="x"))
    post.refresh_from_db()
    assert post.is_published()


def test_off_the_schedule(client, publisher):
    client.force_login(publisher)
    post = create_post(publish_at=timezone.now() + timedelta(days=5))
    client.post(form_of(post), filled_in(post, _unpublish="x"))

    post.refresh_from_db()
    assert post.status == Post.Status.DRAFT


def test_a_post_that_is_out_is_taken_down_with_a_reason_only(client, publisher):
    client.force_login(publisher)
    post = create_post()
    answer = client.post(form_of(post), filled_in(post, _unpublish="x"))

    assert answer.context["adminform"].form.errors["reason"] == ["Say why: colleagues read it in the post's history."]
    with pytest.raises(EditorialRefused, match="Say why"):
        editorial.unpublish(post, by=publisher, reason=" ")
    assert post.is_published()


def test_take_down_keeps_the_reason_and_make_it_a_draft_again(client, publisher):
    client.force_login(publisher)
    post = create_post()
    client.post(form_of(post), filled_in(post, reason="A name was wrong.", _unpublish="x"))
    post.refresh_from_db()
    assert post.status == Post.Status.ARCHIVED
    assert AuditEntry.objects.get(action="taken down").note == "A name was wrong."

    client.post(form_of(post), filled_in(post, _restore="x"))
    post.refresh_from_db()
    assert post.status == Post.Status.DRAFT


def test_a_published_post_cannot_lose_its_text_or_its_last_byline(client, publisher):
    client.force_login(publisher)
    post = create_post()

    response = client.post(form_of(post), filled_in(post, body="<p> </p>", _save="Save"))
    assert errors(response) == ["This post is published, so it needs a text."]

    response = client.post(form_of(post), filled_in(post, **{"bylines-0-DELETE": "on"}, _save="Save"))
    assert "it needs at least one byline" in response.content.decode()
    assert post.bylines.exists()


# --- Who may do what --------------------------------------------------------------------------------------------------


def test_a_writer_sees_no_such_buttons_and_a_crafted_post_is_refused(client, writer):
    client.force_login(writer)
    post = create_post(is_published=False, created_by=writer)
    html = client.get(form_of(post)).content.decode()
    assert buttons(client, ADD) == buttons(client, form_of(post)) == [("submit", "Save and send to the editors")]
    assert 'name="publish_on"' not in html

    for name in ("publish", "schedule", "unpublish", "restore", "approve", "decline"):
        response = client.post(form_of(post), filled_in(post, publish_on="2099-01-01", **{f"_{name}": "x"}))
        assert said(response)[-1].startswith("Saved, but no more than that.")
        post.refresh_from_db()
        assert (post.status, post.publish_at) == (Post.Status.DRAFT, None)


@pytest.mark.parametrize("moment", [timedelta(days=-1), timedelta(days=1)])
def test_a_writer_cannot_change_what_is_out_or_due_to_go_out(client, writer, moment):
    client.force_login(writer)
    post = create_post(publish_at=timezone.now() + moment)

    assert client.get(form_of(post)).status_code == 200
    assert client.post(form_of(post), filled_in(post, title="Mine")).status_code == 403
    assert Post.objects.get().title == post.title


def test_what_was_once_out_is_not_deleted(client, publisher):
    client.force_login(publisher)
    draft, out = create_post(title="A", is_published=False), create_post(title="B")
    for post in (draft, out):
        client.post(reverse("admin:blog_post_delete", args=[post.pk]), {"post": "yes"})
    client.post(
        reverse("admin:blog_post_changelist"),
        {"action": "delete_selected", "_selected_action": [out.pk], "post": "yes"},
    )

    assert Post.objects.get() == out


def test_staff_without_rights_open_nothing(client):
    post, author = create_post(), create_author(name="B")
    client.force_login(create_user())
    for address in (
        ADD,
        form_of(post),
        reverse("admin:blog_post_changelist"),
        reverse("admin:blog_post_history", args=[post.pk]),
        reverse("admin:blog_author_change", args=[author.pk]),
        reverse("admin:autocomplete") + "?app_label=blog&model_name=byline&field_name=author&term=a",
    ):
        assert client.get(address).status_code == 403


def test_a_writer_is_not_shown_who_has_a_sign_in(client):
    author = create_author(user=create_user(email="secret@example.org", name="Secret Name"))
    client.force_login(create_user(permissions=["blog.view_author", "blog.change_author"]))
    html = client.get(reverse("admin:blog_author_change", args=[author.pk])).content.decode()

    assert "secret" not in html.lower()


def test_letters_of_a_private_mail_address_cannot_be_guessed_by_a_list(client, writer):
    create_author(email="anna@private.example")
    client.force_login(writer)

    response = client.get(reverse("admin:blog_author_changelist"), {"email__startswith": "anna"})

    assert response.status_code in (302, 400)


def test_a_private_mail_address_is_not_in_the_log(client):
    client.force_login(create_user(is_superuser=True))
    data = {"name": "Anna", "slug": "anna", "email": "anna@private.example"}
    data |= {"handles-TOTAL_FORMS": 1, "handles-INITIAL_FORMS": 0, "handles-0-network": "x"}
    data |= {"handles-0-name": "@AnnaWritesHere"}
    client.post(reverse("admin:blog_author_add"), data)

    author = Author.objects.get()
    assert (author.email, author.handles.get().name) == ("anna@private.example", "AnnaWritesHere")
    assert AuditEntry.objects.get().changes["email"] == "changed"


# --- Two people, one post ---------------------------------------------------------------------------------------------


def test_who_saves_second_is_told_and_both_texts_are_kept(client, publisher, writer):
    post = create_post(is_published=False, body="<p>First words.</p>", created_by=writer)
    mine = filled_in(post, body="<p>My words.</p>", title="Mine", _save="Save")
    client.force_login(writer)
    client.post(form_of(post), filled_in(post, body="<p>Their words.</p>", _save="Save"))

    client.force_login(publisher)
    response = client.post(form_of(post), mine)

    assert any("Will Writer saved this post at" in words for words in said(response))
    assert Post.objects.get().body == "<p>Their words.</p>"
    page = client.get(response.url).content.decode()
    assert "<p>My words.</p>" in page
    assert "<p>Their words.</p>" in page
    assert "Their</del> <ins>" in re.sub(r"<span[^>]*>[^<]*</span>", "", page)

    # Both put together in the form: it holds mine, and knows that I have seen theirs.
    together = client.get(re.search(r'href="([^"]+\?text=[0-9]+)"', page)[1])
    form = together.context["adminform"].form
    assert form.initial["body"] == "<p>My words.</p>"
    client.post(form_of(post), mine | {"base": form.initial["base"], "body": "<p>Their and my words.</p>"})
    assert Post.objects.get().body == "<p>Their and my words.</p>"


def test_of_two_texts_the_other_can_be_taken_instead(client, publisher, writer):
    post = create_post(is_published=False, created_by=writer)
    mine = filled_in(post, body="<p>My words.</p>", _save="Save")
    client.force_login(writer)
    client.post(form_of(post), filled_in(post, body="<p>Their words.</p>", _save="Save"))
    client.force_login(publisher)
    page = client.get(client.post(form_of(post), mine).url).content.decode()

    address = re.search(r'action="([^"]+/restore/)"', page)[1]
    client.post(address, {"base": re.search(r'name="base" value="([0-9]+)"', page)[1]})

    assert Post.objects.get().body == "<p>My words.</p>"
    assert [text.data["body"] for text in post.revisions.kept()][:2] == ["<p>My words.</p>", "<p>Their words.</p>"]


@pytest.mark.parametrize("button", ["_save", "_publish", "_schedule", "_continue"])
def test_no_button_overwrites_unseen(client, publisher, button):
    post = create_post(is_published=False)
    mine = filled_in(post, body="<p>My words.</p>", publish_on="2099-01-01", **{button: "x"})
    post.body = "<p>Their words.</p>"
    post.save()
    client.force_login(publisher)
    if button == "_publish":
        mine["publish_on"] = ""

    assert "/beside/" in client.post(form_of(post), mine).url
    assert (Post.objects.get().body, Post.objects.get().status) == ("<p>Their words.</p>", Post.Status.DRAFT)
    assert "<p>My words.</p>" in [text.data["body"] for text in post.revisions.all()]


@pytest.mark.parametrize("stale", ["", "x", "2019-01-01", "99999999999999999999", "٣"])
def test_a_form_that_does_not_say_what_it_saw_overwrites_nothing(client, publisher, stale):
    post = create_post()
    client.force_login(publisher)

    assert "/beside/" in client.post(form_of(post), filled_in(post, title="Mine", base=stale)).url
    assert Post.objects.get().title == post.title


def test_publishing_is_no_edit_that_others_must_see_first(client, publisher):
    post = create_post(is_published=False)
    revisions.begin(post)
    mine = filled_in(post, title="Mine", _save="Save")
    editorial.publish(post, by=publisher)
    client.force_login(publisher)

    client.post(form_of(post), mine)

    assert revisions.newest(post).data["title"] == "Mine"


def test_saving_a_post_that_is_out_leaves_readers_the_text_they_have_until_it_is_published(client, publisher):
    post = create_post(title="On homes", body="<p>Old words.</p>")
    client.force_login(publisher)
    client.post(form_of(post), filled_in(post, body="<p>New words.</p>", _continue="x"))

    assert "Old words." in client.get(post.get_absolute_url()).content.decode()
    form = client.get(form_of(post)).context["adminform"].form
    assert form.initial["body"] == "<p>New words.</p>"
    assert Post.objects.get().body == "<p>Old words.</p>"

    answer = client.post(
        form_of(post), filled_in(post, body="<p>New words.</p>", base=form.initial["base"], _publish="x")
    )
    assert answer.status_code == 302
    assert Post.objects.get().body == "<p>New words.</p>"


# --- The list, and what pages carry -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_posts_takes_the_same_number_of_queries(client, publisher, django_assert_max_num_queries, count):
    for number in range(count):
        create_post(title=f"P{number}", authors=[create_author(name=f"A{number}"), create_author(name=f"B{number}")])
    client.force_login(publisher)
    with django_assert_max_num_queries(13):
        client.get(reverse("admin:blog_post_changelist"))


def test_the_list_can_be_filtered_by_where_posts_stand(client, publisher):
    client.force_login(publisher)
    create_post(title="Is a draft", is_published=False)
    create_post(title="Is scheduled", publish_at=timezone.now() + timedelta(days=1))
    create_post(title="Is out")
    create_post(title="Is archived", status=Post.Status.ARCHIVED)

    for state, title in {
        "draft": "Is a draft",
        "scheduled": "Is scheduled",
        "published": "Is out",
        "archived": "Is archived",
    }.items():
        found = client.get(reverse("admin:blog_post_changelist"), {"state": state}).context["cl"].result_list
        assert [post.title for post in found] == [title]


def test_only_pages_with_the_editor_carry_a_nonce(client, publisher):
    client.force_login(publisher)
    create_workshop()
    form = client.get(ADD)
    nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", form["Content-Security-Policy"])[1]

    assert (
        f'<script nonce="{nonce}" type="importmap">' in form.content.decode()
        or f'type="importmap" nonce="{nonce}"' in form.content.decode()
    )
    assert f"style-src 'self' 'nonce-{nonce}'" in form["Content-Security-Policy"]
    assert client.get(ADD)["Content-Security-Policy"] != form["Content-Security-Policy"]
    for address in (reverse("admin:blog_post_changelist"), reverse("admin:index"), create_post().get_absolute_url()):
        assert "nonce" not in client.get(address)["Content-Security-Policy"]


HOSTILE = '"><img src=x onerror=alert(1)></script>{{ x }}'


def test_hostile_words_are_shown_as_words_at_the_desk(client):
    client.force_login(create_user(is_superuser=True))
    author = create_author(name=HOSTILE, organisation=HOSTILE, slug="a")
    workshop = create_workshop(title=HOSTILE, slug="w")
    post = create_post(title=HOSTILE, slug="p", authors=[author], workshop=workshop, is_published=False)
    client.post(form_of(post), filled_in(post, standfirst=HOSTILE, _continue="x"))
    for address in (
        form_of(post),
        reverse("admin:blog_post_changelist"),
        reverse("admin:blog_post_history", args=[post.pk]),
        reverse("admin:blog_post_delete", args=[post.pk]),
        reverse("admin:blog_author_change", args=[author.pk]),
        reverse("admin:blog_author_delete", args=[author.pk]),
        reverse("admin:index"),
    ):
        html = client.get(address).content.decode()
        assert "<img src=x" not in html
        assert "</script>{{" not in html


# --- Looking at it again ----------------------------------------------------------------------------------------------


def test_the_front_page_says_which_posts_are_to_be_looked_at_again(client, publisher):
    today = timezone.localdate()
    create_post(title="Due", review_by=today)
    create_post(title="Later", review_by=today + timedelta(days=1))
    create_post(title="Never")
    create_post(title="Draft", review_by=today, is_published=False)
    client.force_login(publisher)

    front = client.get(reverse("admin:index")).content.decode()
    found = client.get(reverse("admin:blog_post_changelist"), {"state": "review"}).context["cl"].result_list

    assert "1 post to look at again" in front
    assert [post.title for post in found] == ["Due"]


def test_whoever_only_reads_is_not_asked_to_look_at_posts_again(client):
    create_post(review_by=timezone.localdate())
    client.force_login(create_user(permissions=["blog.view_post"]))

    assert "look at again" not in client.get(reverse("admin:index")).content.decode()


def test_a_text_kept_while_writing_is_saved_from_the_form_that_it_was_opened_in(client, publisher):
    post = create_post(body="<p>As it was found.</p>")  # of which there is no revision yet
    client.force_login(publisher)
    client.post(reverse("admin:blog_post_keep", args=[post.pk]), {"body": "<p>Kept.</p>", "base": "x"})
    form = client.get(form_of(post), {"text": post.revisions.get().pk}).context["adminform"].form
    assert form.initial["body"] == "<p>Kept.</p>"

    client.post(form_of(post), filled_in(post, body="<p>Kept.</p>", base=form.initial["base"], _publish="x"))

    assert Post.objects.get().body == "<p>Kept.</p>"
