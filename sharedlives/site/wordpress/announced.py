"""Which workshop an imported post announces: on which days, at what time, where. Dates as people in the UK write them.

The text says the day of the month and mostly the weekday, but not the year: the year is the post's own, or the next
one where the day would lie before the post. Where the weekday does not fit either, the day is left open and staff are
asked; nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TypedDict

from sharedlives.foundation.spoken import LONDON

from .lines import lines, sentences


class DateDetails(TypedDict):
    line: str  # as the text says it
    day: str  # "2019-10-28"; "" where it cannot be told
    starts: str  # "11:00", on UK clocks; "" where the text says no time
    ends: str
    venue: str  # its name; venue, street, town and postcode are all there or all ""
    street: str
    town: str
    postcode: str
    area: str  # where no venue is known: enough to plan a journey
    doubt: str  # a sentence for staff about what does not fit; ""


class WorkshopDetails(TypedDict):
    title: str
    summary: str
    partners: str
    cost: str  # "Free" where the text says so, else ""
    quote: str
    dates: list[DateDetails]


_MONTHS = "January February March April May June July August September October November December".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WEEKDAY = r"(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}\.?"
_MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_NUMBER = r"(?P<number>[0-3]?\d)\s?(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s(?P<year>20\d\d))?"
_DAYS = [
    re.compile(rf"\b(?:{_WEEKDAY},?\s+)?(?:the\s+)?{_NUMBER}\s+(?:of\s+)?{_MONTH}{_YEAR}(?![\w-])", re.IGNORECASE),
    re.compile(rf"\b(?:{_WEEKDAY},?\s+)?{_MONTH}\s+{_NUMBER}{_YEAR}(?![\w-])", re.IGNORECASE),
]
_CLOCK = r"(\d{1,2})(?:[.:](\d\d))?\s?([ap]\.?m\.?)?"
_HOURS = re.compile(
    rf"(?<![\d.:£])(?:from\s+|between\s+)?{_CLOCK}\s*(?:-|–|—|to|until|till|and)\s*{_CLOCK}(?!\w)", re.I
)
_ONE_HOUR = re.compile(r"(?<![\d.:£])(?:at\s+|from\s+)?(\d{1,2})(?:[.:](\d\d))?\s?([ap]\.?m\.?)(?!\w)", re.I)
_NOON = re.compile(r"\b(?:12\s?)?(?:noon|midday)\b", re.IGNORECASE)

_POSTCODE = re.compile(r"\b(GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\b")
_TO_BE_CONFIRMED = re.compile(
    r"\(?\b(?:exact\s)?(?:venue|location|place|address|details?|room)?s?:?\s?(?:is\s|are\s)?(?:still\s)?"
    r"(?:tb[cad]\b|to\s(?:be\s(?:confirmed|announced|decided)|follow))\)?",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"\b(?:workshops?|training|taster|sessions?|events?|seminars?|webinars?|masterclass(?:es)?|courses?|roadshows?|"
    r"conferences?|open\sdays?|drop-ins?)\b",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(?:was|were|held|ran|took\splace|happened|attended|went|hosted|met|spoke|visited|joined|published|launched|"
    r"announced|had|last)\b",
    re.IGNORECASE,
)
_PARTNERS = re.compile(
    r"\b(?:facilitated|run|hosted|led|organised|delivered)\s(?:by|with)\s|\bin\spartnership\swith\s|\btogether\swith\s"
)
_NAMES = re.compile(r"(?:the\s)?[A-Z][\w'’&-]*(?:\s(?:(?:and|of|for|the|&)\s)?[A-Z][\w'’&-]*){0,5}")
LONGEST_LINE = 200
# A day without a year that lies further ahead than this was hardly meant.
FAR_AHEAD = timedelta(days=275)
# How far above or below the dates the text may say what they are dates of, and at what time.
NEAR = 4


def workshop(title: str, body: str, published_at: datetime | None) -> WorkshopDetails | None:
    """The workshop that a post announces, or None. `body` is cleaned HTML, `published_at` None for a draft."""
    text = lines(body)
    posted = published_at.astimezone(LONDON).date() if published_at else None
    dates, where = _listed(text, title, posted)
    if not dates:
        dates, where = _told(text, posted)
    if not dates:
        return None
    return {
        "title": _title(text[: where[0]], title),
        "summary": _summary(text),
        "partners": _partners(text),
        "cost": "Free" if any(_EVENT.search(s) and re.search(r"\bfree\b", s, re.I) for s in _said(text)) else "",
        "quote": "\n".join(text[number] for number in range(max(0, where[0] - 1), where[-1] + 1))[:2000],
        "dates": dates,
    }


def fingerprint(details: WorkshopDetails) -> str:
    """The same as long as the text names the same days."""
    return ",".join(row["day"] or row["line"][:20] for row in details["dates"])[:200]


# Lists: one date a line


def _listed(text: list[str], title: str, posted: date | None) -> tuple[list[DateDetails], list[int]]:
    dates: list[DateDetails] = []
    where: list[int] = []
    for number, line in enumerate(text):
        found = _day_in(line) if len(line) <= LONGEST_LINE else None
        if not found or not _is_entry(line, found):
            continue
        if not where and not _speaks_of_event([title, *text[max(0, number - NEAR) : number + 1]]):
            continue
        place = line[: found.start()] + " " + line[found.end() :]
        if not _without_time(place):
            place += ", " + ", ".join(_rest_of_entry(text, number))
        dates.append(_date(line, found, place, _hours(place) or _hours_near(text, number), posted))
        where.append(number)
    return dates, where


def _is_entry(line: str, found: re.Match[str]) -> bool:
    """Whether the line is an entry of a list: "Monday 28 October: London (...)", "London - 28 October, 11am"."""
    if len(line) > LONGEST_LINE or _day_in(line, found.end()):
        return False
    before, after = line[: found.start()].strip(" \t•*-–—:()"), line[found.end() :].strip()
    if _OVER.search(after) or _OVER.search(before):
        return False
    if not before or re.fullmatch(r"(?:date|when|on|day)s?", before, re.IGNORECASE):
        return not after or after[0] in ":–—-,(|" or bool(re.match(r"(?:at|in|from)\s", after)) or after[0].isdigit()
    return len(before.split()) <= 4 and line[: found.start()].rstrip()[-1] in ":–—-,(|"


def _rest_of_entry(text: list[str], number: int) -> list[str]:
    """Up to three short lines below a line that holds a date alone: "Friends House" / "Euston Road" / "11am - 3pm"."""
    rest: list[str] = []
    for line in text[number + 1 : number + 4]:
        if len(line) > 100 or _day_in(line) or (line.endswith((".", "!")) and not _POSTCODE.search(line)):
            break
        rest.append(re.sub(r"^(?:where|venue|place|time|at)\s?:\s*", "", line, flags=re.IGNORECASE))
    return rest


# Sentences: "Join us for a workshop on Tuesday 3 March, 10am to 1pm, at Friends House, Euston Road, London NW1 2BJ."


def _told(text: list[str], posted: date | None) -> tuple[list[DateDetails], list[int]]:
    dates: list[DateDetails] = []
    where: list[int] = []
    for number, line in enumerate(text):
        for sentence in sentences(line):
            found = _day_in(sentence) if len(sentence) <= 2 * LONGEST_LINE else None
            if not found or not _EVENT.search(sentence) or _OVER.search(sentence):
                continue
            after = sentence[found.end() :]
            if not (_hours(sentence) or _POSTCODE.search(after)) or _day_in(sentence, found.end()):
                continue
            row = _date(sentence, found, _place_told(after), _hours(sentence), posted)
            if posted and row["day"] and date.fromisoformat(row["day"]) < posted:
                continue
            dates.append(row)
            where.append(number)
    return dates, where


def _place_told(after: str) -> str:
    """What follows "at" or "in" after the day, up to the end of the address."""
    after = _without_time(after).rstrip(".!")
    place = re.search(r"\b(?:at|in)\s+((?:the\s)?[A-Z].*)", after)
    rest = place[1] if place else after
    postcode = _POSTCODE.search(rest)
    return rest[: postcode.end()] if postcode else re.split(r"\s(?:to|where|and|for|with)\s", rest)[0]


# The day


def _day_in(line: str, start: int = 0) -> re.Match[str] | None:
    found = [match for shape in _DAYS if (match := shape.search(line, start)) and _is_day(match)]
    return min(found, key=lambda match: match.start(), default=None)


def _is_day(match: re.Match[str]) -> bool:
    number = int(match["number"])
    # "May 3" and "3 may": the second is mostly a word.
    return 1 <= number <= 31 and match["month"][0].isupper()


def _month(match: re.Match[str]) -> str:
    return next(name for name in _MONTHS if name.startswith(match["month"].capitalize()))


def _in_year(match: re.Match[str], year: int) -> date | None:
    month = _MONTHS.index(_month(match)) + 1
    try:
        return date(year, month, int(match["number"]))
    except ValueError:
        return None


def _day(match: re.Match[str], posted: date | None) -> tuple[date | None, str]:
    """The day meant, or None, and what does not fit."""
    if match["year"]:
        years = [int(match["year"])]
    elif posted:
        years = [posted.year, posted.year + 1]
    else:
        return None, f"The text says “{match[0].strip()}” and no year, and the post has no date of its own."
    days = [day for year in years if (day := _in_year(match, year))]
    if not days:
        return None, f"There is no {match['number']} {_month(match)} in that year."
    if posted and not match["year"]:
        days = [day for day in days if posted <= day <= posted + FAR_AHEAD] or days[:1]
    return _checked(match, days, posted)


def _checked(match: re.Match[str], days: list[date], posted: date | None) -> tuple[date | None, str]:
    fits: date | None = days[0]
    if match["weekday"]:
        said = match["weekday"].capitalize()
        fits = next((day for day in days if _WEEKDAYS[day.weekday()].startswith(said)), None)
    if fits is None:
        weekday = next(name for name in _WEEKDAYS if name.startswith(said))
        real = f"{days[0].day} {days[0]:%B %Y} is a {days[0]:%A}"
        return None, f"The text says {weekday}, but {real}. Ask somebody who knows which of the two was meant."
    if posted and fits < posted:
        return fits, "This day was over before the post came out."
    return fits, ""


# The time


def _hours(text: str) -> tuple[str, str] | None:
    """When it starts and ends, as "11:00", "15:00"; the end "" where none is said; None without a time."""
    text = _NOON.sub("12pm", text)
    for found in _HOURS.finditer(text):
        hour, minute, half, end_hour, end_minute, end_half = found.groups()
        if not (half or end_half or (minute and end_minute)):
            continue
        ends = _clock(end_hour, end_minute, end_half or half)
        starts = _clock(hour, minute, half or end_half)
        if starts and ends and not half and starts >= ends:
            starts = _clock(hour, minute, "am")
        if starts and ends and starts < ends:
            return starts, ends
    if single := _ONE_HOUR.search(text):
        starts = _clock(*single.groups())
        return (starts, "") if starts else None
    return None


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    hours, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours <= 12:
            return ""
        hours = hours % 12 + (12 if half[0].lower() == "p" else 0)
    return f"{hours:02}:{minutes:02}" if hours < 24 and minutes < 60 else ""


def _hours_near(text: list[str], number: int) -> tuple[str, str] | None:
    """The time that a line close by gives for all dates: "each day from 11am to 3pm"."""
    above = reversed(text[max(0, number - NEAR) : number])
    for line in (*above, *text[number + 1 : number + 1 + NEAR]):
        if len(line) <= 2 * LONGEST_LINE and not _POSTCODE.search(line) and (hours := _hours(line)):
            return hours
    return None


def _without_time(text: str) -> str:
    text = _NOON.sub("12pm", text)
    text = _ONE_HOUR.sub("", _HOURS.sub(lambda m: m[0] if not (m[3] or m[6] or (m[2] and m[5])) else "", text))
    return re.sub(r"^[\s:,;.|–—-]+|[\s:,;|–—-]+$", "", text)


# The place


def _date(
    line: str, match: re.Match[str], place: str, hours: tuple[str, str] | None, posted: date | None
) -> DateDetails:
    day, doubt = _day(match, posted)
    starts, ends = hours or ("", "")
    return {
        "line": line[:400],
        "day": day.isoformat() if day else "",
        "starts": starts,
        "ends": ends,
        **_place(place),  # type: ignore[typeddict-item]
        "doubt": doubt,
    }


def _place(text: str) -> dict[str, str]:
    """Venue, street, town and postcode, or the area alone. "London (Friends House, Euston Road, NW1 2BJ)"."""
    unknown = {"venue": "", "street": "", "town": "", "postcode": ""}
    is_known = not _TO_BE_CONFIRMED.search(text)
    text = _without_time(re.sub(r"\(\s*[,;]?\s*\)", "", _TO_BE_CONFIRMED.sub("", text)))
    text = re.sub(r"^(?:at|in|from|on)\s+", "", text)
    whole = re.sub(r"\s*[()]\s*", lambda bracket: ", " if bracket[0].strip() == "(" else " ", text)
    area = re.sub(r"(?:,\s*)+", ", ", " ".join(whole.split())).strip(" ,.;:–—-")[:100]
    outside, _bracket, inside = text.partition("(")
    postcode = _POSTCODE.search(text)
    if not is_known or not postcode:
        return unknown | {"area": area}
    town = outside.strip(" ,:;–—-") if inside else ""
    pieces = [piece.strip(" .()–—-") for piece in _POSTCODE.sub("", inside or text).split(",")]
    pieces = [piece for piece in pieces if piece]
    if not town and len(pieces) > 2:
        town = pieces[-1]
    pieces = [piece for piece in pieces if piece.lower() != town.lower()]
    if not town or len(pieces) < 2:
        return unknown | {"area": area}
    return {
        "venue": pieces[0][:120],
        "street": ", ".join(pieces[1:])[:200].removesuffix(f" {town}"),
        "town": town[:80],
        "postcode": f"{postcode[1]} {postcode[2]}",
        "area": "",
    }


# What it is


def _speaks_of_event(text: list[str]) -> bool:
    return any(_EVENT.search(line) for line in text)


def _said(text: list[str]) -> list[str]:
    return [sentence for line in text for sentence in sentences(line)]


def _title(above: list[str], title: str) -> str:
    """A short line right above the dates that names the workshop, else the post's title."""
    for line in reversed(above[-2:]):
        if len(line) <= 100 and _EVENT.search(line) and line[-1] not in ":.!?":
            return line
    return title[:150]


def _summary(text: list[str]) -> str:
    """The first full sentence about it; what leads over to the list ("on these days:") says nothing."""
    for sentence in _said(text):
        if (
            30 <= len(sentence) <= 300
            and _EVENT.search(sentence)
            and not sentence.endswith(":")
            and not _day_in(sentence)
        ):
            return sentence
    return ""


def _partners(text: list[str]) -> str:
    for sentence in _said(text):
        found = _PARTNERS.search(sentence) if _EVENT.search(sentence) else None
        names = _NAMES.match(sentence, found.end()) if found else None
        if names:
            return names[0][:200]
    return ""
