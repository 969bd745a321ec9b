"""What figures look like to a client, and how they are asked for."""

from marshmallow import Schema, fields

from server.api.schemas.cases import LabelSchema, SummarySchema
from server.api.schemas.values import QueryNumbers, Strict, one_of, short, whole
from server.rules.indicators import BY, COUNTS, RATES, ROUTES, UNREPORTED


class DefinitionSchema(Schema):
    """One figure's words, and the counts it is made of."""

    name = fields.Nested(LabelSchema, required=True)
    definition = fields.Nested(LabelSchema, required=True)
    kind = one_of("count", "rate", required=True)
    numerator = fields.String(required=True)
    denominator = fields.String(required=True, allow_none=True)
    beside = fields.List(
        fields.String(), metadata={"description": "Figures that must always be shown beside this one."}
    )


_LATE = {key for key, one in COUNTS.items() if one.base == "window"}
_PERCENT = {"description": "Percent; null where there is nothing to divide by."}


class HoursSchema(Schema):
    """From receipt to closing, in hours."""

    mean_hours = fields.Float(required=True, allow_none=True)
    median_hours = fields.Float(required=True, allow_none=True)
    p90_hours = fields.Float(required=True, allow_none=True)


_SharesSchema = Schema.from_dict(
    {route: fields.Float(required=True, allow_none=True) for route in (*ROUTES, UNREPORTED)}, name="RouteSharesSchema"
)
_FiguresSchema = Schema.from_dict(
    {
        **{key: fields.Integer(required=True, allow_none=key in _LATE) for key in COUNTS},
        **{key: fields.Float(required=True, allow_none=True, metadata=_PERCENT) for key in RATES},
    },
    name="FiguresSchema",
)


class FigureRowSchema(_FiguresSchema, HoursSchema):  # type: ignore[misc, valid-type]  # made from the table of indicators
    """One row: every count, every rate in percent, durations in hours, the roads of closed disputes."""

    key = fields.String(required=True, allow_none=True, metadata={"description": "Null for the total."})
    name = fields.String(required=True)
    route_shares = fields.Nested(_SharesSchema, required=True, metadata={"description": "Sum to exactly 100.00."})


class FigureReportSchema(Schema):
    """The figures of a period; once it is frozen they stay."""

    definitions = fields.Dict(keys=fields.String(), values=fields.Nested(DefinitionSchema), required=True)
    as_of = fields.DateTime(required=True)
    frozen = fields.Boolean(required=True)
    rows = fields.List(fields.Nested(FigureRowSchema), required=True)
    total = fields.Nested(FigureRowSchema, required=True)


class BehindSchema(Schema):
    """The cases behind a figure that this person may see, newest first; a case for each of its clocks counted."""

    items = fields.List(fields.Nested(SummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    definition = fields.Nested(DefinitionSchema, required=True, metadata={"description": "Of the count listed."})
    count = fields.Integer(required=True, allow_none=True, metadata={"description": "The figure itself."})
    hidden = fields.Integer(required=True, metadata={"description": "How many of them this person may not see."})


class FiguresQuerySchema(Strict):
    """Whole days on the office's calendar, both included."""

    area = short(12, required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    by = one_of(*BY, load_default="area")


class BehindQuerySchema(QueryNumbers, FiguresQuerySchema):
    """The same, with the figure and, unless the total is meant, the row."""

    numbers = ("limit",)

    indicator = short(60, required=True)
    part = one_of("numerator", "denominator", load_default="numerator")
    key = short(40)
    limit = whole(1, 200, load_default=50)
    cursor = short(300, load_default=None)
