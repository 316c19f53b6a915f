"""The race again through the real server: several processes, some of them killed in the middle of a request."""

import pytest
from django.db import connection

from events.models import Booking, Place, RepeatedRequest
from events.views import reserving
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from tests.factories import create_charity, create_date
from tests.server import Server, Visitor, all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

VISITORS, PLACES = 40, 5


@pytest.fixture
def date():
    create_charity()
    return create_date(places=PLACES)


@pytest.fixture
def server():
    with Server(connection.settings_dict["NAME"]) as server:
        yield server


def test_forty_visitors_for_five_places_through_several_processes(date, server):
    assert reserving.RESERVATIONS["limit"] >= VISITORS

    pages = all_at_once(VISITORS, lambda n: Visitor(server.port).reserve(date.get_reserve_url(), f"Person {n}"))

    assert len(set(pages) - {None}) == VISITORS
    states = list(Booking.objects.values_list("state", flat=True))
    assert (states.count("confirmed"), states.count("waiting")) == (PLACES, VISITORS - PLACES)


def test_a_killed_worker_loses_and_doubles_nothing(date, server):
    def visit(n):
        if n % 10 == 5:
            server.kill_a_worker()  # while the others are in the middle of theirs
        return Visitor(server.port).reserve(date.get_reserve_url(), f"Person {n}")

    pages = all_at_once(VISITORS, visit)

    assert len(set(pages) - {None}) == VISITORS
    assert Booking.objects.count() == VISITORS
    assert RepeatedRequest.objects.count() == 0
    # Each of them whole: with its person, its mail, its line in the log.
    assert Place.objects.count() == VISITORS
    assert len(set(OutgoingMail.objects.values_list("about", flat=True))) == OutgoingMail.objects.count() == VISITORS
    assert AuditEntry.objects.filter(object_type="events.booking", action="reserved").count() == VISITORS
    assert Booking.objects.filter(state="confirmed").count() == PLACES
    visitor = Visitor(server.port)
    for page in pages:
        assert visitor.get(page)[0] == 200
