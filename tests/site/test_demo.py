"""The demonstration: invented, kept apart from anything real, and safe to load twice."""

import re
from datetime import date as Day
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from blog import demo_posts
from blog.models import Author, Post
from events.models import Booking, Venue, Workshop, WorkshopDate
from sharedlives.foundation import richtext
from sharedlives.foundation.models import Charity, OutgoingMail, Picture
from sharedlives.site import demo
from sharedlives.site.models import Page
from tests.factories import (
    create_author,
    create_charity,
    create_date,
    create_page,
    create_post,
    create_venue,
    create_workshop,
)

pytestmark = pytest.mark.django_db

CONTENT = (Author, Post, Venue, Workshop, WorkshopDate, Booking, Charity, OutgoingMail, Page)


def counts():
    return [model.objects.count() for model in CONTENT]


@pytest.mark.parametrize(
    "make", [create_charity, create_workshop, create_date, create_venue, create_post, create_author, create_page]
)
def test_anything_real_refuses_the_demonstration_and_stays_as_it_is(make):
    make()
    before = counts()

    with pytest.raises(CommandError, match="only for an empty one"):
        call_command("load_demo")
    assert counts() == before
    assert not Charity.objects.filter(is_demo=True).exists()


def test_loading_twice_changes_nothing():
    call_command("load_demo", verbosity=0)
    before = counts()

    call_command("load_demo", verbosity=0)

    assert counts() == before


@pytest.mark.parametrize("days", range(7))
def test_the_first_three_dates_are_a_monday_the_tuesday_after_and_the_monday_after_that(days):
    demo.load(timezone.localdate() + timedelta(days=days))

    dates = list(WorkshopDate.objects.filter(workshop__slug="opening-your-front-door").order_by("starts_at")[:3])
    assert [f"{date.when.split()[0]} {date.when.partition(',')[2]}" for date in dates] == [
        "Monday  11am to 3pm",
        "Tuesday  11am to 3pm",
        "Monday  11am to 3pm",
    ]
    assert [date.venue is None for date in dates] == [False, True, False]


def test_it_shows_what_the_blog_can_do():
    call_command("load_demo", verbosity=0)
    bodies = "".join(Post.objects.values_list("body", flat=True))

    assert all(sign in bodies for sign in ("<aside>", "<small>", "<figure data-picture=", '<hr data-fold="">'))
    assert Post.objects.filter(lead_picture__isnull=False, topics__isnull=False, tags__isnull=False).exists()
    assert {picture.is_alt_decided for picture in Picture.objects.all()} == {True}


def test_a_full_site_is_made_once_and_grows_where_it_ended():
    call_command("load_demo", verbosity=0)
    few = Post.objects.count()

    call_command("load_demo", posts=5, verbosity=0)
    before = list(Post.objects.order_by("pk").values_list("slug", "publish_at"))
    call_command("load_demo", posts=5, verbosity=0)
    assert list(Post.objects.order_by("pk").values_list("slug", "publish_at")) == before

    call_command("load_demo", posts=12, verbosity=0)
    assert Post.objects.count() == few + 12
    assert not Post.objects.filter(bylines=None).exists()


def test_posts_made_in_bulk_are_as_if_they_had_been_saved():
    call_command("load_demo", posts=8, verbosity=0)
    for post in Post.objects.filter(guid__startswith=demo_posts.GUID):
        before = post.byline_text
        post.note_bylines()
        assert post.byline_text == before
        assert [address.slug for address in post.addresses.all()] == [post.slug]
        assert richtext.clean(post.body) == post.body
        assert post.is_published()
        assert post.topics.exists()
        assert post.tags.exists()


def test_the_same_posts_are_made_everywhere():
    def made():
        demo_posts.create_posts(4, Day(2026, 6, 1))
        rows = Post.objects.order_by("guid").values_list("title", "publish_at", "byline_text", "topics__name")
        found = sorted(map(str, rows))
        Post.objects.all().delete()
        return found

    assert made() == made()


def test_its_pages_stand_in_the_menus_and_lead_to_what_is_there(client):
    demo.load(timezone.localdate())

    html = client.get("/").content.decode()
    for page in Page.objects.all():
        assert f'href="{page.get_absolute_url()}"' in html
        text = client.get(page.get_absolute_url()).content.decode()
        links = set(re.findall(r'<a href="(/[^"]*)"', text))
        assert {address for address in links if client.get(address).status_code != 200} == set()
