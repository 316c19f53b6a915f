"""A move, tried and applied: what becomes of each thing, and what a second run does."""

# ruff: noqa: E501 - tables read best as tables

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError

from blog.models import Author, Post, PostAddress, Tag, Topic
from sharedlives.foundation import redirects
from sharedlives.foundation.models import AuditEntry, Redirect
from sharedlives.site.models import ImportedItem, ImportRun, Page, Proposal
from sharedlives.site.wordpress import texts, writing
from tests.factories import create_author, create_page, create_post

from .exports import BLOG, attachment, author, category, export, move, post, said

pytestmark = pytest.mark.django_db
HOST = "blog.example.org"

# Each post


def test_a_published_post_comes_with_its_own_date_guid_and_address():
    move(post(7, "A kitchen table", "Words.", excerpt="In <b>short</b>."))

    found = Post.objects.get()
    assert (found.title, found.slug, found.standfirst, found.body) == (
        "A kitchen table", "a-kitchen-table", "In short.", "<p>Words.</p>")  # fmt: skip
    assert found.is_published()
    assert found.publish_at == datetime(2019, 10, 3, 8, 15, tzinfo=UTC)
    assert found.guid == f"{BLOG}/?p=7"
    assert found.created_by is None
    assert PostAddress.objects.get().slug == "a-kitchen-table"
    assert AuditEntry.objects.get(object_type="blog.post").actor_name == f"the move from {HOST}"


@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        ({"date": "0000-00-00 00:00:00", "more": "<pubDate>Thu, 03 Oct 2019 08:15:00 +0000</pubDate>"}, (2019, 10, 3, 8, 15)),
        (
            {"date": "0000-00-00 00:00:00", "more": "<wp:post_modified_gmt>2019-10-04 09:00:00</wp:post_modified_gmt>"
                                                    "<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>"},
            (2019, 10, 4, 9, 0),
        ),
        ({"more": "<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>", "date": "2019-07-01 09:00:00"}, (2019, 7, 1, 8, 0)),
    ],
)  # fmt: skip
def test_dates_of_zeros(fields, moment):
    move(post(**fields))

    assert Post.objects.get().publish_at == datetime(*moment, tzinfo=UTC)


def test_without_any_date_a_published_post_is_a_draft_and_told():
    report = move(post(date="0000-00-00 00:00:00"))

    assert Post.objects.get().status == "draft"
    assert said(report.losses) == ["A kitchen table: The export does not say when it was published; it is a draft."]


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"status": "draft", "date": "0000-00-00 00:00:00"}, "draft", "notes"),
        ({"status": "pending"}, "draft", "notes"),
        ({"status": "private"}, "draft", "questions"),
        ({"more": "<wp:post_password>opensesame</wp:post_password>"}, "draft", "questions"),
        ({"status": "some-plugin"}, "draft", "questions"),
        ({"status": "future", "date": "2019-01-01 00:00:00"}, "draft", "questions"),
        ({"status": "future", "date": "2099-01-01 00:00:00"}, "published", None),
    ],
)
def test_what_was_not_public_stays_unpublished(fields, status, told, client):
    report = move(post(**fields))

    found = Post.objects.get()
    assert found.status == status
    assert not found.is_published()
    assert client.get(found.get_absolute_url()).status_code == 404
    told_of = [entry.said for entry in (report.notes if told == "notes" else report.questions)]
    assert any("draft" in said for said in told_of) is bool(told)


def test_what_lay_in_the_bin_or_is_no_text_is_counted_and_not_taken():
    items = [post(1, "Bin", status="trash"), post(2, "Opened", status="auto-draft")]
    others = [post(10 + n, "", kind="nav_menu_item") for n in range(3)] + [
        post(20, "Old", kind="revision", status="inherit")
    ]

    report = move(*items, *others, post(30, "Fair", kind="event"))

    assert not Post.objects.exists()
    assert {(one["count"], one["what"]) for one in report.as_json()["skipped"]} == {
        (1, "posts with the state “trash”"),
        (1, "posts with the state “auto-draft”"),
        (3, "menu entries"),
        (1, "older versions of posts"),
        (1, "things of the kind “event”"),
    }
    assert report.exit_code == 3


