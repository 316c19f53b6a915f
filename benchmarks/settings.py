"""The site as it runs: an ordinary database, a real mail server, visitors from many addresses."""

from tests.settings import *
from tests.settings import env

TRUSTED_PROXY_COUNT = 1
WHITENOISE_AUTOREFRESH = False
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", env.int("MAIL_PORT", default=25)
EMAIL_USE_TLS = EMAIL_USE_SSL = False
