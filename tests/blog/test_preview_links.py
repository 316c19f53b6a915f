"""Links with which people outside read a post that is not out."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from blog import editorial, preview_links, revisions
from blog.editorial import EditorialRefused
from blog.models import Post, PreviewLink
from tests.factories import create_author, create_charity, create_guest_pass, create_post, create_user
from tests.rows import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    create_charity()
    rights = ["blog.edit_post", "blog.change_post", "blog.publish_post"]
    return create_user(email="eddie@example.org", name="Eddie Editor", permissions=rights)


@pytest.fixture
def post(editor):
    post = create_post(title="On homes", body="<p>First words.</p>", is_published=False, authors=[create_author()])
    revisions.begin(post)
    return post


def save(post, by, body, **changes):
    data = revisions.newest(post).data | {"body": f"<p>{body}</p>"} | changes
    return revisions.save(post, data, base=revisions.base_of(post), by=by).revision


def is_open(client, link):
    """Whether it shows the post; or else it says that it has ended, and nothing of the post."""
    answer = client.get(link.get_absolute_url())
    link.refresh_from_db()
    assert (answer.status_code == 200) == link.is_valid() == (link in PreviewLink.objects.valid())
    if answer.status_code != 200:
        assert (answer.status_code, "This link has ended" in answer.content.decode()) == (410, True)
        assert not re.search("words|homes", answer.content.decode())
    return answer.status_code == 200


def test_a_link_to_the_newest_text_follows_it_and_one_to_a_single_text_stays(client, post, editor):
    latest = preview_links.create(post, by=editor)
    pinned = preview_links.create(post, by=editor, revision=revisions.newest(post))
    save(post, editor, "Second words.", title="On houses")
    revisions.autosave(post, revisions.newest(post).data | {"body": "<p>Unsaved words.</p>"}, base="", by=editor)

    shown = {link: client.get(link.get_absolute_url()).content.decode() for link in (latest, pinned)}

    assert ("Second words." in shown[latest], "On houses</h1>" in shown[latest]) == (True, True)
    assert ("First words." in shown[pinned], "On homes</h1>" in shown[pinned]) == (True, True)
    assert not re.search("Second|houses", shown[pinned])
    assert not any(re.search("First|Unsaved|ld\\+json", page) for page in [shown[latest]])


def test_it_ends_on_its_day_and_when_it_is_revoked(client, post, editor, time_machine):
    link, other = (preview_links.create(post, by=editor, days=3) for _ in range(2))
    assert is_open(client, link)
    preview_links.revoke(other, by=editor)
    assert not is_open(client, other)

    time_machine.move_to(timezone.now() + timedelta(days=3, seconds=-5), tick=False)
    assert is_open(client, link)
    time_machine.shift(5)
    assert not is_open(client, link)


ENDS = {
    "scheduled": lambda post, by: editorial.schedule(post, by=by, at=timezone.now() + timedelta(days=1)),
    "declined": lambda post, by: editorial.decline(post, by=by, reasons="Not this time."),
    "put away": lambda post, by: editorial.archive(post, by=by),
    "withdrawn": lambda post, by: editorial.withdraw(post, guest_pass=create_guest_pass(post=post)),
    "taken down": lambda post, by: editorial.unpublish(editorial.publish(post, by=by), by=by, reason="Wrong."),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_for_good_once_the_post_is_no_longer_in_work(client, post, editor, how):
    links = [preview_links.create(post, by=editor, revision=text) for text in (None, revisions.newest(post))]
    ENDS[how](post, editor)
    assert not any(is_open(client, link) for link in links)
    with pytest.raises(EditorialRefused):
        preview_links.create(post, by=editor)

    move = editorial.unpublish if how == "scheduled" else editorial.restore
    assert move(post, by=editor).status == Post.Status.DRAFT
    assert not any(is_open(client, link) for link in links)
    assert is_open(client, preview_links.create(post, by=editor))


def test_a_link_whose_post_was_put_away_past_the_buttons_shows_nothing(client, post, editor):
    link = preview_links.create(post, by=editor)
    for status in Post.Status:
        Post.objects.filter(pk=post.pk).update(
            status=status, publish_at=timezone.now() + timedelta(hours=1) if status == "published" else None
        )
        assert is_open(client, link) == (status in editorial.IN_WORK), status


def test_once_the_post_is_out_its_own_page_is_shown(client, post, editor):
    link = preview_links.create(post, by=editor)
    editorial.publish(post, by=editor)

    for fetch in (client.get, client.head):
        answer = fetch(link.get_absolute_url())
        assert (answer.status_code, answer["Location"]) == (302, post.get_absolute_url())
        assert "no-store" in answer["Cache-Control"]


def test_nobody_keeps_it_and_no_search_engine_shows_it(client, post, editor):
    link, ended = (preview_links.create(post, by=editor) for _ in range(2))
    preview_links.revoke(ended, by=editor)
    for each in (link, ended):
        for fetch in (client.get, client.head):
            answer = fetch(each.get_absolute_url())
            assert "no-store" in answer["Cache-Control"]
            assert answer["X-Robots-Tag"] == "noindex, nofollow"
            assert answer["Referrer-Policy"] == "same-origin"
        page = client.get(each.get_absolute_url()).content.decode()
        assert re.findall(r'<meta name="robots" content="([^"]+)">', page) == ["noindex"]
        assert not re.search(r'rel="canonical"|property="og:|ld\+json', page)


def test_whoever_opens_it_however_often_changes_nothing(client, post, editor):
    """Mail programs look at links before people do; the article is put together from a row and taken out again."""
    links = [preview_links.create(post, by=editor, revision=text) for text in (None, revisions.newest(post))]
    save(post, editor, "Second words.", tags=["never seen before"])
    before = rows()
    for link in links:
        for fetch in (client.get, client.head, client.get):
            assert fetch(link.get_absolute_url()).status_code == 200
        for method in ("post", "put", "delete"):
            assert getattr(client, method)(link.get_absolute_url()).status_code == 405
    assert rows() == before


def test_made_up_links_lead_nowhere(client, post, editor):
    good = preview_links.create(post, by=editor).get_absolute_url().split("/")[-2]
    other_purpose = create_guest_pass(post=post).get_absolute_url().split("/")[-2]
    number, _, mark = good.partition(":")
    for token in (
        *(number, mark, good[:-1], good + "x", good.swapcase(), f"{int(number) + 1}:{mark}", f"-{good}", other_purpose),
        *("0", "1", "x", "%00", "%F0%9F%92%A9", "1:2:3", "9" * 400, "..", "a" * 43),
    ):
        for fetch in (client.get, client.head):
            assert fetch(f"/blog/preview/{token}/").status_code == 404, token
    post.delete()
    assert client.get(f"/blog/preview/{good}/").status_code == 404


def test_who_may_make_and_end_one(client, post, editor):
    stranger = create_user(email="sue@example.org", permissions=["blog.change_post"])
    with pytest.raises(EditorialRefused, match="a colleague's post"):
        preview_links.create(post, by=stranger)
    guest_pass = create_guest_pass(post=post)
    link = preview_links.create(post, guest_pass=guest_pass)
    assert is_open(client, link)
    client.post(guest_pass.get_absolute_url(), {"end_press_link": link.pk})
    assert not is_open(client, link)


# --- The address of what was taken down -------------------------------------------------------------------------------


def test_the_address_of_what_was_never_out_says_nothing(client, post, editor):
    guest_pass = create_guest_pass(post=post)
    editorial.withdraw(post, guest_pass=guest_pass)
    assert client.get(post.get_absolute_url()).status_code == 404


def test_what_was_scheduled_and_taken_off_before_its_moment_was_never_out(client, post, editor, time_machine):
    editorial.schedule(post, by=editor, at=timezone.now() + timedelta(days=1))
    editorial.unpublish(post, by=editor)
    editorial.archive(post, by=editor)
    assert client.get(post.get_absolute_url()).status_code == 404

    editorial.schedule(editorial.restore(post, by=editor), by=editor, at=timezone.now() + timedelta(days=1))
    assert not post.was_ever_out()
    time_machine.move_to(timezone.now() + timedelta(days=2))
    assert post.was_ever_out()
    # It went out by the clock alone; its address is known from the moment on at which it changes.
    save(post, editor, "Other words.", slug="moved")
    editorial.publish(post, by=editor)
    assert client.get("/blog/on-homes/")["Location"] == "/blog/moved/"
    editorial.unpublish(post, by=editor, reason="It is out of date.")
    assert [client.get(f"/blog/{slug}/").status_code for slug in ("on-homes", "moved")] == [410, 410]


def test_the_address_of_what_was_taken_down_says_so_or_leads_on(client, post, editor):
    other = create_post(title="Instead")
    editorial.publish(post, by=editor)
    editorial.unpublish(post, by=editor, reason="It is out of date.")
    for fetch in (client.get, client.head):
        assert fetch(post.get_absolute_url()).status_code == 410
    assert "First words" not in client.get(post.get_absolute_url()).content.decode()

    editorial.publish(editorial.restore(post, by=editor), by=editor)
    editorial.unpublish(post, by=editor, reason="It is out of date.", instead=other.get_absolute_url())
    for fetch in (client.get, client.head):
        answer = fetch(post.get_absolute_url())
        assert (answer.status_code, answer["Location"]) == (302, other.get_absolute_url())


def test_an_address_leads_neither_to_itself_nor_round_in_circles(client, post, editor):
    other = create_post(title="Instead")
    editorial.publish(post, by=editor)
    for own in (post.get_absolute_url(), post.get_absolute_url()[:-1], f"{post.get_absolute_url()}?x=1"):
        with pytest.raises(EditorialRefused, match="this very post"):
            editorial.unpublish(post, by=editor, reason="It is out of date.", instead=own)
    editorial.unpublish(post, by=editor, reason="It is out of date.", instead=other.get_absolute_url())
    editorial.unpublish(other, by=editor, reason="It is out of date.", instead=post.get_absolute_url())

    assert [client.get(each.get_absolute_url()).status_code for each in (post, other)] == [410, 410]
    assert client.get(reverse("blog:post_list")).status_code == 200