def test_menu_entries_and_old_versions_alone_are_no_loss():
    report = move(post(1), post(2, kind="nav_menu_item"), post(3, kind="revision"))

    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("title", "slug", "becomes", "address"),
    [
        ("2019", "2019", "2019", "2019"),
        ("true", "true", "true", "true"),
        ("feed", "feed", "feed", "feed-2"),
        ("Tags", "tags", "Tags", "tags-2"),
        ("Zoë &amp; <em>Ann</em>", "", "Zoë & Ann", "zoe-ann"),
        ("Slow\xa0policy", "", "Slow policy", "slow-policy"),
        ("Привет", "%d0%bf%d1%80", "Привет", "post-1"),
        ("", "", "Words enough.", "post-1"),
        ("x" * 250, "", "x" * 199 + "…", "x" * 110),
    ],
)
def test_odd_titles_and_addresses(title, slug, becomes, address):
    move(post(1, title, slug=slug, link=f"{BLOG}/?p=1"))

    found = Post.objects.get()
    assert (found.title, found.slug) == (becomes, address)


def test_two_posts_with_one_title_and_address():
    move(post(1, "Tea"), post(2, "Tea", link=f"{BLOG}/2020/01/01/tea/"))

    assert sorted(Post.objects.values_list("title", "slug")) == [("Tea", "tea"), ("Tea", "tea-2")]
    assert redirects.find("/2020/01/01/tea/", host=HOST) == "/blog/tea-2/"


def test_an_address_that_a_post_of_ours_has_or_had_stays_its_own():
    ours = create_post(title="Tea")
    ours.slug = "coffee"
    ours.save()

    move(post(1, "Tea"))

    assert Post.objects.exclude(pk=ours.pk).get().slug == "tea-2"


def test_an_item_without_a_kind_is_taken_for_a_post_and_told():
    report = move(post(1, kind=None))

    assert Post.objects.exists()
    assert said(report.notes) == ["A kitchen table: The export does not say what it is; it was taken for a post."]


def test_an_item_without_a_number_is_known_by_its_guid():
    content = export(post(1)).replace(b"<wp:post_id>1</wp:post_id>", b"")
    move(content)
    move(content)

    assert ImportedItem.objects.get(kind="post").wp_id == f"{BLOG}/?p=1"
    assert Post.objects.count() == 1


def test_two_items_with_one_number():
    report = move(post(1, "One"), post(1, "Two"))

    assert Post.objects.get().title == "One"
    assert said(report.losses) == ["Two: Its number is taken by another thing."]


def test_a_guid_that_is_taken():
    create_post(title="Ours", guid=f"{BLOG}/?p=1")

    report = move(post(1))

    assert Post.objects.get(title="A kitchen table").guid.startswith("urn:uuid:")
    assert "GUID" in report.notes[0].said


def test_a_sticky_post_is_asked_about():
    report = move(post(more="<wp:is_sticky>1</wp:is_sticky>"))

    assert said(report.questions) == [
        "A kitchen table: It stood at the top of the blog there. Pin it here, if it still should."
    ]


def test_an_excerpt_that_is_too_long_is_cut_and_kept_in_the_report():
    report = move(post(excerpt="word " * 100))

    assert len(Post.objects.get().standfirst) <= 300
    assert report.losses[0].detail == ("word " * 100).strip()


def test_a_published_post_without_any_text_is_a_draft():
    report = move(post(body="&nbsp;"))

    assert Post.objects.get().status == "draft"
    assert "no text" in report.questions[0].said


def test_own_fields_are_counted():
    report = move(post(1, meta=[("mood", "good"), ("_hidden", "x")]), post(2, "Two", meta=[("mood", "fair")]))

    assert report.as_json()["skipped"] == [
        {"what": "uses of the own field “mood”", "count": 2, "why": "Own fields have no place here."}
    ]


