from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sharedlives.site import demo


class Command(BaseCommand):
    help = "Fill an empty site with invented posts, workshops and bookings; safe to run twice."

    def handle(self, *, verbosity, **options):
        try:
            done = demo.load(timezone.localdate())
        except demo.RealContent as refusal:
            raise CommandError(str(refusal)) from None
        if verbosity:
            self.stdout.write(done)
