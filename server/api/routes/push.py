"""Web Push: the key that browsers subscribe with, and a person's browsers under ids the devices mint."""

import base64
import binascii
import uuid
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Response, g, make_response
from marshmallow import Schema, fields, validates

from server.api import body as bodies
from server.api.body import FieldError
from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.values import Strict, short
from server.db import transaction
from server.office import office
from server.rules.endpoints import ENDPOINT_MAX
from server.rules.refusals import Refusal
from server.services import log, resolving, subscriptions

push = GuardedBlueprint("push", __name__, description="推送 Push")


class PushKeySchema(Schema):
    key = fields.String(required=True, metadata={"description": "Uncompressed P-256 point, base64url."})


class PushKeysSchema(Strict):
    """What a browser gives out for encrypting to it."""

    p256dh = short(100, required=True)
    auth = short(30, required=True)

    @validates("p256dh")
    def check_point(self, value: str, **_: Any) -> None:
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(value))
        except (ValueError, binascii.Error):
            raise FieldError("不是有效的公钥。", "This is not a valid public key.") from None

    @validates("auth")
    def check_secret(self, value: str, **_: Any) -> None:
        try:
            size = len(_decode(value))
        except (ValueError, binascii.Error):
            size = 0
        if size != 16:
            raise FieldError("不是有效的密钥。", "This is not a valid secret.")


class PushSubscriptionSchema(Strict):
    """A browser's `PushSubscription` as its `toJSON()` writes it."""

    endpoint = short(ENDPOINT_MAX, required=True)
    expirationTime = fields.Float(load_default=None, allow_none=True)  # noqa: N815  # the browser's own name
    keys = fields.Nested(PushKeysSchema, required=True)


class SubscribedSchema(Schema):
    id = fields.UUID(required=True)
    alive = fields.Boolean(
        required=True, metadata={"description": "False: the push service has given it up; subscribe anew."}
    )


_schema = PushSubscriptionSchema()


@push.route("/push/key", method="GET", guard=signed_in, answers={200: PushKeySchema()}, refuses=("not_found",))
def show_key() -> dict[str, Any]:
    """The public key to subscribe with; none while the office has no push key."""
    key = office().keys.push_public
    if key is None:
        raise Refusal("not_found")
    return {"key": key}


@push.route(
    "/push/subscriptions/<subscription_id>", method="PUT", guard=signed_in, takes=_schema, reads_body=False,
    answers={200: SubscribedSchema()}, refuses=("already_different",),
)  # fmt: skip
def keep_subscription(subscription_id: uuid.UUID) -> dict[str, Any]:
    """Tell the office where this browser can be reached; an app does so whenever it starts."""
    raw = bodies.read_json()
    content = log.content_digest(raw, office().keys.content)
    with transaction() as tx:
        alive = subscriptions.hear_again(tx, who(), subscription_id, content, g.now)
    if alive is not None:
        return {"id": subscription_id, "alive": alive}
    body = bodies.load(_schema, raw)
    if problem := resolving.check(body["endpoint"], loopback=office().settings.push_loopback):
        raise Refusal("invalid", errors={"endpoint": problem})
    kept = {"endpoint": body["endpoint"], **body["keys"]}
    with transaction() as tx:
        subscriptions.subscribe(tx, who(), subscription_id, content, kept, g.now)
    return {"id": subscription_id, "alive": True}


@push.route(
    "/push/subscriptions/<subscription_id>", method="DELETE", guard=signed_in, answers={204: None},
    refuses=("not_found",),
)  # fmt: skip
def drop_subscription(subscription_id: uuid.UUID) -> Response:
    """Leave this browser in peace."""
    with transaction() as tx:
        subscriptions.unsubscribe(tx, who().id, subscription_id, g.now)
    return make_response("", 204)


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
