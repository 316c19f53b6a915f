"""Lists of bookings for other programs, as CSV and as XLSX: never with needs, and never a formula.

Whoever reserves can type what a spreadsheet would run (`=HYPERLINK(...)`) or spoil (a telephone number that begins with
a nought). In CSV such a cell gets an apostrophe before it, and so does one that begins with an apostrophe itself:
whoever reads the file takes one apostrophe off each cell that begins with one, and has what was typed. In XLSX each
cell says itself that it is text.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, NamedTuple

import xlsxwriter
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from sharedlives.foundation.spoken import LONDON

from .models import Booking, Place
from .models.bookings import BookingQuerySet

# What spreadsheets take for the beginning of a formula or cut off, the wide forms of East Asian keyboards included.
NOT_AT_THE_BEGINNING = frozenset("=+-@\t\r\n'＝＋－＠")
# How many rows are in memory at a time, of however many.
AT_ONCE = 1000

Cell = str | int | datetime | None


class Column(NamedTuple):
    title: str
    read: Callable[[Booking], Cell]
    width: int


def _in_london(moment: datetime) -> datetime:
    """Without its zone, which spreadsheets do not know."""
    return moment.astimezone(LONDON).replace(tzinfo=None)


COLUMNS = [
    Column("Reference", lambda booking: booking.spoken_reference, 11),
    Column("How it stands", lambda booking: booking.state_in_words, 14),
    Column("Place on the waiting list", lambda booking: booking.number_in_queue, 10),
    Column("Contact", lambda booking: booking.contact_name, 24),
    Column("E-mail", lambda booking: booking.email, 30),
    Column("Phone", lambda booking: booking.phone, 18),
    Column("Reach them", lambda booking: booking.get_reach_by_display(), 16),
    Column("Organisation", lambda booking: booking.organisation, 24),
    Column("People", lambda booking: booking.places, 8),
    Column("Support workers", lambda booking: booking.support_workers, 8),
    Column("First names", lambda booking: "; ".join(booking.first_names), 30),
    Column("Workshop", lambda booking: booking.date.workshop.title, 30),
    Column("Date", lambda booking: _in_london(booking.date.starts_at), 17),
    Column("Where", lambda booking: booking.date.place_label, 18),
    Column("Reserved on", lambda booking: _in_london(booking.created_at), 17),
    Column("Reserved", lambda booking: booking.get_channel_display(), 16),
]


def rows(bookings: BookingQuerySet) -> Iterator[list[Cell]]:
    """One for each booking, read from the database a part at a time."""
    # Not prefetched: people and their booking would refer to each other, and stay in memory.
    named = Place.objects.filter(booking=OuterRef("pk")).exclude(name="").order_by("position")
    wanted = bookings.with_number_in_queue().annotate(first_names=ArraySubquery(named.values("name")))
    for booking in wanted.select_related("date__workshop", "date__venue").iterator(chunk_size=AT_ONCE):
        yield [column.read(booking) for column in COLUMNS]


def csv_parts(bookings: BookingQuerySet) -> Iterator[str]:
    """UTF-8 with a mark at the beginning, by which Excel knows it; quoted as RFC 4180 says, lines ending in CR LF."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([column.title for column in COLUMNS])
    for row in rows(bookings):
        yield writer.writerow([_csv_cell(cell) for cell in row])


class _Echo:
    """A file that hands back what is written, so that each line leaves at once."""

    def write(self, text: str) -> str:
        return text


def _csv_cell(cell: Cell) -> str | int | None:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return f"'{cell}" if isinstance(cell, str) and is_misread(cell) else cell


def is_misread(text: str) -> bool:
    """Whether a spreadsheet would take it for something else than text."""
    first = {text[:1], text.lstrip()[:1]}
    return bool(first & NOT_AT_THE_BEGINNING) or text.isdecimal()


def xlsx_file(bookings: BookingQuerySet) -> IO[bytes]:
    """On disk, row by row, and gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever sends it closes it)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("Bookings")
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        # Excel's own apostrophe: a cell that somebody edits stays text.
        text, moment = book.add_format({"quote_prefix": True}), book.add_format({"num_format": "d mmm yyyy hh:mm"})
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(COLUMNS):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.title, heading)
        last = 0
        for last, row in enumerate(rows(bookings), start=1):
            for number, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(last, number, cell, moment)
                elif isinstance(cell, int):
                    sheet.write_number(last, number, cell)
                elif cell:
                    sheet.write_string(last, number, cell, text if is_misread(cell) else None)
        sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    file.seek(0)
    return file
