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
from typing import Any

import bleach
import nh3
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Case, Col, Value
from django.db.models.functions import Cast
from django.utils.html import linebreaks
from django_prose_editor.fields import ProseEditorFormField

from .arrangement import arranged

# The longest real post of the charity has 7,000 characters. The limits keep the worst text anybody could make within
# a second (benchmarks/clean_rich_text.py measures): parsers take time by the square of elements left open, and
# every element needs a "<".
LONGEST = 80_000
MOST_TAGS = 6_000
DEEPEST = 30


class Refused(ValidationError):
    """A text that is not even looked at; the words are fit to show."""


class TooLong(Refused):
    def __init__(self):
        super().__init__(
            f"This text is too long: at most {LONGEST:,} characters, formatting included.", code="too_long"
        )


class TooTangled(Refused):
    def __init__(self):
        super().__init__(
            "This text holds more formatting than the site can take. Paste it again as plain text, then format it "
            "here.",
            code="too_tangled",
        )


@dataclass(frozen=True)
class Policy:
    """Which elements a writer may use; the attributes follow from `ATTRIBUTES`."""

    tags: frozenset[str]

    @property
    def attributes(self) -> dict[str, set[str]]:
        return {tag: names for tag, names in ATTRIBUTES.items() if tag in self.tags}

    @property
    def replacements(self) -> dict[str, str]:
        """Elements that we do not keep, and what carries their meaning here. The page's own h1 is its title."""
        others = {tag: ours for tag, ours in MEANS_THE_SAME.items() if tag == "figure" or tag not in self.tags}
        smallest = max(tag for tag in self.tags if re.fullmatch("h[2-6]", tag))
        headings = {f"h{level}": smallest for level in range(int(smallest[1]) + 1, 7)}
        return others | headings


