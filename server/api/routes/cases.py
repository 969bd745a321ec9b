"""事项: lists, one case whole, its moves, and the personal data of its parties on purpose."""

import uuid
from typing import Any

from flask import g

from server.api import body as bodies
from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.cases import (
    CasePageSchema,
    CaseQuerySchema,
    CaseSchema,
    OpenedPartiesSchema,
    OwnStepsSchema,
    PurposeSchema,
    SearchSchema,
)
from server.api.schemas.reports import StepBodySchema, StepReceiptSchema
from server.api.views import cases as views
from server.db import reading, transaction
from server.office import office
from server.rules.refusals import Refusal, invalid
from server.rules.workflow import BY_ACTION, Move
from server.services import access, cases, duplicates, holding, lists, log, parties, people, records
from server.services.hearing import Hearing, hear

case_routes = GuardedBlueprint("cases", __name__, description="事项 Cases")
_step_schema = StepBodySchema()


@case_routes.route("/cases", method="GET", guard=signed_in, query=CaseQuerySchema(), answers={200: CasePageSchema()})
def list_cases(query: dict[str, Any]) -> dict[str, Any]:
    """Cases this person may see, newest first."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        page = lists.list_cases(hearing, query, limit, cursor)
    return {"items": [views.summary(hearing.atlas, row) for row in page.rows], "next_cursor": page.next_cursor}


@case_routes.route(
    "/cases/search", method="POST", guard=signed_in, takes=SearchSchema(), answers={200: CasePageSchema()}
)
def search_cases(body: dict[str, Any]) -> dict[str, Any]:
    """Find cases by a party's phone or ID number. The purpose is logged, the number is not."""
    given = [kind for kind in ("phone", "id_number") if body.get(kind)]
    if len(given) != 1:
        raise invalid("phone", "请填写电话或证件号中的一项。", "Give either a phone or an ID number.")
    with transaction() as tx:
        hearing = hear(tx, who(), g.now)
        rows = lists.find_by_party(hearing, given[0], body[given[0]])
        people.note(tx, g.now, who().id, "search_parties", given[0], purpose=body["purpose"], found=len(rows))
    return {"items": [views.summary(hearing.atlas, row) for row in rows], "next_cursor": None}


@case_routes.route(
    "/cases/<case_id>", method="GET", guard=signed_in, answers={200: CaseSchema()}, refuses=("not_found",)
)
def show_case(case_id: uuid.UUID) -> dict[str, Any]:
    """One case whole, with the moves open to this person."""
    with reading() as snapshot:
        case = show(hear(snapshot, who(), g.now), case_id)
    if case is None:
        raise Refusal("not_found")
    return case


@case_routes.route(
    "/cases/<case_id>/own-steps", method="GET", guard=signed_in, answers={200: OwnStepsSchema()},
    refuses=("not_found",),
)  # fmt: skip
def show_own_steps(case_id: uuid.UUID) -> dict[str, Any]:
    """The code and one's own steps, kept by whoever took part, also when their part was taken back."""
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        record = records.load(hearing, case_id)
        if record is None:
            raise Refusal("not_found")
        mine = [one for one in record.steps if one["by"] == who().id or one["as_unit"] in who().units]
        if not mine and not any(subject in record.seats for subject in access.subjects(who())):
            raise Refusal("not_found")
        steps = [views.step(hearing.atlas, record.names, one) for one in mine]
        return {"id": case_id, "code": record.case["code"], "steps": steps}


