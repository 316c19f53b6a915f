"""Full-text search by PostgreSQL alone, without extensions (docs/decisions/0018-search.md)."""

from __future__ import annotations

from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Func

CONFIG = "english"


class Folded(Func):
    """Text without accents: "cafe" finds "café"."""

    template = r"regexp_replace(normalize(%(expressions)s, NFD), '[\u0300-\u036f]', '', 'g')"
    arity = 1
    output_field = models.TextField()


def vector(**weights: str) -> models.GeneratedField:
    """A column that PostgreSQL itself keeps level with text fields, by weight: `vector(A="title", C="body")`.

    HTML is fine: PostgreSQL's parser passes over tags and entities.
    """
    parts = [
        SearchVector(Folded(field), weight=weight, config=CONFIG)
        for weight, fields in weights.items()
        for field in fields.split()
    ]
    expression = parts[0]
    for part in parts[1:]:
        expression = expression + part
    return models.GeneratedField(expression=expression, output_field=SearchVectorField(), db_persist=True)


class SearchableManager(models.Manager):
    """For a model with a `search_vector`, which is long and which nobody but PostgreSQL reads."""

    def get_queryset(self):
        return super().get_queryset().defer("search_vector")
