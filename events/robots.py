"""Telling programs from people without a puzzle, and without turning anybody away.

What looks like a program's work is shown again as it was typed, with the wish to press once more. That costs a person
with autofill, a screen reader or a switch a moment, and programs, which mostly send and go, do not do it. Sent a second
time it counts, whoever sends it; limits and the watch for a rush (events/rush.py) see to the rest.
"""

from __future__ import annotations

import re

from django.conf import settings

ONCE_MORE = (
    "Please press the button at the end once more. Everything you wrote is kept and nothing is wrong with it: we only"
    " want to know that a person sent it."
)
MANY_LINKS = 3
LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


def seems_automatic(*, trap: str, seconds: float, name: str, texts: list[str]) -> str:
    """Why a form seems to be sent by a program, for the log; empty when it does not.

    `trap` is the field that nobody sees, `seconds` how long the form was open (days are quite all right), `texts` what
    was written beside the `name`.
    """
    written = [text for text in texts if text]
    if trap:
        return "the hidden field is filled in"
    if seconds < settings.QUICKEST_PERSON:
        return f"sent within {settings.QUICKEST_PERSON} seconds"
    if sum(len(LINK.findall(text)) for text in written) >= MANY_LINKS:
        return "many links"
    if len(written) > 1 and set(written) == {name}:
        return "the same text everywhere"
    return ""