# Pages


def test_pages_come_with_their_place_and_old_addresses():
    move(
        post(1, "About us", kind="page", link=f"{BLOG}/about/"),
        post(2, "Our people", "<p>All of them</p>", kind="page", link=f"{BLOG}/about/our-people/", parent=1,
             more="<wp:menu_order>3</wp:menu_order>"),
        post(3, "Hidden", kind="page", status="private"),
    )  # fmt: skip

    people = Page.objects.get(slug="our-people")
    assert (people.title, people.body, people.position, people.is_published) == (
        "Our people",
        "<p>All of them</p>",
        3,
        True,
    )
    assert redirects.find("/about/our-people/", host=HOST) == "/our-people/"
    assert redirects.find("/?page_id=2", host=HOST) == "/our-people/"
    assert not Page.objects.get(title="Hidden").is_published


def test_a_page_whose_address_the_site_or_a_page_of_ours_has():
    create_page(title="About us")

    move(post(1, "Blog", kind="page"), post(2, "About us", kind="page"), post(3, "2019", kind="page"))

    assert set(Page.objects.values_list("slug", flat=True)) == {"about-us", "blog-2", "about-us-2", "2019"}


# Topics, tags, authors


def test_categories_become_topics_and_tags_tags():
    move(
        post(
            1,
            terms=[
                ("category", "homes", "Homes"),
                ("post_tag", "tea", "Tea &amp; cake"),
                ("category", "uncategorized", "Uncategorized"),
            ],
        ),
        post(2, "Two", terms=[("category", "homes", "Homes"), ("post_format", "aside", "Aside")]),
        head=category("homes", "Homes") + category("gardens", "Gardens", parent="homes", number=2),
    )

    assert sorted(Topic.objects.values_list("name", "slug")) == [("Gardens", "gardens"), ("Homes", "homes")]
    assert Tag.objects.get().name == "Tea & cake"
    assert Topic.objects.get(slug="homes").posts.count() == 2
    assert redirects.find("/category/homes/", host=HOST) == "/blog/topics/homes/"
    assert redirects.find("/?cat=1", host=HOST) == "/blog/topics/homes/"
    assert redirects.find("/tag/tea/", host=HOST) == "/blog/tags/tea/"
    assert Redirect.objects.filter(path="/category/homes/gardens").exists()


def test_topics_that_are_here_already_are_used():
    Topic.objects.create(name="homes", slug="living")

    move(post(1, terms=[("category", "homes", "Homes")]))

    assert Topic.objects.get().posts.count() == 1


def guest(number, name, slug, **meta):
    meta = {"display_name": name, "user_login": slug} | meta
    return post(
        number, name, "", kind="guest-author", slug=f"cap-{slug}", meta=[(f"cap-{k}", v) for k, v in meta.items()]
    )


def test_guest_authors_become_authors_in_their_order():
    move(
        post(1, terms=[("author", "cap-bea-lowe", "bea-lowe"), ("author", "cap-anna-moor", "anna-moor")]),
        guest(8, "Anna Moor", "anna-moor", description="Writes <b>much</b>.", website="https://anna.example/",
              user_email="anna@example.org", organization="Carers Together", job_title="Chair"),
        guest(9, "Bea Lowe", "bea-lowe", website="javascript:alert(1)"),
    )  # fmt: skip

    anna = Author.objects.get(name="Anna Moor")
    assert (anna.is_guest, anna.bio, anna.website, anna.email) == (True, "Writes much.", "https://anna.example/", "")
    assert (anna.role, anna.organisation) == ("Chair", "Carers Together")
    assert Author.objects.get(name="Bea Lowe").website == ""
    assert [str(byline) for byline in Post.objects.get().bylines.all()] == ["Bea Lowe", "Anna Moor, Carers Together"]
    assert redirects.find("/author/anna-moor/", host=HOST) == "/blog/authors/anna-moor/"
    assert not Proposal.objects.exists()


