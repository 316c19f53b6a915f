import pytest

from sharedlives.foundation import slugs


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
