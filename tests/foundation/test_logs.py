import json
import logging

from sharedlives.foundation import links
from sharedlives.foundation.logs import JSONFormatter


def line(message, *args, **extra):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, args, extra.pop("exc_info", None))
    record.__dict__ |= extra
    text = JSONFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_log_line_is_one_json_object():
    assert line("Not Found: %s", "/blog/x/", status_code=404) | {"time": ""} == {
        "time": "",
        "level": "WARNING",
        "logger": "django.request",
        "message": "Not Found: /blog/x/",
        "status": 404,
    }


def test_the_key_of_a_signed_link_never_reaches_the_log():
    token = links.sign("booking", 12, 3)
    assert token.rpartition(":")[2] not in line("Gone: %s", f"/bookings/{token}/")["message"]


def test_addresses_never_reach_the_log():
    assert line("refused %s", "Ann.O'Hara+x@mail.example.org")["message"] == "refused [address]"


def test_a_forged_line_break_stays_within_the_line():
    line('Not Found: /x\n{"level": "INFO", "message": "all well"}')


def test_the_row_that_a_database_error_quotes_is_left_out():
    words = "duplicate key\nDETAIL:  Failing row contains (Ann Smith, a seat\n\nand a ramp).\nHINT:  None."
    try:
        raise ValueError(words)
    except ValueError as error:
        text = line("failed", exc_info=(ValueError, error, error.__traceback__))["error"]
    assert "a ramp" not in text
    assert "duplicate key" in text