def test_a_login_never_becomes_a_byline_by_itself():
    move(post(1), post(2, "Two", terms=[("author", "cap-alex", "alex")]), head=author("alex", "Chief executive"))

    assert not Author.objects.exists()
    asked = Proposal.objects.get()
    assert asked.kind == "login"
    assert (asked.details["login"], asked.details["display_name"]) == ("alex", "Chief executive")
    assert len(asked.details["posts"]) == 2


def test_an_author_of_the_same_name_is_the_same():
    known = create_author(name="Anna Moor", role="Trustee")

    move(post(1, terms=[("author", "cap-anna-moor", "anna-moor")]), guest(8, "Anna Moor", "anna-moor"))

    assert Author.objects.get() == known
    assert Post.objects.get().bylines.get().author == known


def test_what_staff_are_to_decide_is_proposed_once():
    body = ("This is a guest blog from my colleague Anna Moor (@AnnaMoor):\n\nWe sat down.\n\nThe workshop is on Monday 28th "
            "October: London (Friends House, Euston Road, NW1 2BJ). It went on until Continue reading")  # fmt: skip

    report = move(post(body=body))
    move(post(body=body))

    assert {"byline", "introduction", "cut_short", "login"} <= set(Proposal.objects.values_list("kind", flat=True))
    assert Proposal.objects.count() == report.counts["questions for you"].total()
    assert Post.objects.get().body.endswith("It went on until</p>")


# Old addresses


def test_every_old_address_leads_on():
    move(
        post(1, meta=[("_wp_old_slug", "a-table")]),
        attachment(5, parent=1),
        post(6, "Page", kind="page", link=f"{BLOG}/a-page/"),
        head=author("alex", number=3),
    )

    assert {
        address: redirects.find(address, host=HOST)
        for address in (
            "/2019/10/03/a-kitchen-table/", "/2019/10/03/A-Kitchen-Table", "/?p=1", "/2019/10/03/a-table/", "/?attachment_id=5",
            "/attached/5/", "/author/alex/", "/author/alex/feed/", "/?author=3", "/2019/", "/2019/10/", "/2019/10/03/", "/?m=201910", "/feed/",
            "/feed/atom/", "/comments/feed/", "/?feed=rss2", "/wp-rss2.php", "/", "/a-page/", "/?page_id=6", "/?p=6",
            "/never/",
        )
    } == {
        "/2019/10/03/a-kitchen-table/": "/blog/a-kitchen-table/",
        "/2019/10/03/A-Kitchen-Table": "/blog/a-kitchen-table/",
        "/?p=1": "/blog/a-kitchen-table/",
        "/2019/10/03/a-table/": "/blog/a-kitchen-table/",
        "/?attachment_id=5": "/blog/a-kitchen-table/",
        "/attached/5/": "/blog/a-kitchen-table/",
        "/author/alex/": "/blog/",
        "/author/alex/feed/": "/blog/feed/",
        "/?author=3": "/blog/",
        "/2019/": "/blog/archive/2019/",
        "/2019/10/": "/blog/archive/2019/10/",
        "/2019/10/03/": "/blog/archive/2019/10/",
        "/?m=201910": "/blog/archive/2019/10/",
        "/feed/": "/blog/feed/",
        "/feed/atom/": "/blog/feed/atom/",
        "/comments/feed/": "/blog/feed/",
        "/?feed=rss2": "/blog/feed/",
        "/wp-rss2.php": "/blog/feed/",
        "/": "/blog/",
        "/a-page/": "/page/",
        "/?page_id=6": "/page/",
        "/?p=6": "/page/",
        "/never/": None,
    }  # fmt: skip


def test_an_old_address_of_a_draft_shows_nothing():
    move(post(1, status="draft"))

    assert redirects.find("/?p=1", host=HOST) is None


@pytest.mark.parametrize(
    "hidden",
    [
        *({"status": state} for state in ("draft", "private", "future")),
        {"more": "<wp:post_password>x</wp:post_password>"},
    ],
)
def test_a_link_to_what_is_not_public_does_not_tell_its_title(hidden):
    move(post(1, body='See <a href="/?p=2">this</a>.'), post(2, "Somebody is leaving", link=f"{BLOG}/?p=2", **hidden))

    body = Post.objects.get(title="A kitchen table").body
    assert f'href="{BLOG}/?p=2"' in body
    assert "leaving" not in body


