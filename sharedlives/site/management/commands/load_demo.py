from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from blog.demo_posts import create_posts
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

    def handle(self, *, verbosity, posts, **options):
        today = timezone.localdate()
        try:
            done = demo.load(today)
        except demo.RealContent as refusal:
            raise CommandError(str(refusal)) from None
        missing = create_posts(posts, today)
        if verbosity:
            self.stdout.write(done)
            if posts:
                self.stdout.write(f"{missing} of {posts} posts for a full site were missing and have been made.")
