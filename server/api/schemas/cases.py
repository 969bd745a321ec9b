"""What a case looks like to a client, and how cases are asked for."""

from typing import get_args

from marshmallow import Schema, fields, validate

from server.api.schemas.values import CodedSchema, NamedSchema, QueryNumbers, Strict, Words, one_of, short, whole
from server.rules.facts import RequestKind, State

ASKS = ("accept", "dispatch", "sign", "handle", "answer", "verify", "visit", "check")


class LabelSchema(Schema):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class CandidateSchema(Schema):
    code = fields.String(required=True)
    distance_m = fields.Float(required=True)


class CaseGridSchema(Schema):
    """The grid a case was filed in; without code when it lies outside all grids or nobody could say."""

    code = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    match = one_of("inside", "border", "near", "outside", "chosen", required=True)
    candidates = fields.List(fields.Nested(CandidateSchema), required=True)


class SummarySchema(Schema):
    """A case in a list."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    state = one_of(*State, required=True)
    version = fields.Integer(required=True)
    category = fields.String(required=True)
    urgency = fields.Integer(required=True)
    title = fields.String(required=True)
    source = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    received_at = fields.DateTime(required=True)
    grid = fields.Nested(CaseGridSchema, required=True)
    area = fields.Nested(CodedSchema, required=True)
    holder = fields.Nested(NamedSchema, required=True, allow_none=True)
    due_at = fields.DateTime(required=True, allow_none=True)


class WhereSchema(Schema):
    """What was measured, beside WGS-84."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    crs = fields.String(required=True)
    accuracy_m = fields.Float(required=True, allow_none=True)
    fix = fields.String(required=True)
    wgs84 = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)


class AssignmentSchema(Schema):
    """分派: one unit's part in the case."""

    id = fields.UUID(required=True)
    role = one_of("lead", "co", "copied", required=True)
    unit = fields.Nested(NamedSchema, required=True)
    state = fields.String(required=True)
    handler = fields.Nested(NamedSchema, required=True, allow_none=True)
    pool = fields.Boolean(required=True, metadata={"description": "Waits with others for whoever signs first."})
    place = fields.String(required=True, allow_none=True)
    arrive_by = fields.DateTime(required=True, allow_none=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    signed_at = fields.DateTime(required=True, allow_none=True)
    arrived_at = fields.DateTime(required=True, allow_none=True)
    reported_at = fields.DateTime(required=True, allow_none=True)
    result = fields.String(required=True, allow_none=True)


class DeadlineSchema(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    unit = fields.Nested(NamedSchema, required=True)
    assignment = fields.UUID(required=True, allow_none=True)
    request = fields.UUID(required=True, allow_none=True)
    round = fields.Integer(required=True)
    due_original = fields.DateTime(required=True)
    due_current = fields.DateTime(required=True)
    met_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "Stopped without being met: the case moved or ended."}
    )
    paused = fields.Boolean(required=True)
    light = one_of("yellow", "red", required=True, allow_none=True)
    rung = fields.String(required=True, allow_none=True)
    offline_late = fields.Boolean(
        required=True, metadata={"description": "Met in time by the device's clock, too late by the office's."}
    )
    excused = fields.Boolean(required=True)


class RequestSchema(Schema):
    """An ask that waits for an answer; a supervision stays until it is lifted."""

    id = fields.UUID(required=True)
    kind = one_of(*get_args(RequestKind), required=True)
    state = fields.String(required=True)
    assignment = fields.UUID(required=True, allow_none=True)
    by = fields.Nested(NamedSchema, required=True, allow_none=True)
    to = fields.Nested(NamedSchema, required=True, allow_none=True)
    asked_at = fields.DateTime(required=True)
    answer_due = fields.DateTime(required=True, allow_none=True)
    terms = fields.Dict(required=True, metadata={"description": "What was asked for, as its kind needs it."})


class StepSchema(Schema):
    """流转记录."""

    seq = fields.Integer(required=True)
    id = fields.UUID(required=True)
    action = fields.String(required=True)
    by = fields.Nested(NamedSchema, required=True, allow_none=True)
    on_behalf_of = fields.Nested(
        NamedSchema, required=True, allow_none=True, metadata={"description": "For whom a stand-in acted."}
    )
    as_unit = fields.Nested(NamedSchema, required=True, allow_none=True)
    at = fields.DateTime(required=True)
    device_at = fields.DateTime(required=True)
    payload = fields.Dict(required=True)
    hash = fields.String(required=True)


