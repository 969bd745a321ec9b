"""Browsers tell where they can be reached: kept once, nobody else's, and never an address inside our own network."""

import base64
import contextlib
import secrets
import threading
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from server.models import NoticeChoice, PushSubscription, Session
from server.rules.endpoints import Endpoint, is_public, read_endpoint
from server.services import resolving, subscriptions
from tests.conftest import Client, Office, sign_in
from tests.server.conftest import refused

ENDPOINT = "https://updates.push.example.org/wpush/v2/abc"


@pytest.fixture(autouse=True)
def known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Push services have public addresses, whether or not a name server is there; all other names are looked up."""
    look_up = resolving._look_up
    monkeypatch.setattr(
        resolving, "_look_up", lambda host, port: ["93.184.216.34"] if "push" in host else look_up(host, port)
    )


def subscription(endpoint: str = ENDPOINT, **keys: Any) -> dict[str, Any]:
    """What a browser's `PushSubscription.toJSON()` gives."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "endpoint": endpoint, "expirationTime": None,
        "keys": {"p256dh": base64url(raw), "auth": base64url(secrets.token_bytes(16)), **keys},
    }  # fmt: skip


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def alive(office: Office) -> list[uuid.UUID]:
    rows = office.rows(select(PushSubscription.id).where(PushSubscription.ended_at.is_(None)))
    return [row.id for row in rows]


def test_the_key_is_a_point_that_browsers_take(office: Office):
    key = office.client("village1").get("/push/key").json["key"]
    raw = base64.urlsafe_b64decode(key + "==")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    assert office.client("worker1").get("/push/key").json["key"] == key
    assert office.anonymous().get("/api/v1/push/key").status_code == 401


def test_a_browser_is_kept_once_under_its_own_id(office: Office):
    village, body, one = office.client("village1"), subscription(), uuid.uuid4()
    for _ in range(2):
        answer = village.put(f"/push/subscriptions/{one}", json=body)
        assert (answer.status_code, answer.json) == (200, {"id": str(one), "alive": True})
    assert alive(office) == [one]
    refused(village.put(f"/push/subscriptions/{one}", json=subscription()), 409, "already_different")
    refused(office.client("worker1").put(f"/push/subscriptions/{one}", json=body), 409, "already_different")


def test_the_same_browser_under_another_id_or_person_replaces_the_former(office: Office):
    body = subscription()
    first, second = uuid.uuid4(), uuid.uuid4()
    office.client("village1").put(f"/push/subscriptions/{first}", json=body)
    office.client("worker1").put(f"/push/subscriptions/{second}", json=body)
    assert alive(office) == [second]
    again = office.client("village1").put(f"/push/subscriptions/{first}", json=body)
    assert again.json == {"id": str(first), "alive": False}


