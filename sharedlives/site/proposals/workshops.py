"""The workshop that a post announces, made from what the text says of it and staff correct."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from events.models import RESERVED_SLUGS, Venue, Workshop, WorkshopDate
from sharedlives.foundation import audit, slugs, spoken, wall_clock

from ..models import Proposal
from .posts import ProposalRefused, locked_post, save

if TYPE_CHECKING:
    from sharedlives.foundation.models import User

NEEDS_ORGANISER = (
    "Making workshops and dates takes an organiser’s rights as well as an editor’s. Leave this for a colleague who has "
    "both: it waits here."
)


@dataclass(frozen=True)
class DateWanted:
    """One date of a workshop, as staff accept it: on UK clocks, at a venue or in an area."""

    day: date
    starts: time
    ends: time | None = None
    area: str = ""
    venue: str = ""
    street: str = ""
    town: str = ""
    postcode: str = ""


def may_make_workshops(by: User) -> bool:
    return all(by.has_perm(f"events.add_{model}") for model in ("workshop", "workshopdate", "venue"))


def accept_workshop(
    proposal: Proposal,
    by: User,
    *,
    dates: list[DateWanted],
    workshop: Workshop | None = None,
    title: str = "",
    summary: str = "",
    partners: str = "",
    cost: str = "",
    places: int | None = None,
) -> str:
    """Make a workshop that is not published, with these dates as drafts, or add them to one we have; link the post.

    `places` holds for each date; None is no limit.
    """
    if not may_make_workshops(by):
        raise ProposalRefused(NEEDS_ORGANISER)
    post = locked_post(proposal.post_id, by)
    if post.workshop and post.workshop != workshop:
        raise ProposalRefused(
            f"This post announces “{post.workshop}” already. Choose that workshop to add the dates to."
        )
    if not dates:
        raise ProposalRefused("Keep at least one date, or decline this.")
    made = workshop is None
    if workshop is None:
        workshop = _new_workshop(by, title=title, summary=summary, partners=partners, cost=cost)
    added = [row for wanted in dates if (row := _new_date(workshop, wanted, places, by))]
    if post.workshop_id != workshop.pk:
        post.workshop = workshop
        save(post, by, {"workshop": (None, workshop.title)}, "workshop")
    proposal.details["workshop"] = workshop.pk
    begins = f"The workshop “{workshop}” is made, not published yet," if made else f"“{workshop}” stays as it is,"
    new = "1 new date, a draft" if len(added) == 1 else f"{len(added)} new dates, all drafts"
    return f"{begins} with {new}. “{post}” announces it."


def _new_workshop(by: User, *, title: str, summary: str, partners: str, cost: str) -> Workshop:
    for value, words in ((title, "what the workshop is called"), (summary, "in one sentence what it is about")):
        if not value.strip():
            raise ProposalRefused(f"Say {words}.")
    workshop = Workshop.objects.create(
        title=title.strip()[:150],
        slug=slugs.free(title, Workshop.objects, otherwise="workshop", longest=80, reserved=RESERVED_SLUGS),
        summary=summary.strip()[:300],
        partners=partners.strip()[:200],
        cost=cost.strip()[:100] or "Free",
    )
    audit.record(by, "added", workshop)
    return workshop


def _new_date(workshop: Workshop, wanted: DateWanted, places: int | None, by: User) -> WorkshopDate | None:
    """The date as a draft; None where the workshop has one at that moment and place already."""
    try:
        starts_at = wall_clock.moment(wanted.day, wanted.starts)
        ends_at = wall_clock.moment(wanted.day, wanted.ends) if wanted.ends else None
    except ValidationError as error:
        raise ProposalRefused(" ".join(error.messages)) from error
    if ends_at and ends_at <= starts_at:
        raise ProposalRefused(f"On {spoken.day(starts_at)} it ends before it starts.")
    venue = _venue(wanted, by)
    area = "" if venue else wanted.area.strip()[:100]
    if not venue and not area:
        raise ProposalRefused(f"Say where it is on {spoken.day(starts_at)}: a venue, or at least an area.")
    if workshop.dates.filter(starts_at=starts_at, venue=venue, area=area).exists():
        return None
    row = WorkshopDate.objects.create(
        workshop=workshop, starts_at=starts_at, ends_at=ends_at, venue=venue, area=area, places=places
    )
    audit.record(by, "added", row)
    return row


def _venue(wanted: DateWanted, by: User) -> Venue | None:
    """The venue we have, or a new one; None where none is named."""
    facts = {name: getattr(wanted, name).strip() for name in ("street", "town", "postcode")}
    name = wanted.venue.strip()
    if not name:
        return None
    if known := find_venue(name, facts["postcode"]):
        return known
    if not all(facts.values()):
        raise ProposalRefused(
            f"{name} is not among our venues yet. Give its street, town and postcode, or take its name out and say the "
            "area alone."
        )
    venue = Venue.objects.create(name=name, **facts)
    audit.record(by, "added", venue)
    return venue


def find_venue(name: str, postcode: str) -> Venue | None:
    """The venue we have under this name and postcode, however that is spaced."""
    joined = postcode.replace(" ", "").lower()
    same_name = Venue.objects.filter(name__iexact=name.strip()).order_by("pk")
    return next((venue for venue in same_name if venue.postcode.replace(" ", "").lower() == joined), None)
