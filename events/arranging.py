"""Seeing to what people need: who does it, by when, how it stands, and telling them.

Whatever is done stands in the log, beside the person's place and without a word of what they need.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sharedlives.foundation import audit
from sharedlives.foundation.models import User

from . import emails, locking
from .locking import BookingRefused, activity
from .models import AccessNeed

State = AccessNeed.State


@activity
def see_to(need: AccessNeed, *, by: User, seen: str = "", **changes: Any) -> AccessNeed:
    """Change how it stands, who sees to it, by when, or what is arranged. Raises BookingRefused.

    `seen` is the fingerprint of what they read before they decided.
    """
    need = _locked(need)
    if seen and seen != need.fingerprint:
        raise BookingRefused("Something has changed since you opened this page. Read it again, then press once more.")
    changed = {name: (getattr(need, name), new) for name, new in changes.items() if getattr(need, name) != new}
    for name, (_before, new) in changed.items():
        setattr(need, name, new)
    if changed:
        need.save(update_fields=list(changed))
        audit.record(by, _what_was_done(changed, by), need.place, changes=_in_words(changed))
    return need


def _locked(need: AccessNeed) -> AccessNeed:
    """As it stands now, its date locked."""
    locking.lock_date(need.place.booking.date_id)
    needs = AccessNeed.objects.select_related("place__booking__date__workshop", "place__booking__date__venue", "owner")
    now = needs.filter(pk=need.pk).first()
    if now is None:
        raise BookingRefused("This need is no longer there: the booking has ended, or they took back what they told.")
    if now.place.booking.date_id != need.place.booking.date_id:
        raise locking.Busy(locking.MOVED_MEANWHILE)
    return now


def _what_was_done(changed: dict[str, tuple[Any, Any]], by: User) -> str:
    if "state" in changed:
        return DONE[changed["state"][1]]
    return "took on the needs" if changed.get("owner", (None, None))[1] == by else "saw to the needs"


DONE = {
    State.TO_DO: "put the needs back to be done",
    State.CHECK_AGAIN: "set the needs to be checked again",
    State.CANNOT_YET: "cannot arrange the needs yet",
    State.ARRANGED: "arranged the needs",
}


def _in_words(changed: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    # Logged beside the place, which does not know that the arrangement is personal.
    return {name: ("", "changed") if name in AccessNeed.personal_fields else values for name, values in changed.items()}


def see_to_several(needs: Iterable[AccessNeed], *, by: User, **changes: Any) -> int:
    """The same for several, in the order in which every activity locks dates; how many were still there."""
    done = 0
    for need in sorted(needs, key=lambda need: (need.place.booking.date_id, need.pk)):
        see_to(need, by=by, **changes)
        done += 1
    return done


@activity
def write_to_them(need: AccessNeed, *, by: User) -> None:
    """Write that it is arranged, or that we would like to talk; what they need stands in no mail."""
    need = _locked(need)
    booking = need.place.booking
    if not booking.email:
        raise BookingRefused("They gave no e-mail address.")
    if need.state not in (State.ARRANGED, State.CANNOT_YET):
        raise BookingRefused("There is nothing to tell them yet.")
    emails.answer(booking, is_arranged=need.is_arranged)
    audit.record(by, "wrote to them about the needs", need.place)


@activity
def told_them(need: AccessNeed, *, by: User) -> None:
    """Staff told them by telephone or text how it stands."""
    audit.record(by, "told them about the needs", _locked(need).place)
