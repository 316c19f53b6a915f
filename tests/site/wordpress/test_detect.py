"""What posts that move in say between the lines; all words here are invented."""

from datetime import UTC, datetime

import pytest

from sharedlives.site.wordpress import announced, detect

POSTED = datetime(2019, 10, 3, 8, 15, tzinfo=UTC)
REST = "<p>Here begins what they have to say.</p><p>And here it goes on.</p>"


def seen(body, *, title="A post", posted=POSTED, login=""):
    return detect.proposals(title, body, posted, login, "Office")


def kinds(body, **facts):
    return [found.kind for found in seen(body, **facts)]


def byline(body, **facts):
    """The first byline seen, as (name, role, organisation, handle)."""
    details = next((found.details for found in seen(body, **facts) if found.kind == "byline"), None)
    return details and tuple(details[name] for name in ("name", "role", "organisation", "handle"))


def dates(*listed, before="<p>Our free workshops:</p>", posted=POSTED):
    body = before + "<ul>" + "".join(f"<li>{line}</li>" for line in listed) + "</ul>"
    details = announced.workshop("A post", body, posted)
    return details["dates"] if details else []


def date(line, **facts):
    (row,) = dates(line, **facts)
    return row


def where(line):
    row = date(line)
    return tuple(row[name] for name in ("venue", "street", "town", "postcode", "area"))


# Guests


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("This is a guest blog from my colleague Jo Bloggs (@JoBloggs):", ("Jo Bloggs", "", "", "JoBloggs")),
        ("This is a guest post by Siân O’Neill.", ("Siân O’Neill", "", "", "")),
        ("Guest blog by Mary-Jane O'Brien", ("Mary-Jane O'Brien", "", "", "")),
        ("A guest blog from our Chair, Dame Ivy Okoro", ("Dame Ivy Okoro", "Chair", "", "")),
        ("Today’s guest blog is by Dr. Tom van der Berg.", ("Dr Tom van der Berg", "", "", "")),
        (
            "This week's guest post comes from J. P. Reed, a Shared Lives carer.",
            ("J. P. Reed", "Shared Lives carer", "", ""),
        ),
        (
            "A guest article written by Ann Ash, Director of Policy at Carers Together.",
            ("Ann Ash", "Director of Policy", "Carers Together", ""),
        ),
        (
            "This is a guest blog by Ann Ash, chief executive of Carers Together",
            ("Ann Ash", "chief executive", "Carers Together", ""),
        ),
        ("This is a guest blog from Ann Ash of Carers Together, who writes:", ("Ann Ash", "", "Carers Together", "")),
        ("Guest post: Ann Ash (Carers Together)", ("Ann Ash", "", "Carers Together", "")),
        ("In this guest blog, Ann Ash from Carers Together explains why.", ("Ann Ash", "", "Carers Together", "")),
        ("Our guest blogger today is Ann Ash.", ("Ann Ash", "", "", "")),
        ("This post is by our guest, Ann Ash.", ("Ann Ash", "", "", "")),
        ("I’m delighted to share this guest blog from Ann Ash.", ("Ann Ash", "", "", "")),
        ("By Ann Ash, Carers Together", ("Ann Ash", "", "Carers Together", "")),
        ("This is a guest blog from our Chief Executive Ann Ash", ("Ann Ash", "Chief Executive", "", "")),
    ],
)
def test_a_guest_named_at_the_opening_is_seen_with_what_is_said_of_them(opening, expected):
    assert byline(f"<p>{opening}</p>{REST}") == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "I wrote a guest blog for the paper last week.",
        "This is a guest blog I wrote for Carers Together.",
        "Last week I read a guest blog by Ann Ash on another site.",
        "This is a guest blog from my colleague at Carers Together.",
        "My guest post on the Health Service site had many readers.",
        "Guests come from Leeds Central every day.",
        "This is a guest blog from Manchester.",
        "By October we had met fifty people.",
        "This was written by hand, and Ann Ash read it.",
        "We welcomed a guest: Ann Ash came to tea.",
    ],
)
def test_ordinary_sentences_name_no_guest(sentence):
    assert kinds(f"<p>{sentence}</p>{REST}") == []


