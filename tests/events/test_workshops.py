"""Workshops and their dates as the public finds them: pages, lists by place and time, what they say in each state."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from events.models import Workshop, WorkshopDate
from events.models.workshops import town_in
from events.towns import towns
from tests.factories import (
    create_author,
    create_charity,
    create_date,
    create_picture,
    create_post,
    create_venue,
    create_workshop,
)

pytestmark = pytest.mark.django_db

LIST = "/workshops/"
PAST = "/workshops/past/"


@pytest.fixture(autouse=True)
def charity():
    return create_charity()


def days(number):
    return timezone.now() + timedelta(days=number)


def shows(response, text):
    return text in " ".join(response.content.decode().split())


def online(**fields):
    return create_date(mode="online", area="", **fields)


# The page of a workshop


def test_a_workshop_shows_its_picture_audience_and_partners(client):
    picture = create_picture(alt="Two people at a kitchen table")
    workshop = create_workshop(picture=picture, audience="Neighbours", partners="The Lantern")

    response = client.get(workshop.get_absolute_url())

    assert shows(response, 'alt="Two people at a kitchen table"')
    assert shows(response, "<dt>Who it is for</dt><dd>Neighbours</dd>")
    assert shows(response, "<dt>Together with</dt><dd>The Lantern</dd>")


def test_a_picture_whose_consent_is_over_leaves_words_in_its_place(client):
    picture = create_picture(alt="Anna at home", caption="Anna", consent_until=timezone.localdate() - timedelta(days=1))
    date = create_date(workshop=create_workshop(picture=picture))

    for address in (date.workshop.get_absolute_url(), date.get_absolute_url()):
        response = client.get(address)
        assert shows(response, "This picture is no longer shown.")
        assert not shows(response, "Anna")


def test_a_picture_counts_as_public_while_its_workshop_is(client):
    picture = create_picture()
    workshop = create_workshop(picture=picture, is_published=False)
    assert not picture.is_public()

    Workshop.objects.filter(pk=workshop.pk).update(is_published=True)

    assert picture.is_public()


def test_a_workshop_lists_the_posts_about_it_that_the_public_may_see(client):
    workshop = create_workshop()
    anna = create_author(name="Anna Merrow")
    create_post(title="We begin", workshop=workshop, authors=[anna])
    create_post(title="A draft", workshop=workshop, is_published=False)
    create_post(title="Next week", workshop=workshop, publish_at=days(7))
    create_post(title="Gone", workshop=workshop, expire_at=days(-0.5))
    create_post(title="About others", workshop=create_workshop(title="Others"))

    response = client.get(workshop.get_absolute_url())

    assert [post.title for post in response.context["posts"]] == ["We begin"]
    assert shows(response, "We begin</a>")
    assert shows(response, "Anna Merrow")


def test_a_workshop_without_posts_has_no_empty_heading(client):
    assert not shows(client.get(create_workshop().get_absolute_url()), "From our blog")


def test_a_workshop_shows_its_last_dates_quietly_and_leads_to_the_others(client):
    workshop = create_workshop()
    over = [create_date(area=f"Town {number}", starts_at=days(-10 * number)) for number in range(1, 8)]
    create_date(area="Elsewhere", workshop=create_workshop(title="Others"), starts_at=days(-5))

    response = client.get(workshop.get_absolute_url())

    assert list(response.context["past"]) == over[:5]
    assert shows(response, f'<a href="{workshop.get_absolute_url()}past/">All dates that are over</a>')
    assert list(client.get(f"{workshop.get_absolute_url()}past/").context["dates"]) == over


def test_whoever_has_five_dates_behind_them_needs_no_further_page(client):
    workshop = create_workshop()
    for number in range(1, 6):
        create_date(starts_at=days(-number))

    assert not shows(client.get(workshop.get_absolute_url()), "All dates that are over")


# Lists


def test_a_long_list_comes_in_pages(client):
    workshop = create_workshop()
    for number in range(30):
        create_date(workshop=workshop, starts_at=days(number + 1))

    for address in (LIST, workshop.get_absolute_url(), "/workshops/in/london/"):
        first, second = client.get(address), client.get(f"{address}?page=2")
        assert [len(response.context["dates"]) for response in (first, second)] == [24, 6], address
        assert shows(first, f'<a rel="next" href="{address}?page=2">Later dates</a>')
        assert shows(second, f'<a rel="prev" href="{address}">Earlier dates</a>')
        assert shows(second, f'<link rel="canonical" href="https://www.example.org{address}?page=2">')
        assert client.get(f"{address}?page=3").status_code == 404


def test_the_past_begins_with_the_last_date_and_leaves_out_what_did_not_take_place(client):
    older, newer = create_date(area="York", starts_at=days(-60)), create_date(area="Hull", starts_at=days(-3))
    no_end = create_date(area="Ely", starts_at=timezone.now() - timedelta(hours=5), ends_at=None)
    for state in ("cancelled", "postponed", "draft"):
        create_date(area="Never", starts_at=days(-9), state=state)
    create_date(area="Never", workshop=create_workshop(title="Hidden", is_published=False), starts_at=days(-9))
    create_date(area="Later")

    response = client.get(PAST)

    assert list(response.context["dates"]) == [no_end, newer, older]
    assert not shows(response, "Never")
    assert not shows(response, "Later")


def test_a_date_is_to_come_or_over_and_never_both():
    moments = [-9, -0.2, -0.1, 0.1, 9]
    dates = [create_date(starts_at=days(moment)) for moment in moments]
    dates += [create_date(starts_at=days(moment), ends_at=None) for moment in moments]

    to_come, over = WorkshopDate.objects.upcoming(), WorkshopDate.objects.past()

    assert [date in to_come for date in dates] == [not date.has_ended() for date in dates]
    assert [date in over for date in dates] == [date.has_ended() for date in dates]


def test_the_home_page_shows_no_date_as_the_next_that_does_not_take_place(client):
    create_date(area="Leeds", state="cancelled")
    create_date(area="York", state="postponed")
    taking_place = create_date(area="Hull", starts_at=days(40))

    assert list(client.get("/").context["dates"]) == [taking_place]


# By place


@pytest.mark.parametrize(
    ("area", "town"),
    [
        ("Birmingham city centre", "Birmingham"),
        ("Central Leeds, near the station", "Leeds"),
        ("Hull town centre", "Hull"),
        ("York", "York"),
        ("  Stoke-on-Trent centre ", "Stoke-on-Trent"),
        ("Centreville", "Centreville"),
        ("centre", "centre"),
    ],
)
def test_the_town_is_found_within_an_area(area, town):
    assert town_in(area) == town


def test_the_dates_of_one_place_stand_on_its_page_whether_their_venue_is_known_or_not(client):
    to_be_confirmed = create_date(area="London, near Euston", starts_at=days(5))
    known = create_date(venue=create_venue(town="London"), starts_at=days(6))
    create_date(venue=create_venue(name="Gallery", town="Manchester"), area="")
    over = create_date(area="London", starts_at=days(-5))

    response = client.get("/workshops/in/london/")

    assert list(response.context["dates"]) == [to_be_confirmed, known]
    assert over.get_absolute_url() not in response.content.decode()
    assert shows(response, "<h1>Workshops in London</h1>")


def test_a_date_in_both_ways_is_found_in_its_town_and_online(client):
    hybrid = create_date(mode="hybrid", area="Leeds", starts_at=days(5))
    at_home = online(starts_at=days(6))
    create_date(area="Leeds", starts_at=days(7))

    assert [town.name for town in towns(WorkshopDate.objects.all())] == ["Leeds", "Online"]
    assert list(client.get("/workshops/in/online/").context["dates"]) == [hybrid, at_home]
    assert hybrid in client.get("/workshops/in/leeds/").context["dates"]
    assert shows(client.get("/workshops/in/online/"), "<h1>Online workshops</h1>")


def test_places_are_plain_links_and_only_those_with_dates_to_come(client):
    create_date(area="York")
    create_date(area="Hull", state="draft")
    create_date(area="Bath", starts_at=days(-9))
    online()

    page = client.get(LIST).content.decode()

    assert re.findall(r'href="/workshops/in/([^/]+)/"', page) == ["york", "online"]
    assert '<a href="/workshops/" aria-current="page">Everywhere</a>' in page
    here = client.get("/workshops/in/york/").content.decode()
    assert '<a href="/workshops/in/york/" aria-current="page">York</a>' in here


def test_a_place_whose_dates_are_all_over_keeps_its_page_and_a_place_without_any_has_none(client):
    create_date(area="Bath", starts_at=days(-9))
    create_date(area="Hull", state="draft")

    assert shows(client.get("/workshops/in/bath/"), "No dates are planned in Bath just now.")
    assert client.get("/workshops/in/hull/").status_code == 404
    assert client.get("/workshops/in/online/").status_code == 404


def test_a_place_whose_name_makes_no_address_breaks_no_list(client):
    create_date(area="京都")

    assert client.get(LIST).status_code == 200
    assert shows(client.get(LIST), "京都")


@pytest.mark.parametrize("slug", ["in", "past"])
def test_a_workshop_takes_no_word_that_the_site_uses_in_its_addresses(slug):
    Workshop(title="Inside", slug=f"{slug}side", summary="x").clean_fields(exclude=["description"])
    with pytest.raises(ValidationError, match="The site itself uses"):
        Workshop(title="In", slug=slug, summary="x").clean_fields()


# What a date says in each state


def test_an_online_date_says_online_and_never_speaks_of_a_venue(client):
    date = online(join_link="https://meet.example.org/secret", join_note="Dial 1234")

    for address in (date.get_absolute_url(), date.workshop.get_absolute_url(), date.get_reserve_url(), LIST, "/"):
        response = client.get(address)
        assert shows(response, "Online"), address
        for never in ("venue is to be confirmed", "None", "in Online", "meet.example.org", "Dial 1234"):
            assert not shows(response, never), (address, never)
    assert shows(client.get(LIST), "online on")


def test_a_date_in_both_ways_says_both(client):
    date = create_date(mode="hybrid", venue=create_venue())

    assert shows(client.get(LIST), "London and online")
    assert shows(client.get(date.get_absolute_url()), "You can come, or take part online.")
    assert shows(client.get(date.get_reserve_url()), "Euston Road, London NW1 2BJ, and online")


def test_cards_say_what_is_provided_and_the_page_says_it_all(client):
    date = create_date(bsl=True, easy_read=True, access_provision="A room to rest in.")

    assert shows(client.get(LIST), "With British Sign Language, Easy Read pack")
    page = client.get(date.get_absolute_url())
    assert shows(page, "<li>British Sign Language</li><li>Easy Read pack</li>")
    assert shows(page, "A room to rest in.")


@pytest.mark.parametrize(("state", "word"), [("cancelled", "Cancelled"), ("postponed", "Postponed")])
def test_a_card_says_when_a_date_does_not_take_place_and_offers_no_place(client, state, word):
    date = create_date(state=state, bsl=True)

    response = client.get(LIST)

    assert shows(response, f'<span class="tag tag--cancelled">{word}</span>')
    assert date.get_reserve_url() not in response.content.decode()


def test_a_postponed_date_shows_no_day_as_if_it_held(client):
    date = create_date(state="postponed")

    assert shows(client.get(LIST), "New day to be announced")
    heading = re.search("<h1>.*?</h1>", client.get(date.get_absolute_url()).content.decode())[0]
    assert date.when.split()[2] not in heading


@pytest.mark.parametrize("words", [{"join_link": "https://meet.example.org/x"}, {"join_note": "Dial 1234"}])
def test_only_dates_online_have_a_way_to_join(words):
    for date in (create_date(mode="hybrid", **words), online(**words)):
        date.full_clean()
    with pytest.raises(ValidationError, match="only in person"):
        create_date(**words).full_clean()


def test_an_online_date_has_no_venue():
    date = online()
    date.venue = create_venue()

    with pytest.raises(ValidationError, match="An online date has no venue and no area"):
        date.full_clean()


# How much it costs


@pytest.mark.parametrize(
    ("address", "count"),
    [(LIST, 3), ("/workshops/in/london/", 3), (PAST, 2), ("/workshops/shared-lives-where-you-are/", 6)],
)
def test_pages_ask_the_database_a_fixed_number_of_times(client, django_assert_num_queries, address, count):
    workshop = create_workshop(picture=create_picture())
    client.get(LIST)  # reads the charity's facts
    for number in range(3):
        create_date(workshop=workshop, venue=create_venue(name=f"Venue {number}"), bsl=True)
        create_date(workshop=workshop, starts_at=days(-number - 1))
        create_post(title=f"P{number}", workshop=workshop, lead_picture=create_picture())
        with django_assert_num_queries(count):
            client.get(address)


def test_the_page_of_a_date_takes_one_query(client, django_assert_num_queries):
    date = create_date(workshop=create_workshop(picture=create_picture()), venue=create_venue(), bsl=True)
    client.get(reverse("events:past_list"))
    with django_assert_num_queries(1):
        client.get(date.get_absolute_url())


def test_search_names_no_date_as_the_next_that_does_not_take_place(client):
    create_date(area="Leeds", state="cancelled")
    taking_place = create_date(area="Hull", starts_at=days(40))

    [result] = client.get("/search/?q=shared+lives").context["results"]

    assert result.thing.next_dates == [taking_place]


def test_a_post_shows_the_first_dates_of_its_workshop_however_many_there_are(client):
    workshop = create_workshop()
    dates = [create_date(starts_at=days(number + 1)) for number in range(15)]
    post = create_post(workshop=workshop)

    assert list(client.get(post.get_absolute_url()).context["dates"]) == dates[:12]