def test_a_blog_in_a_folder_of_its_site():
    move(post(1, link="https://www.example.org/news/2019/tea/", title="Tea"), blog="https://www.example.org/news")

    assert redirects.find("/news/2019/tea/", host="example.org") == "/blog/tea/"
    assert redirects.find("/news/?p=1", host="example.org") == "/blog/tea/"
    assert redirects.find("/news/feed/", host="example.org") == "/blog/feed/"
    assert redirects.find("/news/", host="example.org") == "/blog/"


def test_a_page_called_like_a_year_goes_before_the_archive():
    move(post(1), post(2, "2019", kind="page", link=f"{BLOG}/2019/"))

    assert redirects.find("/2019/", host=HOST) == "/2019/"


# Trials, second runs, and runs that stop

MODELS = (Post, Page, Author, Topic, Tag, Redirect, ImportedItem, Proposal, PostAddress, AuditEntry)
WHOLE = [
    post(1, "One", 'See <a href="/?p=2">two</a>.', terms=[("category", "homes", "Homes"), ("post_tag", "tea", "Tea"),
                                                          ("author", "cap-anna-moor", "anna-moor")]),
    post(2, "Two", "x [strange one='1'] y", more="<wp:comment><wp:comment_id>1</wp:comment_id></wp:comment>"),
    post(3, "A page", kind="page"),
    guest(8, "Anna Moor", "anna-moor"),
]  # fmt: skip


def everything():
    return {model: sorted(map(repr, model.objects.values_list())) for model in MODELS}


def test_a_trial_says_what_applying_does_and_changes_nothing():
    tried = move(*WHOLE, is_applied=False)
    assert not any(everything().values())

    applied = move(*WHOLE)

    expected = applied.as_json() | {"is_applied": False}
    for kind in ("losses", "questions", "notes"):
        expected[kind] = [{k: v for k, v in entry.items() if k != "post"} for entry in expected[kind]]
    assert tried.as_json() == expected


def test_the_report_of_every_run_is_kept():
    move(*WHOLE, is_applied=False)
    report = move(*WHOLE)

    applied, tried = ImportRun.objects.order_by("-pk")
    assert (tried.is_applied, applied.is_applied, applied.has_losses) == (False, True, True)
    assert applied.report == json.loads(json.dumps(report.as_json()))
    assert applied.blog == BLOG
    assert applied.started_at <= applied.finished_at


def test_a_second_run_changes_nothing():
    move(*WHOLE)
    before = everything()

    report = move(*WHOLE)

    assert everything() == before
    assert report.counts["posts"] == {"unchanged": 2}
    assert report.counts["pages"] == {"unchanged": 1}
    assert report.counts["authors"] == {"unchanged": 1}
    assert "new" not in report.counts["old addresses"]


@pytest.mark.parametrize("blog", ["http://blog.example.org", "https://www.blog.example.org/"])
def test_the_same_blog_by_another_spelling_of_its_address(blog):
    move(post(1))

    move(post(1), blog=blog)

    assert Post.objects.count() == 1


def test_another_blog_with_the_same_numbers():
    move(post(1))

    move(post(1, "Other", guid="other"), blog="https://other.example.org")

    assert Post.objects.count() == 2


def test_only_what_changed_there_is_brought_up_to_date():
    move(post(1, "One"), post(2, "Two"))
    before = dict(Post.objects.values_list("title", "updated_at"))

    report = move(post(1, "One", "Other words.", terms=[("category", "homes", "Homes")]), post(2, "Two"))

    one = Post.objects.get(title="One")
    assert (one.body, one.topics.get().name) == ("<p>Other words.</p>", "Homes")
    assert one.updated_at > before["One"]
    assert Post.objects.get(title="Two").updated_at == before["Two"]
    assert report.counts["posts"] == {"updated": 1, "unchanged": 1}
    assert AuditEntry.objects.filter(action="brought up to date").count() == 1


