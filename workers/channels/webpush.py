"""Web Push (RFC 8030, 8291, 8292): a small encrypted notice to one browser through its maker's push service."""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from py_vapid import Vapid02
from pywebpush import WebPusher

from server import clock
from server.office import Office
from server.rules.endpoints import Endpoint, read_endpoint
from server.rules.telling import EMERGENCY
from server.services.deliveries import Errand, Outcome
from server.services.resolving import addresses_of
from workers.channels import answers, lines
from workers.channels.answers import Answer

TTL = {EMERGENCY: timedelta(hours=4)}
USUAL_TTL = timedelta(days=1)
"""How long a push service keeps a notice for a browser that is away; the inbox keeps it for good."""
URGENCIES = {4: "high", 3: "high", 2: "normal", 1: "normal"}
PAYLOAD_MAX = 3000
"""Bytes; services take 4,096 after encryption."""
TOKEN_LIFE = timedelta(hours=12)

_tokens: dict[tuple[str, bytes, str], tuple[datetime, str]] = {}
_guard = threading.Lock()


def send(errand: Errand, office: Office) -> Outcome:
    """Push one notice; a later one under the same topic replaces it while it waits at the push service."""
    endpoint = read_endpoint(errand.address["endpoint"], loopback=office.settings.push_loopback)
    if not isinstance(endpoint, Endpoint):
        return Outcome("bad endpoint", "dead", gone=True)
    if office.keys.push is None:
        return Outcome("no push key", "dead")
    found = addresses_of(endpoint)
    if not isinstance(found, list):
        return Outcome("bad address", "waiting")
    now = clock.now()
    headers = {
        "Authorization": _token(endpoint.origin, office.keys.push, office.settings.push_contact, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(TTL.get(errand.urgency, USUAL_TTL).total_seconds())),
        "Topic": topic_of(errand),
        "Urgency": "low" if errand.collected else URGENCIES[errand.urgency],
    }
    try:
        answer = lines.post(endpoint, found[0], encrypt(errand.address, payload_of(errand)), headers)
    except lines.NoAnswerError as error:
        return Outcome(error.word, "waiting")
    return judge(answer, now)


def payload_of(errand: Errand) -> bytes:
    """What the service worker gets: words, the case, a tag, how many are unread. Nothing personal."""
    payload = {
        "zh": errand.zh, "en": errand.en, "tag": errand.tag, "urgency": errand.urgency, "unread": errand.unread,
        "case": None if errand.collected else str(errand.case_id), "message": str(errand.message_id),
    }  # fmt: skip
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > PAYLOAD_MAX:
        raise ValueError("a notice is a line, not a letter")
    return text


def topic_of(errand: Errand) -> str:
    """At most 32 characters of base64url; the tag itself would tell the push service which case it is about."""
    return sha256(errand.tag.encode()).hexdigest()[:32]


def encrypt(address: Mapping[str, str], payload: bytes) -> bytes:
    """Encrypt for one browser."""
    keys = {"p256dh": address["p256dh"], "auth": address["auth"]}
    body: bytes = WebPusher({"endpoint": address["endpoint"], "keys": keys}).encode(payload, "aes128gcm")["body"]
    return body


def judge(answer: Answer, now: datetime) -> Outcome:
    """What a push service's status means for this notice and for the subscription."""
    if answer.status in (404, 410):
        return Outcome(f"status {answer.status}", "dropped", gone=True)
    return answers.judge(answer, now)


def _token(origin: str, key: bytes, contact: str, now: datetime) -> str:
    """A VAPID token for one push service, made anew when half its life is over."""
    name = (origin, key, contact)
    with _guard:
        kept = _tokens.get(name)
        if kept is None or kept[0] <= now:
            signer = Vapid02.from_raw(_base64url(key))
            claims = {"aud": origin, "sub": contact, "exp": int((now + TOKEN_LIFE).timestamp())}
            kept = _tokens[name] = (now + TOKEN_LIFE / 2, signer.sign(claims)["Authorization"])
    return kept[1]


def _base64url(key: bytes) -> bytes:
    return urlsafe_b64encode(key).rstrip(b"=")
