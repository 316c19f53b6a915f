"""Rich text: which HTML people may write, cleaned whenever it is saved and never when it is shown.

bleach applies our allow-list and nh3, which is maintained, has the last word with the same list
(docs/decisions/0005-rich-text.md). The strict Content-Security-Policy is the second wall.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from dataclasses import dataclass

import bleach
import nh3
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django_prose_editor.fields import ProseEditorFormField

# The longest real post of the charity has 7,000 characters; cleaning this many takes well under a second.
LONGEST = 200_000


class TooLong(ValidationError):
    def __init__(self):
        super().__init__(
            f"This text is too long: at most {LONGEST:,} characters, formatting included.", code="too_long"
        )


@dataclass(frozen=True)
class Policy:
    """Which elements a writer may use; the attributes follow from `ATTRIBUTES`."""

    tags: frozenset[str]

    @property
    def attributes(self) -> dict[str, set[str]]:
        return {tag: names for tag, names in ATTRIBUTES.items() if tag in self.tags}


ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
SCHEMES = {"http", "https", "mailto", "tel"}

_GUEST = frozenset("p br strong em h2 h3 ul ol li blockquote a".split())
POLICIES = {
    "guest": Policy(_GUEST),
    "staff": Policy(_GUEST | frozenset("h4 s sub sup hr table caption thead tbody tr th td".split())),
}

_SAFE_HREF = re.compile(r"(?:https?://[^/\\]|mailto:[^/]|tel:[+\d]|/(?![/\\])|#)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,4}")


def _hides_something(href: str) -> bool:
    """Invisible or control characters, by which a scheme is smuggled past a reader or a checker."""
    return any(unicodedata.category(character).startswith("C") or character.isspace() for character in href)


def _keep_attribute(tag: str, name: str, value: str) -> bool:
    if name == "href":
        href = html.unescape(value).strip()
        return len(href) <= 2000 and not _hides_something(href) and bool(_SAFE_HREF.match(href))
    if name == "scope":
        return value in {"row", "col"}
    return bool(_NUMBER.fullmatch(value))


@functools.lru_cache(maxsize=16)
def clean(text: str, policy: str = "staff") -> str:
    """`text` as HTML that is safe to show, holding only what `policy` ("staff" or "guest") allows.

    Cleaning what was cleaned changes nothing. Raises TooLong before any parser sees the text.
    """
    if len(text) > LONGEST:
        raise TooLong
    rules = POLICIES[policy]
    # A first pass drops the content of <script> and the like, which bleach would keep as text, and leaves headings
    # without attributes, so that h1 (the page's own) can become h2.
    text = nh3.clean(
        text.replace("\0", ""),
        tags=set(rules.tags | {"h1", "b", "i"}),
        attributes=rules.attributes,
        url_schemes=SCHEMES,
        link_rel=None,
        clean_content_tags={
            "script",
            "style",
            "iframe",
            "object",
            "template",
            "title",
            "textarea",
            "noscript",
            "svg",
            "math",
        },
    )
    for pasted, ours in {"h1": "h2", "b": "strong", "i": "em"}.items():
        text = text.replace(f"<{pasted}>", f"<{ours}>").replace(f"</{pasted}>", f"</{ours}>")
    text = bleach.clean(
        text,
        tags=rules.tags,
        attributes=lambda tag, name, value: name in rules.attributes.get(tag, ()) and _keep_attribute(tag, name, value),
        protocols=SCHEMES,
        strip=True,
    )
    text = nh3.clean(
        text,
        tags=set(rules.tags),
        attributes=rules.attributes,
        attribute_filter=lambda tag, name, value: value if _keep_attribute(tag, name, value) else None,
        url_schemes=SCHEMES,
        link_rel=None,
    ).strip()
    return "" if is_blank(text) else text


def is_blank(text: str) -> bool:
    """Whether cleaned HTML shows nothing: an editor leaves an empty paragraph behind."""
    return not plain(text) and "<hr" not in text


def plain(text: str) -> str:
    """The words of cleaned HTML, blocks apart by a blank."""
    words = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return " ".join(words.split())


# What the editor offers, per policy; its output stays within the allow-list above.
_GUEST_TOOLS = {
    "Bold": True,
    "Italic": True,
    "BulletList": True,
    "OrderedList": True,
    "Blockquote": True,
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": sorted(SCHEMES)},
    "HardBreak": True,
    "NoSpellCheck": False,
    "Typographic": False,
}
EDITOR_TOOLS = {
    "guest": _GUEST_TOOLS,
    "staff": _GUEST_TOOLS
    | {
        "Heading": {"levels": [2, 3, 4]},
        "Strike": True,
        "Subscript": True,
        "Superscript": True,
        "HorizontalRule": True,
        "Table": True,
    },
}


class RichTextFormField(ProseEditorFormField):
    """The editor; without JavaScript a plain textarea. Says so when the text is too long, before cleaning it."""

    def __init__(self, *args, policy: str = "staff", **kwargs):
        kwargs |= {"config": {"extensions": EDITOR_TOOLS[policy]}, "preset": "configurable"}
        super().__init__(*args, **kwargs)
        self.validators.append(MaxLengthValidator(LONGEST, TooLong().message))


class RichTextField(models.TextField):
    """HTML cleaned on every way into the database: save, update, bulk_create, fixtures."""

    def __init__(self, *args, policy: str = "staff", **kwargs):
        self.policy = policy
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        if self.policy != "staff":
            kwargs["policy"] = self.policy
        return name, path, args, kwargs

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return clean(value, self.policy) if isinstance(value, str) else value

    def pre_save(self, instance, add):
        value = self.get_prep_value(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": RichTextFormField, "policy": self.policy} | kwargs)
