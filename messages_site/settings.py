"""Settings, read from the environment. A bad value stops the start with one line that names it."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from environs import Env, EnvError

from .buckets import NAMES as BUCKET_SETTINGS
from .buckets import BadBucket, bucket_stores, origin_of
from .keys import BadKey, reply_keys

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
T = TypeVar("T")


def refuse(name: str, why: str) -> NoReturn:
    sys.exit(f"Setting {name}: {why}")


def read(name: str, reader: Callable[..., T], default: Any) -> T:
    """One environment variable, or the default when it is missing or empty."""
    if not os.environ.get(name):
        return default
    try:
        return reader(name)
    except (EnvError, ValueError) as error:
        refuse(name, str(error))


def web_address(name: str) -> str:
    """An address of the web that a link can lead to."""
    address = os.environ[name].strip()
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        is_web = False
    if not is_web or "@" in parts.netloc or re.search(r"[\s\\\x00-\x1f\x7f]", address):
        raise ValueError("must be the address of a page, for example https://weather.example/")
    return address


VAR = Path(read("VAR", env.str, str(BASE_DIR / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)

DEMO = read("DEMO", env.bool, False)
DEBUG = read("DEBUG", env.bool, False)
if DEMO and DEBUG:
    refuse("DEBUG", "stays off under DEMO")


def secret_key() -> str:
    """The key from the environment; under DEMO one generated once and kept in VAR."""
    given = read("SECRET_KEY", env.str, "")
    if given:
        if len(given) < 32:
            refuse("SECRET_KEY", "needs at least 32 characters")
        return given
    if not DEMO:
        refuse("SECRET_KEY", "is missing (only DEMO=1 makes its own)")
    path = VAR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


SECRET_KEY = secret_key()
# What readers send is sealed with the first and opened with the second, which a public front does not need.
try:
    REPLY_PUBLIC_KEY, REPLY_PRIVATE_KEY = reply_keys(
        read("REPLY_PUBLIC_KEY", env.str, ""), read("REPLY_PRIVATE_KEY", env.str, ""), VAR
    )
except BadKey as _error:
    refuse(_error.name, str(_error))
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = LOOPBACK if DEMO else read("ALLOWED_HOSTS", env.list, [])
ADDRESS = read("ADDRESS", env.str, "127.0.0.1")
PORT = read("PORT", env.int, 8000)
if DEMO and ADDRESS not in ("127.0.0.1", "localhost", "::1"):
    refuse("ADDRESS", "must be a loopback address under DEMO")
# Hosts that may show the pages of the campaign (send, desk); empty means all of ALLOWED_HOSTS.
CAMPAIGN_HOSTS = read("CAMPAIGN_HOSTS", env.list, [])
# Addresses of proxies whose X-Forwarded-For and -Proto are believed; without them both are ignored.
SAFE_PROXIES = read("SAFE_PROXIES", env.list, [])
# Our onion service, for example http://<56 letters and digits>.onion: reading pages on other hosts name it.
ONION_LOCATION = read("ONION_LOCATION", env.str, "").rstrip("/").lower()
if ONION_LOCATION:
    if not re.fullmatch(r"https?://[a-z2-7]{56}\.onion", ONION_LOCATION):
        refuse("ONION_LOCATION", "must be http:// and the 56 letters and digits of an onion service with .onion")
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, ONION_LOCATION.partition("//")[2]]
# An onion service needs no certificate: its pages may post from http.
CSRF_TRUSTED_ORIGINS = [ONION_LOCATION] if ONION_LOCATION else []

INSTALLED_APPS = [
    "modeltranslation",
    "moderation.accounts.apps.DeskAdminConfig",  # the stock admin, with a login of two steps
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "supporters",
    "moderation",
    "wall",
    "replies",
    "demo",
]

MIDDLEWARE = [
    "messages_site.middleware.refuse_what_the_front_refused",
    "messages_site.middleware.security_headers",
    "messages_site.middleware.cookie_of_the_form",
    "messages_site.middleware.language_of_the_page",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "messages_site.middleware.check_the_host",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "moderation.accounts.sessions.gate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "messages_site.urls"
WSGI_APPLICATION = "messages_site.wsgi.application"
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
            ],
        },
    }
]

# --- Rows, jobs, limits -----------------------------------------------------------------------------------------


def database() -> dict[str, Any]:
    """The database of DATABASE_URL, by default SQLite under VAR."""
    url = read("DATABASE_URL", env.str, f"sqlite:///{VAR / 'db.sqlite3'}")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError) as error:
        refuse("DATABASE_URL", f"is not understood ({type(error).__name__})")
    if config["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE takes the write lock at BEGIN: a deferred transaction that upgrades later fails at once instead
        # of waiting. FULL makes an answered "received" survive a power cut.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        # A file in tests too: in memory, two threads would lock whole tables instead of waiting for each other.
        config["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
        # A connection that is kept goes on writing into a file that was replaced or removed, and says "received".
        config["CONN_MAX_AGE"] = 0
    else:
        config["CONN_HEALTH_CHECKS"] = True
        # Opening a connection costs as much as answering a search.
        config["CONN_MAX_AGE"] = 60
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# How many videos and voices are prepared at once: each keeps a core busy for minutes.
MEDIA_WORKERS = read("MEDIA_WORKERS", env.int, 1)
if not 1 <= MEDIA_WORKERS <= 64:
    refuse("MEDIA_WORKERS", "must be from 1 to 64")
Q_CLUSTER = {
    "name": "short",
    "orm": "default",
    "workers": 1,
    "timeout": 20,
    "retry": 25,  # must exceed the timeout, else a job runs beside itself
    "max_attempts": 5,
    "ack_failures": False,
    "poll": 0.5,
    "bulk": 1,
    "save_limit": 500,
    "catch_up": False,
    "label": "Jobs",
    "ALT_CLUSTERS": {
        # A photo may take longer than the 20 seconds of a short job, and a hundred of them must not hold up letters.
        "photos": {"timeout": 90, "retry": 120, "max_attempts": 3},
        # Longer than all the time its decoders may take, so that theirs runs out first.
        "media": {"timeout": 900, "retry": 960, "max_attempts": 3, "workers": MEDIA_WORKERS},
    },
}

CACHES: dict[str, dict[str, Any]] = {
    # Wrong passwords and tokens are counted in a table of their own: a flood of letters must not push them out.
    alias: {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": table,
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
    for alias, table in (("default", "cache"), ("guesses", "cache_guesses"))
}
_cache_url = read("CACHE_URL", env.str, "")
if _cache_url.startswith("redis://"):
    _redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _cache_url}
    CACHES = {"default": _redis, "guesses": _redis | {"KEY_PREFIX": "guesses"}}
elif _cache_url:
    refuse("CACHE_URL", "must begin with redis:// (empty = the database)")

# How long a browser may show what it has of a reading page without asking again; 0 has it keep nothing (`no-store`).
READING_CACHE_SECONDS = read("READING_CACHE_SECONDS", env.int, 600)
if READING_CACHE_SECONDS < 0:
    refuse("READING_CACHE_SECONDS", "must not be negative")

# Called inside the transaction that changes what readers can find of a message, before it does.
BEFORE_CHANGE = ["wall.finding.index.prepare"]
# Called inside the transaction of every change of a message, in this order.
AFTER_CHANGE = [
    "wall.finding.index.changed",
    "wall.publishing.changed",
    "supporters.attachments.changed",
    "supporters.letters.changed",
    "moderation.review.claims.changed",
    "moderation.hinting.flags.changed",
    "moderation.translating.translations.changed",
]
# The tabs of the desk, in this order: each function gives the tab of its room to whoever may open it.
DESK_TABS = [
    "moderation.tabs.start",
    "moderation.tabs.to_review",
    "moderation.tabs.mine",
    "moderation.tabs.second_look",
    "moderation.tabs.to_translate",
    "moderation.tabs.to_sign",
    "moderation.tabs.asked",
    "moderation.tabs.published",
    "moderation.tabs.declined",
    "moderation.safety.calls.tab",
    "replies.tabs.concerns",
    "moderation.safety.lockdowns.tab",
]
# Jobs that catch up with what a lost job left undone, and what time asks for.
EVERY_MINUTE = [
    "supporters.attachments.rescue",
    "supporters.retention.expire_uploads",
    "supporters.sweeping.clear_work",
    "supporters.lifecycle.apply_due_edits",
    "wall.publishing.sweep",
    "wall.glossary.follow",
    "wall.finding.index.catch_up_for_a_while",
]
# The two halves of `sweep_media`: each room looks after its own store.
SWEEPS = ["supporters.sweeping.private_files", "wall.sweeping.public_files"]
EVERY_DAY = ["supporters.retention.purge_daily", "moderation.review.kept.clear_sessions", "replies.retention.purge"]

# --- Files ------------------------------------------------------------------------------------------------------

PRIVATE_ROOT = VAR / "private"  # originals, kept uploads and renditions of what is not public
TREE_ROOT = VAR / "tree"  # the published site: what lies here is public
WITHDRAWN_LOG = VAR / "withdrawn.log"
FILE_UPLOAD_TEMP_DIR = VAR / "incoming"
for _folder in (PRIVATE_ROOT, TREE_ROOT, FILE_UPLOAD_TEMP_DIR):
    _folder.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "supporters.incoming.SparingUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# Above this a body is not kept: 413. Between the limit of a file and this, the form itself says so and keeps the words.
MAX_REQUEST_BYTES = 320_000_000
# All files that wait for their forms, complete or not, and what has to stay free on the disk whatever comes (bytes).
UPLOADS_MAX_BYTES = read("UPLOADS_MAX_BYTES", env.int, 20_000_000_000)
KEEP_FREE_BYTES = read("KEEP_FREE_BYTES", env.int, 1_000_000_000)
FFMPEG_BINARY = read("FFMPEG_BINARY", env.str, "")
if FFMPEG_BINARY:
    os.environ["IMAGEIO_FFMPEG_EXE"] = FFMPEG_BINARY

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
try:
    _buckets = bucket_stores({name: read(name, env.str, "") for name in BUCKET_SETTINGS})
except BadBucket as _error:
    refuse(_error.name, str(_error))
# Where staff see private renditions with an address for a minute; empty while files lie in folders.
S3_ORIGIN = origin_of(_buckets["private"]["OPTIONS"]["endpoint_url"]) if _buckets else ""
STORAGES: dict[str, dict[str, Any]] = {
    # Nothing may save by default: whoever stores a file says who may see it.
    "private": {"BACKEND": "supporters.storing.Folder", "OPTIONS": {"root": "PRIVATE_ROOT"}},
    "public": {"BACKEND": "supporters.storing.Folder", "OPTIONS": {"root": "TREE_ROOT", "below": "media"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
    **_buckets,
}
# Without a collected folder (tests, checks) the files are served from where they are written.
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()
WHITENOISE_MAX_AGE = 600
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Decisions, letters -----------------------------------------------------------------------------------------

PUBLISH_DELAY_MINUTES = read("PUBLISH_DELAY_MINUTES", env.int, 1 if DEMO else 10)
if PUBLISH_DELAY_MINUTES < 0:
    refuse("PUBLISH_DELAY_MINUTES", "must not be negative")

EMAIL_URL = read("EMAIL_URL", env.str, "console:")
if EMAIL_URL == "console:":
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    _mail = dj_email_url.parse(EMAIL_URL)
    if "EMAIL_BACKEND" not in _mail:
        refuse("EMAIL_URL", "is not understood (for example smtp://user:password@host:587/?tls=True)")
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = read("FROM_EMAIL", env.str, "letters@localhost")
# The address that stands in letters to senders, for example https://letters.example.
SITE_URL = read("SITE_URL", env.str, f"http://127.0.0.1:{PORT}").rstrip("/")
# Where "Leave quickly" goes: a weather page that opens where the reader is.
EXIT_URL_KO = read("EXIT_URL_KO", web_address, "https://www.weather.com.cn/")
EXIT_URL_EN = read("EXIT_URL_EN", web_address, "https://www.weather.com.cn/")

# --- Languages --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "우리말")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# A reader of one language never gets the other by accident: no fallback, code reads the suffixed columns only.
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_LANGUAGES = ("en", "ko")
MODELTRANSLATION_FALLBACK_LANGUAGES = ()

# --- Staff and safety -------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# The links with which people set their own password (moderation.accounts).
PASSWORD_RESET_TIMEOUT = 24 * 3600
REQUIRE_SECOND_FACTOR = read("REQUIRE_SECOND_FACTOR", env.bool, not DEMO)
OTP_TOTP_ISSUER = "Messages"
# The library doubles the wait with every wrong token, without an end: who knows a password could shut its owner out.
# moderation.accounts.throttle counts tokens instead.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
AXES_HANDLER = "moderation.accounts.throttle.Guesses"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_CALLABLE = "moderation.accounts.throttle.locked_page"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The library never sees an address; the handler asks for a keyed hash itself.
AXES_CLIENT_IP_CALLABLE = "moderation.accounts.throttle.no_address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
CSRF_FAILURE_VIEW = "messages_site.errors.csrf_failure"
# messages_site.middleware.security_headers sets X-Frame-Options (W002) and the referrer policy (W022), page by page.
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W022"]

# Under DEMO the site runs over plain HTTP on loopback; everywhere else only over HTTPS.
SECURE_SSL_REDIRECT = not DEMO and not DEBUG and read("SECURE_SSL_REDIRECT", env.bool, True)
SECURE_HSTS_SECONDS = 0 if DEMO else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
# Counted from the last request; after twelve hours moderation.accounts.sessions ends it in any case.
SESSION_COOKIE_AGE = 2 * 3600
SESSION_COOKIE_PATH = LANGUAGE_COOKIE_PATH = "/admin/"
CSRF_COOKIE_AGE = None
# The notes of the admin stay in the session: a cookie of their own would go to the reading pages too.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME, SESSION_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "f", "s", "l"
SECURE_REFERRER_POLICY = None  # messages_site.policy sets it page by page
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
X_FRAME_OPTIONS = "DENY"

# --- Logs: numbers and ids, never words, names, addresses or private paths ---------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_address": {"()": "messages_site.logs.WithoutAddress"}},
    "formatters": {
        "line": {
            "()": "messages_site.logs.WithoutWords",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "datefmt": "%Y-%m-%d %H:%M:%S",
            "style": "{",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "server_errors": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_address"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"handlers": ["server_errors"], "propagate": False},
        # Refused requests, some as errors with a traceback: strangers could fill the log with them.
        "django.security": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "PIL": {"level": "WARNING"},
    },
}
