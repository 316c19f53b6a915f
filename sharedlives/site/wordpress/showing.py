"""The report of an import on a terminal and in a file, as the commands give it."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from .report import Report


def tell(command: BaseCommand, report: Report, path: Path | None, verbosity: int) -> None:
    """Print the report, write it to `path` as JSON, and leave with its exit code if something was lost."""
    if verbosity:
        for line in report.lines():
            command.stdout.write(line)
    if path:
        try:
            path.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False), encoding="utf-8")
        except OSError as error:
            problem = f"All is done, only the report cannot be written: {error}. It stands in the admin too."
            raise CommandError(problem) from None
    if report.exit_code:
        raise SystemExit(report.exit_code)
