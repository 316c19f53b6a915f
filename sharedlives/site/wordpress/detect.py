"""What an imported post says between the lines: who wrote it, which workshop it announces, whether its end is missing.

Nothing here decides anything and nothing touches the database: staff accept or decline what was seen.
`sharedlives/site/proposals` keeps it (`note`), and does what they decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, TypedDict

from . import announced
from .announced import DateDetails, WorkshopDetails
from .lines import lines, sentences, words


@dataclass(frozen=True)
class Found:
    """One thing seen. `kind` is a value of Proposal.Kind; `fingerprint` is the same whenever it is seen again."""

    kind: str
    fingerprint: str
    details: dict[str, Any]


class BylineDetails(TypedDict):
    name: str
    role: str
    organisation: str
    handle: str  # on X (Twitter), without the @
    quote: str  # the words in which it was seen


class IntroductionDetails(TypedDict):
    quote: str
    html: str  # the piece of the body that would move, as it stands: "<p>...</p>", or a line up to its "<br>"
    names: list[str]  # whom it introduces


class CutShortDetails(TypedDict):
    quote: str  # how the text ends
    mark: str  # the words at its end that are no text: "Continue reading"


class LoginDetails(TypedDict):
    login: str
    display_name: str


__all__ = [
    "BylineDetails", "CutShortDetails", "DateDetails", "Found", "IntroductionDetails", "LoginDetails",
    "WorkshopDetails", "is_name", "proposals", "without_mark",
]  # fmt: skip


def proposals(title: str, body_html: str, published_at: datetime | None, login: str, display_name: str) -> list[Found]:
    """What there is to decide about one post.

    `body_html` is cleaned HTML as it is stored; `published_at` None for a draft; `login` "" where the post's author is
    known (a guest author of a plugin's), else the sign-in that wrote it.
    """
    found = _guests(title, body_html)
    if details := announced.workshop(title, body_html, published_at):
        found.append(Found("workshop", announced.fingerprint(details), dict(details)))
    if cut := _cut_short(title, body_html):
        found.append(Found("cut_short", "end", dict(cut)))
    if login:
        found.append(Found("login", login[:200], {"login": login, "display_name": display_name or login}))
    return found


# --- Who wrote it -----------------------------------------------------------------------------------------------------

_CAPITAL = "".join(chr(number) for number in range(0x180) if chr(number).isupper())
_TITLE = r"(?:(?:Dr|Prof|Professor|Sir|Dame|Lord|Lady|Baroness|Baron|Rev|Revd|Reverend|Mr|Mrs|Ms|Miss|Mx|Cllr)\.?\s)?"
# Words with a capital that begin no name.
_NO_NAME = (
    r"(?!(?:Chief|Deputy|Executive|Chair|Chairman|Chairwoman|Director|Head|Manager|Officer|Trustee|CEO|Policy|Senior|"
    r"President|Founder|Ambassador|Carer|Colleague|Assistant|Communications|The|This|I|In|On|At|We|It|Our|My|A|An|"
    r"Mondays?|Tuesdays?|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?|January|February|March|October|November|"
    r"December|September|August|July|June)\b)"
)
_WORD = rf"{_NO_NAME}(?:[{_CAPITAL}](?:[\w'’‘-]*\w)|[{_CAPITAL}]\b\.?)"
_PARTICLE = r"(?:de|da|di|du|la|le|van|von|der|den|ter|ap|ab|bin|al|el)"
_NAME = rf"{_TITLE}{_WORD}(?:\s(?:{_PARTICLE}\s){{0,2}}{_WORD}){{1,3}}"
# Who they are to the host: "my colleague", "our Chair,", "the chief executive of Carers Together,".
_WHO = r"(?:(?:my|our|the)\s(?P<who>[\w'’& -]{1,80}?),?\s)?"
_PERSON = re.compile(rf"{_WHO}(?P<name>{_NAME})(?:\s?[(\[]?@(?P<handle>\w{{1,50}})[)\]]?)?")
_AND = re.compile(r",?\s(?:and|&)\s|,\s(?=[A-Z])")

_PIECE = r"guest[\s-](?:blog(?:\s?post)?|post|article|piece|column)"
_WRITTEN = (
    r"(?:\s(?:is|comes|was|has\sbeen))?(?:\s(?:kindly\s)?(?:written|contributed|penned))?(?:\sfor\sus)?\s(?:from|by)\s"
)
_ADJECTIVE = r"(?:(?:very\s)?(?:special|first|latest|new|second|short|great|brilliant|wonderful|fantastic)\s)?"
_LEADS = [
    re.compile(shape, re.IGNORECASE)
    for shape in (
        # "This is a guest blog from", "Today's guest post is by", "A guest article written by", "Guest blog by"
        rf"(?:(?:this|here)\sis\s)?(?:(?:a|an|the|another|our|this|today['’]s|this\s(?:week|month)['’]s)\s)?"
        rf"{_ADJECTIVE}{_PIECE}{_WRITTEN}",
        # "I am delighted to share this guest blog from", "We're pleased to welcome ... as our guest"
        rf"(?:i|we)(?:\sam|\sare|['’]m|['’]re)\s(?:very\s|so\s|really\s)?(?:delighted|pleased|happy|proud|thrilled|glad)"
        rf"\sto\s(?:share|publish|post|present|host|bring\syou|introduce)\s(?:a|an|this|our|another)\s{_ADJECTIVE}{_PIECE}"
        rf"{_WRITTEN}",
        # "This post is by our guest", "This blog was written by"
        r"(?:this|today['’]s|this\s(?:week|month)['’]s)\s(?:blog(?:\s?post)?|post|article|piece)"
        r"\s(?:is|was|comes|has\sbeen)(?:\swritten|\scontributed)?\s(?:from|by)\s"
        r"(?:(?:our|a|my)\sguest(?:\s(?:blogger|author|writer))?,?\s)?",
        # "Guest blog: ", "Our guest blogger today is ", "Guest author "
        rf"(?:(?:our|today['’]s|this\s(?:week|month)['’]s)\s)?(?:{_PIECE}|guest\s(?:blogger|author|writer))"
        rf"(?:\stoday|\sthis\s(?:week|month))?(?:\sis|\s?[:–—|-])?\s",
        # "In this guest blog, ", "In our latest guest post, "
        rf"(?:in|for)\s(?:this|our|today['’]s|(?:this|our)\s(?:week|month)['’]s)\s{_ADJECTIVE}{_PIECE},?\s",
        # "By ", alone in its line
        r"(?:(?:written|words)\s)?by\s(?=[^.!?]{3,100}$)",
    )
]
_BY_ALONE = _LEADS[-1]
_TO_THE_HOST = re.compile(
    r"\b(?:colleagues?|friends?|guests?|bloggers?|wonderful|brilliant|amazing|own|lovely)\b", re.I
)
_ENDS_OPEN = re.compile(r"\b(?:at|of|for|in|with|from|and|the|to|on|about|by)$", re.IGNORECASE)
_SENTENCE_GOES_ON = re.compile(
    r"[.:;!?]|\s[–—-]\s|\s(?:who|writes|explains|talks|shares|reflects|tells|describes|looks|argues|asks|discusses|"
    r"considers|about|on|is|has|introduces|sets|says|responds)\b"
)
_BETWEEN_ROLE_AND_ORGANISATION = [
    re.compile(shape)
    for shape in (
        r"(?:^|,?\s)(?:at|from|with)\s",
        r"(?:(?<=xecutive)|(?<=resident)|(?<=CEO)|(?<=hair)|(?<=ounder))\sof\s",
        r",\s",
    )
]
_ROLE = re.compile(
    r"\b(?:of|manager|officer|director|carer|lead|chair|trustee|ambassador|worker|executive|president|founder)\b", re.I
)
_TWITTER = re.compile(
    r'href="https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/@?(\w{1,50})/?(?:\?[^"]*)?"', re.IGNORECASE
)
_FIRST_PIECES = re.compile(
    r"\s*(?:<figure[^>]*></figure>\s*|<hr[^>]*>\s*)*(?P<html><(?P<tag>p|h[2-4]|blockquote|aside)>(?P<inner>.*?)</(?P=tag)>)",
    re.DOTALL,
)
# A longer piece is more than an introduction: the post itself may stand in it.
LONGEST_INTRODUCTION = 800


def is_name(text: str) -> bool:
    """Whether this may be somebody's name: a sign-in is often shown as "admin" or "Communications team"."""
    return re.fullmatch(_NAME, text.strip()) is not None


def _guests(title: str, body: str) -> list[Found]:
    """Who is named as the guest, in the first two pieces of the text, in its last line, or in the title."""
    for piece in _opening_pieces(body):
        if people := _people_in(words(piece), piece):
            introduction: IntroductionDetails = {
                "quote": words(piece),
                "html": piece,
                "names": [person["name"] for person in people],
            }
            is_whole = len(words(piece)) <= LONGEST_INTRODUCTION
            return [*_bylines(people), *([Found("introduction", "opening", dict(introduction))] if is_whole else [])]
    last = lines(body)[-1:]
    for text in (*last, title):
        if len(text) <= LONGEST_INTRODUCTION and (people := _people_in(text)):
            return _bylines(people)
    return []


def _bylines(people: list[BylineDetails]) -> list[Found]:
    return [Found("byline", person["name"].lower()[:200], dict(person)) for person in people]


def _opening_pieces(body: str) -> list[str]:
    """The first two pieces of the text; of a piece with line breaks only its first line."""
    pieces: list[str] = []
    start = 0
    while len(pieces) < 2 and (found := _FIRST_PIECES.match(body, start)):
        first_line, line_break, rest = found["inner"].partition("<br>")
        pieces.append(first_line + line_break if words(rest) else found["html"])
        start = found.end()
    return pieces


def _people_in(text: str, piece: str = "") -> list[BylineDetails]:
    for sentence in sentences(text):
        sentence = sentence.lstrip(" \"'“‘([*–—-")
        for lead in _LEADS:
            begun = lead.match(sentence)
            if begun and (people := _people(sentence, begun.end(), is_alone=lead is _BY_ALONE)):
                return [_with_quote(person, text, piece if len(people) == 1 else "") for person in people]
    return []


def _people(sentence: str, start: int, *, is_alone: bool) -> list[BylineDetails]:
    people: list[BylineDetails] = []
    while found := _PERSON.match(sentence, start):
        who = (found["who"] or "").strip(" ,")
        if _ENDS_OPEN.search(who):
            break
        rest = sentence[found.end() :]
        role, organisation = _post_held(who, rest)
        people.append(
            {
                "name": found["name"],
                "role": role,
                "organisation": organisation,
                "handle": found["handle"] or "",
                "quote": "",
            }
        )
        more = _AND.match(sentence, found.end())
        if not more:
            break
        start = more.end()
    return people


def _with_quote(person: BylineDetails, text: str, piece: str) -> BylineDetails:
    person["quote"] = text[:500]
    if not person["handle"] and (address := _TWITTER.search(piece)):
        person["handle"] = address[1]
    return person


def _post_held(who: str, rest: str) -> tuple[str, str]:
    """Role and organisation, from what stands before the name and what follows it."""
    before = "" if _TO_THE_HOST.search(who) else who
    bracket = re.match(r"\s?\(([^)@]{2,150})\)", rest)
    follows = re.match(r",?\s(?:(?:from|of|at|for)\s)?", rest)
    after = ""
    if bracket:
        after = bracket[1]
    elif follows and (rest.startswith(",") or follows[0].strip(" ,")):
        after = ("at " if follows[0].strip(" ,") else "") + _SENTENCE_GOES_ON.split(rest[follows.end() :])[0]
    return _role_and_organisation(after.strip(" ,") or before)


def _role_and_organisation(text: str) -> tuple[str, str]:
    text = re.sub(r"^(?:the|our|a|an)\s", "", text)
    for between in _BETWEEN_ROLE_AND_ORGANISATION:
        if found := between.search(text):
            return text[: found.start()].strip(" ,")[:120], text[found.end() :].strip(" ,")[:150]
    return ("", text[:150]) if _is_organisation(text) else (text[:120], "")


def _is_organisation(text: str) -> bool:
    """Like "Carers Together", and not "Director of Policy" or "carer"."""
    return text[:1].isupper() and not _ROLE.search(text)


# --- A text cut short -------------------------------------------------------------------------------------------------

_MARK = (
    r"(?:\[\s?(?:…|\.\.\.)\s?\]|\((?:more|continued)\s?(?:…|\.\.\.)\)|"
    r"(?:Continue\sreading|Read\smore|Read\sthe\srest\sof\sthis\s(?:entry|post))"
    r"(?:\s*[\"“‘'](?:[^\"”]{1,200})[\"”’']|\s+TITLE)?\s*(?:→|»|>+|…|\.\.\.|\[\s?(?:…|\.\.\.)\s?\])?)"
)


END = 3_000


def _cut_short(title: str, body: str) -> CutShortDetails | None:
    """Whether the text ends where an excerpt ends."""
    last = [line[-END:] for line in lines(body)[-1:]]
    title = re.escape(" ".join(title.split())) or "-"
    found = re.search(rf"(?:^|(?<=[\s.…\"”’)])){_MARK.replace('TITLE', title)}$", last[0]) if last else None
    return {"quote": _end_of(last[0]), "mark": found[0]} if found else None


def _end_of(line: str) -> str:
    return line if len(line) <= 300 else "… " + line[-300:].partition(" ")[2]


def without_mark(body: str, mark: str) -> str:
    """`body` without the mark at its end, as HTML that wants cleaning; unchanged where it does not end so any more."""
    between = r"(?:\s|&nbsp;|<[^>]*>)+"
    spelled = between.join(re.escape(escape(word, quote=False)) for word in mark.split())
    ends = r"(?P<rest>(?:\s|&nbsp;|</?[a-z0-9]+>)*)$"
    # Only the end is looked at: blanks by the thousand would take time by their square.
    head, tail = body[:-END], body[-END:]
    return head + re.sub(rf"(?:\s|&nbsp;|<a\b[^>]*>)*{spelled}{ends}", r"\g<rest>", tail)
