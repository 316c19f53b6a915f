"""What a process that answers visitors has, and the job worker and commands have not: an end to its patience."""

from __future__ import annotations

from django.conf import settings
from django.db import connections


def answer_in_time() -> None:
    """From now on the database gives up on a question that takes longer than anybody waits for a page."""
    if settings.SLOWEST_QUERY:
        options = connections["default"].settings_dict["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c statement_timeout={settings.SLOWEST_QUERY}s".strip()
