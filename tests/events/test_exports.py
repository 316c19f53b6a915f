"""Lists that leave the site as files: safe in any spreadsheet, whole when read back, and never with needs."""

import csv
import io
import re
import tracemalloc
from datetime import datetime

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl.utils.escape import unescape

from events import bookings, exports
from events.bookings import Person
from events.models import Booking
from sharedlives.foundation.models import AuditEntry
from tests.events.test_desk import ORGANISER, said
from tests.factories import book, create_charity, create_date, create_user, create_workshop

pytestmark = pytest.mark.django_db

NASTY = [
    '=HYPERLINK("http://evil.example","x")',
    "+1",
    "-1",
    "@x",
    "\tx",
    "\rx",
    '"=1"',
    "=1+1",
    "  =1",
    "'=1",
    "''",
    "'tis",
    "＝1",
    "+44 151 496 0000",
    "01514960000",
    'a "quoted", name',
    "two\r\nlines",
    "Zoë 🏳️‍🌈",
    "x;=1",
    "0",
]


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


@pytest.fixture
def olive():
    return create_user(email="olive@example.org", name="Olive", permissions=[*ORGANISER, "events.export_booking"])


@pytest.fixture
def desk(client, olive):
    client.force_login(olive)
    return client


def file_of(response):
    return b"".join(response.streaming_content)


def rows_of(response):
    """As a program reads the file: each row by its headings."""
    text = file_of(response).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def read_back(cell):
    """The rule of docs/decisions/0029: one apostrophe comes off a cell that begins with one."""
    return cell.removeprefix("'")


def sheet_of(response):
    rows = openpyxl.load_workbook(io.BytesIO(file_of(response))).active.iter_rows()
    headings = [cell.value for cell in next(rows)]
    return [dict(zip(headings, row, strict=True)) for row in rows]


def export_date(client, date, kind="csv"):
    return client.post(reverse("admin:events_workshopdate_export", args=[date.pk]), {kind: "1"})


def export_list(client, query="", kind="csv"):
    return client.post(reverse("admin:events_booking_export") + query, {kind: "1"})


# What is in them


def test_a_date_is_exported_with_everybody_who_comes_has_an_offer_or_waits(desk):
    date = create_date(
        places=3, workshop=create_workshop(title="A day"), starts_at=datetime.fromisoformat("2051-10-29T11:00+00:00")
    )
    ann = book(
        date,
        "Ann",
        people=[Person("Ann"), Person("Bea")],
        phone="0151 496 0000",
        organisation="Home",
        support_workers=1,
    )
    Booking.objects.filter(pk=ann.pk).update(
        reach_by="relay", reference="01234567", created_at=datetime.fromisoformat("2051-07-01T09:30+00:00")
    )
    book(date, "Cal")
    dot = book(date, "Dot", email="", phone="07700 900123", channel="phone")
    bookings.cancel(book(date, "Eve"))

    rows = rows_of(export_date(desk, date))

    assert rows[0] == {
        "Reference": "0123 4567",
        "How it stands": "Has a place",
        "Place on the waiting list": "",
        "Contact": "Ann",
        "E-mail": "ann@example.org",
        "Phone": "0151 496 0000",
        "Reach them": "By Relay UK",
        "Organisation": "Home",
        "People": "2",
        "Support workers": "1",
        "First names": "Ann; Bea",
        "Workshop": "A day",
        "Date": "2051-10-29 11:00",
        "Where": "London",
        "Reserved on": "2051-07-01 10:30",
        "Reserved": "On the site",
    }
    assert [(row["Contact"], row["How it stands"], row["Place on the waiting list"]) for row in rows] == [
        ("Ann", "Has a place", ""),
        ("Cal", "Waiting", "1"),
        ("Dot", "Waiting", "2"),
    ]
    assert rows[2]["Reference"] == dot.spoken_reference


def test_an_offer_whose_time_is_over_is_not_called_an_offer(desk):
    date = create_date()
    booking = book(date, "Ann")
    Booking.objects.filter(pk=booking.pk).update(state="offered", offer_ends_at=timezone.now())

    assert rows_of(export_date(desk, date))[0]["How it stands"] == "Offer ended"


def test_the_list_is_exported_as_it_is_narrowed(desk):
    date, other = create_date(), create_date(area="Leeds")
    book(date, "Ann")
    book(date, "Bob")
    book(other, "Ann")
    bookings.cancel(book(other, "Cal"))

    def contacts(query):
        return sorted(row["Contact"] for row in rows_of(export_list(desk, query)))

    assert contacts("") == ["Ann", "Ann", "Bob", "Cal"]
    assert contacts("?q=Ann") == ["Ann", "Ann"]
    assert contacts("?state__exact=cancelled") == ["Cal"]
    assert contacts(f"?date__id__exact={date.pk}&q=Ann") == ["Ann"]
    assert contacts("?p=99") == ["Ann", "Ann", "Bob", "Cal"], "a page number belongs to the list on the screen"


