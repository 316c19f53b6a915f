from django.core.management.base import BaseCommand, CommandError

from events import checking


class Command(BaseCommand):
    help = (
        "Look whether the promises of booking hold: one sentence for each thing that is wrong, none while all is well."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--recount", action="store_true", help="First have the database count the places of wrong dates anew."
        )

    def handle(self, *, verbosity, recount, **options):
        if recount:
            counted, refused = checking.recount()
            self.stdout.write(f"{counted} dates counted anew.")
            for date in refused:
                self.stdout.write(f"{date}: not counted, for more people hold a place than may.")
        found = 0
        for finding in checking.findings():
            self.stdout.write(str(finding))
            found += 1
        if found:
            raise CommandError(f"{found} found.", returncode=1)
        if verbosity:
            self.stdout.write("All is well.")
