"""What is new for this person: the phone's idle poll, answered 304 when nothing is."""

import hashlib
import json
from typing import Any

from flask import Response, g, jsonify, request
from marshmallow import Schema, fields

from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.values import Strict, one_of, short
from server.db import reading
from server.services import changes as service
from server.services.hearing import hear

changes = GuardedBlueprint("changes", __name__, description="变化 Changes")


class ChangesQuerySchema(Strict):
    since = short(300, load_default=None)


class ChangeSchema(Schema):
    kind = one_of("case", "message", "packs", "grants", required=True)
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    gone = fields.Boolean(required=True)


class ChangesSchema(Schema):
    items = fields.List(fields.Nested(ChangeSchema), required=True)
    next_cursor = fields.String(required=True)
    more = fields.Boolean(required=True)


@changes.route(
    "/changes", method="GET", guard=signed_in, query=ChangesQuerySchema(),
    answers={200: ChangesSchema(), 304: None}, refuses=("cursor_expired",),
)  # fmt: skip
def list_changes(query: dict[str, Any]) -> Response:
    """Cases, messages, packs and grants that changed since the cursor; without one, a cursor for now."""
    with reading() as snapshot:
        news = service.since(hear(snapshot, who(), g.now), query["since"])
    body = {"items": news.items, "next_cursor": news.next_cursor, "more": news.more}
    response = jsonify(body)
    response.set_etag(hashlib.sha256(json.dumps(body, default=str).encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response
