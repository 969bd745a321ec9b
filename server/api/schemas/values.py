"""Field kinds that several schemas share: texts kept exactly, instants with an offset, coordinates, hashes."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, fields, pre_load, validate, validates_schema

from server.api.body import FieldError
from server.rules.needs import ITEMS_MAX, TEXT_MAX, check_photos, check_text

CRS = ("wgs84", "gcj02", "bd09", "cgcs2000")
FIXES = ("gps", "network", "manual", "exif")
SOURCES = ("patrol", "wechat_group", "visit", "walk_in", "hotline", "police", "court", "petition", "other")
# The bounding box of the country's land and sea areas in degrees, generous to every datum.
LON_RANGE, LAT_RANGE = (73.0, 136.0), (3.0, 54.0)


class Strict(Schema):
    """Unknown fields are refused, never dropped."""

    class Meta:
        unknown = RAISE


class Moment(fields.Field[datetime]):
    """RFC 3339 with an offset, between the years 2000 and 2100."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise FieldError("不是有效的时间（RFC 3339）。", "This is not a valid time (RFC 3339).") from None
        if moment.tzinfo is None:
            raise FieldError("时间须带时区，如 +08:00。", "A time needs its offset, such as +08:00.")
        if not 2000 <= moment.year < 2100:
            raise FieldError("时间超出范围（2000—2099 年）。", "The time is out of range (2000 to 2099).")
        return moment.astimezone(UTC)


class Words(fields.String):
    """A text of 5 to 5,000 characters, kept exactly as sent."""

    def __init__(self, least: int = 5, **kwargs: Any) -> None:
        super().__init__(metadata={"minLength": least, "maxLength": TEXT_MAX}, **kwargs)
        self.least = least

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if problem := check_text(value, self.least):
            raise FieldError(*problem)
        return str(value)


class Degrees(fields.Float):
    """A plain JSON number; strings, NaN and infinities are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise FieldError("应为数字。", "This must be a number.")
        return float(value)


class YesNo(fields.Boolean):
    """JSON's true or false and nothing that merely equals them, such as 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class PhotoList(fields.List[str]):
    """At most 20 different SHA-256 in lower-case hex."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            fields.String(metadata={"pattern": "^[0-9a-f]{64}$"}),
            metadata={"maxItems": ITEMS_MAX, "uniqueItems": True}, **kwargs,
        )  # fmt: skip

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[str | None]:
        if problem := check_photos(value):
            raise FieldError(*problem)
        return list(value)


def whole(low: int, high: int, **kwargs: Any) -> fields.Integer:
    """A whole number within bounds."""
    return fields.Integer(
        strict=True,
        validate=validate.Range(low, high, error=f"应在 {low} 至 {high} 之间。\nThis must be from {low} to {high}."),
        **kwargs,
    )


def short(longest: int, **kwargs: Any) -> fields.String:
    """A short text."""
    return fields.String(
        validate=validate.Length(1, longest, error=f"应为 1 至 {longest} 个字。\n1 to {longest} characters, please."),
        **kwargs,
    )


def one_of(*choices: str, **kwargs: Any) -> fields.String:
    """One of these words."""
    listed = ", ".join(choices)
    return fields.String(
        validate=validate.OneOf(choices, error=f"应为以下之一：{listed}。\nThis must be one of {listed}."), **kwargs
    )


def check_coordinates(lon: float, lat: float) -> None:
    """Refuse what cannot be a place in the country, and say so when the two look swapped.

    Raises:
        FieldError: names `lon` or `lat`.
    """
    if not -180 <= lon <= 180 and not (LAT_RANGE[0] <= lon <= LAT_RANGE[1]):
        raise FieldError("经度应在 -180 至 180 之间。", "Longitude is from -180 to 180.", "lon")
    if LON_RANGE[0] <= lat <= LON_RANGE[1] and LAT_RANGE[0] <= lon <= LAT_RANGE[1]:
        raise FieldError("经度和纬度好像填反了。", "Longitude and latitude look swapped.", "lon")
    if not -90 <= lat <= 90:
        raise FieldError("纬度应在 -90 至 90 之间。", "Latitude is from -90 to 90.", "lat")
    if lon == 0 and lat == 0:
        raise FieldError("坐标为 0,0：手机没有取得定位。", "The place is 0,0: the phone had no fix.", "lon")
    if not (LON_RANGE[0] <= lon <= LON_RANGE[1] and LAT_RANGE[0] <= lat <= LAT_RANGE[1]):
        raise FieldError("坐标不在国内。", "The place is outside the country.", "lon")


class CoordinatesSchema(Strict):
    """A point as measured: degrees in a stated coordinate system."""

    lon = Degrees(required=True)
    lat = Degrees(required=True)
    crs = one_of(*CRS, required=True)
    accuracy_m = Degrees(
        load_default=None, allow_none=True,
        validate=validate.Range(0, 100_000, error="应在 0 至 100000 米之间。\nThis must be from 0 to 100,000 m."),
    )  # fmt: skip

    @validates_schema
    def check_place(self, data: dict[str, Any], **_: Any) -> None:
        check_coordinates(data["lon"], data["lat"])


class QueryNumbers(Strict):
    """Base of query schemas: parameters that look like numbers become numbers before they are checked."""

    numbers: tuple[str, ...] = ()

    @pre_load
    def read_numbers(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        found = dict(data)
        for name in self.numbers:
            if name in found:
                try:
                    value = float(found[name])
                except ValueError:
                    continue
                found[name] = int(value) if value.is_integer() and math.isfinite(value) else value
        return found


class NamedSchema(Schema):
    """A unit or person by id and name."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class CodedSchema(Schema):
    """An area or grid by code and name."""

    code = fields.String(required=True)
    name = fields.String(required=True)


__all__ = [
    "CRS", "FIXES", "SOURCES", "CodedSchema", "CoordinatesSchema", "Degrees", "Moment", "NamedSchema", "PhotoList",
    "QueryNumbers", "Strict", "Words", "YesNo", "one_of", "short", "whole",
]  # fmt: skip
