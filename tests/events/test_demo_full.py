"""A demonstration that is full: made in bulk, and as if everybody had reserved."""

from datetime import date as Day

import pytest
from django.core.management import call_command
from django.db.models import F

from events import checking, demo_full
from events.models import AccessNeed, Booking, Place, RingTask, WorkshopDate
from events.models.bookings import coming_key, phone_key

pytestmark = pytest.mark.django_db

TODAY = Day.today()


def test_a_full_site_is_made_once_and_grows_where_it_ended(capsys):
    call_command("load_demo", dates=12, bookings=300)
    assert "12 of 12 dates and 300 of 300 bookings for a full site were missing" in capsys.readouterr().out
    before = list(Booking.objects.order_by("pk").values_list("reference", "contact_name", "state"))

    call_command("load_demo", dates=12, bookings=300)
    assert "0 of 12 dates and 0 of 300 bookings" in capsys.readouterr().out
    assert list(Booking.objects.order_by("pk").values_list("reference", "contact_name", "state")) == before

    call_command("load_demo", dates=20, bookings=500)
    assert "8 of 20 dates and 200 of 500 bookings" in capsys.readouterr().out


def test_it_holds_something_of_everything_and_all_the_promises():
    demo_full.create_dates_and_bookings(40, 2000, TODAY)

    assert {str(state) for state in Booking.State} - set(Booking.objects.values_list("state", flat=True)) == {"lapsed"}
    assert Booking.objects.filter(support_workers__gt=0, state="waiting").exists()
    assert AccessNeed.objects.exists()
    assert RingTask.objects.filter(done_at=None).exists()
    assert WorkshopDate.objects.filter(waiting__gt=20).exists()
    assert WorkshopDate.objects.upcoming().exists()
    assert WorkshopDate.objects.exclude(pk__in=WorkshopDate.objects.upcoming()).exists()
    assert list(checking.findings()) == []


def test_what_is_made_in_bulk_is_as_if_it_had_been_saved():
    demo_full.create_dates_and_bookings(10, 200, TODAY)

    for booking in Booking.objects.all():
        assert booking.phone_key == phone_key(booking.phone)
        assert booking.coming_key == coming_key([], booking.contact_name)
        assert [place.position for place in booking.people.all()] == list(range(1, booking.places + 1))
    for date in WorkshopDate.objects.all():
        date.full_clean(exclude=["slug"])
    assert not Booking.objects.exclude(queued_at=F("created_at")).exists()
    assert set(Booking.objects.exclude(email="").values_list("email", flat=True).distinct()) == {
        email for email in Booking.objects.values_list("email", flat=True) if email.endswith("@demo.example")
    }
    assert not Booking.objects.exclude(phone="").exclude(phone__startswith="0151 496 0").exists()


def test_the_same_people_are_made_everywhere():
    def made():
        demo_full.create_dates_and_bookings(5, 100, TODAY)
        found = list(Booking.objects.order_by("pk").values_list("reference", "contact_name", "email", "places"))
        Place.objects.all().delete()
        Booking.objects.all().delete()
        WorkshopDate.objects.all().delete()
        return found

    assert made() == made()
