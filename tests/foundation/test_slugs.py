import pytest

from sharedlives.foundation import slugs
from sharedlives.site.models import Page
from tests.factories import create_page


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        (set(), "london"),
        ({"london"}, "london-2"),
        ({"london", "london-2", "london-4"}, "london-3"),
        ({"london-2", "london-bridge"}, "london"),
    ],
)
def test_the_first_free_one_is_taken(taken, free):
    assert slugs.numbered("london", taken) == free


@pytest.mark.django_db
def test_a_slug_is_made_of_words_and_taken_by_nothing():
    create_page(title="Our work", slug="our-work")

    assert slugs.free("Our work!", Page.objects, otherwise="page") == "our-work-2"
    assert slugs.free("Our work!", Page.objects, otherwise="page", reserved=["our-work-2"]) == "our-work-3"
    assert slugs.free("東京", Page.objects, otherwise="page") == "page"
    assert len(slugs.free("a" * 300, Page.objects, otherwise="page", longest=50)) == 40
