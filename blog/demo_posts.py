"""As many invented posts as anybody wants, for trying the site when it is full; always the same ones.

They are written in bulk, past `save()`, so everything that it keeps level is written here too.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date as Day
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Model
from django.utils.text import slugify

from sharedlives.foundation.models import Picture
from sharedlives.foundation.spoken import LONDON

from .models import Author, Byline, Post, PostAddress, Tag, Topic

YEARS = 15
AT_ONCE = 1000
GUID = "urn:x-demonstration:post:"  # tells them from all others, so that a second run goes on where the first ended
BODIES = 60  # different texts: cleaning is what takes time

FIRST_NAMES = "Ash Bay Cato Dov Emrys Fern Gale Hollis Ives Juno Kit Lark Moss Noor Onyx Pax Quill Rue Sage Tow".split()
LAST_NAMES = "Appleyard Brook Copse Dale Eddowes Fallow Garth Heron Inglenook Jessop Kestrel Lowe Marsh Nettle".split()
TOPICS = [
    "Sharing a home",
    "Plain words",
    "Learning together",
    "Money and law",
    "Health",
    "Family",
    "Work",
    "Growing older",
]
THINGS = "kettle garden bus letter staircase neighbour breakfast key market bench song map ladder coat window".split()
DID = "opened mended found carried borrowed painted counted remembered missed shared followed".split()
WHO = ["Nobody", "Everybody on our street", "A friend of mine", "The whole house", "My aunt", "Two strangers"]
END = "<p><em>Invented for the demonstration.</em></p>"


def create_posts(count: int, today: Day) -> int:
    """Let there be `count` of these posts, spread over the years before `today`; says how many were missing."""
    there = Post.objects.filter(guid__startswith=GUID).count()
    shelves = _Shelves.create()
    for begins in range(there, count, AT_ONCE):
        _create(range(begins, min(begins + AT_ONCE, count)), today, shelves)
    return max(0, count - there)


class _Shelves(NamedTuple):
    """What the posts are found under."""

    authors: list[Author]
    topics: list[Topic]
    tags: list[Tag]
    pictures: list[Picture]

    @classmethod
    def create(cls) -> _Shelves:
        names = [f"{first} {last}" for last in LAST_NAMES for first in FIRST_NAMES]
        authors = [Author(name=name, slug=slugify(f"demo {name}"), organisation="Invented") for name in names]
        topics = [Topic(name=name, slug=slugify(name)) for name in TOPICS]
        tags = [Tag(name=f"{thing} {number}", slug=f"{thing}-{number}") for thing in THINGS for number in range(1, 11)]
        pictures = list(Picture.objects.consented().order_by("pk")[:3])
        return cls(_there(authors), _there(topics), _there(tags), pictures)


def _there(rows: list[Model]) -> list[Model]:
    """These rows as they stand in the database, made where they are missing."""
    model = type(rows[0])
    model.objects.bulk_create(rows, ignore_conflicts=True)
    return list(model.objects.filter(slug__in=[row.slug for row in rows]).order_by("slug"))


@transaction.atomic
def _create(numbers: range, today: Day, shelves: _Shelves) -> None:
    # By text, since a text that was just cleaned is not cleaned again.
    ordered = sorted(numbers, key=lambda number: number % BODIES)
    posts = Post.objects.bulk_create([_post(number, today, shelves) for number in ordered])
    # Saving says "changed now", which fifteen years of posts were not.
    Post.objects.filter(pk__in=[post.pk for post in posts]).update(updated_at=F("publish_at"))
    PostAddress.objects.bulk_create(PostAddress(post=post, slug=post.slug) for post in posts)
    Byline.objects.bulk_create(
        Byline(post=post, author=author, position=position, name=author.name, organisation=author.organisation)
        for post in posts
        for position, author in enumerate(_authors(_number(post), shelves), start=1)
    )
    for relation, rows in (("topics", shelves.topics), ("tags", shelves.tags)):
        _tie(relation, posts, rows)


def _tie(relation: str, posts: Iterable[Post], rows: list) -> None:
    through = getattr(Post, relation).through
    column = Post._meta.get_field(relation).m2m_reverse_field_name()
    through.objects.bulk_create(
        through(post_id=post.pk, **{f"{column}_id": row.pk})
        for post in posts
        for row in _dice(_number(post), relation).sample(rows, _dice(_number(post), column).randint(1, 3))
    )


def _number(post: Post) -> int:
    return int(post.guid.removeprefix(GUID))


def _dice(number: int, purpose: str) -> random.Random:
    return random.Random(f"{number} {purpose}")  # noqa: S311 - nothing here is secret


def _authors(number: int, shelves: _Shelves) -> list[Author]:
    dice = _dice(number, "authors")
    return dice.sample(shelves.authors, dice.choice([1, 1, 1, 2, 3]))


def _post(number: int, today: Day, shelves: _Shelves) -> Post:
    dice = _dice(number, "post")
    title = _sentence(dice).rstrip(".")
    latest = datetime(today.year, today.month, today.day, 9, tzinfo=LONDON) - timedelta(days=1)
    goes_out = latest - timedelta(minutes=dice.randrange(YEARS * 365 * 24 * 60))
    return Post(
        title=title,
        slug=f"{slugify(title)}-{number + 1}",
        standfirst=_sentence(dice) if dice.random() < 0.8 else "",
        body=_body(number % BODIES),
        status=Post.Status.PUBLISHED,
        publish_at=goes_out,
        moved_at=goes_out,
        guid=f"{GUID}{number}",
        lead_picture=dice.choice(shelves.pictures) if shelves.pictures and dice.random() < 0.3 else None,
        byline_text="; ".join(map(str, _authors(number, shelves))),
    )


def _body(number: int) -> str:
    dice = _dice(number, "body")
    return "".join(_section(dice) for _ in range(dice.randint(2, 4))) + END


def _section(dice: random.Random) -> str:
    paragraphs = "".join(f"<p>{' '.join(_sentences(dice, dice.randint(3, 6)))}</p>" for _ in range(3))
    return f"<h2>{_sentence(dice).rstrip('.')}</h2>{paragraphs}"


def _sentences(dice: random.Random, count: int) -> Iterator[str]:
    return (_sentence(dice) for _ in range(count))


def _sentence(dice: random.Random) -> str:
    return f"{dice.choice(WHO)} {dice.choice(DID)} the {dice.choice(THINGS)} and the {dice.choice(THINGS)}."
