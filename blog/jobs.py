from procrastinate.contrib.django import app

from . import passes, retention


@app.periodic(cron="47 3 * * *")
@app.task
def forget_what_came_to_nothing(timestamp: int):
    retention.forget_drafts_that_came_to_nothing()
    retention.forget_guests()
    retention.forget_suggestions()


@app.task
def send_guest_links(digest: str):
    passes.send_links(digest)
