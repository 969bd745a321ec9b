"""Text messages through an HTTP gateway that the operator names; every request is signed and can be sent twice safely.

POST GRIDLOOP_SMS_URL {"id", "to", "text", "link"}
X-Gridloop-Timestamp: seconds since 1970
X-Gridloop-Signature: hex HMAC-SHA-256 under GRIDLOOP_SMS_SECRET of "<timestamp>.<body>"
Idempotency-Key: the id again: a gateway sends one text message for one id
"""

import hmac
import json
from urllib.parse import urlsplit

from server import clock
from server.office import Office
from server.rules.endpoints import Endpoint
from server.services.deliveries import Errand, Outcome
from workers.channels import answers, lines
from workers.channels.robots import link_to


def send(errand: Errand, office: Office) -> Outcome:
    """Send one text message: the case's code and a link, nothing else."""
    url, secret = office.settings.sms_url, office.settings.sms_secret
    if url is None or secret is None:
        return Outcome("no gateway", "dropped")
    now = clock.now()
    body = json.dumps(
        {
            "id": str(errand.claim.id), "to": errand.address["phone"], "text": errand.zh,
            "link": link_to(errand, office),
        },
        ensure_ascii=False,
    ).encode()  # fmt: skip
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": str(errand.claim.id),
        "X-Gridloop-Timestamp": timestamp,
        "X-Gridloop-Signature": sign(secret, timestamp, body),
    }
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    endpoint = Endpoint(secure, parts.hostname or "", parts.port or (443 if secure else 80), path)
    try:
        return answers.judge(lines.post(endpoint, endpoint.host, body, headers), now)
    except lines.NoAnswerError as error:
        return Outcome(error.word, "waiting")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """What the gateway must find in the header."""
    return hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()
