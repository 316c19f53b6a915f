"""Log lines as JSON, one object a line, with what could name a person or open a link taken out."""

import json
import logging
import re
from datetime import UTC, datetime

ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# Signed links and password reset keys: 38 or more of their letters in a row (a uuid has 36).
SECRET = re.compile(r"[\w:=-]{38,}")
# PostgreSQL quotes the offending row below its error; what was typed into it may have several lines.
ROW = re.compile(
    r"^(DETAIL|CONTEXT):.*?(?=^(?:CONTEXT|HINT):|^The above exception|^During handling|\Z)", re.MULTILINE | re.DOTALL
)


def redact(text: str) -> str:
    return ADDRESS.sub("[address]", SECRET.sub("[secret]", ROW.sub(r"\1: [left out]\n", text)))


class JSONFormatter(logging.Formatter):
    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)