def test_a_guest_named_deep_in_the_text_is_no_byline():
    assert kinds(f"{REST}<p>This is a guest blog by Ann Ash.</p><p>So it began.</p><p>And ended.</p>") == []


def test_two_guests_are_two_bylines_and_one_introduction():
    found = seen(f"<p>This is a guest blog by Ann Ash and Bob Birch (@bb).</p>{REST}")

    assert [(one.kind, one.fingerprint) for one in found] == [
        ("byline", "ann ash"),
        ("byline", "bob birch"),
        ("introduction", "opening"),
    ]
    assert [one.details["handle"] for one in found[:2]] == ["", "bb"]


def test_the_handle_may_stand_in_a_link():
    body = f'<p>A guest blog by <a href="https://twitter.com/annash?lang=en">Ann Ash</a>.</p>{REST}'

    assert byline(body) == ("Ann Ash", "", "", "annash")


def test_the_title_or_the_last_line_may_name_the_guest_but_introduces_nobody():
    assert kinds(REST, title="Guest blog: Ann Ash") == ["byline"]
    assert kinds(f"{REST}<p><em>This is a guest blog by Ann Ash.</em></p>") == ["byline"]


def test_the_introduction_is_the_piece_of_the_body_as_it_stands():
    piece = "<p><em>This is a guest blog from my colleague Ann Ash</em>:</p>"
    introduction = seen(piece + REST)[1]

    assert introduction.kind == "introduction"
    assert introduction.details["html"] == piece
    assert introduction.details["names"] == ["Ann Ash"]


def test_of_a_paragraph_with_line_breaks_only_the_first_line_introduces():
    introduction = seen("<p>A guest blog by Ann Ash.<br>Here she begins.</p>")[1]

    assert introduction.details["html"] == "A guest blog by Ann Ash.<br>"


def test_a_very_long_opening_is_no_introduction_since_the_post_may_stand_in_it():
    assert kinds(f"<p>This is a guest blog by Ann Ash. {'She has much to say. ' * 60}</p>{REST}") == ["byline"]


@pytest.mark.parametrize(
    ("shown", "is_one"),
    [("Ann Ash", True), ("admin", False), ("Communications Team", False), ("Chief executive", False), ("Bob", False)],
)
def test_a_sign_in_is_shown_under_a_name_or_not(shown, is_one):
    assert detect.is_name(shown) is is_one


# Workshops: the day


def test_a_list_of_dates_with_the_time_said_once():
    london, leeds = dates(
        "Monday 28th October: London (Friends House, Euston Road, NW1 2BJ)",
        "Tuesday 29th October: Leeds city centre (venue tbc)",
        before="<p>Join our free workshops, run with Nesta.</p><p>They take place from 11am – 3pm:</p>",
    )

    assert (london["day"], london["starts"], london["ends"], london["doubt"]) == ("2019-10-28", "11:00", "15:00", "")
    assert (leeds["day"], leeds["starts"], leeds["ends"], leeds["doubt"]) == ("2019-10-29", "11:00", "15:00", "")


@pytest.mark.parametrize(
    "body",
    [
        "<p>Workshops:</p><ul><li><p>Mon 28 Oct: Leeds</p></li><li><p>Tue 29 Oct: York</p></li></ul>",
        "<p>Workshops:</p><p>Mon 28 Oct: Leeds</p><p>Tue 29 Oct: York</p>",
        "<p>Workshops:<br>Mon 28 Oct: Leeds<br>Tue 29 Oct: York</p>",
        "<p>Workshops:</p><table><tbody><tr><td>Mon 28 Oct</td><td>Leeds</td></tr>"
        "<tr><td>Tue 29 Oct</td><td>York</td></tr></tbody></table>",
        "<p>Workshops:</p><p>Leeds: Monday, 28th October 2019</p><p>York – Tuesday 29 of October</p>",
    ],
)
def test_lists_come_in_many_shapes(body):
    details = announced.workshop("A post", body, POSTED)

    assert [(row["day"], row["area"]) for row in details["dates"]] == [("2019-10-28", "Leeds"), ("2019-10-29", "York")]


def test_a_day_that_lies_before_the_post_is_next_years_if_the_weekday_says_so():
    row = date("Tuesday 14 January: Leeds", posted=datetime(2019, 12, 1, tzinfo=UTC))

    assert (row["day"], row["doubt"]) == ("2020-01-14", "")