@case_routes.route(
    "/cases/<case_id>/parties/open", method="POST", guard=signed_in, takes=PurposeSchema(),
    answers={200: OpenedPartiesSchema()}, refuses=("not_found",),
)  # fmt: skip
def open_parties(case_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """The parties unmasked; who asked and for what is logged."""
    with transaction() as tx:
        if not access.may_see(tx, who(), case_id):
            raise Refusal("not_found")
        people.note(tx, g.now, who().id, "open_parties", str(case_id), purpose=body["purpose"])
        return {"items": parties.unmasked(tx, office().keys, case_id)}


@case_routes.route(
    "/cases/<case_id>/steps/<step_id>", method="PUT", guard=signed_in, takes=_step_schema, reads_body=False,
    answers={201: StepReceiptSchema(), 200: StepReceiptSchema()},
    refuses=("already_different", "not_found", "case_has_moved", "move_not_allowed", "which_one"),
)  # fmt: skip
def make_move(case_id: uuid.UUID, step_id: uuid.UUID) -> tuple[dict[str, Any], int]:
    """Make a move on a case under the step id that the device minted."""
    raw = bodies.read_json()
    content = log.content_digest(raw, office().keys.content)
    while True:
        try:
            return _move(case_id, step_id, raw, content)
        except holding.PartnerChanged:
            continue  # only another merge that was committed meanwhile brings this about


def _move(case_id: uuid.UUID, step_id: uuid.UUID, raw: dict[str, Any], content: bytes) -> tuple[dict[str, Any], int]:
    action, payload = str(raw.get("action", "")), raw.get("payload")
    with transaction() as tx:
        hearing = hear(tx, who(), g.now)
        given = payload if isinstance(payload, dict) else {}
        held = holding.hold(hearing, case_id, action, given, seen_by=access.subjects(who()))
        record = held.record if held is not None else None
        if known := _known(hearing, record, step_id):
            cases.check_replay(known, who(), content, action, case_id)
            return _receipt(hearing, record, step_id), 200
        body = bodies.load(_step_schema, raw)
        move = BY_ACTION.get(body["action"])
        if move is None or move.who <= {"system", "resident"} or body["action"] == "submit":
            raise invalid("action", "没有这种操作。", "There is no such action.")
        if held is None or record is None or not records.visible(record, access.subjects(who())):
            raise Refusal("not_found")
        _check_about(body, move)
        wish = cases.Wish(
            body["action"], body["based_on"], body["payload"], body["as_unit"], body["assignment"], body["request"]
        )
        try:
            submission = cases.Submission(step_id, content, body["at"])
            moved = cases.advance(hearing, record, wish, submission, held.change, held.partner)
        except Refusal as refusal:
            if refusal.code in ("case_has_moved", "move_not_allowed"):
                refusal.extra["case"] = views.whole(hearing, record, duplicates.find(hearing, record.case))
            raise
        return _receipt(hearing, moved, step_id), 201


def show(hearing: Hearing, case_id: uuid.UUID) -> dict[str, Any] | None:
    """The whole case, or None when this person may not see it (or there is none)."""
    record = records.load_seen(hearing, case_id)
    if record is None:
        return None
    return views.whole(hearing, record, duplicates.find(hearing, record.case))


def _known(hearing: Hearing, record: records.Record | None, step_id: uuid.UUID) -> Any:
    """The step that already has this id, looked up only when the case itself does not show that it is new."""
    if record is not None and not any(one["id"] == step_id for one in record.steps):
        return None
    return cases.find(hearing.tx, step_id)


def _receipt(hearing: Hearing, record: records.Record | None, step_id: uuid.UUID) -> dict[str, Any]:
    if record is not None and records.visible(record, access.subjects(hearing.person)):
        case = views.whole(hearing, record, duplicates.find(hearing, record.case))
        return {"step": next(one for one in case["steps"] if one["id"] == step_id), "case": case}
    step, names = records.load_step(hearing.tx, step_id)
    return {"step": views.step(hearing.atlas, names, step), "case": None}


def _check_about(body: dict[str, Any], move: Move) -> None:
    if body["assignment"] is not None and move.task is None:
        raise invalid("assignment", "这种操作不针对某项分派。", "This action is not about one assignment.")
    if body["request"] is not None and move.request is None:
        raise invalid("request", "这种操作不针对请求。", "This action answers no request.")
