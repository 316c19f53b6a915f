from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from blog.demo_posts import create_posts
from events.demo_full import create_dates_and_bookings
from sharedlives.site import demo


class Command(BaseCommand):
    help = "Fill an empty site with invented posts, workshops and bookings; safe to run twice."

    def add_arguments(self, parser):
        parser.add_argument(
            "--posts",
            type=int,
            default=0,
            metavar="N",
            help="As well as those, let there be N invented posts over fifteen years, to try the site when it is full.",
        )
        parser.add_argument(
            "--dates",
            type=int,
            default=0,
            metavar="N",
            help="Let there be N invented dates of workshops, past and future.",
        )
        parser.add_argument(
            "--bookings",
            type=int,
            default=0,
            metavar="N",
            help="Let there be N invented bookings on them, with waiting lists, offers, needs and people to ring.",
        )

    def handle(self, *, verbosity, posts, dates, bookings, **options):
        today = timezone.localdate()
        try:
            done = demo.load(today)
        except demo.RealContent as refusal:
            raise CommandError(str(refusal)) from None
        missing = create_posts(posts, today)
        made = create_dates_and_bookings(dates, bookings, today)
        if verbosity:
            self.stdout.write(done)
            if posts:
                self.stdout.write(f"{missing} of {posts} posts for a full site were missing and have been made.")
            if dates or bookings:
                missing = f"{made.dates} of {dates} dates and {made.bookings} of {bookings} bookings"
                self.stdout.write(f"{missing} for a full site were missing and have been made.")