def test_a_day_without_a_weekday_is_the_next_one():
    row = date("14 January: Leeds", posted=datetime(2019, 12, 1, tzinfo=UTC))

    assert row["day"] == "2020-01-14"


def test_a_wrong_weekday_is_reported_and_not_guessed():
    row = date("Monday 29th October: Leeds")

    assert row["day"] == ""
    assert "The text says Monday, but 29 October 2019 is a Tuesday." in row["doubt"]


def test_a_wrong_weekday_beside_a_year_is_reported_too():
    row = date("Monday 29 October 2019: Leeds")

    assert (row["day"], "is a Tuesday" in row["doubt"]) == ("", True)


def test_a_day_that_was_over_when_the_post_came_out_is_said_to_be():
    row = date("Monday 30 September 2019: Leeds")

    assert (row["day"], row["doubt"]) == ("2019-09-30", "This day was over before the post came out.")


def test_a_draft_has_no_date_to_tell_the_year_by():
    row = date("Monday 28 October: Leeds", posted=None)

    assert (row["day"], "no year" in row["doubt"]) == ("", True)


def test_there_is_no_31st_of_november():
    row = date("31 November: Leeds")

    assert (row["day"], row["doubt"]) == ("", "There is no 31 November in that year.")


def test_late_at_night_the_posts_own_day_is_the_one_in_london():
    """23:30 UTC on 31 July is 1 August here."""
    row = date("1 August: Leeds", posted=datetime(2019, 7, 31, 23, 30, tzinfo=UTC))

    assert row["day"] == "2019-08-01"


# Workshops: the time


@pytest.mark.parametrize(
    ("said", "starts", "ends"),
    [
        ("11am – 3pm", "11:00", "15:00"),
        ("from 10.30am to 1pm", "10:30", "13:00"),
        ("11-3pm", "11:00", "15:00"),
        ("1-3pm", "13:00", "15:00"),
        ("10am-12noon", "10:00", "12:00"),
        ("10:00 – 13:30", "10:00", "13:30"),
        ("9.30am until 4.15pm", "09:30", "16:15"),
        ("at 2pm", "14:00", ""),
        ("11 a.m. to 3 p.m.", "11:00", "15:00"),
        ("", "", ""),
    ],
)
def test_times_as_people_write_them(said, starts, ends):
    row = date(f"Monday 28 October, {said}, Leeds")

    assert (row["starts"], row["ends"], row["area"]) == (starts, ends, "Leeds")


# Workshops: the place


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("London (Friends House, Euston Road, NW1 2BJ)", ("Friends House", "Euston Road", "London", "NW1 2BJ", "")),
        ("Leeds (Town House, 5 Mill St, Leeds LS1 4AP)", ("Town House", "5 Mill St", "Leeds", "LS1 4AP", "")),
        ("Town House, 5 Mill St, Leeds LS1 4AP", ("Town House", "5 Mill St", "Leeds", "LS1 4AP", "")),
        ("Town House, 5 Mill St, Leeds, LS14AP", ("Town House", "5 Mill St", "Leeds", "LS1 4AP", "")),
        ("Leeds city centre (venue tbc)", ("", "", "", "", "Leeds city centre")),
        ("Leeds, venue to be confirmed", ("", "", "", "", "Leeds")),
        ("Leeds (Town House)", ("", "", "", "", "Leeds, Town House")),
        ("Online", ("", "", "", "", "Online")),
    ],
)
def test_a_place_is_a_whole_venue_or_an_area(place, expected):
    assert where(f"Monday 28 October: {place}") == expected


def test_an_entry_may_take_several_lines():
    body = (
        "<p>Our workshop:</p><p>Monday 28 October<br>Town House, 5 Mill St, Leeds LS1 4AP<br>11am – 3pm</p>"
        "<p>Do come along and bring a friend.</p>"
    )
    (row,) = announced.workshop("A post", body, POSTED)["dates"]

    assert (row["venue"], row["town"], row["starts"], row["ends"]) == ("Town House", "Leeds", "11:00", "15:00")


# Workshops: whether there is one


