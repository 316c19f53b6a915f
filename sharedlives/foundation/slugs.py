from __future__ import annotations

from collections.abc import Container, Iterable

from django.core.exceptions import ValidationError
from django.db.models import Manager, QuerySet
from django.utils.text import slugify

ROOM_FOR_A_NUMBER = 10


def refuse_reserved(slug: str, reserved: Container[str]) -> None:
    if slug in reserved:
        raise ValidationError(
            'The site itself uses "%(slug)s" in addresses. Choose another word.',
            params={"slug": slug},
            code="reserved",
        )


def free(
    words: str, *rows: Manager | QuerySet, otherwise: str, longest: int = 120, reserved: Iterable[str] = ()
) -> str:
    """A slug made of `words`, at most `longest` characters, that none of `rows` has and that is not reserved.

    `otherwise` stands in for words of which no slug can be made. It is free now; only a unique column keeps it so.
    """
    base = made_of(words, longest) or otherwise
    taken = set(reserved)
    for each in rows:
        taken.update(each.filter(slug__startswith=base).values_list("slug", flat=True))
    return numbered(base, taken)


def made_of(words: str, longest: int = 120) -> str:
    """The slug that these words alone would have."""
    return slugify(words)[: longest - ROOM_FOR_A_NUMBER].strip("-")


def numbered(base: str, taken: Container[str]) -> str:
    """`base`, or where that is taken "base-2", "base-3" ..., whichever is free first."""
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
