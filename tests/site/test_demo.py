"""The demonstration: invented, kept apart from anything real, and safe to load twice."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from blog.models import Author, Post
from events.models import Booking, Venue, Workshop, WorkshopDate
from sharedlives.foundation.models import Charity, OutgoingMail
from sharedlives.site import demo
from tests.factories import create_author, create_charity, create_date, create_post, create_venue, create_workshop

pytestmark = pytest.mark.django_db

CONTENT = (Author, Post, Venue, Workshop, WorkshopDate, Booking, Charity, OutgoingMail)


def counts():
    return [model.objects.count() for model in CONTENT]


@pytest.mark.parametrize(
    "make", [create_charity, create_workshop, create_date, create_venue, create_post, create_author]
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
def test_the_three_dates_are_a_monday_the_tuesday_after_and_the_monday_after_that(days):
    demo.load(timezone.localdate() + timedelta(days=days))

    dates = list(WorkshopDate.objects.filter(workshop__slug="opening-your-front-door").order_by("starts_at"))
    assert [f"{date.when.split()[0]} {date.when.partition(',')[2]}" for date in dates] == [
        "Monday  11am to 3pm",
        "Tuesday  11am to 3pm",
        "Monday  11am to 3pm",
    ]
    assert [date.venue is None for date in dates] == [False, True, False]
