"""Every setting of the service. Each comes from one environment variable with a sane default (docs/self-hosting.md)."""

import os
import socket
from pathlib import Path
from typing import Any

from config.broker_options import OWN_BROKER, broker_options
from config.environment import env_bool, env_choice, env_durations, env_int, env_list, env_path, env_text
from config.postgres import database_settings
from config.secrets import secret_key, vapid_key

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env_path("DATA_DIR", BASE_DIR / ".data")

SECRET_KEY = secret_key(DATA_DIR)
DEBUG = env_bool("DEBUG", False)

HOST = env_text("HOST", "127.0.0.1")
PORT = env_int("PORT", 8080)
PUBLIC_URL = env_text("PUBLIC_URL").rstrip("/")  # "" = derived from the request; set it behind a proxy
TRUSTED_PROXIES = env_list("TRUSTED_PROXIES")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or ["*"]

INSTALLED_APPS = [
    "config",  # first: it makes the Celery application that the tasks of all others belong to
    "accounts.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "accounts",
    "jmap.core",
    "jmap.mail",
    "jmap.submission",
    "jmap.delivery",
    "jmap.push",
    "jmap.http",
    "webmail",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webmail.middleware.page_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.session_use",
    "webmail.middleware.reader_time_zone",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
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
DATABASES = {"default": database_settings(env_text("DATABASE_URL"), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
LOGIN_URL, LOGIN_REDIRECT_URL = "/login", "/"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY, CSRF_COOKIE_HTTPONLY = True, True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
AUTH_PASSWORD_VALIDATORS = [  # for the forms that people choose one in
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]  # fmt: skip
PASSWORD_HASHERS = ["accounts.hashers.PersonPasswordHasher"]
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they lie: there is nothing to collect
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "blobs": {"BACKEND": "jmap.core.filestore.DurableStorage", "OPTIONS": {"location": DATA_DIR / "blobs"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

DNS_SERVERS = env_list("DNS_SERVERS")  # none = the system's

WEB_PROCESSES = env_int("WEB_PROCESSES", os.cpu_count() or 1)
THREADS = env_int("THREADS", 8)  # of each web process; each holds a database connection

# Mail is for the service alone, whatever the umask.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# The limits of RFC 8620 §2, advertised and enforced.
MAX_SIZE_UPLOAD = env_int("MAX_SIZE_UPLOAD", 50_000_000)
MAX_CONCURRENT_UPLOAD = env_int("MAX_CONCURRENT_UPLOAD", 32)
MAX_SIZE_REQUEST = env_int("MAX_SIZE_REQUEST", 10_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_SIZE_REQUEST  # else Django refuses what we advertise
MAX_CONCURRENT_REQUESTS = env_int("MAX_CONCURRENT_REQUESTS", 64)
MAX_CALLS_IN_REQUEST = env_int("MAX_CALLS_IN_REQUEST", 64)
MAX_OBJECTS_IN_GET = env_int("MAX_OBJECTS_IN_GET", 1000)
MAX_OBJECTS_IN_SET = env_int("MAX_OBJECTS_IN_SET", 1000)
UPLOAD_QUOTA = env_int("UPLOAD_QUOTA", 500_000_000)  # octets of unreferenced uploads a user may keep
CHANGE_LOG_DAYS = env_int("CHANGE_LOG_DAYS", 90)  # days that /changes can look back
UPLOAD_LIFETIME = env_int("UPLOAD_LIFETIME", 24 * 3600)  # seconds an unreferenced upload is kept

# How much one user may send; 0 = any number.
MAX_MESSAGES_PER_HOUR = env_int("MAX_MESSAGES_PER_HOUR", 300)
MAX_RECIPIENTS_PER_DAY = env_int("MAX_RECIPIENTS_PER_DAY", 3000)

# Mail by SMTP and LMTP. A port is a number, "off", or "" for the usual one (config.mail_ports).
MAIL_HOSTNAME = env_text("MAIL_HOSTNAME", socket.gethostname()).lower()
MAIL_HOST = env_text("MAIL_HOST", HOST)
MX_PORT = env_text("MX_PORT")
SUBMISSION_PORT = env_text("SUBMISSION_PORT")
SUBMISSIONS_PORT = env_text("SUBMISSIONS_PORT")
LMTP_PORT = env_text("LMTP_PORT")
LMTP_SOCKET = env_text("LMTP_SOCKET")
TLS_CERT, TLS_KEY = env_text("TLS_CERT"), env_text("TLS_KEY")
SMTP_THREADS = env_int("SMTP_THREADS", 8)  # each holds a database connection
SMTP_TIMEOUT = env_int("SMTP_TIMEOUT", 300)  # seconds a client may take for a command (RFC 5321 §4.5.3.2.7)
SMTP_CONNECTIONS = env_int("SMTP_CONNECTIONS", 1000)
SMTP_CONNECTIONS_PER_ADDRESS = env_int("SMTP_CONNECTIONS_PER_ADDRESS", 30)
SMTP_RATE = env_int("SMTP_RATE", 600)  # connections and messages a minute from one address; 0: any number
RSPAMD_URL = env_text("RSPAMD_URL").rstrip("/")
RSPAMD_CONTROLLER_URL = env_text("RSPAMD_CONTROLLER_URL").rstrip("/") or RSPAMD_URL  # what can be taught
RSPAMD_PASSWORD = env_text("RSPAMD_PASSWORD")
TRUSTED_RELAYS = env_list("TRUSTED_RELAYS") or ["127.0.0.0/8", "::1"]  # "none" for none

MTA_STS_MODE = env_choice("MTA_STS_MODE", "testing", "enforce", "none", "off")

WORKER_THREADS = env_int("WORKER_THREADS", 16)  # of the worker; each holds a database connection
# Celery. A task may be delivered again when its worker dies, so each claims its row in the database first.
CELERY_BROKER_URL = env_text("BROKER_URL") or OWN_BROKER
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL, env_int("TASK_LEASE", 0))
CELERY_BROKER_POOL_LIMIT = max(THREADS, WORKER_THREADS, SMTP_THREADS)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP, CELERY_BROKER_CONNECTION_MAX_RETRIES = True, None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}  # a sweep is the second try
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER, CELERY_RESULT_SERIALIZER, CELERY_ACCEPT_CONTENT = "json", "json", ["json"]
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = WORKER_THREADS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = TIME_ZONE

# Sending mail.
MAX_SIZE_MESSAGE = env_int("MAX_SIZE_MESSAGE", 50_000_000)  # octets of one message
MAX_RECIPIENTS = env_int("MAX_RECIPIENTS", 1000)  # of one message
SMART_HOST = env_text("SMART_HOST")  # host or host:port; "" = each domain's own mail servers
SMART_HOST_USER = env_text("SMART_HOST_USER")
SMART_HOST_PASSWORD = env_text("SMART_HOST_PASSWORD")
SMART_HOST_PASSWORD_FILE = env_text("SMART_HOST_PASSWORD_FILE")
SMART_HOST_TLS = env_choice("SMART_HOST_TLS", "verified", "may")
RETRY_SCHEDULE = env_durations("RETRY_SCHEDULE", "2m,5m,10m,15m,30m,1h,2h,4h,8h")  # the last one again and again
SEND_CONNECTIONS = env_int("SEND_CONNECTIONS", 50)  # of each worker process
SEND_CONNECTIONS_PER_DOMAIN = env_int("SEND_CONNECTIONS_PER_DOMAIN", 5)  # of all
SEND_TIMEOUT = env_int("SEND_TIMEOUT", 60)  # seconds that a mail server may take for a command
SEND_LEASE = env_int("SEND_LEASE", 60)  # seconds until the work of a worker that died is taken over
PRIVATE_MX = env_bool("PRIVATE_MX", False)  # whether a domain's mail server may be at a private address
REMOTE_SMTP_PORT = env_int("REMOTE_SMTP_PORT", 25)
MTA_STS_PORT = env_int("MTA_STS_PORT", 443)
CA_FILE = env_text("CA_FILE")  # certificates to trust besides the system's, in PEM
QUEUE_HISTORY = env_int("QUEUE_HISTORY", 7)  # days for which the queue shows what is done
MAX_DELAYED_SEND = env_int("MAX_DELAYED_SEND", 30 * 24 * 3600)  # seconds that a message may be held; 0 for not at all

# Push.
MAX_STREAMS = env_int("MAX_STREAMS", 100)  # event sources and WebSockets that one user may have open
VAPID_KEY = vapid_key(env_text("VAPID_KEY"), DATA_DIR)
# Told to push services: an address that they may write to, or a page.
PUSH_CONTACT = env_text("PUSH_CONTACT") or (PUBLIC_URL if PUBLIC_URL.startswith("https:") else "mailto:root@localhost")
PUSH_TO_PRIVATE_HOSTS = env_bool("PUSH_TO_PRIVATE_HOSTS", False)
PUSH_CA_FILE = env_text("PUSH_CA_FILE")  # certificates of authorities of one's own, PEM

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_text("LOG_LEVEL", "WARNING")},
    "loggers": {"django": {"handlers": [], "propagate": True}},
}
