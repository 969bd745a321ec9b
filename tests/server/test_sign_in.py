"""Coming in: cookies need their page token, bearers need none, guesses end after five, sessions end when told."""

import dataclasses
import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from server import clock, create_app
from server.db import db, transaction
from server.models import Audit, Person, Session, SignInTries
from tests.conftest import Office
from tests.server.conftest import refused

Make = Callable[..., dict[str, Any]]
PASSWORD, SLOW = "gridloop-demo", "worker16"


@pytest.fixture(scope="module", autouse=True)
def cheap(shared_office: Office) -> None:
    """The same passwords under a hash that is checked quickly: slowness itself is not tested here, but for one."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with shared_office.app.app_context(), transaction() as tx:
        tx.execute(update(Person).where(Person.account != SLOW).values(password_hash=quick))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """`later(timedelta)`: from here on the office's clock shows that much more than the real one."""

    def move(much: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + much)

    return move


def sign_in(http: FlaskClient, account: str, password: str = PASSWORD, **options: Any) -> TestResponse:
    return http.post("/api/v1/sessions", json={"account": account, "password": password}, **options)


def signed_in(office: Office, account: str) -> tuple[FlaskClient, dict[str, Any]]:
    """A browser of this person, holding the session as a cookie, and what it was told."""
    http = office.anonymous()
    answer = sign_in(http, account)
    assert answer.status_code == 201, answer.text
    return http, answer.json


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_signing_in_gives_a_token_a_page_token_and_a_cookie_out_of_scripts_reach(shared_office: Office):
    answer = sign_in(shared_office.anonymous(), "worker11")
    assert answer.status_code == 201
    assert set(answer.json) == {"token", "csrf_token", "expires_at", "person"}
    assert answer.json["person"]["account"] == "worker11"
    cookie = answer.headers["Set-Cookie"]
    for part in ("gridloop_session=", "HttpOnly", "SameSite=Lax", "Path=/api/v1", "Max-Age=2592000"):
        assert part in cookie
    assert "Secure" not in cookie
    assert answer.json["csrf_token"] not in cookie


def test_behind_https_the_cookie_is_secure(shared_office: Office):
    app = create_app(dataclasses.replace(shared_office.settings, public_url="https://grid.example"))
    assert "; Secure" in sign_in(app.test_client(), "worker12").headers["Set-Cookie"]
    with app.app_context():
        db.engine.dispose()


def test_a_browser_reads_with_its_cookie_and_writes_only_with_its_page_token(shared_office: Office, report: Make):
    http, told = signed_in(shared_office, "worker1")
    _, other = signed_in(shared_office, "worker1")
    assert http.get("/api/v1/me").json["csrf_token"] == told["csrf_token"]
    path = f"/api/v1/reports/{uuid.uuid4()}"
    for wrong in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": other["csrf_token"]}, {"X-CSRF-Token": told["token"]}):
        refused(http.put(path, json=report(), headers=wrong), 403, "csrf_failed")
    refused(http.put(path, json=report(), headers={"X-CSRF-Token": "页"}), 403, "csrf_failed")
    assert http.put(path, json=report(), headers={"X-CSRF-Token": told["csrf_token"]}).status_code == 201


