"""Accepting and declining, the same for every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from sharedlives.foundation import audit

from ..models import Proposal
from .bylines import accept_byline, accept_login, leave_to_host
from .introductions import accept_cut_short, accept_introduction
from .keeping import ACCEPTED, BYLINE, CUT_SHORT, DECLINED, INTRODUCTION, LOGIN, OPEN, WORKSHOP
from .posts import ProposalRefused, why_not_changed
from .workshops import NEEDS_ORGANISER, accept_workshop, may_make_workshops

if TYPE_CHECKING:
    from sharedlives.foundation.models import User

LEFT_ALONE = "Left as it was: nothing was changed."

_ACCEPT: dict[str, Callable[..., str]] = {
    BYLINE: accept_byline,
    INTRODUCTION: accept_introduction,
    WORKSHOP: accept_workshop,
    CUT_SHORT: accept_cut_short,
    LOGIN: accept_login,
}


@transaction.atomic
def accept(proposal: Proposal, *, by: User, **changes: Any) -> str:
    """Do what is proposed, as corrected by `changes`; returns sentences that say what was done.

    Which changes there are stands at the function of each kind (`_ACCEPT`). Raises ProposalRefused.
    """
    proposal = _locked(proposal, by)
    done = _ACCEPT[Proposal.Kind(proposal.kind)](proposal, by, **changes)
    _decide(proposal, ACCEPTED, by, done)
    return done


@transaction.atomic
def decline(proposal: Proposal, *, by: User) -> str:
    """Leave everything as it is and do not ask again; returns a sentence that says so. Raises ProposalRefused."""
    proposal = _locked(proposal, by)
    done = (proposal.kind == BYLINE and leave_to_host(proposal, by)) or LEFT_ALONE
    _decide(proposal, DECLINED, by, done)
    return done


def _locked(proposal: Proposal, by: User) -> Proposal:
    if not by.has_perm("site.change_proposal"):
        raise ProposalRefused("Deciding this is for colleagues with that right. Ask an editor.")
    # Lock the row, so that of two people who decide at once one comes first and the other is told.
    proposal = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    if proposal.state != OPEN:
        who = f" by {proposal.decided_by}" if proposal.decided_by else ""
        raise ProposalRefused(f"This was decided already: {proposal.get_state_display().lower()}{who}.")
    return proposal


def _decide(proposal: Proposal, state: Proposal.State, by: User, done: str) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by = state, timezone.now(), by
    proposal.details["done"] = done
    proposal.save(update_fields=["state", "decided_at", "decided_by", "details"])
    audit.record(by, state.label.lower(), proposal)


def why_not_accepted(proposal: Proposal, by: User) -> str:
    """Why this person cannot accept this, as a sentence to show before they try; empty where they can."""
    if proposal.kind == WORKSHOP and not may_make_workshops(by):
        return NEEDS_ORGANISER
    return why_not_changed(proposal.post, by) if proposal.post else ""