def test_the_number_in_the_queue_is_the_one_that_people_see():
    date, other = create_date(places=1), create_date(places=1, area="Leeds")
    waiting = [book(where, name) for where in (date, other) for name in ("Ann", "Bob", "Cal", "Dot")]
    bookings.cancel(waiting[1])
    same_time = timezone.now()
    Booking.objects.update(queued_at=same_time)

    for booking in Booking.objects.with_number_in_queue():
        number = booking.waiting_before().count() + 1 if booking.is_waiting else None
        assert booking.number_in_queue == number


# Safe and whole


@pytest.mark.parametrize("name", NASTY)
def test_a_csv_cell_is_never_a_formula_and_gives_back_what_was_typed(desk, name):
    date = create_date()
    Booking.objects.filter(pk=book(date, "Ann").pk).update(contact_name=name, organisation=name, phone=name)

    (row,) = rows_of(export_date(desk, date))

    for column in ("Contact", "Organisation", "Phone"):
        assert read_back(row[column]) == name
        assert row[column].lstrip()[:1] not in tuple("=+-@\t\r＝＋－＠"), row[column]


@pytest.mark.parametrize("name", NASTY)
def test_an_xlsx_cell_is_text_and_stays_text_when_it_is_edited(desk, name):
    date = create_date()
    Booking.objects.filter(pk=book(date, "Ann").pk).update(contact_name=name, phone=name)

    (row,) = sheet_of(export_date(desk, date, "xlsx"))

    for column in ("Contact", "Phone"):
        assert unescape(row[column].value) == name
        assert row[column].data_type == "s"
        assert row[column].hyperlink is None
        assert row[column].quotePrefix is exports.is_misread(name)


def test_an_xlsx_has_numbers_and_moments_to_sort_by(desk):
    date = create_date(starts_at=datetime.fromisoformat("2051-07-29T11:00+01:00"))
    book(date, "Ann", people=2)

    (row,) = sheet_of(export_date(desk, date, "xlsx"))

    assert (row["People"].value, row["Support workers"].value) == (2, 0)
    assert row["Date"].value == datetime(2051, 7, 29, 11, 0)
    assert row["Place on the waiting list"].value is None


def test_lines_end_as_rfc_4180_says(desk):
    date = create_date()
    Booking.objects.filter(pk=book(date, "Ann").pk).update(contact_name='a "b", c')

    text = file_of(export_date(desk, date)).decode()

    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == 2
    assert '"a ""b"", c"' in text


def test_no_list_holds_needs(desk):
    date = create_date()
    book(date, "Ann", people=[Person("Ann", access="XYZZY", dietary="XYZZY")])

    for kind in ("csv", "xlsx"):
        for response in (export_date(desk, date, kind), export_list(desk, kind=kind)):
            file = file_of(response)
            cells = openpyxl.load_workbook(io.BytesIO(file)).active.values if kind == "xlsx" else [file.decode()]
            assert "XYZZY" not in str(list(cells))
    assert not {"need", "access", "diet", "food"} & {
        word for column in exports.COLUMNS for word in column.title.lower().split()
    }


def test_a_file_has_a_name_that_every_browser_takes(desk):
    date = create_date(area='Ynys Môn "north"\r\nX-Evil: 1/..\\')

    for kind in ("csv", "xlsx"):
        response = export_date(desk, date, kind)
        file_of(response)
        header = response.headers["Content-Disposition"]
        name = re.fullmatch(r"attachment; filename\*=utf-8''([\w.%-]+)", header)[1]
        assert name.startswith("bookings_Ynys_M%C3%B4n_north")
        assert name.endswith(f"{date.starts_at:%Y-%m-%d}.{kind}")


def test_many_rows_leave_a_few_at_a_time(desk, monkeypatch):
    """The file is not built in memory: rows are read while it is sent."""
    date = create_date(places=None)
    Booking.objects.bulk_create(
        Booking(
            date=date,
            reference=f"{n:08d}",
            state="confirmed",
            contact_name=f"Ann {n}",
            email=f"a{n}@b.org",
            coming_key=f"{n}",
            places=1,
        )
        for n in range(5000)
    )
    everybody = Booking.objects.order_by("pk")
    assert sum(1 for _row in exports.rows(everybody)) == 5000

    monkeypatch.setattr(exports, "AT_ONCE", 100)
    tracemalloc.start()
    parts = sum(1 for _part in exports.csv_parts(everybody))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert parts == 5001
    assert peak < 3_000_000