def test_what_was_edited_here_stays_and_is_told():
    move(post(1), post(2, "A page", kind="page"))
    Post.objects.update(body="<p>Edited here.</p>")
    Page.objects.update(summary="Edited here.")

    report = move(post(1, body="Changed there."), post(2, "A page", kind="page"))

    assert Post.objects.get().body == "<p>Edited here.</p>"
    assert Page.objects.get().summary == "Edited here."
    assert [one for one in said(report.questions) if "edited" in one] == [
        "A kitchen table: It was edited here, and changed there since. What stands here stays.",
        "A page: It was edited here. What stands here stays.",
    ]
    assert report.counts["posts"] == {"edited here": 1}


@pytest.mark.parametrize(
    "edit", [{"status": "archived"}, {"title": "Mine"}, {"standfirst": "Mine"}, {"introduction": "<p>Mine</p>"}]
)
def test_every_edit_here_counts(edit):
    move(post(1))
    Post.objects.update(**edit)

    report = move(post(1, body="Changed there."))

    assert Post.objects.values(*edit).get() == edit
    assert report.counts["posts"] == {"edited here": 1}


def test_a_changed_address_here_is_kept_and_leads():
    move(post(1))
    mine = Post.objects.get()
    mine.slug = "mine"
    mine.save()

    move(post(1), post(2, "Two", '<a href="/?p=1">one</a>'))

    assert Post.objects.get(pk=mine.pk).slug == "mine"
    assert Post.objects.get(title="Two").body == '<p><a href="/blog/mine/">one</a></p>'
    assert redirects.find("/?p=1", host=HOST) == "/blog/mine/"


def test_what_was_deleted_here_stays_away():
    move(post(1), post(2, "Two"))
    Post.objects.filter(title="Two").delete()

    report = move(post(1), post(2, "Two", "Changed there."))

    assert Post.objects.get().title == "A kitchen table"
    assert "Two: It was deleted here, and stays away." in said(report.questions)


def test_a_draft_that_was_published_there_since():
    move(post(1, status="draft"))

    move(post(1))

    assert Post.objects.get().is_published()


def test_a_post_taken_down_there_is_asked_about():
    move(post(1))

    report = move(post(1, status="draft"))

    assert Post.objects.get().is_published()
    assert "A kitchen table: It is no longer published there. Take it down here, if it should be." in said(
        report.questions
    )


def test_an_address_that_staff_lead_elsewhere_is_left_so():
    move(post(1))
    page = create_page(title="Elsewhere")
    redirects.keep("/author/alex/", page, host=HOST)

    move(post(1))

    assert redirects.find("/author/alex/", host=HOST) == "/elsewhere/"


def test_a_run_that_stops_half_way_leaves_nothing(monkeypatch):
    store, number = texts.Texts._store, []

    def stops(self, *arguments):
        number.append(1)
        if len(number) == 3:
            raise KeyboardInterrupt
        return store(self, *arguments)

    monkeypatch.setattr(texts.Texts, "_store", stops)

    with pytest.raises(KeyboardInterrupt):
        move(*WHOLE)

    assert not any(everything().values())
    assert not ImportRun.objects.exists()


def test_one_that_the_database_refuses_is_named_and_the_others_come(monkeypatch):
    create = writing.PostKind.create

    def refuses(self, all_texts, item, source, text):
        made = create(self, all_texts, item, source, text)
        if source.title == "One":
            raise IntegrityError("some constraint")
        return made

    monkeypatch.setattr(writing.PostKind, "create", refuses)

    report = move(post(1, "One"), post(2, "Two"))

    assert Post.objects.get().title == "Two"
    assert said(report.losses) == ["One: The whole post did not come. The database does not take it: some constraint"]
    assert not ImportedItem.objects.filter(kind="post", wp_id="1").exists()


