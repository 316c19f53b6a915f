"""The append-only log of what was done. Activity functions and the admin's base class write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from .models import AuditEntry

if TYPE_CHECKING:
    from .models import User

LONGEST_VALUE = 200


def record(
    actor: User | None,
    action: str,
    obj: Model,
    *,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    note: str = "",
    by_itself: bool = False,
    who: str = "",
) -> AuditEntry:
    """Write one entry in the caller's transaction.

    `actor` None means a member of the public acting through their own link or form, or, with `by_itself`, what the
    site does when its time has come; `who` names it otherwise. `changes` maps a field to (before, after); for the
    model's `personal_fields` only the fact of a change is kept, never the values, so that erasing a person leaves no
    hole here. `note` must hold no personal data.
    """
    personal: frozenset[str] = getattr(obj, "personal_fields", frozenset())
    label = getattr(obj, "audit_label", obj.__str__)()
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=str(actor) if actor else who or ("the site" if by_itself else "the person themselves"),
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=label[:200],
        note=note[:500],
        changes={
            name: "changed" if name in personal else [_short(before), _short(after)]
            for name, (before, after) in (changes or {}).items()
        },
    )


def notes(*parts: object) -> str:
    """Several things for one note; empty ones are left out."""
    return "; ".join(str(part) for part in parts if part)


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}... ({len(text)} characters)"
