from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from sharedlives.site.wordpress import applying, reading, showing

AFTERWARDS = """\
Each post begins with its title, alone in a line; blank lines stand between paragraphs. A title is a short line that
does not end like a sentence. If the trial cuts the text up wrongly, begin every title with "# ".

Everything comes as a draft: a plain text says neither when a post went out nor who wrote it.

Exit code: 0 nothing was lost; 3 something does not come, the report names it; 1 the file was refused and nothing was
done.
"""


class Command(BaseCommand):
    help = "Move several posts in from a plain text, as drafts."

    def create_parser(self, *args, **kwargs):
        return super().create_parser(*args, epilog=AFTERWARDS, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="A plain text in UTF-8.")
        parser.add_argument("--apply", action="store_true", help="Do it. Otherwise it is only tried.")
        parser.add_argument("--json", type=Path, metavar="PATH", help="Write the report there too.")

    def handle(self, *, file, apply, json, verbosity, **options):
        try:
            with file.open("rb") as opened:
                report = applying.move_text(opened, name=file.name, is_applied=apply)
        except (reading.Broken, OSError) as problem:
            raise CommandError(f"{file.name} was refused, nothing was changed. {problem}") from None
        showing.tell(self, report, json, verbosity)
