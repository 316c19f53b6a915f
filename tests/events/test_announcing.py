"""Telling those who asked for new dates: events/announcing.py. 3 May 2027 is a Monday, in summer time."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection, transaction

from events import announcing, changing_dates, emails, subscriptions
from events.announcing import outlook, tell_subscribers
from events.models import Subscription, WorkshopDate
from events.what_changed import Facts
from sharedlives.foundation.models import AuditEntry, OutgoingMail
from sharedlives.foundation.spoken import LONDON
from tests.factories import create_charity, create_date, create_subscription, create_user, create_workshop
from tests.processes import wait_for

pytestmark = pytest.mark.django_db


def london(text):
    """ "3 May 10:00" of 2027, on clocks in London."""
    return datetime.strptime(f"{text} 2027", "%d %b %H:%M %Y").replace(tzinfo=LONDON)


def at(text):
    return time_machine.travel(london(text), tick=False)


def told():
    """(to whom, of which dates by their area) for each mail, in order."""
    areas = {date.get_absolute_url(): date.area for date in WorkshopDate.objects.select_related("workshop")}
    return [
        (mail.recipient, [area for address, area in areas.items() if f"{address}\n" in mail.text])
        for mail in OutgoingMail.objects.filter(template="events/email/new_dates").order_by("pk")
    ]


def run(*moments):
    for moment in moments:
        with at(moment):
            tell_subscribers()


def a_date(area="London", *, made="3 May 08:00", **fields):
    """Ready to be announced from the job's next look on."""
    with at(made):
        return create_date(area=area, **({"starts_at": london("14 Jun 11:00")} | fields))


@pytest.fixture(autouse=True)
def _somebody():
    create_charity()
    with at("1 May 12:00"):
        create_subscription("ann@example.org")


# --- When -------------------------------------------------------------------------------------------------------------


def test_a_date_is_told_of_at_ten_in_the_morning_once():
    a_date()

    run("3 May 08:10", "3 May 09:50")
    assert told() == []
    run("3 May 10:00", "3 May 10:10", "3 May 17:50", "4 May 10:00")

    assert told() == [("ann@example.org", ["London"])]


@pytest.mark.parametrize(
    ("made", "seen", "goes"),
    [
        ("3 May 08:55", "3 May 09:00", "3 May 10:00"),
        ("3 May 09:01", "3 May 09:10", "4 May 10:00"),
        ("3 May 10:05", "3 May 10:10", "4 May 10:00"),
        ("3 May 19:00", "3 May 19:10", "4 May 10:00"),
        ("27 Mar 12:00", "27 Mar 12:10", "28 Mar 10:00"),  # the clocks go forward that night
        ("30 Oct 12:00", "30 Oct 12:10", "31 Oct 10:00"),  # and back
    ],
)
def test_there_is_an_hour_to_correct_a_slip(made, seen, goes):
    with at("1 Jan 12:00"):
        create_subscription("bob@example.org")
    date = a_date(made=made, starts_at=london("14 Dec 11:00"))

    run(seen)
    with at(seen):
        date.refresh_from_db()
        assert f" on {london(goes):%A} {london(goes).day} " in outlook(date)
    with time_machine.travel(london(goes) - timedelta(minutes=1), tick=False):
        tell_subscribers()
    assert told() == []
    run(goes)

    assert "bob@example.org" in [to for to, _areas in told()]


def test_what_is_taken_back_within_the_hour_is_not_told():
    date = a_date()
    run("3 May 08:10")
    WorkshopDate.objects.filter(pk=date.pk).update(state="draft")
    run("3 May 08:20")
    WorkshopDate.objects.filter(pk=date.pk).update(state="scheduled")

    run("3 May 09:30", "3 May 10:00")
    assert told() == []
    run("4 May 10:00")

    assert told() == [("ann@example.org", ["London"])]


def test_a_worker_that_was_away_in_the_morning_tells_in_the_afternoon_but_never_at_night():
    a_date()
    run("3 May 08:10", "3 May 18:00", "4 May 02:00", "4 May 09:59")
    assert told() == []

    run("4 May 15:00")

    assert told() == [("ann@example.org", ["London"])]


# --- Which ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft"},
        {"state": "cancelled"},
        {"state": "postponed"},
        {"starts_at": london("2 May 11:00")},
        {"booking_closes_at": london("3 May 09:00")},
        {"tells_subscribers": False},
    ],
    ids=lambda fields: " ".join(fields),
)
def test_nobody_is_told_of_what_cannot_be_reserved_or_is_not_to_be_told(fields):
    date = a_date(**fields)

    run("3 May 08:10", "3 May 10:00")

    assert told() == []
    date.refresh_from_db()
    assert date.announced_at is None


