"""Whom people ask: about access on a date, and about a workshop."""

import pytest

from sharedlives.foundation.models import OutgoingMail
from tests.events.test_pages import shows
from tests.factories import book, create_charity, create_date, create_venue, create_workshop

pytestmark = pytest.mark.django_db

CHARITY = {
    "access_contact_text": "07700 900001",
    "access_contact_relay": "18001 0151 496 0001",
    "access_contact_email": "access@example.org",
    "access_contact_hours": "Monday to Friday, 9am to 5pm",
}


def test_a_date_without_a_contact_of_its_own_names_the_charitys():
    create_charity(**CHARITY)
    contact = create_date().access_contact

    assert (contact.name, contact.phone) == ("Ada Cess", "0151 496 0001")
    assert (contact.text, contact.relay) == ("07700 900001", "18001 0151 496 0001")


def test_a_date_with_a_phone_of_its_own_never_names_somebody_else_beside_it():
    create_charity(**CHARITY)
    contact = create_date(access_contact_phone="0161 496 0009").access_contact

    assert (contact.name, contact.phone, contact.relay) == ("", "0161 496 0009", "18001 0161 496 0009")
    assert (contact.email, contact.text) == ("access@example.org", "07700 900001")


def test_a_date_may_name_somebody_who_answers_the_usual_phone():
    create_charity(**CHARITY)
    contact = create_date(access_contact_name="Mo").access_contact

    assert (contact.name, contact.phone, contact.relay) == ("Mo", "0151 496 0001", "18001 0151 496 0001")


def test_where_nobody_is_named_for_access_the_office_answers():
    create_charity(access_contact_name="", access_contact_phone="")

    contact = create_date().access_contact
    assert (contact.phone, contact.email) == ("0151 496 0000", "office@example.org")


def test_a_workshop_has_a_contact_of_its_own_or_the_office():
    create_charity()
    assert create_workshop().contact.name == "Kind Places"

    own = create_workshop(title="Other", contact_name="Olive", contact_email="olive@example.org").contact
    assert (own.name, own.email, own.phone) == ("Olive", "olive@example.org", "0151 496 0000")


def test_the_contact_of_a_date_stands_on_every_page_about_it_and_in_the_mail(client):
    create_charity(**CHARITY)
    date = create_date(venue=create_venue(), access_contact_name="Mo", access_contact_phone="0161 496 0009")
    booking = book(date, "Ann")
    mail = OutgoingMail.objects.get()

    own = booking.get_absolute_url()
    for page in (date.get_absolute_url(), date.get_reserve_url(), own, f"{own}needs/{booking.people.get().pk}/"):
        response = client.get(page)
        assert shows(response, "Mo will be glad to help.")
        assert shows(response, 'href="tel:01614960009"')
        assert shows(response, 'href="sms:07700900001"')
        assert not shows(response, "0151 496 0001")
    for body in (mail.text, mail.html):
        assert "Mo will be glad to help." in body
        assert "18001 0161 496 0009" in body
        assert "0151 496 0001" not in body