def test_a_sentence_with_day_time_and_place_announces_one_too():
    body = "<p>Join our workshop on Tuesday 29 October, 10am to 1pm, at Town House, 5 Mill St, Leeds LS1 4AP. Free.</p>"
    (row,) = announced.workshop("A post", body, POSTED)["dates"]

    assert (row["day"], row["starts"], row["ends"]) == ("2019-10-29", "10:00", "13:00")
    assert (row["venue"], row["street"], row["town"]) == ("Town House", "5 Mill St", "Leeds")


@pytest.mark.parametrize(
    "body",
    [
        "<p>On Monday 28 October we published a report about training.</p>",
        "<p>We held a workshop on Tuesday 29 October from 10am to 1pm.</p>",
        "<p>The session was on 28 October at 2pm.</p>",
        "<p>28 October: a day I will remember.</p>",
        "<p>In May 2019 we ran three workshops.</p>",
        "<p>We may 5 times a year meet for an event.</p>",
        "<p>Workshops cost £10-20 and last 2-3 hours.</p>",
    ],
)
def test_ordinary_sentences_with_dates_announce_nothing(body):
    assert announced.workshop("A post", body, POSTED) is None


def test_what_it_is_about_with_whom_and_that_it_is_free():
    body = (
        "<p>We are planning free workshops facilitated by Better Together to share what works.</p>"
        "<p>The workshops will take place in these towns:</p><p>Monday 28 October: Leeds</p>"
    )
    details = announced.workshop("What works", body, POSTED)

    assert details["title"] == "What works"
    assert details["summary"].startswith("We are planning free workshops")
    assert (details["partners"], details["cost"]) == ("Better Together", "Free")
    assert details["quote"].endswith("Monday 28 October: Leeds")


def test_the_same_days_have_the_same_fingerprint_whatever_is_said_of_them():
    first, second = (
        detect.proposals("A post", f"<p>Workshops:</p><p>28 October: {place}</p>", POSTED, "", "")[0]
        for place in ("Leeds", "Leeds (Town House)")
    )

    assert first.fingerprint == second.fingerprint == "2019-10-28"


# A text cut short


@pytest.mark.parametrize(
    ("end", "mark"),
    [
        ("and then it Continue reading", "Continue reading"),
        ("and then it <a href='/x'>Continue reading →</a>", "Continue reading →"),
        ("and then it […]", "[…]"),
        ("and then it [...]", "[...]"),
        ("and then it</p><p>Read more", "Read more"),
        ("and then it (more…)", "(more…)"),
        ("and then it... Continue reading “A post”", "Continue reading “A post”"),
        ("and then it Continue reading A post", "Continue reading A post"),
    ],
)
def test_an_excerpts_end_is_seen_and_can_be_taken_away(end, mark):
    body = f"<p>It began well.</p><p>It went on {end}</p>"
    (found,) = seen(body)

    assert (found.kind, found.details["mark"]) == ("cut_short", mark)
    without = detect.without_mark(body, mark)
    assert mark.split()[0] not in without
    assert without.startswith("<p>It began well.</p><p>It went on and then it")


@pytest.mark.parametrize(
    "end",
    [
        "and I continue reading.",
        "Read more about this in our report.",
        "You can read more here.",
        "He said [...] and went.",
        "Continue reading is what I say to children.",
    ],
)
def test_other_ends_are_ends(end):
    assert kinds(f"<p>It began well.</p><p>{end}</p>") == []


def test_a_mark_that_is_gone_takes_nothing_away():
    assert detect.without_mark("<p>It ends well.</p>", "Continue reading") == "<p>It ends well.</p>"


# Sign-ins, and odd input


def test_a_sign_in_is_asked_about_and_never_taken_for_a_byline():
    (found,) = seen(REST, login="office")

    assert (found.kind, found.details) == ("login", {"login": "office", "display_name": "Office"})


@pytest.mark.parametrize(
    "body", ["", "<p></p>", "<hr>", "<table></table>", "<p>" + "a" * 70_000 + "</p>", "&amp;" * 9000]
)
def test_odd_texts_say_nothing(body):
    assert kinds(body) == []


def test_fingerprints_fit_their_column():
    lines = "".join(f"<p>{number} October: Leeds</p>" for number in range(1, 31))

    assert all(len(found.fingerprint) <= 200 for found in seen(f"<p>Workshops:</p>{lines}", login="x" * 500))
