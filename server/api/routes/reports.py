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
    with transaction() as tx:
        hearing = hear(tx, who(), g.now)
        if known := cases.find(tx, report_id):
            cases.check_replay(known, who(), content, "submit", report_id)
            return {"report_id": report_id, "case": show(hearing, report_id), "secret": None}, 200
        body = bodies.load(_schema, raw)
        filed = intake.file_report(hearing, body, cases.Submission(report_id, content, body["filed_at"]))
        if filed is not None:
            found = duplicates.find(hearing, filed.record.case)
            case = views.whole(hearing, filed.record, found)
            return {"report_id": report_id, "case": case, "secret": filed.secret}, 201
    return _answer_the_later_of_two(report_id, content)


def _answer_the_later_of_two(report_id: uuid.UUID, content: bytes) -> tuple[dict[str, Any], int]:
    """Another request with the same id committed first; ours wrote nothing and is now a replay."""
    with transaction() as tx:
        known = cases.find(tx, report_id)
        if known is None:
            raise Refusal("already_different")
        cases.check_replay(known, who(), content, "submit", report_id)
        case = show(hear(tx, who(), g.now), report_id)
    return {"report_id": report_id, "case": case, "secret": None}, 200
