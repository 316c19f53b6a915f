from procrastinate.contrib.django import app

from . import (
    announcing,
    closed_days,
    lost_links,
    morning,
    needs,
    reminders,
    ring_list,
    rush,
    subscriptions,
    waiting_list,
)


@app.periodic(cron="* * * * *")
@app.task
def settle_waiting_lists(timestamp: int):
    waiting_list.settle_due()


@app.periodic(cron="* * * * *")
@app.task
def tell_of_rushes(timestamp: int):
    rush.tell()


@app.periodic(cron="*/10 * * * *")
@app.task
def write_to_organisers(timestamp: int):
    morning.write_to_organisers()


@app.periodic(cron="*/5 * * * *")
@app.task
def remind_people(timestamp: int):
    reminders.remind_due()
    ring_list.finish_what_is_over()


@app.task
def send_lost_links(digest: str):
    lost_links.send(digest)


@app.periodic(cron="7 4 * * *")
@app.task
def forget_old_needs(timestamp: int):
    needs.forget_old_needs()


@app.periodic(cron="27 4 * * *")
@app.task
def fill_in_closed_days(timestamp: int):
    closed_days.fill(closed_days.today())


@app.periodic(cron="*/10 * * * *")
@app.task
def tell_subscribers(timestamp: int):
    announcing.tell_subscribers()


@app.periodic(cron="17 4 * * *")
@app.task
def forget_unconfirmed_subscriptions(timestamp: int):
    subscriptions.forget_unconfirmed()