class PhotoSchema(Schema):
    sha256 = fields.String(required=True)
    kind = fields.String(required=True)
    step = fields.UUID(required=True)
    missing = fields.Boolean(required=True)


class MaskedPartySchema(Schema):
    role = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    id_number = fields.String(required=True, allow_none=True)


class OpenedPartySchema(MaskedPartySchema):
    consent = fields.Boolean()


class OpenedPartiesSchema(Schema):
    items = fields.List(fields.Nested(OpenedPartySchema), required=True)


class ChoiceSchema(Schema):
    value = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class NeedSchema(Schema):
    """One field of a move's form."""

    name = fields.String(required=True)
    type = fields.String(required=True)
    required = fields.Boolean(required=True)
    label = fields.Nested(LabelSchema, required=True)
    choices = fields.List(fields.Nested(ChoiceSchema))
    min_length = fields.Integer()
    max_length = fields.Integer()


class MoveSchema(Schema):
    """What this person may do now."""

    action = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)
    assignment = fields.UUID(metadata={"description": "The assignment it is about, where it is about one."})
    request = fields.UUID(metadata={"description": "The request it is about, where it is about one."})
    needs = fields.List(fields.Nested(NeedSchema), required=True)
    then = fields.List(fields.String(), required=True)


class DuplicateSchema(Schema):
    case_id = fields.UUID(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    distance_m = fields.Float(required=True)
    reasons = fields.List(fields.String(), required=True)


class CaseSchema(SummarySchema):
    """事项: one case whole."""

    text = fields.String(required=True)
    location = fields.Nested(WhereSchema, required=True, allow_none=True)
    no_location_reason = fields.String(required=True, allow_none=True)
    confidential = fields.Boolean(required=True)
    dispatcher = fields.Nested(NamedSchema, required=True, allow_none=True)
    first_responsible = fields.Nested(NamedSchema, required=True, allow_none=True)
    leader_in_charge = fields.Nested(NamedSchema, required=True, allow_none=True)
    master = fields.UUID(required=True, allow_none=True, metadata={"description": "The case it was merged into."})
    result = fields.String(required=True, allow_none=True)
    route = fields.String(required=True, allow_none=True)
    assignments = fields.List(fields.Nested(AssignmentSchema), required=True)
    requests = fields.List(fields.Nested(RequestSchema), required=True)
    deadlines = fields.List(fields.Nested(DeadlineSchema), required=True)
    rung = fields.String(required=True, allow_none=True)
    rework_count = fields.Integer(required=True)
    reopen_count = fields.Integer(required=True)
    settled_level = fields.String(required=True, allow_none=True)
    satisfaction = fields.String(required=True, allow_none=True)
    parties = fields.List(fields.Nested(MaskedPartySchema), required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)
    names = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={
            "description": "For the ids in the steps' payloads and the requests' terms: the name of a unit or "
            "colleague, the code of a case. A case this person may not see is not there."
        },
    )
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    possible_duplicates = fields.List(fields.Nested(DuplicateSchema), required=True)
    moves = fields.List(fields.Nested(MoveSchema), required=True)


class OwnStepsSchema(Schema):
    """What somebody keeps of a case they no longer see: its code, and the steps they or their units made."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)


class CasePageSchema(Schema):
    items = fields.List(fields.Nested(SummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class CaseQuerySchema(QueryNumbers):
    """Filters of the list."""

    numbers = ("limit",)

    state = one_of(*State)
    grid = short(32)
    area = short(12)
    unit = fields.UUID()
    category = short(32)
    source = short(12)
    ask = one_of(*ASKS)
    overdue = fields.Boolean(truthy={"true"}, falsy={"false"})
    q = short(100)
    limit = whole(1, 200, load_default=50)
    cursor = short(300, load_default=None)


def _purpose() -> Words:
    longest = validate.Length(max=200, error="用途最多 200 字。\nA purpose has at most 200 characters.")
    return Words(least=2, required=True, validate=longest)


class SearchSchema(Strict):
    """Find cases by a party's phone or ID number; the purpose is logged."""

    phone = short(32)
    id_number = short(32)
    purpose = _purpose()


class PurposeSchema(Strict):
    purpose = _purpose()