def test_whoever_signs_in_again_on_a_device_that_was_signed_out_elsewhere_is_reached_there_again(office: Office):
    village, body, one = office.client("village1"), subscription(), uuid.uuid4()
    village.put(f"/push/subscriptions/{one}", json=body)
    again = Client(office.anonymous(), sign_in(office.app, "village1"))
    village("DELETE", "/sessions/current")
    reached = (
        select(PushSubscription.id)
        .join(Session, Session.id == PushSubscription.session_id)
        .where(Session.revoked_at.is_(None))
    )
    assert office.rows(reached) == []
    assert again.put(f"/push/subscriptions/{one}", json=body).json == {"id": str(one), "alive": True}
    assert [row.id for row in office.rows(reached)] == [one]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_one_endpoint_told_of_twice_at_once_is_kept_once(office: Office, monkeypatch: pytest.MonkeyPatch):
    """By the page and by the service worker, each under an id of its own."""
    village, body = office.client("village1"), subscription()
    meeting, make_room = threading.Barrier(2), subscriptions._make_room

    def make_room_together(*arguments: Any) -> None:
        make_room(*arguments)
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(1)

    monkeypatch.setattr(subscriptions, "_make_room", make_room_together)
    told: list[int] = []

    def tell() -> None:
        client = Client(office.anonymous(), village.token)
        told.append(client.put(f"/push/subscriptions/{uuid.uuid4()}", json=body).status_code)

    both = [threading.Thread(target=tell) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert told == [200, 200]
    assert len(alive(office)) == 1


def test_leaving_it_in_peace(office: Office):
    village, one = office.client("village1"), uuid.uuid4()
    village.put(f"/push/subscriptions/{one}", json=subscription())
    refused(office.client("worker1")("DELETE", f"/push/subscriptions/{one}"), 404, "not_found")
    for _ in range(2):
        assert village("DELETE", f"/push/subscriptions/{one}").status_code == 204
    assert alive(office) == []
    refused(village("DELETE", f"/push/subscriptions/{uuid.uuid4()}"), 404, "not_found")


def test_a_person_has_at_most_twenty_browsers(office: Office):
    village = office.client("village1")
    ids = [uuid.uuid4() for _ in range(22)]
    for number, one in enumerate(ids):
        village.put(f"/push/subscriptions/{one}", json=subscription(f"{ENDPOINT}{number}"))
    assert set(alive(office)) == set(ids[2:])


HOSTILE = [
    "http://updates.push.example.org/x", "https://updates.push.example.org:8443/x", "https://u:p@updates.push.example.org/",
    "ftp://updates.push.example.org/", "https://", "https:///x", "javascript:alert(1)", "https://updates.push.example.org/#x",
    "https://updates.push.example.org:99999/", "https://[", "//updates.push.example.org/", "https://a b/",
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/", "https://172.16.0.1/",
    "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/", "https://[fd00::1]/",
    "https://100.64.0.1/", "https://0.0.0.0/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/",
    "https://[2002:a00:1::]/", "https://224.0.0.1/", "https://255.255.255.255/", "https://2130706433/",
    "https://0x7f000001/", "https://127.1/", "http://127.0.0.1:9999/x",
]  # fmt: skip


@pytest.mark.parametrize("endpoint", HOSTILE)
def test_an_endpoint_that_is_no_push_service_is_refused(shared_office: Office, endpoint: str):
    answer = shared_office.client("village1").put(f"/push/subscriptions/{uuid.uuid4()}", json=subscription(endpoint))
    refused(answer, 422, "invalid", "endpoint")


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"p256dh": base64url(b"\x04" + b"\x01" * 64)}, "keys.p256dh"),
        ({"p256dh": "not base64!"}, "keys.p256dh"),
        ({"auth": base64url(b"short")}, "keys.auth"),
        ({"auth": "!"}, "keys.auth"),
    ],
)
def test_keys_that_no_browser_gives_are_refused(shared_office: Office, keys: dict[str, str], field: str):
    answer = shared_office.client("village1").put(f"/push/subscriptions/{uuid.uuid4()}", json=subscription(**keys))
    refused(answer, 422, "invalid", field)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "1.1.1.1"])
def test_public_addresses_are_public(address: str):
    assert is_public(address)


def test_one_private_address_among_several_forbids_the_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resolving, "_look_up", lambda _host, _port: ["93.184.216.34", "10.0.0.1"])
    assert resolving.check(ENDPOINT, loopback=False) is not None


def test_the_test_switch_opens_this_machine_and_nothing_else():
    assert read_endpoint("http://127.0.0.1:9999/x", loopback=True) == Endpoint(False, "127.0.0.1", 9999, "/x")
    for other in ("http://10.0.0.1/", "http://example.org/", "http://localhost/"):
        assert not isinstance(read_endpoint(other, loopback=True), Endpoint)


def test_an_origin_is_what_tokens_are_made_out_to():
    assert read_endpoint(ENDPOINT, loopback=False).origin == "https://updates.push.example.org"
    assert read_endpoint("http://127.0.0.1:9999/x", loopback=True).origin == "http://127.0.0.1:9999"


def test_everybody_chooses_how_to_be_told_and_the_phone_is_masked(office: Office):
    village = office.client("village1")
    usual = {"task": "at_once", "oversight": "at_once", "news": "collected"}
    assert village.get("/me/notices").json == {"choices": usual, "phone": None}
    mine = {**usual, "news": "inbox"}
    answer = village.put("/me/notices", json={"choices": mine, "phone": "13812341234"})
    assert answer.json == {"choices": mine, "phone": "138****1234"}
    assert village.put("/me/notices", json={"choices": usual}).json == {"choices": usual, "phone": "138****1234"}
    assert office.rows(select(NoticeChoice.kind)) == []
    assert village.put("/me/notices", json={"choices": usual, "phone": None}).json["phone"] is None
    refused(village.put("/me/notices", json={"choices": {**usual, "news": "loud"}}), 422, "invalid", "choices.news")
    refused(village.put("/me/notices", json={"choices": usual, "phone": "1"}), 422, "invalid", "phone")
    assert office.client("worker1").get("/me/notices").json == {"choices": usual, "phone": None}
