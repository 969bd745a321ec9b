"""Settings from the environment, read once at the start; a senseless one stops the start with one sentence.

It opens no file and no connection. Every variable the product knows is a field of `Settings`.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "GRIDLOOP_"
MOST_BY_ITSELF = 4
"""Web processes that nobody asked for: with 16 threads each their connections fit into PostgreSQL's usual hundred."""


class SettingsError(Exception):
    """A setting that is missing or makes no sense; its text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and how this process runs.

    Args:
        data_dir: folder for the embedded database, keys, photos and unfinished uploads.
        database_url: the application's own database address.
        migrate_url: the owner's address, used by `gridloop migrate` only.
        keys_file: JSON file with the secret keys (see `server.keys`).
        photo_dir: folder that every web process and courier shares.
        host, port: where the web server listens.
        public_url: the address people type; decides whether cookies are Secure.
        proxies: web servers in front of this one; only what they say of a caller's address is believed.
        timezone: the office's zone, for shifts, days and reports.
        web_processes, web_threads: size of the web server; threads equal the connection pool.
        redis_url: where RQ's queues are; None: the web process carries messages itself.
        courier_workers: worker processes that one `gridloop courier` keeps running.
        courier_metrics_port: where the courier answers Prometheus; 0: nowhere.
        courier_lease_s: how long a delivery handed to a worker is that worker's alone.
        push_contact: whom a push service may write to about us (mailto: or https:).
        push_loopback: pushes may go to this machine over plain HTTP: for tests and nothing else.
        sms_url, sms_secret: the gateway for text messages and the key that signs requests; None: no text messages.
    """

    data_dir: Path
    database_url: URL
    migrate_url: URL
    keys_file: Path
    photo_dir: Path
    host: str
    port: int
    public_url: str
    proxies: tuple[str, ...]
    timezone: ZoneInfo
    web_processes: int
    web_threads: int
    redis_url: str | None
    courier_workers: int
    courier_metrics_port: int
    courier_lease_s: int
    push_contact: str
    push_loopback: bool
    sms_url: str | None
    sms_secret: str | None = field(repr=False)

    @property
    def embedded(self) -> bool:
        """One machine, one process, SQLite: the default way to run."""
        return self.database_url.get_backend_name() == "sqlite"

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read every `GRIDLOOP_` variable.

    Raises:
        SettingsError: a value is missing, senseless or contradicts another, or the name is unknown.
    """
    given = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
    known = {
        "DATA_DIR", "DATABASE_URL", "MIGRATE_URL", "KEYS_FILE", "PHOTO_DIR", "HOST", "PORT", "PUBLIC_URL",
        "TIMEZONE", "WEB_PROCESSES", "WEB_THREADS", "REDIS_URL", "COURIER_WORKERS", "COURIER_METRICS_PORT",
        "COURIER_LEASE_S", "PUSH_CONTACT", "PUSH_LOOPBACK", "SMS_URL", "SMS_SECRET", "PROXIES",
    }  # fmt: skip
    if unknown := sorted(given.keys() - known):
        raise SettingsError(f"{PREFIX}{unknown[0]} is not a setting; known are {', '.join(sorted(known))}.")
    data_dir = Path(given.get("DATA_DIR", "data")).expanduser().resolve()
    database_url = _database("DATABASE_URL", given.get("DATABASE_URL", f"sqlite:///{data_dir}/gridloop.sqlite"))
    embedded = database_url.get_backend_name() == "sqlite"
    if not embedded and "KEYS_FILE" not in given:
        raise SettingsError(
            f"{PREFIX}KEYS_FILE is missing: with PostgreSQL every host must be given the same keys file "
            "(make one with `gridloop make-keys FILE`)."
        )
    port = _number(given, "PORT", 8000, 1, 65535)
    usual = 1 if embedded else min(os.cpu_count() or 1, MOST_BY_ITSELF)
    web_processes = _number(given, "WEB_PROCESSES", usual, 1, 64)
    if embedded and web_processes > 1:
        raise SettingsError(
            f"{PREFIX}WEB_PROCESSES is {web_processes}, but SQLite serves one web process; use PostgreSQL."
        )
    public_url = _public_url(given.get("PUBLIC_URL", f"http://127.0.0.1:{port}"))
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        migrate_url=_database("MIGRATE_URL", given["MIGRATE_URL"]) if "MIGRATE_URL" in given else database_url,
        keys_file=Path(given.get("KEYS_FILE", str(data_dir / "keys.json"))).expanduser().resolve(),
        photo_dir=Path(given.get("PHOTO_DIR", str(data_dir / "photos"))).expanduser().resolve(),
        host=given.get("HOST", "127.0.0.1"),
        port=port,
        public_url=public_url,
        proxies=_networks(given.get("PROXIES", "127.0.0.1,::1")),
        timezone=_zone(given.get("TIMEZONE", "Asia/Shanghai")),
        web_processes=web_processes,
        web_threads=_number(given, "WEB_THREADS", 16, 2, 256),
        redis_url=_redis(given.get("REDIS_URL")),
        courier_workers=_number(given, "COURIER_WORKERS", 2, 1, 64),
        courier_metrics_port=_number(given, "COURIER_METRICS_PORT", 0, 0, 65535),
        courier_lease_s=_number(given, "COURIER_LEASE_S", 60, 2, 3600),
        push_contact=_contact(given.get("PUSH_CONTACT"), public_url),
        push_loopback=given.get("PUSH_LOOPBACK") == "for tests only",
        **_sms(given),
    )


def _database(name: str, text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsError(f"{PREFIX}{name} is not a database address.") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise SettingsError(f"{PREFIX}{name} names no file: an in-memory database would lose reports.")
        return url
    raise SettingsError(f"{PREFIX}{name} must begin with sqlite:/// or postgresql://.")


def _number(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{PREFIX}{name} is {text!r}; it must be a whole number from {low} to {high}.")
    return int(text)


def _redis(text: str | None) -> str | None:
    if text is not None and not text.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(f"{PREFIX}REDIS_URL must begin with redis://, rediss:// or unix://.")
    if text is not None and not _has_sane_port(text):
        raise SettingsError(f"{PREFIX}REDIS_URL names no valid port.")
    return text


def _has_sane_port(text: str) -> bool:
    try:
        urlsplit(text).port  # noqa: B018  # reading it is what refuses
    except ValueError:
        return False
    return True


def _contact(text: str | None, public_url: str) -> str:
    """Push services want an address they may write to; an office on https is one."""
    if text is None:
        return public_url if public_url.startswith("https://") else "mailto:nobody@example.invalid"
    if not text.startswith(("mailto:", "https://")):
        raise SettingsError(f"{PREFIX}PUSH_CONTACT must begin with mailto: or https://.")
    return text


def _sms(given: Mapping[str, str]) -> dict[str, str | None]:
    url, secret = given.get("SMS_URL"), given.get("SMS_SECRET")
    if (url is None) != (secret is None):
        raise SettingsError(f"{PREFIX}SMS_URL and {PREFIX}SMS_SECRET are given together or not at all.")
    if url is not None and not url.startswith(("https://", "http://127.0.0.1")):
        raise SettingsError(f"{PREFIX}SMS_URL must begin with https://.")
    if url is not None and not _has_sane_port(url):
        raise SettingsError(f"{PREFIX}SMS_URL names no valid port.")
    return {"sms_url": url, "sms_secret": secret}


def _networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, comma-separated; empty: nobody."""
    try:
        return tuple(str(ipaddress.ip_network(one.strip())) for one in text.split(",") if one.strip())
    except ValueError:
        raise SettingsError(f"{PREFIX}PROXIES is {text!r}; it must be addresses or networks like 10.0.0.0/8.") from None


def _public_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise SettingsError(f"{PREFIX}PUBLIC_URL must begin with http:// or https://.")
    return text.rstrip("/")


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"{PREFIX}TIMEZONE is {text!r}, which is no time zone name.") from None