# Each would stop the whole move, by a fault in one item.
ODD = {
    "an upload without a host": attachment(9).replace(f"{BLOG}/wp-content", "http://[broken"),
    "a path like a host": post(9, link=f"{BLOG}//[broken/"),
    "an old name like a host": post(9, link=f"{BLOG}/a/", meta=[("_wp_old_slug", "/[broken")]),
    "a picture without a host": post(9, body='<a href="//[x"><img src="//[x/a.jpg"></a>'),
    "half a letter in a footnote": post(
        9, body='<sup data-fn="x">1</sup>', meta=[("footnotes", json.dumps([{"id": "x", "content": "\ud800"}]))]
    ),
    "half a letter in a block": post(9, body='<!-- wp:embed {"url":"http://a.example/\\ud800"} /-->'),
    "half a letter in a report": post(9, body='<!-- wp:block {"ref":"\\ud800"} /-->'),
    "a NUL in a report": post(9, body='<!-- wp:block {"ref":"\\u0000"} /-->'),
    "a NUL in the name of a picture": post(9, body=f'<img src="{BLOG}/wp-content/uploads/a%00b.jpg">'),
    "a NUL in the name of a tag": post(9, terms=[("post_tag", "%00", "")]),
    "a place that is no number": post(9, kind="page", more="<wp:menu_order>²</wp:menu_order>"),
    "the first day": post(9, date="0001-01-01 00:00:00"),
    "the last day": post(9, date="9999-12-31 23:59:59"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_no_odd_value_stops_the_move(odd):
    move(odd, post(2, "Two"))

    assert Post.objects.filter(title="Two").exists()
    assert ImportRun.objects.get().is_applied


def test_a_blog_whose_name_is_too_long_for_one_has_no_old_addresses():
    move(post(2, "Two"), blog=f"https://{'a' * 300}.example")

    assert Post.objects.exists()
    assert not Redirect.objects.exists()


# The command


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "export.xml"
    path.write_bytes(export(post(1, "=HYPERLINK(1)\x1b[31m".replace("\x1b", "")), post(2, "Two")))
    return path


def run(*arguments):
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out)
    except SystemExit as stopped:
        return stopped.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_tries_unless_told_to_apply(file):
    code, out = run("import_wordpress", str(file))
    assert (code, Post.objects.count()) == (0, 0)
    assert "tried, nothing was changed" in out

    code, out = run("import_wordpress", str(file), "--apply")
    assert (code, Post.objects.count()) == (0, 2)
    assert "posts: 2 new" in out
    assert "Nothing was lost." in out


def test_the_command_says_by_its_exit_code_and_by_name_that_something_was_lost(file, tmp_path):
    file.write_bytes(export(post(1, "One", "[strange one='1']words")))

    code, out = run("import_wordpress", str(file), "--json", str(tmp_path / "report.json"))

    assert code == 3
    assert "- One (line 4): A shortcode that this site does not know was left out" in out
    assert json.loads((tmp_path / "report.json").read_text())["losses"][0]["detail"] == "[strange one='1']"


def test_the_report_prints_nothing_that_moves_a_terminal():
    report = move(post(1, "A\u009b31m \u202eB", "[strange one='\u009b2J\u2028']"))

    assert all(line.isprintable() for line in "\n".join(report.lines()).split("\n"))


def test_the_command_refuses_a_broken_file_with_the_line(file):
    file.write_bytes(file.read_bytes()[:-40])

    with pytest.raises(CommandError, match=r"export.xml was refused, nothing was changed. Line \d+: the file ends"):
        call_command("import_wordpress", str(file), "--apply")


@pytest.mark.parametrize("arguments", [["--media-dir", "/nowhere"], ["--fetch-host", "example.org"]])
def test_the_command_refuses_what_makes_no_sense(file, arguments):
    with pytest.raises(CommandError):
        call_command("import_wordpress", str(file), *arguments)


def test_the_command_refuses_a_file_that_is_not_there():
    with pytest.raises(CommandError):
        call_command("import_wordpress", "/nowhere.xml")
