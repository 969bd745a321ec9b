"""收件箱: what a person was told, newest first, and what they have read of it."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import g
from marshmallow import Schema, fields

from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.cases import LabelSchema
from server.api.schemas.values import QueryNumbers, one_of, short, whole
from server.db import reading, transaction
from server.rules.notices import wording
from server.rules.telling import KINDS
from server.services import inbox as service

inbox = GuardedBlueprint("inbox", __name__, description="收件箱 Inbox")


class InboxQuerySchema(QueryNumbers):
    numbers = ("limit",)

    limit = whole(1, 200, load_default=50)
    cursor = short(300, load_default=None)


class NoticeCaseSchema(Schema):
    id = fields.UUID(required=True)
    code = fields.String(required=True)


class MessageSchema(Schema):
    """通知: one step of one case that this person was told of."""

    id = fields.UUID(required=True)
    kind = one_of(*KINDS, required=True)
    action = fields.String(required=True)
    urgency = fields.Integer(required=True)
    case = fields.Nested(NoticeCaseSchema, required=True)
    text = fields.Nested(LabelSchema, required=True)
    at = fields.DateTime(required=True)
    read_at = fields.DateTime(required=True, allow_none=True)


class InboxSchema(Schema):
    items = fields.List(fields.Nested(MessageSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    unread = fields.Integer(required=True)


class UnreadSchema(Schema):
    unread = fields.Integer(required=True)


@inbox.route("/inbox", method="GET", guard=signed_in, query=InboxQuerySchema(), answers={200: InboxSchema()})
def list_messages(query: dict[str, Any]) -> dict[str, Any]:
    """My notices, newest first, and how many I have not read."""
    with reading() as snapshot:
        page = service.list_messages(snapshot, who().id, query["limit"], query["cursor"])
    return {"items": [_message(row) for row in page.rows], "next_cursor": page.next_cursor, "unread": page.unread}


@inbox.route(
    "/inbox/<message_id>/read", method="PUT", guard=signed_in, answers={200: UnreadSchema()}, refuses=("not_found",)
)
def read_message(message_id: uuid.UUID) -> dict[str, Any]:
    """I have read this one; again changes nothing."""
    with transaction() as tx:
        return {"unread": service.mark_read(tx, who().id, message_id, g.now)}


def _message(row: Mapping[str, Any]) -> dict[str, Any]:
    zh, en = wording(row["kind"], row["action"], row["urgency"], row["code"])
    return {
        "id": row["id"],
        "kind": row["kind"],
        "action": row["action"],
        "urgency": row["urgency"],
        "case": {"id": row["case_id"], "code": row["code"]},
        "text": {"zh": zh, "en": en},
        "at": row["created_at"],
        "read_at": row["read_at"],
    }