def test_a_workshop_that_is_published_later_is_told_then():
    workshop = create_workshop(is_published=False)
    a_date(workshop=workshop)
    run("3 May 08:10", "3 May 10:00")
    assert told() == []
    workshop.is_published = True
    workshop.save()

    run("3 May 10:10", "4 May 10:00")

    assert told() == [("ann@example.org", ["London"])]


def test_a_date_whose_booking_opens_later_is_told_and_the_mail_says_when():
    a_date(booking_opens_at=london("10 May 09:00"))

    run("3 May 08:10", "3 May 10:00")

    assert "Booking opens on Monday 10 May 2027 at 9am" in OutgoingMail.objects.get().text


def test_a_date_cancelled_between_the_round_and_a_persons_turn_is_left_out(monkeypatch):
    date = a_date()
    a_date("Leeds")
    run("3 May 08:10")
    real = announcing._open_round

    def cancelled_then(**when):
        real(**when)
        WorkshopDate.objects.filter(pk=date.pk).update(state="cancelled")

    monkeypatch.setattr(announcing, "_open_round", cancelled_then)
    run("3 May 10:00")

    assert told() == [("ann@example.org", ["Leeds"])]


def test_who_had_not_heard_of_a_date_before_it_was_postponed_hears_of_it_with_its_new_time(monkeypatch):
    create_subscription("bob@example.org", confirmed_at=london("1 May 12:00"))
    date = a_date()
    leeds = a_date("Leeds")
    staff = create_user()
    run("3 May 08:10")
    real = announcing._open_round

    def postponed_then(**when):
        real(**when)
        changing_dates.postpone_date(date, by=staff)

    monkeypatch.setattr(announcing, "_open_round", postponed_then)
    run("3 May 10:00")
    monkeypatch.setattr(announcing, "_open_round", real)
    assert told() == [("ann@example.org", ["Leeds"]), ("bob@example.org", ["Leeds"])]

    with at("3 May 12:00"):
        facts = Facts.of(date)
        changing_dates.postpone_date(leeds, by=staff)
        changing_dates.change_date(date, facts, by=staff)
        changing_dates.change_date(leeds, Facts.of(leeds), by=staff)  # of which all have heard
    run("3 May 12:10", "4 May 10:00")

    assert told()[2:] == [("ann@example.org", ["London"]), ("bob@example.org", ["London"])]


# --- To whom ----------------------------------------------------------------------------------------------------------


def test_each_person_gets_one_mail_with_all_that_they_asked_for():
    garden, kitchen = create_workshop(title="Garden"), create_workshop(title="Kitchen")
    with at("1 May 12:00"):
        create_subscription("Ann@Example.org", workshop=garden)
        create_subscription("bob@example.org", workshop=garden)
        create_subscription("cat@example.org", workshop=kitchen)
        create_subscription("dan@example.org", workshop=garden, is_confirmed=False)
        create_subscription("eve@example.org", workshop=create_workshop(title="Attic"))
    a_date("London", workshop=garden)
    a_date("Leeds", workshop=garden)
    a_date("York", workshop=kitchen)

    run("3 May 08:10", "3 May 10:00", "3 May 10:10")

    assert sorted((to.lower(), sorted(areas)) for to, areas in told()) == [
        ("ann@example.org", ["Leeds", "London", "York"]),
        ("bob@example.org", ["Leeds", "London"]),
        ("cat@example.org", ["York"]),
    ]


def test_whoever_confirms_after_the_round_is_not_told_of_what_was_there():
    a_date()
    run("3 May 08:10", "3 May 10:00")
    with at("3 May 10:05"):
        subscriptions.confirm(create_subscription("bob@example.org", is_confirmed=False))
    a_date("Leeds", made="3 May 12:00")

    run("3 May 10:10", "3 May 12:10", "4 May 10:00")

    assert told() == [
        ("ann@example.org", ["London"]),
        ("ann@example.org", ["Leeds"]),
        ("bob@example.org", ["Leeds"]),
    ]