# Who may


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_each_export_is_in_the_log_with_how_many(desk, kind):
    date = create_date()
    book(date, "Ann")
    book(date, "Bob")

    for response in (export_date(desk, date, kind), export_list(desk, "?q=Ann", kind)):
        file_of(response)

    first, second = AuditEntry.objects.filter(action="took a list out of the site").order_by("pk")
    assert (first.actor_name, first.object_label, first.note) == ("Olive", str(date), f"2 bookings as {kind}")
    assert second.note == f"1 bookings as {kind}, narrowed"


def test_nobody_takes_lists_out_without_the_right(client):
    date = create_date()
    book(date, "Ann")
    client.force_login(create_user(email="ned@example.org", permissions=ORGANISER))

    for response in (export_date(client, date), export_list(client)):
        assert response.status_code == 403
    assert "as a file" not in client.get(reverse("admin:events_booking_changelist")).content.decode()
    assert "as a file" not in client.get(reverse("admin:events_workshopdate_change", args=[date.pk])).content.decode()
    client.logout()
    for response in (export_date(client, date), export_list(client)):
        assert response.url.startswith("/admin/login/")
    assert not AuditEntry.objects.filter(action="took a list out of the site").exists()


def test_looking_at_an_address_takes_nothing_out(desk):
    date = create_date()

    for address in (
        reverse("admin:events_workshopdate_export", args=[date.pk]),
        reverse("admin:events_booking_export"),
    ):
        assert desk.get(address).status_code == 405
        assert desk.head(address).status_code == 405
    assert not AuditEntry.objects.filter(action="took a list out of the site").exists()


def test_the_buttons_stand_on_the_date_and_below_the_list(desk):
    date = create_date()
    book(date, "Ann")

    assert (
        f'action="/admin/events/workshopdate/{date.pk}/export/"'
        in desk.get(reverse("admin:events_workshopdate_change", args=[date.pk])).content.decode()
    )
    page = desk.get(reverse("admin:events_booking_changelist") + "?channel__exact=site&q=Ann").content.decode()
    assert 'action="/admin/events/booking/export/?channel__exact=site&amp;q=Ann"' in page


# The list at the desk


def test_bookings_are_narrowed_by_what_staff_ask(desk):
    date, over = create_date(), create_date(area="Leeds")
    ann, bob = book(date, "Ann"), book(over, "Bob", channel="phone")
    Booking.objects.filter(pk=ann.pk).update(reach_by="text")
    over.starts_at, over.ends_at = datetime.fromisoformat("2019-10-28T11:00+00:00"), None
    over.save()

    def shown(query):
        page = desk.get(reverse("admin:events_booking_changelist") + query)
        return [booking.pk for booking in page.context["cl"].queryset]

    assert shown("?when=to-come") == shown("?reach_by__exact=text") == shown("?channel__exact=site") == [ann.pk]
    assert shown("?when=over") == [bob.pk]
    assert shown("") == shown("?when=junk") == [bob.pk, ann.pk]


@pytest.mark.parametrize(
    "lookup",
    [
        "email__startswith=a",
        "phone__contains=1",
        "phone_key__startswith=0",
        "contact_name__regex=A",
        "organisation__gt=a",
        "coming_key__startswith=a",
        "people__name__startswith=A",
        "people__need__access__contains=ramp",
        "people__need__isnull=False",
        "repeats__details__contains=a",
        "date__workshop__title__startswith=A",
        "ring_tasks__words__contains=a",
    ],
)
def test_a_list_does_not_tell_letter_by_letter_what_it_hides(desk, lookup):
    book(create_date(), "Ann", people=[Person("Ann", access="a ramp")])

    assert desk.get(reverse("admin:events_booking_changelist") + f"?{lookup}").status_code == 400
    # Taking the list out is no way around it.
    assert export_list(desk, f"?{lookup}").status_code == 400


def test_a_list_that_cannot_be_narrowed_so_is_not_exported(desk):
    response = desk.post(reverse("admin:events_booking_export") + "?date__id__exact=x", {"csv": "1"}, follow=True)

    assert said(response) == ["The list could not be narrowed like that. Nothing was taken out."]


def test_what_a_spreadsheet_misreads_is_known():
    assert [name for name in ("Ann", "O'Neill", "a-b", "12 High Street", "3D", "") if exports.is_misread(name)] == []
    assert exports.is_misread("01514960000")
