"""What the policies say, asked of stored HTML a second way: without the code that cleans it."""

import re
from html.parser import HTMLParser

import nh3

from sharedlives.foundation import richtext

GUEST = frozenset("p br strong em h2 h3 ul ol li blockquote a figure".split())
ELEMENTS = {
    "guest": GUEST,
    "staff": GUEST | frozenset("h4 s sub sup hr table caption thead tbody tr th td small aside".split()),
}
VALUES = {
    ("a", "href"): r"(?:https?://[\w.-]+(?:[:/?#]\S*)?|mailto:[^\s/]\S*|tel:[+\d]\S*|/(?![/\\])\S*|#\S*)",
    ("ol", "start"): r"[0-9]{1,4}",
    ("td", "colspan"): r"[2-9]|[1-9][0-9]",
    ("td", "rowspan"): r"[2-9]|[1-9][0-9]",
    ("th", "colspan"): r"[2-9]|[1-9][0-9]",
    ("th", "rowspan"): r"[2-9]|[1-9][0-9]",
    ("th", "scope"): r"row|col",
    ("figure", "data-picture"): r"[0-9]{1,18}",
    ("hr", "data-fold"): "",
}


BETWEEN_BLOCKS = [[], ["blockquote"], ["li"], ["td"], ["th"]]


class Findings(HTMLParser):
    """Reads as a browser might, and collects what the policy does not know or allows elsewhere only."""

    def __init__(self, policy):
        super().__init__()
        self.elements = ELEMENTS[policy]
        self.open = []
        self.folds = 0
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.elements:
            self.found.append(tag)
        for name, value in attrs:
            if not re.fullmatch(VALUES.get((tag, name), "(?!)"), value or "", re.ASCII if name != "href" else 0):
                self.found.append(f"{tag} {name}={value}")
        if len(dict(attrs)) != len(attrs):
            self.found.append(f"{tag} says something twice")
        self._find_misplaced(tag, dict(attrs))
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def _find_misplaced(self, tag, attributes):
        fold = "data-fold" in attributes
        self.folds += fold
        if (
            (fold and (self.open or self.folds > 1))
            or (tag == "figure" and ("data-picture" not in attributes or self.open[-1:] not in BETWEEN_BLOCKS))
            or (tag == "aside" and self.open)
            or (tag == "small" and {*self.open} & {"a", "small"})
            or ("small" in self.open and tag not in ("a", "strong", "em"))
            or ("figure" in self.open)
        ):
            self.found.append(f"{tag} in {self.open}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.found.append(f"/{tag} is not open")

    def handle_data(self, data):
        if "figure" in self.open:
            self.found.append(f"words in a figure: {data}")

    def handle_comment(self, data):
        self.found.append("comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def findings(html, policy="staff"):
    """What in `html` is against the policy; an empty list where nothing is."""
    reader = Findings(policy)
    reader.feed(html)
    reader.close()
    return reader.found + ([f"{reader.open} stay open"] if reader.open else [])


def as_nh3_has_it(html, policy="staff"):
    """What nh3 alone makes of it, with the same list and without our code."""
    rules = richtext.POLICIES[policy]
    return nh3.clean(
        html, tags=set(rules.tags), attributes=rules.attributes, url_schemes=richtext.SCHEMES, link_rel=None
    )
