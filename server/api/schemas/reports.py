"""What a device sends: reports and steps."""

from typing import Any

from marshmallow import fields, validate, validates_schema

from server.api.body import FieldError
from server.api.schemas.cases import CaseSchema, StepSchema
from server.api.schemas.values import (
    FIXES,
    SOURCES,
    CoordinatesSchema,
    Degrees,
    Moment,
    PhotoList,
    Strict,
    Words,
    YesNo,
    one_of,
    short,
    whole,
)
from server.rules.needs import ITEMS_MAX, PARTY_FIELDS


class LocationSchema(CoordinatesSchema):
    """Where the device was, as it measured it."""

    fix = one_of(*FIXES, required=True)


class PartySchema(Strict):
    """当事人: a person the report concerns."""

    name = short(PARTY_FIELDS["name"], required=True)
    phone = short(PARTY_FIELDS["phone"], load_default=None, allow_none=True)
    id_number = short(PARTY_FIELDS["id_number"], load_default=None, allow_none=True)
    role = short(PARTY_FIELDS["role"], load_default=None, allow_none=True)


class OnBehalfSchema(Strict):
    """The resident for whom somebody reports, who has agreed to it."""

    name = short(PARTY_FIELDS["name"], required=True)
    phone = short(PARTY_FIELDS["phone"], required=True)
    consent = YesNo(
        required=True, validate=validate.Equal(True, error="须征得本人同意。\nThe resident must have agreed.")
    )


class OriginSchema(Strict):
    """Where a connected system had it from."""

    system = short(64, required=True)
    external_id = short(128, required=True)
    due_at = Moment(load_default=None, allow_none=True)


class SettledSchema(Strict):
    """即报即结: settled on the spot."""

    result = Words(required=True)
    photos = PhotoList(load_default=list)


class ReportSchema(Strict):
    """上报: one report."""

    category = short(32, required=True)
    text = Words(required=True)
    urgency = whole(1, 4, required=True)
    source = one_of(*SOURCES, required=True)
    location = fields.Nested(LocationSchema, load_default=None, allow_none=True)
    no_location_reason = Words(least=2, load_default=None, allow_none=True)
    grid_code = short(32, load_default=None, allow_none=True)
    filed_at = Moment(required=True)
    photos = PhotoList(load_default=list)
    parties = fields.List(
        fields.Nested(PartySchema), load_default=list,
        validate=validate.Length(max=ITEMS_MAX, error=f"最多 {ITEMS_MAX} 名。\nAt most {ITEMS_MAX} parties."),
    )  # fmt: skip
    on_behalf_of = fields.Nested(OnBehalfSchema, load_default=None, allow_none=True)
    occurred_at = Moment(load_default=None, allow_none=True)
    involved_count = whole(0, 1_000_000, load_default=None, allow_none=True)
    amount = Degrees(
        load_default=None, allow_none=True,
        validate=validate.Range(0, 99_999_999_999, error="金额超出范围。\nThe amount is out of range."),
    )  # fmt: skip
    confidential = YesNo(load_default=False)
    same_as = fields.UUID(load_default=None, allow_none=True)
    origin = fields.Nested(OriginSchema, load_default=None, allow_none=True)
    settled = fields.Nested(SettledSchema, load_default=None, allow_none=True)

    @validates_schema
    def check_place_or_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data["location"] is None and data["no_location_reason"] is None:
            raise FieldError(
                "请提供位置，或说明没有位置的原因。", "Give a place, or say why there is none.", "no_location_reason"
            )


class ReportReceiptSchema(Strict):
    """What comes back for a report; the secret comes once."""

    report_id = fields.UUID(required=True)
    case = fields.Nested(CaseSchema, required=True, allow_none=True)
    secret = fields.String(required=True, allow_none=True)


class StepBodySchema(Strict):
    """A move on a case; `payload` is checked against the move's needs."""

    action = short(20, required=True)
    based_on = whole(0, 2**31 - 1, required=True)
    payload = fields.Dict(keys=fields.String(), required=True)
    at = Moment(required=True)
    assignment = fields.UUID(load_default=None, allow_none=True)
    request = fields.UUID(load_default=None, allow_none=True)
    as_unit = fields.UUID(load_default=None, allow_none=True)


class StepReceiptSchema(Strict):
    """What comes back for a move; `case` is null when it is no longer visible."""

    step = fields.Nested(StepSchema, required=True)
    case = fields.Nested(CaseSchema, required=True, allow_none=True)
