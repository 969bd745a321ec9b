"""公众查询: a resident looks at their matter and rates it, with its code and secret and without an account."""

import uuid
from typing import Any

from flask import request
from marshmallow import fields

from server import clock
from server.api import body as bodies
from server.api.guard import GuardedBlueprint, open_to_all
from server.api.schemas.values import Moment, NamedSchema, Strict, one_of, short
from server.office import office
from server.rules.asking import VISIT_RESULTS
from server.rules.facts import State
from server.services import cases, log, residents

looks = GuardedBlueprint("looks", __name__, description="公众查询 Looking without an account")


class LookSchema(Strict):
    """The code of a matter and the secret that came with the answer to the report."""

    code = short(40, required=True)
    secret = short(64, required=True)


class RatingSchema(LookSchema):
    """How satisfied somebody is."""

    result = one_of(*(one[0] for one in VISIT_RESULTS if one[0] != "unreached"), required=True)
    text = short(1000, load_default=None, allow_none=True)
    at = Moment(required=True)


class StandingSchema(Strict):
    """Where a matter stands; nothing of who reported or is concerned."""

    code = fields.String(required=True)
    state = one_of(*State, required=True)
    category = fields.String(required=True)
    received_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    holder = fields.Nested(NamedSchema, required=True, allow_none=True)
    result = fields.String(required=True, allow_none=True)
    satisfaction = fields.String(required=True, allow_none=True)
    may_rate = fields.Boolean(required=True)


_rating = RatingSchema()


@looks.route(
    "/look", method="POST", guard=open_to_all, takes=LookSchema(), answers={200: StandingSchema()},
    refuses=("not_found", "too_many_tries"),
)  # fmt: skip
def look_at_matter(body: dict[str, Any]) -> dict[str, Any]:
    """Where the matter of this code stands."""
    return residents.look(body["code"], body["secret"], request.remote_addr or "", clock.now())


@looks.route(
    "/look/ratings/<step_id>", method="PUT", guard=open_to_all, takes=_rating, reads_body=False,
    answers={201: StandingSchema(), 200: StandingSchema()},
    refuses=("not_found", "too_many_tries", "move_not_allowed", "already_different"),
)  # fmt: skip
def rate_matter(step_id: uuid.UUID) -> tuple[dict[str, Any], int]:
    """Say how satisfied one is with a closed matter, once."""
    raw = bodies.read_json()
    body = bodies.load(_rating, raw)
    content = log.content_digest({**raw, "secret": None}, office().keys.content)
    submission = cases.Submission(step_id, content, body["at"])
    payload = {"result": body["result"], **({"text": body["text"]} if body["text"] else {})}
    address, now = request.remote_addr or "", clock.now()
    fresh = residents.rate(body["code"], body["secret"], address, submission, payload, now)
    return residents.look(body["code"], body["secret"], address, now), 201 if fresh else 200
