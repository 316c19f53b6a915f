"""The one settings file. Safe unless told otherwise; every variable it reads is explained in .env.example."""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from js_asset import static_lazy

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

# Set by run.py alone: the folder for made-up secrets and the private database of somebody who tries the site.
LOCAL_FOLDER = Path(env("SHAREDLIVES_LOCAL_FOLDER")) if env("SHAREDLIVES_LOCAL_FOLDER", default="") else None

DEBUG = env.bool("DEBUG", default=False)


def _required(name: str, sentence: str) -> str:
    value = env(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. {sentence} (See .env.example; `python3 run.py serve` needs no settings.)"
        )
    return value


if LOCAL_FOLDER and not env("SECRET_KEY", default=""):
    SECRET_KEY = (LOCAL_FOLDER / "secret_key").read_text().strip()
else:
    SECRET_KEY = _required("SECRET_KEY", "It signs sessions and the links in mails: a long random text, kept secret.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if LOCAL_FOLDER or DEBUG else [])
# Names this site had before. Requests to them are only sent on (sharedlives/site/middleware.py).
OLD_HOSTS = [host.lower() for host in env.list("OLD_HOSTS", default=[])]
if both := sorted(set(OLD_HOSTS) & set(ALLOWED_HOSTS)):
    raise ImproperlyConfigured(f"{', '.join(both)} cannot stand in OLD_HOSTS and in ALLOWED_HOSTS.")
ALLOWED_HOSTS = ALLOWED_HOSTS + OLD_HOSTS
HTTPS = env.bool("HTTPS", default=not (LOCAL_FOLDER or DEBUG))
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

INSTALLED_APPS = [
    "sharedlives.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "js_asset",
    "django_prose_editor",
    "procrastinate.contrib.django",
    "sharedlives.foundation",
    "events",
    "blog",
    "sharedlives.site",
]

MIDDLEWARE = [
    "sharedlives.foundation.middleware.health",
    "sharedlives.site.middleware.old_hosts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sharedlives.foundation.middleware.response_headers",
    "csp.middleware.CSPMiddleware",
    "sharedlives.foundation.middleware.too_large",
    "sharedlives.site.middleware.too_many",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "sharedlives.site.middleware.old_addresses",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sharedlives.foundation.middleware.second_factor",
]

ROOT_URLCONF = "sharedlives.urls"
WSGI_APPLICATION = "sharedlives.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sharedlives.foundation.context_processors.charity",
                "sharedlives.site.context_processors.menus",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- Database: PostgreSQL only ---------------------------------------------------------------------------------------

if LOCAL_FOLDER and not env("DATABASE_URL", default=""):
    _database: dict[str, Any] = {"ENGINE": "sharedlives.foundation.private_database", "NAME": "sharedlives"}
else:
    _required("DATABASE_URL", "It names the PostgreSQL database, like postgres://user:password@host:5432/name.")
    _database = env.db("DATABASE_URL")
    if "postgresql" not in _database["ENGINE"]:
        raise ImproperlyConfigured(
            "DATABASE_URL must name a PostgreSQL database (postgres://...), version 15 or later."
        )
_database.update(
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=60),
    CONN_HEALTH_CHECKS=True,
)
_database.setdefault("OPTIONS", {}).update(
    connect_timeout=3,
    # TCP peers that vanish without a word are noticed in seconds, not hours.
    keepalives_idle=10,
    keepalives_interval=3,
    keepalives_count=3,
    # The same while they owe an answer, in milliseconds.
    tcp_user_timeout=5000,
)
# Seconds; in processes that answer visitors (sharedlives/foundation/patience.py).
SLOWEST_QUERY = env.int("SLOWEST_QUERY", default=4)

DATABASES = {"default": _database}

CACHES = {"default": env.cache("CACHE_URL", default="dbcache://foundation_cache")}
if CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
    # At Django's 300 entries a few hundred attackers would push out the counts that limit them.
    CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 20_000)

# Parts of pages that are alike for everybody, kept by each process for seconds.
CACHES["template_fragments"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "fragments"}

# --- Background work --------------------------------------------------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# --- Mail -------------------------------------------------------------------------------------------------------------

