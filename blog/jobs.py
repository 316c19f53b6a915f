from procrastinate.contrib.django import app

from . import retention


@app.periodic(cron="47 3 * * *")
@app.task
def forget_what_came_to_nothing(timestamp: int):
    retention.forget_drafts_that_came_to_nothing()
    retention.forget_guests()
    retention.forget_suggestions()
