"""What somebody had typed into a form that was not accepted, to be shown back so that no words are lost."""

import re

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

# A post of the greatest length in a form of the desk, the longest there are.
MOST_FIELDS = 100
MOST_CHARACTERS = 100_000
# Secrets, which nobody should read back, and the form's own machinery, which nobody typed.
SECRETS = re.compile(r"passw|passphrase|token|csrf|secret|credential|signature", re.IGNORECASE)
MACHINERY = re.compile(r"(?:^|[-_])(?:code|otp|pin|key|stamp|signed|uuid|id|FORMS|next|action)$|^_", re.IGNORECASE)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def kept_text(request: HttpRequest) -> list[tuple[str, str]]:
    """(label, text) of each field of the posted form that holds words, secrets left out, lengths bounded."""
    try:
        fields = list(request.POST.lists())
    except (MultiPartParserError, SuspiciousOperation, OSError):  # too big, broken or cut short: nothing to give back
        return []
    kept = []
    for name, values in fields:
        text = CONTROL_CHARACTERS.sub("", ", ".join(values)[:MOST_CHARACTERS]).strip()
        if text and text != "on" and not SECRETS.search(name) and not MACHINERY.search(name):
            kept.append((_label(name), text))
    return kept[:MOST_FIELDS]


def _label(name: str) -> str:
    """'places-0-first_name' becomes 'Places 0 first name'."""
    words = " ".join(re.findall(r"[^\W_]+", name[:60]))
    return words[:1].upper() + words[1:] or "Text"