def test_somebody_with_an_older_and_a_newer_wish_hears_of_nothing_twice():
    garden = create_workshop(title="Garden")
    with at("1 May 12:00"):
        create_subscription("bob@example.org", workshop=garden)
    a_date(workshop=garden)
    run("3 May 08:10", "3 May 10:00")
    with at("3 May 11:00"):
        subscriptions.confirm(create_subscription("bob@example.org", is_confirmed=False))
    a_date("Leeds", workshop=garden, made="3 May 12:00")

    run("3 May 12:10", "4 May 10:00", "5 May 10:00")

    assert [areas for to, areas in told() if to == "bob@example.org"] == [["London"], ["Leeds"]]


def test_the_mail_names_each_date_and_its_ways_to_leave():
    a_date(workshop=create_workshop(title="Garden"))
    run("3 May 08:10", "3 May 10:00")

    mail = OutgoingMail.objects.get()
    leave = f"https://www.example.org{Subscription.objects.get().get_leave_url()}"
    assert mail.subject == "New date: Garden, Monday 14 June 2027, 11am to 3pm"
    assert mail.text.startswith(
        "There is a new date.\n\nGarden\nMonday 14 June 2027, 11am to 3pm (UK time)\nLondon (venue"
    )
    assert "because you asked us on Friday 30 April 2027" in mail.text
    assert mail.unsubscribe_url == leave
    assert leave in mail.text
    assert leave in mail.html


# --- Neither lost nor doubled -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_job_killed_between_two_people_goes_on_with_the_second(monkeypatch):
    create_charity()
    with at("1 May 12:00"):
        for name in ("ann", "bob", "cat"):
            create_subscription(f"{name}@example.org", workshop=create_workshop(title=name))
        create_subscription("bob@example.org")
        create_subscription("cat@example.org")
    a_date(workshop=create_workshop())
    run("3 May 08:10")
    real, written = emails.new_dates, []

    def killed_at_the_second(*args):
        real(*args)
        written.append(args)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(emails, "new_dates", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run("3 May 10:00")
    assert [to for to, _areas in told()] == ["ann@example.org"]
    monkeypatch.setattr(emails, "new_dates", real)

    run("3 May 10:10", "3 May 10:20")

    assert [to for to, _areas in told()] == ["ann@example.org", "bob@example.org", "cat@example.org"]


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_tell_everybody_once():
    create_charity()
    with at("1 May 12:00"):
        for number in range(12):
            create_subscription(f"person{number}@example.org")
    a_date()
    run("3 May 08:10")
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        tell_subscribers()
        connection.close()

    with at("3 May 10:00"):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(to for to, _areas in told()) == sorted(Subscription.objects.values_list("email", flat=True))
    assert AuditEntry.objects.filter(action="announced").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_date_that_is_postponed_while_the_round_opens_is_not_noted_as_told():
    date = a_date()
    run("3 May 08:10")

    def work():
        tell_subscribers()
        connection.close()

    with at("3 May 10:00"):
        with transaction.atomic():
            WorkshopDate.objects.filter(pk=date.pk).update(state="postponed")
            thread = threading.Thread(target=work)
            thread.start()
            wait_for(somebody_waits_for_us)
        thread.join()

    date.refresh_from_db()
    assert (date.state, date.announced_at, told()) == ("postponed", None, [])


def somebody_waits_for_us():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone()[0]


# --- At the desk ------------------------------------------------------------------------------------------------------


def test_staff_see_to_how_many_it_will_go_and_when_it_has_gone():
    garden = create_workshop(title="Garden")
    with at("1 May 12:00"):
        create_subscription("Ann@example.org", workshop=garden)
        create_subscription("bob@example.org", workshop=garden)
    date = a_date(workshop=garden)

    with at("3 May 08:05"):
        assert outlook(date) == "Goes out on Monday 3 May 2027 at 10am to 2 people."
    run("3 May 08:10", "3 May 10:00")
    date.refresh_from_db()

    assert outlook(date) == "2 people told on Monday 3 May 2027."


def test_staff_read_why_nobody_is_told():
    draft = a_date(state="draft")
    old = a_date(announced_at=london("1 May 09:00"))

    with at("3 May 08:05"):
        assert outlook(draft) == "Nobody is told while it cannot be seen and reserved, or if you untick it here."
        assert outlook(old) == "Nobody is told: it was there before people could ask."


def test_an_organiser_finds_it_on_the_page_of_the_date_with_its_tick(client):
    date = create_date()
    organiser = create_user()
    organiser.groups.add(Group.objects.get(name="Workshop organisers"))
    client.force_login(organiser)

    page = client.get(f"/admin/events/workshopdate/{date.pk}/change/").content.decode()

    assert "tell those who asked for new dates" in page.lower()
    assert "at 10am to 1 person." in page