ATTRIBUTES = {
    "a": {"href"},
    "figure": {"data-picture"},
    "hr": {"data-fold"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
SCHEMES = {"http", "https", "mailto", "tel"}

_GUEST = frozenset("p br strong em h2 h3 ul ol li blockquote a figure".split())
POLICIES = {
    "guest": Policy(_GUEST),
    "staff": Policy(_GUEST | frozenset("h4 s sub sup hr table caption thead tbody tr th td small aside".split())),
}

MEANS_THE_SAME = {"b": "strong", "i": "em", "h1": "h2"} | dict.fromkeys(
    "div section article header footer main aside figure figcaption address pre dt dd".split(), "p"
)
# Elements whose text is no text: it goes with them. bleach alone would keep the words of a script.
WITHOUT_WORDS = set("script style iframe object template title textarea noscript noembed noframes xmp svg math".split())

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_BLOCK = re.compile(r"<(?:p|h[2-6]|ul|ol|li|blockquote|hr|table|figure|aside)\b")
# What stands apart from what is before and after it, when a text is read as words alone.
_APART = re.compile(r"</?(?:p|h[2-6]|[uo]l|li|blockquote|[hb]r|table|caption|thead|tbody|t[rhd]|figure|aside)\b[^>]*>")
_NOTE = re.compile(r"<small>.*?</small>", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_NOT_LINKED = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_PICTURE = re.compile(r'<figure data-picture="([0-9]{1,18})">')
# Of nh3: those that are to be ours carry no attributes but for pictures.
_NOT_YET_OURS = re.compile(r"<(/?)([a-z0-9]+)( data-picture=\"[0-9]+\")?>")
_EMPTY_BLOCK = re.compile(r"<(p|h[2-6]|aside)>(?:\s|&nbsp;|<br>)*</\1>")
_EMPTY_MARK = re.compile(r"<(strong|em|s|sub|sup|a)(?: href=(?:\"[^\"]*\"|'[^']*'))?>((?:\s|&nbsp;|<br>)*)</\1>")

_SAFE_HREF = re.compile(
    r"https?://(?![^/?#]*[@\\])[^/]"  # "@" and what browsers take for "/" only make one host look like another
    r"|mailto:[^/]|tel:[+\d]|/(?![/\\])|#",
    re.IGNORECASE,
)
_SPAN = re.compile("[2-9]|[1-9][0-9]")
_VALUES = {
    "colspan": _SPAN,
    "rowspan": _SPAN,
    "scope": re.compile("row|col"),
    "start": re.compile("[0-9]{1,4}"),
    "data-picture": re.compile("[0-9]{1,18}"),
    "data-fold": re.compile(""),
}
_ADDRESS_WITHOUT_SCHEME = re.compile(r"www\.[\w-]+\.\w", re.IGNORECASE)
_MAIL_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")


def _tidy_href(href: str) -> str:
    """What the writer will have meant: "www.example.org" and "ann@example.org" are addresses too."""
    href = href.strip().replace(" ", "%20")
    if _ADDRESS_WITHOUT_SCHEME.match(href):
        return f"https://{href}"
    return f"mailto:{href}" if _MAIL_ADDRESS.fullmatch(href) else href


def _hides_something(href: str) -> bool:
    """Invisible or control characters, by which a scheme is smuggled past a reader or a checker."""
    return any(unicodedata.category(character).startswith("C") or character.isspace() for character in href)


def _keep_attribute(tag: str, name: str, value: str) -> bool:
    if name == "href":
        href = html.unescape(value).strip()
        return len(href) <= 2000 and not _hides_something(href) and bool(_SAFE_HREF.match(href))
    return bool(_VALUES[name].fullmatch(value))


@functools.lru_cache(maxsize=16)
def clean(text: str, policy: str = "staff") -> str:
    """`text` as HTML that is safe to show, holding only what `policy` ("staff" or "guest") allows.

    Cleaning what was cleaned changes nothing. Raises Refused (TooLong before any parser sees the text).
    """
    rules = POLICIES[policy]
    _refuse_too_much(text)
    text = _in_our_elements(_printable(text), rules)
    _refuse_too_much(text)  # parsing can make a text longer: "<" becomes "&lt;", one slip is repaired a hundred times
    if _depth(text) > DEEPEST:
        raise TooTangled
    text = bleach.clean(
        text,
        tags=rules.tags,
        attributes=lambda tag, name, value: name in rules.attributes.get(tag, ()) and _keep_attribute(tag, name, value),
        protocols=SCHEMES,
        strip=True,
    )
    if (in_place := arranged(text)) != text:
        text = _as_nh3_has_it(in_place, rules)  # what was moved can close what it now stands in
    text = _as_nh3_has_it(_in_paragraphs(_without_husks(text)), rules).strip()
    return "" if is_blank(text) else text


def _as_nh3_has_it(text: str, rules: Policy) -> str:
    return nh3.clean(
        text,
        tags=set(rules.tags),
        attributes=rules.attributes,
        attribute_filter=lambda tag, name, value: value if _keep_attribute(tag, name, value) else None,
        url_schemes=SCHEMES,
        link_rel=None,
    )


def _refuse_too_much(text: str) -> None:
    if len(text) > LONGEST:
        raise TooLong
    if text.count("<") > MOST_TAGS:
        raise TooTangled


def _printable(text: str) -> str:
    """Without the characters that neither HTML nor XML can carry."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _in_our_elements(text: str, rules: Policy) -> str:
    """Well-formed HTML in which each element that we do not have became the nearest of ours."""
    replacements = rules.replacements
    text = nh3.clean(
        text,
        tags=set(rules.tags | replacements.keys()),
        attributes=rules.attributes,
        attribute_filter=lambda tag, name, value: _tidied(name, value),
        url_schemes=SCHEMES,
        link_rel=None,
        clean_content_tags=WITHOUT_WORDS,
    )
    # nh3 writes every "<" of the text as "&lt;".
    text = _NOT_YET_OURS.sub(lambda tag: _renamed(tag, replacements), _printable(text))
    return _in_paragraphs(text, split=True)


def _tidied(name: str, value: str) -> str | None:
    if name == "href":
        return _tidy_href(value)
    # A figure that is none of ours becomes a paragraph, which must be known now.
    return value if name != "data-picture" or _keep_attribute("figure", name, value) else None


def _renamed(tag: re.Match, replacements: dict[str, str]) -> str:
    closing, name, picture = tag.groups()
    if picture:
        # A picture of ours is empty: caption and credit stand in the library. What comes with it follows it.
        return f"<figure{picture}></figure><p>"
    return f"<{closing}{replacements.get(name, name)}>"


def _without_husks(text: str) -> str:
    """Without links that lead nowhere, and without elements that hold nothing (or only such elements)."""
    text, found = _NOT_LINKED.sub(r"\1", text), 1
    while found:
        text, marks = _EMPTY_MARK.subn(r"\2", text)
        text, blocks = _EMPTY_BLOCK.subn("", text)
        found = marks + blocks
    return text


def _in_paragraphs(text: str, split: bool = False) -> str:
    """Words alone become a paragraph, or with `split`, as from a plain text box, one for each blank line and one."""
    text = text.strip()
    if not text or _BLOCK.search(text):
        return text
    return linebreaks(text) if split else f"<p>{text}</p>"


def _depth(text: str) -> int:
    """How deep elements lie within one another, in well-formed HTML."""
    depth = deepest = 0
    for closing, name in _TAG.findall(text):
        if name not in ("br", "hr"):
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def is_blank(text: str) -> bool:
    """Whether cleaned HTML shows nothing: an editor leaves an empty paragraph behind."""
    return not plain(text) and "<hr" not in text and "<figure" not in text


def picture_ids(text: str) -> list[int]:
    """The pictures of the library that stand in cleaned HTML, in their order, each once."""
    return list(dict.fromkeys(int(number) for number in _PICTURE.findall(text)))


def plain(text: str) -> str:
    """The words of cleaned HTML, blocks apart by a blank, without footnotes."""
    words = html.unescape(re.sub(r"<[^>]+>", "", _APART.sub(" ", _NOTE.sub("", text))))
    return " ".join(words.split())


# What the editor offers, per policy; its output stays within the allow-list above. Ours are those of
# settings.DJANGO_PROSE_EDITOR_EXTENSIONS, each a small module in static/js.
_MENU = [{"group": group} for group in ("blockType -lists", "lists", "nodes -blockType -lists")] + [
    {"group": group} for group in ("marks", "link", "table", "history")
]
_GUEST_TOOLS = {
    "Bold": True,
    "Italic": True,
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": sorted(SCHEMES)},
    "HardBreak": True,
    "Menu": {"groups": _MENU},
    "NoSpellCheck": False,
    "HouseRules": True,
    "LinkDialog": True,
    "TidyPaste": True,
    "LibraryPicture": True,
    "WordCount": True,
    "TypeBehind": True,
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
        "TableRow": True,
        "TableHeader": True,
        "TableCell": True,
        "LinkDialog": {"ours": "/admin/site/page/links/"},
        "PullQuote": True,
        "Footnote": True,
        "Fold": True,
    },
}


class RichTextFormField(ProseEditorFormField):
    """The editor; without JavaScript a plain textarea, where a blank line begins a new paragraph."""

    def __init__(self, *args, policy: str = "staff", **kwargs):
        self.policy = policy
        super().__init__(*args, **kwargs, config={"extensions": EDITOR_TOOLS[policy]}, preset="configurable")

    def clean(self, value):
        cleaned = clean(super().clean(value), self.policy)
        if self.required and not cleaned:
            raise ValidationError(self.error_messages["required"], code="required")
        return cleaned

    def has_changed(self, initial, data):
        try:
            return super().has_changed(initial, clean(data or "", self.policy))
        except Refused:
            return True


class RichTextField(models.TextField):
    """HTML cleaned on every way into the database: save, update, bulk_create, bulk_update, fixtures."""

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

    def get_db_prep_save(self, value, connection):
        if hasattr(value, "as_sql") and not _is_cleaned(value):
            raise TypeError(f"{self.name} is rich text: give it a text, which can be cleaned, and not {value!r}")
        return super().get_db_prep_save(value, connection)

    def pre_save(self, instance, add):
        value = self.get_prep_value(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def formfield(self, **kwargs: Any):
        options: dict[str, Any] = {"form_class": RichTextFormField, "policy": self.policy} | kwargs
        return super().formfield(**options)


def _is_cleaned(expression) -> bool:
    """Whether what SQL will write comes from rich text: a column of it, or the values of bulk_update."""
    if isinstance(expression, Case):
        return all(_is_cleaned(case.result) for case in expression.cases) and _is_cleaned(expression.default)
    if isinstance(expression, Cast):
        return all(_is_cleaned(source) for source in expression.get_source_expressions())
    if isinstance(expression, Col):
        return isinstance(expression.target, RichTextField)
    if isinstance(expression, Value):
        return expression.value is None or isinstance(getattr(expression, "_output_field_or_none", None), RichTextField)
    return False
