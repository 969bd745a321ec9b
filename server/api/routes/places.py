"""Where things are: locating a point, grids, areas, units, categories and offline packs, for anyone signed in."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, g, jsonify, request
from marshmallow import Schema, fields
from shapely.geometry import mapping
from sqlalchemy import select

from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.cases import CandidateSchema
from server.api.schemas.values import CodedSchema, CoordinatesSchema, NamedSchema, QueryNumbers, Strict, short, whole
from server.db import reading
from server.models import Grid
from server.rules.refusals import Refusal, invalid
from server.services import packs, whereabouts
from server.services.hearing import Hearing, hear
from server.services.reference import UnitEntry

places = GuardedBlueprint("places", __name__, description="地点 Places")


class LocateQuerySchema(QueryNumbers, CoordinatesSchema):
    numbers = ("lon", "lat", "accuracy_m")


class LocatedGridSchema(CodedSchema):
    area = fields.Nested(CodedSchema, required=True)


class PlaceSchema(Schema):
    grid = fields.Nested(LocatedGridSchema, required=True, allow_none=True)
    match = fields.String(required=True)
    candidates = fields.List(fields.Nested(CandidateSchema), required=True)
    nearest = fields.Nested(CandidateSchema, required=True, allow_none=True)
    wgs84 = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)


class FeatureSchema(Schema):
    """A grid as GeoJSON (RFC 7946); coordinates exactly as stored."""

    type = fields.String(required=True)
    geometry = fields.Dict(required=True)
    properties = fields.Dict(required=True)


class FeaturePageSchema(Schema):
    type = fields.String(required=True)
    features = fields.List(fields.Nested(FeatureSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class GridQuerySchema(QueryNumbers):
    numbers = ("limit",)

    bbox = short(100, load_default=None, metadata={"description": "west,south,east,north in WGS-84 degrees"})
    limit = whole(1, 200, load_default=50)
    cursor = short(32, load_default=None)


class AreaSchema(CodedSchema):
    level = fields.String(required=True)
    parent = fields.Nested(CodedSchema, required=True, allow_none=True)
    children = fields.List(fields.Nested(CodedSchema), required=True)
    centre = fields.Nested(NamedSchema, required=True, allow_none=True)


class UnitSchema(NamedSchema):
    kind = fields.String(required=True)
    level = fields.String(required=True)
    area = fields.Nested(CodedSchema, required=True)


class UnitListSchema(Schema):
    items = fields.List(fields.Nested(UnitSchema), required=True)


class UnitQuerySchema(Strict):
    area = short(12, load_default=None)
    category = short(32, load_default=None)


class CategorySchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    name_en = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    leaf = fields.Boolean(required=True)
    photo_required = fields.Boolean(required=True)
    after_photo_required = fields.Boolean(required=True)
    settle_on_spot = fields.Boolean(required=True)
    consultation = fields.Boolean(required=True)
    grid_worker = fields.Boolean(required=True)
    sensitive = fields.Boolean(required=True)
    least_verification = fields.String(required=True)


class CategoryListSchema(Schema):
    items = fields.List(fields.Nested(CategorySchema), required=True)
    reasons = fields.Dict(keys=fields.String(), values=fields.List(fields.Dict()), required=True)


class PackSchema(Schema):
    """离线包."""

    area = fields.Nested(CodedSchema, required=True)
    version = fields.String(required=True)
    grids = fields.List(fields.Dict(), required=True)
    units = fields.List(fields.Nested(UnitSchema), required=True)
    categories = fields.List(fields.Nested(CategorySchema), required=True)
    reasons = fields.Dict(required=True)
    limits = fields.List(fields.Dict(), required=True)


@places.route("/locate", method="GET", guard=signed_in, query=LocateQuerySchema(), answers={200: PlaceSchema()})
def locate(query: dict[str, Any]) -> dict[str, Any]:
    """Which grid covers a point, and which its accuracy circle touches."""
    with reading() as snapshot:
        atlas = hear(snapshot, who(), g.now).atlas
    found = whereabouts.locate(atlas, query["lon"], query["lat"], query["crs"], query["accuracy_m"])
    grid = None
    if found.grid is not None:
        village = atlas.areas[found.grid.village]
        grid = {
            "code": found.grid.code,
            "name": found.grid.name,
            "area": {"code": village.code, "name": village.name},
        }
    return {
        "grid": grid,
        "match": found.match,
        "candidates": [
            {"code": one.code, "distance_m": one.distance_m} for one in found.candidates[: whereabouts.CANDIDATES_SHOWN]
        ],
        "nearest": {"code": found.nearest.code, "distance_m": found.nearest.distance_m} if found.nearest else None,
        "wgs84": {"lon": found.lon, "lat": found.lat},
    }


@places.route("/grids", method="GET", guard=signed_in, query=GridQuerySchema(), answers={200: FeaturePageSchema()})
def list_grids(query: dict[str, Any]) -> dict[str, Any]:
    """Current grids by code, those whose bounding box meets `bbox`."""
    box = _read_box(query["bbox"])
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        wanted = [
            entry
            for code, entry in sorted(hearing.atlas.grids.items())
            if (query["cursor"] is None or code > query["cursor"]) and (box is None or _meet(entry.bounds, box))
        ]
        page = wanted[: query["limit"]]
        features = _features(hearing, [entry.id for entry in page])
    more = page[-1].code if len(wanted) > len(page) else None
    return {"type": "FeatureCollection", "features": features, "next_cursor": more}


@places.route("/grids/<code>", method="GET", guard=signed_in, answers={200: FeatureSchema()}, refuses=("not_found",))
def show_grid(code: str) -> dict[str, Any]:
    """One current grid as GeoJSON."""
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        if code not in hearing.atlas.grids:
            raise Refusal("not_found")
        return _features(hearing, [hearing.atlas.grids[code].id])[0]


@places.route("/areas/<code>", method="GET", guard=signed_in, answers={200: AreaSchema()}, refuses=("not_found",))
def show_area(code: str) -> dict[str, Any]:
    """An area with what is directly above and below it, and its centre."""
    with reading() as snapshot:
        atlas = hear(snapshot, who(), g.now).atlas
    area = atlas.areas.get(code)
    if area is None:
        raise Refusal("not_found")
    below = sorted((one for one in atlas.areas.values() if one.parent == code), key=lambda one: one.code)
    centre = atlas.centres.get(code)
    return {
        "code": area.code,
        "name": area.name,
        "level": area.level,
        "parent": {"code": area.parent, "name": atlas.areas[area.parent].name} if area.parent else None,
        "children": [{"code": one.code, "name": one.name} for one in below],
        "centre": {"id": centre.id, "name": centre.name} if centre else None,
    }


@places.route("/units", method="GET", guard=signed_in, query=UnitQuerySchema(), answers={200: UnitListSchema()})
def list_units(query: dict[str, Any]) -> dict[str, Any]:
    """Units of an area (all without one); with a category, those whose duty it is there."""
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
    atlas, area, category = hearing.atlas, query["area"], query["category"]
    if area is not None and area not in atlas.areas:
        raise invalid("area", "没有这个区域。", "There is no such area.")
    if category is not None and category not in hearing.rules.categories:
        raise invalid("category", "没有这个类别。", "There is no such category.")
    units = [unit for unit in atlas.units.values() if area is None or atlas.within(unit.area, area)]
    if category is not None:
        line = list(hearing.rules.line_of(category))
        where = atlas.line_of(area) if area else list(atlas.areas)
        answering = {unit for code in line for one in where for unit in atlas.duties.get((code, one), ())}
        units = [unit for unit in atlas.units.values() if unit.id in answering]
    return {"items": [_unit(hearing, unit) for unit in sorted(units, key=lambda unit: (unit.area, unit.name))]}


@places.route("/categories", method="GET", guard=signed_in, answers={200: CategoryListSchema()})
def list_categories() -> dict[str, Any]:
    """The category tree, flat, and the reason codes of each move."""
    with reading() as snapshot:
        rules = hear(snapshot, who(), g.now).rules
    return {"items": packs.categories(rules), "reasons": packs.reasons(rules)}


@places.route(
    "/packs/<area_code>", method="GET", guard=signed_in, answers={200: PackSchema(), 304: None},
    refuses=("not_found",),
)  # fmt: skip
def show_pack(area_code: str) -> Response:
    """The offline pack of a village or township."""
    with reading() as snapshot:
        hearing = hear(snapshot, who(), g.now)
        area = hearing.atlas.areas.get(area_code)
        if area is None or area.level not in ("village", "township"):
            raise Refusal("not_found")
        version = packs.version_of(hearing, area_code)
        # Weakly: whoever compresses the answer on the way makes its tag a weak one.
        if request.if_none_match.contains_weak(version):
            response = Response(status=304)
        else:
            response = jsonify(packs.pack(hearing, area_code))
    response.set_etag(version)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _features(hearing: Hearing, ids: list[int]) -> list[dict[str, Any]]:
    rows = hearing.tx.execute(select(Grid.__table__).where(Grid.id.in_(ids)).order_by(Grid.code))
    return [
        {
            "type": "Feature",
            "geometry": mapping(row.geometry),
            "properties": {
                "code": row.code,
                "name": row.name,
                "layer": row.layer,
                "village": row.village_code,
                "version": row.version,
            },
        }
        for row in rows
    ]


def _unit(hearing: Hearing, unit: UnitEntry) -> Mapping[str, Any]:
    area = hearing.atlas.areas[unit.area]
    unit_id: uuid.UUID = unit.id
    return {
        "id": unit_id,
        "name": unit.name,
        "kind": unit.kind,
        "level": area.level,
        "area": {"code": area.code, "name": area.name},
    }


def _read_box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise invalid("bbox", "格式为 西,南,东,北。", "This must be west,south,east,north.") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise invalid("bbox", "范围无效。", "These are not the bounds of a box.")
    return west, south, east, north


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
