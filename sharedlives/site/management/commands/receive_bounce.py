import sys

from django.core.management.base import BaseCommand
from django.db import OperationalError

from sharedlives.foundation import bounces

TRY_AGAIN = 75  # EX_TEMPFAIL: what mail servers take for "later"


class Command(BaseCommand):
    help = "Read one message from standard input; if it reports that a mail of ours came back, note it at that mail."
    requires_system_checks = []

    def handle(self, *args, **options):
        raw = sys.stdin.buffer.read(bounces.LONGEST)
        # Read to its end: a mail server that cannot write on takes the message for lost.
        while sys.stdin.buffer.read(65536):
            pass
        try:
            outcome = bounces.receive(raw)
        except OperationalError:
            self.stderr.write("The database is away; try again later.")
            sys.exit(TRY_AGAIN)
        self.stdout.write(outcome.value)
