import logging

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import bounce_mailbox, limits, mail, pictures
from .models import Worker

log = logging.getLogger(__name__)


@app.task
def deliver_mail(mail_id: int):
    mail.deliver(mail_id)


@app.periodic(cron="*/5 * * * *")
@app.task
def pick_up_overdue_mail(timestamp: int):
    for mail_id in mail.overdue().order_by("pk").values_list("pk", flat=True)[:500]:
        mail.deliver(mail_id)


# What it is about may be busy at the moment.
@app.task(retry=RetryStrategy(max_attempts=20, exponential_wait=2))
def tell_that_it_did_not_arrive(mail_id: int):
    mail.tell_that_it_did_not_arrive(mail_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="bounce_mailbox", lock="bounce_mailbox")
def look_through_bounce_mailbox(timestamp: int):
    if settings.BOUNCE_MAILBOX:
        try:
            bounce_mailbox.look_through()
        except bounce_mailbox.MailboxAway as error:
            log.error("the mailbox for bounces cannot be read: %s", error)


# A storage elsewhere may be away for a moment; what is still missing after that, tidy_pictures asks for again.
@app.task(retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def make_renditions(picture_id: int, key: str):
    pictures.make_renditions(picture_id, key)


@app.periodic(cron="* * * * *")
@app.task
def show_sign_of_life(timestamp: int):
    Worker.objects.update_or_create(pk=1, defaults={"last_seen_at": timezone.now(), "silence_reported_at": None})


@app.periodic(cron="17 3 * * *")
@app.task
def forget_what_is_no_longer_needed(timestamp: int):
    limits.forget_old_counts()
    mail.forget_old_bodies()


@app.periodic(cron="27 3 * * *")
@app.task
def tidy_pictures(timestamp: int):
    pictures.take_down_what_has_no_consent()
    pictures.remove_orphans()
    pictures.make_lost_renditions()


@app.periodic(cron="40 6 * * *")
@app.task
def tell_about_consent(timestamp: int):
    pictures.tell_about_consent()
