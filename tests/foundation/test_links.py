import pytest

from sharedlives.foundation import links
from tests.factories import create_charity


def test_a_link_gives_back_what_was_signed():
    assert links.read("booking", links.sign("booking", 12, 3)) == ["12", "3"]


@pytest.mark.parametrize(
    "change", [lambda v: v[:-1], lambda v: "1" + v, lambda v: v.upper(), lambda v: "", lambda v: v * 2]
)
def test_a_changed_link_is_refused(change):
    with pytest.raises(links.BadLink):
        links.read("booking", change(links.sign("booking", 12, 3)))


def test_a_link_of_one_purpose_opens_nothing_else():
    with pytest.raises(links.BadLink):
        links.read("booking", links.sign("invitation", 12, 3))


def test_a_link_is_short_enough_for_a_line_of_mail_and_long_enough_not_to_be_guessed():
    value = links.sign("booking", 123456, 3)
    assert len(value) <= 54
    assert len(value.rpartition(":")[2]) == 43  # 256 bits


@pytest.mark.django_db
def test_absolute_addresses_begin_with_the_charitys_own():
    create_charity(site_address="https://www.example.org")
    assert links.absolute("/blog/") == "https://www.example.org/blog/"