def test_a_bearer_needs_no_page_token(shared_office: Office, report: Make):
    _, told = signed_in(shared_office, "worker1")
    answer = shared_office.anonymous().put(
        f"/api/v1/reports/{uuid.uuid4()}", json=report(), headers=bearer(told["token"])
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Bearer", "", "Basic d29ya2VyMTpncmlkbG9vcC1kZW1v", "x"])
def test_with_an_authorization_header_the_cookie_is_ignored(shared_office: Office, header: str):
    http, _ = signed_in(shared_office, "worker1")
    assert http.get("/api/v1/me").status_code == 200
    answer = http.get("/api/v1/me", headers={"Authorization": header})
    refused(answer, 401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_nobody_gets_in_without_a_session(shared_office: Office):
    for path in ("/me", "/cases", "/changes", "/sessions", "/categories", f"/cases/{uuid.uuid4()}"):
        refused(shared_office.anonymous().get(f"/api/v1{path}"), 401, "not_signed_in")


def test_five_wrong_guesses_lock_an_account_for_fifteen_minutes(
    shared_office: Office, later: Callable[[timedelta], None]
):
    http = shared_office.anonymous()
    for _ in range(5):
        refused(sign_in(http, "worker13", "wrong-password"), 401, "bad_credentials")
    locked = refused(sign_in(http, "worker13"), 429, "too_many_tries")
    assert datetime.fromisoformat(locked["retry_at"]) > datetime.now(UTC) + timedelta(minutes=14)
    later(timedelta(minutes=14))
    refused(sign_in(http, "worker13"), 429, "too_many_tries")
    later(timedelta(minutes=16))
    refused(sign_in(http, "worker13", "wrong-password"), 401, "bad_credentials")
    assert sign_in(http, "worker13").status_code == 201


def test_the_right_password_forgets_earlier_slips(shared_office: Office):
    http = shared_office.anonymous()
    for _ in range(2):
        for _ in range(4):
            refused(sign_in(http, "worker14", "wrong-password"), 401, "bad_credentials")
        assert sign_in(http, "worker14").status_code == 201


def test_a_crowd_of_guesses_at_once_gets_no_more_than_five(shared_office: Office):
    def guess(number: int) -> int:
        return sign_in(shared_office.anonymous(), "worker15", f"wrong-guess-{number}").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(guess, range(16)))
    assert statuses == [401] * 5 + [429] * 11


def test_unknown_accounts_behave_like_known_ones(shared_office: Office):
    known, unknown = SLOW, "nobody-at-all"
    answers = {
        account: [sign_in(shared_office.anonymous(), account, "wrong-password") for _ in range(6)]
        for account in (known, unknown)
    }
    for one, other in zip(answers[known], answers[unknown], strict=True):
        told, heard = one.json, other.json
        told.pop("retry_at", None)
        heard.pop("retry_at", None)
        assert (one.status_code, told) == (other.status_code, heard)
        assert set(one.headers.keys()) == set(other.headers.keys())
    # What an unknown account's password is compared with costs as much as a known one's.
    hashes = shared_office.rows(select(Person.password_hash).where(Person.account == known))
    assert hashes[0][0].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["account", "password"]),
        ({"account": "worker1"}, ["password"]),
        ({"account": 7, "password": PASSWORD}, ["account"]),
        ({"account": "x" * 65, "password": PASSWORD}, ["account"]),
        ({"account": "worker1", "password": "x" * 201}, ["password"]),
        ({"account": "work\0er1", "password": PASSWORD}, ["account"]),
        ({"account": "worker1", "password": PASSWORD, "remember": True}, ["remember"]),
    ],
)
def test_credentials_of_the_wrong_shape_are_refused_and_not_counted(
    shared_office: Office, body: dict[str, Any], fields: list[str]
):
    before = shared_office.rows(select(SignInTries.account, SignInTries.failures))
    refused(shared_office.anonymous().post("/api/v1/sessions", json=body), 422, "invalid", *fields)
    assert shared_office.rows(select(SignInTries.account, SignInTries.failures)) == before


@pytest.mark.parametrize("account", ["Worker1", "worker1 ", " worker1", "ｗorker1"])
def test_account_names_are_taken_letter_by_letter(shared_office: Office, account: str):
    refused(sign_in(shared_office.anonymous(), account), 401, "bad_credentials")


def test_only_a_hash_of_the_token_is_stored(shared_office: Office):
    _, told = signed_in(shared_office, "worker17")
    stored = [row[0] for row in shared_office.rows(select(Session.token_hash))]
    assert hashlib.sha256(told["token"].encode()).digest() in stored
    for row in shared_office.rows(select(Session.__table__)) + shared_office.rows(select(Audit.__table__)):
        assert told["token"] not in str(row)


def test_a_session_that_is_revoked_ends_at_once(shared_office: Office):
    (first, here), (second, there) = signed_in(shared_office, "worker18"), signed_in(shared_office, "worker18")
    listed = first.get("/api/v1/sessions").json["items"]
    assert [one["current"] for one in listed].count(True) == 1
    assert len(listed) == 2
    other = next(one["id"] for one in listed if not one["current"])
    assert second.get("/api/v1/me").status_code == 200
    gone = first.delete(f"/api/v1/sessions/{other}", headers={"X-CSRF-Token": here["csrf_token"]})
    assert gone.status_code == 204
    refused(second.get("/api/v1/me"), 401, "not_signed_in")
    refused(shared_office.anonymous().get("/api/v1/me", headers=bearer(there["token"])), 401, "not_signed_in")
    assert [one["current"] for one in first.get("/api/v1/sessions").json["items"]] == [True]
    again = first.delete(f"/api/v1/sessions/{other}", headers={"X-CSRF-Token": here["csrf_token"]})
    refused(again, 404, "not_found")


def test_signing_out_here_takes_the_cookie_away(shared_office: Office):
    http, told = signed_in(shared_office, "worker19")
    answer = http.delete("/api/v1/sessions/current", headers={"X-CSRF-Token": told["csrf_token"]})
    assert answer.status_code == 204
    assert "gridloop_session=;" in answer.headers["Set-Cookie"]
    refused(shared_office.anonymous().get("/api/v1/me", headers=bearer(told["token"])), 401, "not_signed_in")


def test_nobody_ends_somebody_else_s_session(shared_office: Office):
    victim, _ = signed_in(shared_office, "worker20")
    theirs = victim.get("/api/v1/sessions").json["items"][0]["id"]
    _, told = signed_in(shared_office, "admin1")
    answer = shared_office.anonymous().delete(f"/api/v1/sessions/{theirs}", headers=bearer(told["token"]))
    refused(answer, 404, "not_found")
    assert victim.get("/api/v1/me").status_code == 200


