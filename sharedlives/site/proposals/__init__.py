"""What an import saw and did not dare to decide: kept here, and accepted or declined by staff.

`accept` takes the corrections of staff as keywords; which there are stands at accept_byline, accept_login
(bylines.py), accept_introduction, accept_cut_short (introductions.py) and accept_workshop (workshops.py).
"""

from .bylines import answered_before, find_author, host_of, posts_of_login
from .deciding import accept, decline, why_not_accepted
from .introductions import as_introduction, text_as_decided
from .keeping import CAN_BE_ACCEPTED_UNSEEN, CUT_SHORT, OPEN, ORDER, in_order, note, note_login, to_decide
from .posts import ProposalRefused
from .workshops import DateWanted, find_venue

__all__ = [
    "CAN_BE_ACCEPTED_UNSEEN",
    "CUT_SHORT",
    "OPEN",
    "ORDER",
    "DateWanted",
    "ProposalRefused",
    "accept",
    "answered_before",
    "as_introduction",
    "decline",
    "find_author",
    "find_venue",
    "host_of",
    "in_order",
    "note",
    "note_login",
    "posts_of_login",
    "text_as_decided",
    "to_decide",
    "why_not_accepted",
]
