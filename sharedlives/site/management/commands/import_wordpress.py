from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from sharedlives.site.wordpress import applying, media, reading, showing

AFTERWARDS = """\
Without --apply nothing is changed: the report says what would be. Run it again whenever you like: it brings only what
changed there, and leaves alone what was edited here.

Exit code: 0 nothing was lost; 3 something does not come, the report names it; 1 the file was refused and nothing was
done.
"""


class Command(BaseCommand):
    help = "Move a blog in from WordPress: posts, pages, pictures, authors, topics, tags and old addresses."

    def create_parser(self, *args, **kwargs):
        return super().create_parser(*args, epilog=AFTERWARDS, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="The export (Tools, Export, All content), an .xml file.")
        parser.add_argument("--apply", action="store_true", help="Do it. Otherwise it is only tried.")
        parser.add_argument("--media-dir", type=Path, help="A copy of the folder wp-content/uploads.")
        parser.add_argument("--fetch", action="store_true", help="Fetch pictures that are not there from the old site.")
        parser.add_argument(
            "--fetch-host", action="append", default=[], metavar="HOST",
            help="Fetch from this host too, beside the blog's own; may be given more than once.",
        )  # fmt: skip
        parser.add_argument("--json", type=Path, metavar="PATH", help="Write the report there too.")

    def handle(self, *, file, apply, media_dir, fetch, fetch_host, json, verbosity, **options):
        if fetch_host and not fetch:
            raise CommandError("--fetch-host needs --fetch.")
        try:
            with file.open("rb") as opened:
                report = applying.move(
                    opened,
                    name=file.name,
                    is_applied=apply,
                    folder=media_dir,
                    fetch_hosts=fetch_host if fetch else None,
                )
        except reading.Broken as problem:
            raise CommandError(f"{file.name} was refused, nothing was changed. {problem}") from None
        except (OSError, media.Missing) as problem:
            raise CommandError(f"Nothing was changed. {problem}") from None
        showing.tell(self, report, json, verbosity)
