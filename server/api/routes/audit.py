"""审计: the audit log, for auditors only; it holds nothing personal but who did what and for which purpose."""

import uuid
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from server.api.guard import GuardedBlueprint, auditor
from server.api.schemas.values import NamedSchema, QueryNumbers, short, whole
from server.db import reading
from server.services import audit as service

audit_routes = GuardedBlueprint("audit", __name__, description="审计 Audit log")


class AuditQuerySchema(QueryNumbers):
    numbers = ("limit",)

    limit = whole(1, 200, load_default=50)
    cursor = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[0-9]{1,18}\Z", error="翻页位置无效。\nThis cursor is not valid."),
    )
    action = short(32, load_default=None)
    person = fields.UUID(load_default=None)


class AuditEntrySchema(Schema):
    """One line: who did what to what, and the purpose they stated."""

    id = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    person = fields.Nested(NamedSchema, required=True, allow_none=True)
    action = fields.String(required=True)
    object = fields.String(required=True)
    detail = fields.Dict(required=True)


class AuditPageSchema(Schema):
    items = fields.List(fields.Nested(AuditEntrySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


@audit_routes.route(
    "/audit", method="GET", guard=auditor, query=AuditQuerySchema(), answers={200: AuditPageSchema()},
    refuses=("not_for_your_role",),
)  # fmt: skip
def list_audit(query: dict[str, Any]) -> dict[str, Any]:
    """Lines of the audit log, newest first."""
    before = int(query["cursor"]) if query["cursor"] is not None else None
    person: uuid.UUID | None = query["person"]
    with reading() as snapshot:
        page = service.list_entries(snapshot, query["limit"], before, query["action"], person)
    return {"items": [_entry(row) for row in page.rows], "next_cursor": page.next_cursor}


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    person = {"id": row["person_id"], "name": row["name"]} if row["person_id"] is not None else None
    return {
        "id": row["id"],
        "at": row["at"],
        "person": person,
        "action": row["action"],
        "object": row["object"],
        "detail": row["detail"],
    }
