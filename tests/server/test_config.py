"""A missing or senseless setting stops the start with one sentence; settings that make sense are read as they are."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import make_url

from server import create_app
from server.config import SettingsError, read_settings
from server.keys import make_keys

POSTGRES = {"GRIDLOOP_DATABASE_URL": "postgresql://app:secret@db/grid", "GRIDLOOP_KEYS_FILE": "/etc/gridloop/keys.json"}


def test_without_any_setting_the_office_is_embedded_and_asks_for_nothing():
    settings = read_settings({})
    assert settings.embedded
    assert settings.database_url.database == str(Path("data/gridloop.sqlite").resolve())
    assert (settings.host, settings.port, settings.web_processes) == ("127.0.0.1", 8000, 1)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert not settings.secure_cookies
    assert settings.timezone == ZoneInfo("Asia/Shanghai")
    assert settings.keys_file.parent == settings.photo_dir.parent == settings.data_dir
    assert settings.migrate_url == settings.database_url


def test_only_named_web_servers_are_believed():
    assert read_settings({}).proxies == ("127.0.0.1/32", "::1/128")
    assert read_settings({"GRIDLOOP_PROXIES": "10.1.2.3, 172.16.0.0/12"}).proxies == ("10.1.2.3/32", "172.16.0.0/12")
    assert read_settings({"GRIDLOOP_PROXIES": ""}).proxies == ()


def test_other_people_s_variables_are_none_of_its_business():
    assert read_settings({"PORT": "x", "HOME": "/root", "DATABASE_URL": "mysql://x"}) == read_settings({})


def test_scaled_out_the_application_and_the_owner_have_addresses_of_their_own():
    given = {**POSTGRES, "GRIDLOOP_MIGRATE_URL": "postgresql+psycopg2://owner:x@db/grid", "GRIDLOOP_WEB_PROCESSES": "4"}
    settings = read_settings(given)
    assert not settings.embedded
    assert settings.database_url == make_url("postgresql+psycopg://app:secret@db/grid")
    assert settings.migrate_url == make_url("postgresql+psycopg://owner:x@db/grid")
    assert settings.web_processes == 4
    assert read_settings(POSTGRES).web_processes == min(os.cpu_count() or 1, 4)


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ({"GRIDLOOP_PROT": "8000"}, "GRIDLOOP_PROT"),
        ({"GRIDLOOP_port": "8000"}, "GRIDLOOP_port"),
        ({"GRIDLOOP_PORT": "eight"}, "GRIDLOOP_PORT"),
        ({"GRIDLOOP_PORT": "0"}, "GRIDLOOP_PORT"),
        ({"GRIDLOOP_PORT": "65536"}, "GRIDLOOP_PORT"),
        ({"GRIDLOOP_PORT": "-1"}, "GRIDLOOP_PORT"),
        ({"GRIDLOOP_PORT": "８０００"}, "GRIDLOOP_PORT"),
        ({"GRIDLOOP_PORT": ""}, "GRIDLOOP_PORT"),
        ({"GRIDLOOP_WEB_THREADS": "1"}, "GRIDLOOP_WEB_THREADS"),
        ({"GRIDLOOP_PROXIES": "web"}, "GRIDLOOP_PROXIES"),
        ({"GRIDLOOP_PROXIES": "*"}, "GRIDLOOP_PROXIES"),
        ({"GRIDLOOP_PROXIES": "10.0.0.1/8"}, "GRIDLOOP_PROXIES"),
        ({"GRIDLOOP_WEB_PROCESSES": "2"}, "SQLite"),
        ({"GRIDLOOP_DATABASE_URL": "nonsense"}, "GRIDLOOP_DATABASE_URL"),
        ({"GRIDLOOP_DATABASE_URL": ""}, "GRIDLOOP_DATABASE_URL"),
        ({"GRIDLOOP_DATABASE_URL": "mysql://x/y"}, "GRIDLOOP_DATABASE_URL"),
        ({"GRIDLOOP_DATABASE_URL": "sqlite://"}, "in-memory"),
        ({"GRIDLOOP_DATABASE_URL": "sqlite:///:memory:"}, "in-memory"),
        ({"GRIDLOOP_DATABASE_URL": "postgresql://app@db/grid"}, "GRIDLOOP_KEYS_FILE"),
        ({**POSTGRES, "GRIDLOOP_MIGRATE_URL": "oracle://x"}, "GRIDLOOP_MIGRATE_URL"),
        ({"GRIDLOOP_TIMEZONE": "Mars/Olympus"}, "GRIDLOOP_TIMEZONE"),
        ({"GRIDLOOP_TIMEZONE": "../../etc/passwd"}, "GRIDLOOP_TIMEZONE"),
        ({"GRIDLOOP_TIMEZONE": ""}, "GRIDLOOP_TIMEZONE"),
        ({"GRIDLOOP_PUBLIC_URL": "grid.example"}, "GRIDLOOP_PUBLIC_URL"),
        ({"GRIDLOOP_PUBLIC_URL": "ftp://grid.example"}, "GRIDLOOP_PUBLIC_URL"),
        ({"GRIDLOOP_REDIS_URL": "http://redis"}, "GRIDLOOP_REDIS_URL"),
        ({"GRIDLOOP_REDIS_URL": "redis://:secret@redis:six"}, "GRIDLOOP_REDIS_URL"),
        ({"GRIDLOOP_REDIS_URL": "rediss://redis:70000/0"}, "GRIDLOOP_REDIS_URL"),
        ({"GRIDLOOP_SMS_URL": "https://gateway:x/", "GRIDLOOP_SMS_SECRET": "secret"}, "GRIDLOOP_SMS_URL"),
        ({"GRIDLOOP_SMS_URL": "https://gateway/"}, "GRIDLOOP_SMS_SECRET"),
    ],
    ids=str,
)
def test_a_senseless_setting_stops_the_start_with_one_sentence_that_names_it(given: dict[str, str], about: str):
    with pytest.raises(SettingsError) as stopped:
        read_settings(given)
    sentence = str(stopped.value)
    assert about in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "secret" not in sentence  # passwords in addresses are not for the terminal


def test_behind_https_cookies_are_secure_and_the_address_has_no_slash_at_its_end():
    settings = read_settings({"GRIDLOOP_PUBLIC_URL": "https://grid.example/"})
    assert (settings.public_url, settings.secure_cookies) == ("https://grid.example", True)


def test_the_embedded_office_makes_its_keys_once_and_never_over_an_existing_database(tmp_path: Path):
    settings = read_settings({"GRIDLOOP_DATA_DIR": str(tmp_path / "new" / "data")})
    create_app(settings)
    first = settings.keys_file.read_text()
    assert settings.keys_file.stat().st_mode & 0o777 == 0o600
    create_app(settings)
    assert settings.keys_file.read_text() == first
    settings.keys_file.unlink()
    (settings.data_dir / "gridloop.sqlite").write_bytes(b"")
    with pytest.raises(SettingsError, match="keys file"):
        create_app(settings)
    assert not settings.keys_file.exists()


def test_scaled_out_a_missing_keys_file_stops_the_start(tmp_path: Path):
    settings = read_settings({**POSTGRES, "GRIDLOOP_KEYS_FILE": str(tmp_path / "keys.json")})
    with pytest.raises(SettingsError, match="missing"):
        create_app(settings)
    make_keys(settings.keys_file)
    assert create_app(settings).extensions["gridloop"].settings is settings
