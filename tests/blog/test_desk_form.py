"""What else the post's form holds: pictures, topics, tags, its end, and a preview that keeps nothing."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from blog import editorial, preview_links, revisions
from blog.models import Author, Post, Tag, Topic
from tests.blog.test_desk import ADD, errors, filled_in, form_of, publisher, said, with_byline, writer  # noqa: F401
from tests.factories import (
    create_author,
    create_charity,
    create_guest_pass,
    create_picture,
    create_post,
    create_tag,
    create_topic,
    create_user,
    create_workshop,
)

pytestmark = pytest.mark.django_db

PREVIEW_NEW = reverse("admin:blog_post_preview_new")


def preview_of(post):
    return reverse("admin:blog_post_preview", args=[post.pk])


@pytest.fixture(autouse=True)
def _charity(db):
    create_charity()


@pytest.fixture
def editor():
    """A colleague who may do anything with posts."""
    return create_user(email="editor@example.org", name="Eddie Tor", is_superuser=True)


def in_a_day(days=1):
    return timezone.localtime(timezone.now() + timedelta(days=days))


# --- Picture, topics, tags --------------------------------------------------------------------------------------------


def test_picture_topics_tags_and_note_are_kept(client, editor):
    client.force_login(editor)
    picture, topic, known = create_picture(), create_topic(), create_tag("Kindness")

    client.post(
        ADD,
        filled_in(
            lead_picture=picture.pk,
            topics=[topic.pk],
            tags="kindness,  shared   lives , Shared Lives,,",
            content_note="This post speaks of a death.",
            _save="Save",
        ),
    )

    post = Post.objects.get()
    assert post.lead_picture == picture
    assert list(post.topics.all()) == [topic]
    assert known in post.tags.all()
    assert sorted(post.tags.values_list("name", "slug")) == [("Kindness", "kindness"), ("Shared Lives", "shared-lives")]
    assert post.content_note == "This post speaks of a death."


def test_tags_come_back_as_words_and_saving_them_unchanged_changes_nothing(client, editor):
    client.force_login(editor)
    post = create_post(is_published=False)
    post.tags.set([create_tag("one"), create_tag("two")])

    page = client.get(form_of(post)).content.decode()
    client.post(form_of(post), filled_in(post, tags="one, two", _save="Save"))

    assert re.search(r'name="tags" value="one, two"', page)
    assert sorted(post.tags.values_list("name", flat=True)) == ["one", "two"]
    assert Tag.objects.count() == 2


def test_who_may_make_no_tags_uses_those_that_are_there(client, writer):  # noqa: F811
    create_tag("kindness")
    client.force_login(writer)

    assert client.post(ADD, filled_in(tags="Kindness", _save="Save")).status_code == 302
    response = client.post(ADD, filled_in(slug="other", tags="kindness, other", _save="Save"))

    assert errors(response) == ["There is no tag “other” yet, and making one is not among your rights."]
    assert Tag.objects.count() == 1


@pytest.mark.parametrize("name", ["x" * 101, "a\x00b"])
def test_tags_that_cannot_be_are_refused(client, editor, name):
    client.force_login(editor)

    assert errors(client.post(ADD, filled_in(tags=name, _save="Save")))
    assert not Tag.objects.exists()


@pytest.mark.parametrize("number", ["0", "99999999", "x", "-1", "9" * 30, "1,2"])
def test_a_picture_that_is_not_there_is_refused(client, editor, number):
    client.force_login(editor)

    response = client.post(ADD, filled_in(lead_picture=number, _save="Save"))

    assert errors(response) == ["This picture is no longer in the library. Choose another one."]


def test_an_author_gets_a_portrait_from_the_library(client, editor):
    client.force_login(editor)
    author, picture = create_author(), create_picture()
    data = {"name": author.name, "slug": author.slug, "portrait": picture.pk}
    data |= {"handles-TOTAL_FORMS": 0, "handles-INITIAL_FORMS": 0}

    client.post(reverse("admin:blog_author_change", args=[author.pk]), data)

    assert Author.objects.get().portrait == picture
    page = client.get(reverse("admin:blog_author_change", args=[author.pk])).content.decode()
    assert "data-picture-field" in page


# --- When it ends -----------------------------------------------------------------------------------------------------


def until(moment, name="expire_at"):
    return {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M}"}


def test_a_post_has_an_end_and_stands_first_until_its_day_is_over(client, editor):
    client.force_login(editor)
    post = create_post()

    client.post(
        form_of(post),
        filled_in(
            post,
            expire_at_0="2099-07-01",
            expire_at_1="12:30",
            pinned_until_0="2099-07-01",
            review_by="2099-01-01",
            _publish="x",
        ),
    )

    post.refresh_from_db()
    assert post.expire_at == datetime(2099, 7, 1, 11, 30, tzinfo=UTC)  # British Summer Time
    assert post.pinned_until == datetime(2099, 7, 1, 22, 59, tzinfo=UTC)
    assert "until Wednesday 1 July 2099, 12.30pm" in post.state_in_words()


@pytest.mark.parametrize("name", ["expire_at", "pinned_until"])
@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2099-03-29", "01:30", "There is no 1.30am"),
        ("2099-10-25", "01:30", "1.30am comes twice"),
        ("", "10:00", "Say the day as well."),
    ],
)
def test_moments_that_uk_clocks_do_not_show_once_are_refused(client, editor, name, day, time, words):
    client.force_login(editor)
    post = create_post()

    response = client.post(form_of(post), filled_in(post, **{f"{name}_0": day, f"{name}_1": time}, _save="Save"))

    assert words in errors(response)[0]


@pytest.mark.parametrize("button", ["_save", "_publish"])
def test_a_post_cannot_end_before_it_goes_out(client, editor, button):
    client.force_login(editor)
    post = create_post(is_published=button == "_save")

    response = client.post(form_of(post), filled_in(post, **until(in_a_day(-5)), **{button: "x"}))

    assert errors(response)[0].startswith("That is over when it goes out")
    post.refresh_from_db()
    assert post.expire_at is None


def test_a_draft_whose_end_is_over_by_then_is_not_published(client, editor):
    post = create_post(is_published=False, expire_at=timezone.now() - timedelta(days=1))

    with pytest.raises(editorial.EditorialRefused, match="before it would go out"):
        editorial.publish(post, by=editor)


def test_a_post_past_its_end_is_called_so_in_form_list_and_filter(client, editor):
    client.force_login(editor)
    post = create_post(expire_at=timezone.now() - timedelta(hours=1))
    create_post(title="Still there", expire_at=timezone.now() + timedelta(hours=1))

    words = post.state_in_words()
    assert words.startswith("No longer on the site since ")
    assert words in client.get(form_of(post)).content.decode()
    changelist = reverse("admin:blog_post_changelist")
    assert words in client.get(changelist).content.decode()
    assert list(client.get(changelist, {"state": "expired"}).context["cl"].result_list) == [post]


def test_the_list_is_filtered_by_topic(client, editor):
    client.force_login(editor)
    topic = create_topic()
    post = create_post()
    post.topics.add(topic)
    create_post(title="Other")

    response = client.get(reverse("admin:blog_post_changelist"), {"topics__id__exact": topic.pk})

    assert list(response.context["cl"].result_list) == [post]


# --- Fields that are no fields ----------------------------------------------------------------------------------------


def test_what_is_posted_beside_the_form_changes_nothing(client, writer):  # noqa: F811
    other = create_post(title="Other", slug="other", authors=[create_author(name="Bea")])
    post = create_post(is_published=False, authors=[create_author()], created_by=writer)
    before = Post.objects.values().get(pk=post.pk)
    client.force_login(writer)

    client.post(
        form_of(post),
        filled_in(
            post,
            id=other.pk,
            pk=other.pk,
            status="published",
            publish_at="2019-01-01",
            publish_at_0="2019-01-01",
            publish_on="2019-01-01",
            created_by=1,
            author=other.bylines.get().author_id,
            guid="urn:mine",
            byline_text="Somebody else",
            search_vector="'mine':1",
            moved_at="2019-01-01",
            pictures="1",
            addresses="x",
            _save="Save",
        ),
    )

    after = Post.objects.values().get(pk=post.pk)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"updated_at", "revision_id"}
    assert str(post.bylines.get()) == "Anna Merrow"
    assert errors(client.post(form_of(post), filled_in(post, slug="other", _save="Save")))


# --- The preview ------------------------------------------------------------------------------------------------------


def counts():
    return {model._meta.label: model.objects.count() for model in apps.get_models() if model._meta.managed}


def frames(response):
    """The pages within the frames, as a browser would have them."""
    return [html.unescape(page) for page in re.findall(r'srcdoc="([^"]*)"', response.content.decode())]


def test_a_new_post_is_shown_as_it_would_be_and_not_kept(client, editor):
    client.force_login(editor)
    picture, topic = create_picture(alt="A kitchen table"), create_topic()
    author = create_author(name="Ann Author")
    before = counts()

    response = client.post(
        PREVIEW_NEW,
        filled_in(
            title='A "title" & more',
            body=f'<p>Words.</p><figure data-picture="{picture.pk}"></figure>',
            topics=[topic.pk],
            tags="brand new",
            **{"bylines-0-author": author.pk},
        ),
    )

    phone, desk = frames(response)
    assert phone == desk
    assert "A &quot;title&quot; &amp; more</h1>" in phone
    assert "Ann Author" in phone
    assert 'alt="A kitchen table"' in phone
    assert counts() == before


def test_a_post_is_shown_as_it_stands_in_the_form_and_stays_as_it_was(client, editor):
    client.force_login(editor)
    post = create_post(title="Before")
    row, before = Post.objects.values().get(), counts()

    response = client.post(preview_of(post), filled_in(post, title="After", body="<p>New words.</p>", slug="moved"))

    assert all("New words." in page and "After</h1>" in page for page in frames(response))
    assert (Post.objects.values().get(), counts()) == (row, before)
    assert said(response) == []


def test_the_preview_does_not_ask_what_somebody_else_saved_meanwhile(client, editor):
    client.force_login(editor)
    post = create_post(is_published=False)

    response = client.post(preview_of(post), filled_in(post, body="<p>Mine.</p>", seen_version="2019-01-01"))

    assert "Mine." in frames(response)[0]


def test_what_keeps_the_preview_from_being_made_is_said_in_words(client, editor):
    client.force_login(editor)
    post = create_post()

    page = client.post(preview_of(post), filled_in(post, title="", **until(in_a_day(-9)))).content.decode()

    assert "Title: This field is required." in page
    assert "Until: That is over when it goes out" in page
    assert "<iframe" not in page


def test_the_preview_is_for_those_who_may_write_this_post(client, writer):  # noqa: F811
    post, out = create_post(is_published=False, created_by=writer), create_post(title="Out", created_by=writer)

    assert client.post(PREVIEW_NEW, filled_in()).status_code == 302  # to the sign-in
    client.force_login(writer)
    assert client.post(preview_of(post), filled_in(post)).status_code == 200
    assert client.post(preview_of(out), filled_in(out)).status_code == 403
    assert client.post(preview_of(post).replace(str(post.pk), "999999"), filled_in()).status_code == 404
    client.force_login(create_user(permissions=["blog.view_post"]))
    assert client.post(PREVIEW_NEW, filled_in()).status_code == 403
    assert client.post(preview_of(post), filled_in(post)).status_code == 403


def test_the_preview_is_only_asked_by_a_form_and_never_kept_anywhere(client, editor):
    client.force_login(editor)

    assert client.get(PREVIEW_NEW).status_code == 405
    response = client.post(PREVIEW_NEW, filled_in())

    assert "no-store" in response["Cache-Control"]
    assert "nonce" not in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response.content.decode().count('sandbox="allow-same-origin"') == 2


def test_hostile_words_stay_words_in_the_preview(client, editor):
    client.force_login(editor)
    hostile = '"></iframe><script>alert(1)</script>'

    response = client.post(PREVIEW_NEW, filled_in(title=hostile, body=f"<p>{hostile}</p>"))

    assert "<script>alert" not in response.content.decode()
    assert "<script>alert" not in frames(response)[0]


def of_posts(context):
    """How many queries asked for posts and pictures: what the site knows of itself is remembered for a second."""
    return sum('"blog_' in query["sql"] or '"foundation_picture' in query["sql"] for query in context.captured_queries)


def test_form_and_preview_take_the_same_queries_however_much_there_is(client, editor, django_assert_max_num_queries):
    client.force_login(editor)
    asked = []
    for many in (1, 4):
        for number in range(many):
            create_topic(f"Topic-{many}-{number}")
            create_picture(name=f"Picture {number}")
            create_workshop(title=f"Workshop {many} {number}")
            create_post(title=f"Old {many} {number}")
        post = create_post(title=f"Post of {many}")
        post.topics.set(Topic.objects.all())
        post.tags.set([create_tag(f"tag-{many}-{number}") for number in range(many)])
        with django_assert_max_num_queries(20) as form:
            client.get(form_of(post))
        tags = ", ".join(post.tags.values_list("name", flat=True))
        topics = list(Topic.objects.values_list("pk", flat=True))
        with django_assert_max_num_queries(80) as preview:
            client.post(preview_of(post), filled_in(post, topics=topics, tags=tags))
        asked.append((of_posts(form), of_posts(preview)))

    assert asked[0] == asked[1]


def test_a_guest_and_a_saved_text_cost_the_form_five_queries_more(client, editor, django_assert_max_num_queries):
    client.force_login(editor)
    guests = [create_author(name=name, is_guest=True) for name in ("Ann", "Bea")]
    post = create_post(is_published=False, authors=guests, lead_picture=create_picture())
    for guest in guests:
        create_guest_pass(post=post, name=guest.name)
    for words in ("One.", "Two."):
        text = revisions.as_it_stands(post).data | {"body": f"<p>{words}</p>"}
        revisions.save(post, text, base=revisions.base_of(post), by=editor)
        post.notes.create(text=words, by=editor)
        preview_links.create(post, by=editor)

    # Their links, their agreement, who of the authors is a guest, the pictures of the text, and the chosen one.
    with django_assert_max_num_queries(25):
        page = client.get(form_of(post)).content.decode()
    assert page.count("Has not agreed to this text yet.") == 2


# --- Only looking -----------------------------------------------------------------------------------------------------


def test_who_may_only_look_sees_the_text_as_it_looks(client):
    picture = create_picture(alt="A kitchen table")
    body = f'<h2>Heading</h2>\n<p>Some <em>words</em>.</p><figure data-picture="{picture.pk}"></figure>'
    post = create_post(body=body, introduction="<p>Hello.</p>")
    client.force_login(create_user(permissions=["blog.view_post", "blog.view_byline"]))

    page = client.get(form_of(post)).content.decode()

    assert "<p>Some <em>words</em>.</p>" in page
    assert 'alt="A kitchen table"' in page
    assert "&lt;em&gt;" not in page
    assert "<br>" not in page[page.index("<h2>Heading") : page.index("kitchen table")]
    assert "Preview" not in page
    post.refresh_from_db()
    assert post.body == body
