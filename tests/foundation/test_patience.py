import pytest
from django.db import connection

from sharedlives.foundation import patience


@pytest.mark.parametrize(
    ("seconds", "before", "after"),
    [
        (4, {"connect_timeout": 3}, {"connect_timeout": 3, "options": "-c statement_timeout=4s"}),
        (4, {"options": "-c work_mem=64MB"}, {"options": "-c work_mem=64MB -c statement_timeout=4s"}),
        (0, {"options": "-c work_mem=64MB"}, {"options": "-c work_mem=64MB"}),
    ],
)
def test_a_limit_is_added_to_what_the_address_of_the_database_asks_for(settings, monkeypatch, seconds, before, after):
    settings.SLOWEST_QUERY = seconds
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", before)

    patience.answer_in_time()

    assert connection.settings_dict["OPTIONS"] == after


@pytest.mark.django_db
def test_jobs_and_commands_may_take_longer():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
