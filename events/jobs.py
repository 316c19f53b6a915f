from procrastinate.contrib.django import app

from . import bookings


@app.periodic(cron="7 4 * * *")
@app.task
def forget_old_needs(timestamp: int):
    bookings.forget_old_needs()