def test_an_account_that_ended_is_out_at_once_and_cannot_come_back(shared_office: Office):
    http, _ = signed_in(shared_office, "worker21")
    with shared_office.app.app_context(), transaction() as tx:
        tx.execute(update(Person).where(Person.account == "worker21").values(ended_at=clock.now()))
    refused(http.get("/api/v1/me"), 401, "not_signed_in")
    refused(sign_in(shared_office.anonymous(), "worker21"), 401, "bad_credentials")


@pytest.mark.parametrize("new", ["short", "ninechars", "x" * 201, PASSWORD, ""])
def test_a_weak_or_unchanged_password_is_refused(shared_office: Office, new: str):
    _, told = signed_in(shared_office, "worker22")
    body = {"old_password": PASSWORD, "new_password": new}
    answer = shared_office.anonymous().put("/api/v1/me/password", json=body, headers=bearer(told["token"]))
    refused(answer, 422, "invalid", "new_password")


def test_a_new_password_signs_the_other_devices_out(shared_office: Office):
    (_, here), (other, _) = signed_in(shared_office, "worker23"), signed_in(shared_office, "worker23")
    http, headers = shared_office.anonymous(), bearer(here["token"])
    body = {"old_password": "wrong-password", "new_password": "a-new-password"}
    refused(http.put("/api/v1/me/password", json=body, headers=headers), 401, "bad_credentials")
    body["old_password"] = PASSWORD
    assert http.put("/api/v1/me/password", json=body, headers=headers).status_code == 204
    assert http.get("/api/v1/me", headers=headers).status_code == 200
    refused(other.get("/api/v1/me"), 401, "not_signed_in")
    refused(sign_in(shared_office.anonymous(), "worker23"), 401, "bad_credentials")
    assert sign_in(shared_office.anonymous(), "worker23", "a-new-password").status_code == 201


def test_a_first_password_must_be_changed_before_anything_else(shared_office: Office, report: Make):
    with shared_office.app.app_context(), transaction() as tx:
        tx.execute(update(Person).where(Person.account == "worker24").values(must_change_password=True))
    http, told = signed_in(shared_office, "worker24")
    headers = {"X-CSRF-Token": told["csrf_token"]}
    assert told["person"]["must_change_password"] is True
    for path in ("/cases", "/sessions", "/categories", "/changes"):
        refused(http.get(f"/api/v1{path}"), 403, "must_change_password")
    refused(http.put(f"/api/v1/reports/{uuid.uuid4()}", json=report(), headers=headers), 403, "must_change_password")
    assert http.get("/api/v1/me").json["person"]["must_change_password"] is True
    body = {"old_password": PASSWORD, "new_password": "my-own-password"}
    assert http.put("/api/v1/me/password", json=body, headers=headers).status_code == 204
    assert http.get("/api/v1/cases").status_code == 200
    assert http.get("/api/v1/me").json["person"]["must_change_password"] is False


def test_a_session_ends_after_thirty_days_without_use(shared_office: Office, later: Callable[[timedelta], None]):
    http, told = signed_in(shared_office, "worker25")
    assert datetime.fromisoformat(told["expires_at"]) > datetime.now(UTC) + timedelta(days=29)
    later(timedelta(days=29))
    assert http.get("/api/v1/me").status_code == 200
    later(timedelta(days=31))
    refused(http.get("/api/v1/me"), 401, "not_signed_in")


def test_a_device_in_use_stays_signed_in(shared_office: Office, report: Make, later: Callable[[timedelta], None]):
    http, told = signed_in(shared_office, "worker1")
    headers = {"X-CSRF-Token": told["csrf_token"]}
    later(timedelta(days=20))
    assert "Set-Cookie" not in http.get("/api/v1/me").headers
    wrote = http.put(f"/api/v1/reports/{uuid.uuid4()}", json=report(), headers=headers)
    assert wrote.status_code == 201
    assert "gridloop_session=" in wrote.headers["Set-Cookie"]
    later(timedelta(days=45))
    assert http.get("/api/v1/me").status_code == 200
    renewed = http.put("/api/v1/sessions/current", headers=headers)
    assert datetime.fromisoformat(renewed.json["expires_at"]) > datetime.now(UTC) + timedelta(days=74)
    assert "gridloop_session=" in renewed.headers["Set-Cookie"]
    later(timedelta(days=70))
    assert http.get("/api/v1/me").status_code == 200


def test_signing_in_and_out_is_written_down_without_anything_secret(shared_office: Office):
    http, told = signed_in(shared_office, "worker26")
    http.delete("/api/v1/sessions/current", headers={"X-CSRF-Token": told["csrf_token"]})
    person = told["person"]["id"]
    lines = shared_office.rows(select(Audit.action, Audit.detail).where(Audit.person_id == uuid.UUID(person)))
    assert [line.action for line in lines] == ["sign_in", "sign_out"]
    assert all(line.detail == {} for line in lines)
