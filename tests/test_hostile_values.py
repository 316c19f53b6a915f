"""Every form of the desk takes any value calmly: kept as words, or an error in words.

OWASP ASVS 5.0, 2.2.1. The forms for reserving have tests of their own in tests/events/test_pages.py.
"""

from html.parser import HTMLParser

import pytest

from tests.factories import create_charity
from tests.test_admin_pages import MODELS, NEVER_CHANGED, ROWS, base, signed_in

pytestmark = pytest.mark.django_db

VALUES = [
    *('"><img src=x onerror=alert(1)>', "</script><script>alert(1)</script>", "<svg/onload=alert(1)>", "<!--", "]]>"),
    *(
        "javascript:alert(1)",
        "data:text/html,<b>",
        "//evil.example",
        "https://a@evil.example",
        "mailto:a\r\nBcc: b@c.d",
    ),
    *("{{ settings.SECRET_KEY }}", "{% load x %}", "%(x)s", "{0.__class__}", "${7*7}", "%s%n", "\\x00", "\\"),
    *(
        "'; DROP TABLE blog_post; --",
        "' OR 1=1 --",
        "%_%",
        "a\r\nb",
        "\t",
        " ",
        "\0",
        "\0a",
        "\ud7ff\ufffe",
        "\u202egnp",
    ),
    *("\u200b", "\u0301" * 50, "e\u0301", "٣", "²", "½", "Ⅷ", "-1", "0", "1e309", "NaN", "inf", str(2**63), "9" * 400),
    *("=HYPERLINK(1)", "2019-02-30", "99:99", "A" * 40_000, "🏳️‍🌈" * 300, "../../etc/passwd", "on", "null", "[]", "{}"),
]


# What a move proposes is answered at an address of its own: tests/site/test_proposals_desk.py.
FORMS = sorted(set(MODELS) - NEVER_CHANGED - {"site.Proposal"})


class Form(HTMLParser):
    """What a browser would send back of the first large form of a page, by the kind of each field."""

    def __init__(self, page):
        super().__init__()
        self.sent, self.typed, self.chosen, self._textarea, self._select = {}, set(), set(), "", ""
        self.feed(page)

    def handle_starttag(self, tag, pairs):
        facts = dict(pairs)
        name, kind = facts.get("name") or "", facts.get("type", "text")
        if tag == "input" and name and kind not in ("submit", "file", "button"):
            if kind not in ("checkbox", "radio"):
                self.sent[name] = facts.get("value") or ""
            elif "checked" in facts:
                self.sent[name] = facts.get("value", "on")
            if kind not in ("hidden", "checkbox", "radio"):
                self.typed.add(name)
        elif tag == "textarea":
            self._textarea = name
            self.sent[name] = ""
            self.typed.add(name)
        elif tag == "select":
            self._select = name
            self.chosen.add(name)
        elif tag == "option" and "selected" in facts:
            self.sent[self._select] = facts.get("value") or ""

    def handle_data(self, data):
        if self._textarea:
            self.sent[self._textarea] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            # Its first line break is not part of it (HTML, "the textarea element").
            self.sent[self._textarea] = self.sent[self._textarea].removeprefix("\n")
            self._textarea = ""


def is_words(response):
    page = response.content.decode()
    return "<img src=x" not in page and "<script>alert" not in page and "<svg/onload" not in page


@pytest.mark.parametrize("label", FORMS)
def test_every_form_of_the_desk_takes_any_value_calmly(label):
    create_charity()
    client = signed_in("superuser")
    address = f"{base(label)}{ROWS[label](1).pk}/change/"
    form = Form(client.get(address).content.decode())
    assert form.typed, "nothing to type into, so nothing would be tried"

    answers = {
        value: client.post(address, form.sent | dict.fromkeys(form.typed | form.chosen, value)) for value in VALUES
    }

    assert {
        value: answer.status_code for value, answer in answers.items() if answer.status_code not in (200, 302)
    } == {}
    assert [value for value, answer in answers.items() if not is_words(answer)] == []
    assert client.get(base(label)).status_code == 200


@pytest.mark.parametrize("label", FORMS)
def test_what_can_be_saved_of_it_is_shown_as_words(label):
    """One field after another, so that no error beside it keeps the value from being saved."""
    create_charity()
    client = signed_in("superuser")
    address = f"{base(label)}{ROWS[label](1).pk}/change/"
    form = Form(client.get(address).content.decode())

    for name in form.typed:
        for value in (*VALUES[:3], "\0a"):
            assert client.post(address, form.sent | {name: value}).status_code in (200, 302), (name, value)
        assert is_words(client.get(address)), name
        assert is_words(client.get(base(label))), name