# Who only tries the site sends nothing: mails stay on the outgoing-mail page.
vars().update(env.email("EMAIL_URL", default="dummymail://" if LOCAL_FOLDER else "smtp://localhost:25"))
EMAIL_TIMEOUT = 10
# Looked through for mails that came back (sharedlives/foundation/bounce_mailbox.py).
BOUNCE_MAILBOX = env("BOUNCE_MAILBOX", default="")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="")
ADMINS = [("", address) for address in env.list("ADMINS", default=[])]
SERVER_EMAIL = DEFAULT_FROM_EMAIL or "root@localhost"

# --- Signing in -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "foundation.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "sharedlives.foundation.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# Makes the answer for an unknown address take as long; the adapter keeps nothing and mails nobody.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_SESSION_REMEMBER = False
# The other sessions end with the old password; this one goes on.
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# A way in for the owner of an account while somebody else is using up its tries; a second factor is still asked.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_RATE_LIMITS = {"login_failed": "20/10m/ip,10/10m/key"}
ACCOUNT_FORMS = {
    "login": "sharedlives.foundation.account_forms.LoginForm",
    "change_password": "sharedlives.foundation.account_forms.ChangePasswordForm",
    "set_password": "sharedlives.foundation.account_forms.SetPasswordForm",
    "reset_password": "sharedlives.foundation.account_forms.ResetPasswordForm",
    "reset_password_from_key": "sharedlives.foundation.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "sharedlives.foundation.account_forms.ReauthenticateForm",
}
MFA_ADAPTER = "sharedlives.foundation.accounts.MFAAdapter"
MFA_FORMS = {
    "authenticate": "sharedlives.foundation.account_forms.AuthenticateForm",
    "reauthenticate": "sharedlives.foundation.account_forms.ReauthenticateByCodeForm",
    "activate_totp": "sharedlives.foundation.account_forms.ActivateTOTPForm",
    "add_webauthn": "sharedlives.foundation.account_forms.AddPasskeyForm",
    "edit_webauthn": "sharedlives.foundation.account_forms.EditPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# The address was proven by the invitation, not by allauth.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Who holds one of these permissions signs in with a second factor before anything in the admin opens.
SECOND_FACTOR_PERMISSIONS = ["events.view_accessneed"]
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=not (LOCAL_FOLDER or DEBUG))

# --- The blog ---------------------------------------------------------------------------------------------------------

FOUR_EYES = env.bool("FOUR_EYES", default=False)

# --- Time, words ------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

# --- Files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = (LOCAL_FOLDER or BASE_DIR) / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default="") or (LOCAL_FOLDER or BASE_DIR) / "media")
STORAGES = {
    "default": {"BACKEND": "sharedlives.foundation.storage.WholeFiles"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        # Compressing takes twenty seconds, which nobody who tries the site needs to wait.
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if LOCAL_FOLDER
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Our own extensions of the rich-text editor, by module. They add no HTML: cleaning is foundation/richtext.py's.
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {"js": [static_lazy(f"js/{module}.js")], "extensions": {name: lambda config, allowed: None}}
    for module, name in {
        "editor": "HouseRules",
        "editor_links": "LinkDialog",
        "editor_quotes": "PullQuote",
        "editor_footnotes": "Footnote",
        "editor_pictures": "LibraryPicture",
        "editor_fold": "Fold",
        "editor_words": "WordCount",
        "editor_behind": "TypeBehind",
        "paste": "TidyPaste",
    }.items()
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Whoever sends a form back within so many seconds is asked to press once more (events/robots.py).
QUICKEST_PERSON = 2

# --- Security headers -------------------------------------------------------------------------------------------------

CSRF_FAILURE_VIEW = "sharedlives.site.views.csrf_failure"
SESSION_ENGINE = "sharedlives.foundation.sessions"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Signed out after eight hours without a click; only staff have sessions.
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_SAVE_EVERY_REQUEST = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Believed only where a proxy of ours is known to overwrite it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- Logs: one JSON object a line, without personal data --------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "sharedlives.foundation.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Replaces Django's own handlers, which print whole paths and mail whole requests.
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True, "level": "INFO"},
        "procrastinate": {"level": "WARNING"},
        # Of a connection that was interrupted it warns beside the error that Django raises.
        "psycopg": {"level": "ERROR"},
        "psycopg.pool": {"level": "WARNING"},
    },
}
