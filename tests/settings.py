"""The site's own settings, with what tests need to be quick and alike everywhere."""

import os

from sharedlives.settings import *
from sharedlives.settings import DATABASES, STORAGES

DEBUG = False
HTTPS = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost", "www.example.org"]
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
REQUIRE_SECOND_FACTOR = False
QUICKEST_PERSON = 0  # tests type quicker
# Visitors of benchmarks come from many addresses (benchmarks/reserve_race.py).
TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", 0))
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_FROM_EMAIL = ""

# run.py's private PostgreSQL: tests have a server of their own, which never waits for the disk.
if DATABASES["default"]["ENGINE"] == "sharedlives.foundation.private_database":
    DATABASES["default"]["HOST"] = "postgres-test"

# A server that a test starts beside itself reads the test's database (tests/server.py).
if SERVED_DATABASE := os.environ.get("SERVED_DATABASE"):
    DATABASES["default"]["NAME"] = SERVED_DATABASE
