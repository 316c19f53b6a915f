import pytest
from django.core.cache import cache

from tests.factories import create_charity


@pytest.fixture
def facts(db):
    """The charity's facts, and nobody's tries counted yet."""
    cache.clear()
    return create_charity()
