"""Sessions in the database, which can be read while nothing can be written there."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InternalError, OperationalError


class SessionStore(db.SessionStore):
    def save(self, must_create=False):
        try:
            super().save(must_create)
        except UpdateError as error:
            # What Django takes for a session that ended meanwhile may be a database that takes nothing just now.
            if not isinstance(error.__context__, OperationalError | InternalError):
                raise
            # With nothing new in it it would only have lasted longer: staff go on reading.
            if self.modified:
                raise error.__context__ from None
