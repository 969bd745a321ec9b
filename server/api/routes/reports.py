"""上报: a report comes in under the id that the device minted."""

import uuid
from typing import Any

from flask import g

from server.api import body as bodies
from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.routes.cases import show
from server.api.schemas.reports import ReportReceiptSchema, ReportSchema
from server.api.views import cases as views
from server.db import transaction
from server.office import office
from server.rules.refusals import Refusal
from server.services import cases, duplicates, intake, log
from server.services.hearing import hear

reports = GuardedBlueprint("reports", __name__, description="上报 Reports")
_schema = ReportSchema()


@reports.route(
    "/reports/<report_id>", method="PUT", guard=signed_in, takes=_schema, reads_body=False,
    answers={201: ReportReceiptSchema(), 200: ReportReceiptSchema()},
    refuses=("already_different", "not_for_your_role", "grid_too_far"),
)  # fmt: skip
def file_report(report_id: uuid.UUID) -> tuple[dict[str, Any], int]:
    """File a report, or hear again what became of it: the same content under the same id changes nothing."""
    raw = bodies.read_json()
    content = log.content_digest(raw, office().keys.content)
    try:
        filed = _file(report_id, content, raw)
    except Refusal:
        # Whether the id is known comes before anything else that may be wrong: a report accepted last year is
        # recognised although the rules have changed. It is asked only now, because nearly every report is new.
        if (receipt := _receipt_again(report_id, content)) is None:
            raise
        return receipt
    receipt = filed or _receipt_again(report_id, content)
    if receipt is None:
        raise Refusal("already_different")
    return receipt


def _file(report_id: uuid.UUID, content: bytes, raw: dict[str, Any]) -> tuple[dict[str, Any], int] | None:
    """File it and say what became of it; None when the id stands for a report already, then nothing is written."""
    body = bodies.load(_schema, raw)
    with transaction() as tx:
        hearing = hear(tx, who(), g.now)
        filed = intake.file_report(hearing, body, cases.Submission(report_id, content, body["filed_at"]))
        if filed is None:
            return None
        found = duplicates.find(hearing, filed.record.case)
        case = views.whole(hearing, filed.record, found)
    return {"report_id": report_id, "case": case, "secret": filed.secret}, 201


def _receipt_again(report_id: uuid.UUID, content: bytes) -> tuple[dict[str, Any], int] | None:
    """What a report sent again is answered; None when there is none with this id.

    Raises:
        Refusal: `already_different` when the id stands for something else.
    """
    with transaction() as tx:
        known = cases.find(tx, report_id)
        if known is None:
            return None
        cases.check_replay(known, who(), content, "submit", report_id)
        case = show(hear(tx, who(), g.now), report_id)
    return {"report_id": report_id, "case": case, "secret": None}, 200
