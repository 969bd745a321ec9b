"""Read grid boundaries from a file into WGS-84 polygons, with everything a clerk should know about it.

Features are opened, brought to WGS-84, then judged one by one: code, village, layer, name, shape, place on earth.
What can be mended without changing meaning is mended and said so. It stores nothing and compares no neighbours.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.crs import CrsError, geometries_to_wgs84, same_system
from geodata.findings import Finding, Severity, UnusableFileError
from geodata.formats import RawFeatures, open_features
from geodata.names import name_fault

Layer = Literal["ordinary", "special"]
ReadGridCode = Callable[[str], str | None]
Progress = Callable[[int, int], None]

# Column names met in real files, in order of preference; a Shapefile cuts names after ten characters.
_COLUMNS = {
    "code": ("code", "grid_code", "gridcode", "网格编码", "网格代码", "编码", "代码", "wgbm", "wgdm"),
    "name": ("name", "grid_name", "gridname", "网格名称", "名称", "wgmc"),
    "village": (
        "village_code",
        "village_co",
        "village",
        "parent",
        "parent_code",
        "parent_cod",
        "parent12",
        "村代码",
        "村社区代码",
        "所属村社区",
        "所属村",
    ),
    "layer": ("layer", "grid_layer", "grid_type", "网格类型", "wglx"),
}
_LAYERS: dict[str, Layer] = {
    "": "ordinary",
    "ordinary": "ordinary",
    "special": "special",
    "普通网格": "ordinary",
    "一般网格": "ordinary",
    "基础网格": "ordinary",
    "综合网格": "ordinary",
    "专属网格": "special",
    "专属": "special",
}
# West, south, east, north of China with its islands, in degrees.
_WEST, _SOUTH, _EAST, _NORTH = 73.0, 3.0, 136.0, 54.0
# What may be wrong with a feature's coordinates, in words.
_MISPLACED = {
    "swapped": (
        "经纬度颠倒(纬度写在前),请交换后重新导出",
        "longitude and latitude are swapped (latitude stands first), swap them and export again",
    ),
    "projected": (
        "坐标像是以米为单位的投影坐标,请声明正确的坐标系(如 EPSG:4549)",
        "the coordinates look like metres of a projection, declare the right system (such as EPSG:4549)",
    ),
    "outside_country": (
        "坐标不在中国范围内,请核对坐标系",
        "the coordinates lie outside China, check the coordinate system",
    ),
    "not_finite": (
        "坐标不是有效数字,请核对图形和坐标系",
        "the coordinates are no finite numbers, check the shape and the coordinate system",
    ),
}
_PROGRESS_STEP = 500


class CodeRefusalLike(Protocol):
    """How a grid code is refused: a ValueError that carries both sentences."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """A grid as a file has it; `geometry` is a valid Polygon or MultiPolygon in WGS-84 degrees."""

    code: str
    name: str
    village_code: str
    layer: Layer
    geometry: BaseGeometry


def read_boundaries(
    path: Path,
    read_code: ReadGridCode,
    *,
    crs: str | None = None,
    known_villages: Collection[str] | None = None,
    layer: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> tuple[list[Boundary], list[Finding]]:
    """The good grids of a file by code, and everything wrong with it; never raises for bad input.

    `read_code` tells the village a grid code names (None when it does not tell) or raises a ValueError with `zh`
    and `en`. `crs` declares the coordinates' system (see geodata.crs) over what the file says; without either,
    GeoJSON is WGS-84 and any other format is refused. `known_villages` are the codes a grid may belong to, None
    to leave that unasked. `layer` names one of several in a file. Any `error` among the findings means that the
    file must not be imported. The order of features changes nothing but the numbers of those without a code.
    """
    findings: list[Finding] = []
    try:
        raw = open_features(path, layer)
        geometries = _bring_to_wgs84(raw, crs, findings)
        if not raw.properties:
            raise _unusable("no_features", "文件中没有要素", "The file has no features")
        whereabouts = [_whereabouts(bounds) for bounds in shapely.bounds(geometries).tolist()]
        _refuse_if_all_misplaced(whereabouts)
        columns = _find_columns(raw)
    except UnusableFileError as unusable:
        return [], [*findings, *unusable.findings]
    codes = [_as_text(properties.get(columns["code"])) for properties in raw.properties]
    uses = Counter(codes)
    boundaries = []
    for number, (properties, geometry) in enumerate(zip(raw.properties, geometries, strict=True)):
        cells = {meaning: _as_text(properties.get(column)) for meaning, column in columns.items()}
        judgement = _Judgement(cells["code"] or f"#{number + 1}", findings)
        if uses[cells["code"]] > 1 and cells["code"]:
            judgement.error(
                "duplicate_code",
                f"编码出现 {uses[cells['code']]} 次",
                f"the code stands on {uses[cells['code']]} features",
            )
        village = judgement.judge_codes(cells, read_code, known_villages)
        grid_layer, name = judgement.judge_layer(cells), judgement.judge_name(cells)
        polygon = judgement.judge_geometry(geometry, whereabouts[number])
        if village and grid_layer and name and polygon and not judgement.refused:
            boundaries.append(Boundary(cells["code"], name, village, grid_layer, polygon))
        if (number + 1) % _PROGRESS_STEP == 0 or number + 1 == len(geometries):
            progress(number + 1, len(geometries))
    findings.sort(key=lambda finding: (finding.where or "", finding.code))
    return sorted(boundaries, key=lambda boundary: boundary.code), findings


def _bring_to_wgs84(raw: RawFeatures, declared: str | None, findings: list[Finding]) -> NDArray[np.object_]:
    crs = declared or raw.crs or raw.assumed_crs
    if crs is None:
        raise _unusable(
            "missing_crs",
            "文件没有坐标系信息,请声明坐标系(wgs84、gcj02、bd09、cgcs2000 或 EPSG 编号)",
            "The file tells no coordinate system; declare it (wgs84, gcj02, bd09, cgcs2000 or an EPSG code)",
        )
    if raw.mentions and not declared:
        findings.append(
            Finding(
                "warning",
                "crs_hint",
                f"文件中提到 {raw.mentions},但按 {crs} 读取;若确为该坐标系请声明,否则会偏移数百米",
                f"The file mentions {raw.mentions} but is read as {crs}; if it is that, declare it, or every grid "
                "shifts by hundreds of metres",
            )
        )
    try:
        if declared and raw.crs and not same_system(declared, raw.crs):
            findings.append(
                Finding(
                    "warning",
                    "crs_differs",
                    f"声明的坐标系 {declared} 与文件所写的 {raw.crs[:60]} 不同,按声明读取",
                    f"The declared {declared} differs from the file's {raw.crs[:60]}; the declared one is used",
                )
            )
        return geometries_to_wgs84(raw.geometries, crs)
    except CrsError as refusal:
        raise _unusable(refusal.code, refusal.zh, refusal.en) from None


def _find_columns(raw: RawFeatures) -> dict[str, str]:
    """Meaning → the name of its column in this file; a column that is not there keeps its first name."""
    present = {name for properties in raw.properties for name in properties}
    columns = {
        meaning: next((alias for alias in aliases if alias in present), aliases[0])
        for meaning, aliases in _COLUMNS.items()
    }
    if columns["code"] not in present:
        raise _unusable(
            "no_code_column",
            f"没有网格编码列(可用列名:{'、'.join(_COLUMNS['code'])})",
            f"There is no column with grid codes (one of {', '.join(_COLUMNS['code'])})",
        )
    return columns


def _as_text(value: Any) -> str:
    """A cell as text: numbers without fraction lose their point, since tools turn codes into numbers."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _whereabouts(bounds: list[float]) -> str:
    """What the bounding box (west, south, east, north) of a feature in degrees says of its coordinates."""
    west, south, east, north = bounds
    if all(math.isnan(bound) for bound in bounds):
        return "empty"
    if not all(math.isfinite(bound) for bound in bounds):
        return "not_finite"
    if west >= _WEST and south >= _SOUTH and east <= _EAST and north <= _NORTH:
        return "here"
    if south >= _WEST and west >= _SOUTH and north <= _EAST and east <= _NORTH:
        return "swapped"
    return "projected" if max(abs(bound) for bound in bounds) > 360 else "outside_country"


def _refuse_if_all_misplaced(whereabouts: list[str]) -> None:
    """One finding instead of thousands where all features share one fault, which then is the file's."""
    kinds = set(whereabouts) - {"empty"}
    if len(kinds) == 1 and len(whereabouts) > 1 and (kind := kinds.pop()) in _MISPLACED:
        zh, en = _MISPLACED[kind]
        count = len(whereabouts)
        raise _unusable(kind, f"全部 {count} 个要素:{zh}", f"All {count} features: {en}")


@dataclass
class _Judgement:
    """Collects what is wrong with one feature, named `where`."""

    where: str
    findings: list[Finding]
    refused: bool = False

    def error(self, code: str, zh: str, en: str) -> None:
        self.refused = True
        self.remark("error", code, zh, en)

    def remark(self, severity: Severity, code: str, zh: str, en: str) -> None:
        self.findings.append(Finding(severity, code, f"{self.where}:{zh}", f"{self.where}: {en}", self.where))

    def judge_codes(
        self, cells: Mapping[str, str], read_code: ReadGridCode, known_villages: Collection[str] | None
    ) -> str | None:
        """The village, from the code, from its own column, or from both when they agree."""
        told = cells["village"]
        try:
            named = read_code(cells["code"])
        except ValueError as error:
            refusal = cast(CodeRefusalLike, error)
            self.error("bad_code", refusal.zh, refusal.en)
            return None
        village = named or told
        if not village:
            self.error("no_village", "没有所属村(社区)代码", "it does not say which village it belongs to")
        elif told and told != village:
            self.error(
                "village_mismatch",
                f"编码属于村 {village},村代码列写的是 {told}",
                f"its code belongs to village {village}, its village column says {told}",
            )
        elif known_villages is not None and village not in known_villages:
            self.error("unknown_village", f"村(社区){village} 不存在", f"the village {village} is unknown")
        return village

    def judge_layer(self, cells: Mapping[str, str]) -> Layer | None:
        layer = _LAYERS.get(cells["layer"].lower())
        if layer is None:
            allowed = ", ".join(word for word in _LAYERS if word)
            self.error(
                "bad_layer", f"网格类型 {cells['layer']} 未知,可用:{allowed}", f"unknown layer; known: {allowed}"
            )
        return layer

    def judge_name(self, cells: Mapping[str, str]) -> str:
        if not cells["name"]:
            self.remark("warning", "no_name", "没有名称,以编码代替", "it has no name, its code stands in")
        elif fault := name_fault(cells["name"]):
            self.error("bad_name", *fault)
        return cells["name"] or cells["code"]

    def judge_geometry(self, geometry: BaseGeometry | None, whereabouts: str) -> BaseGeometry | None:
        """The polygon, mended where its rings are not valid; None when it is none or lies elsewhere."""
        if geometry is None or geometry.is_empty:
            self.error("empty_geometry", "没有图形或图形无法读取", "it has no geometry or one that cannot be read")
            return None
        if geometry.geom_type not in ("Polygon", "MultiPolygon"):
            self.error(
                "not_polygon", f"图形是 {geometry.geom_type},不是面", f"it is a {geometry.geom_type}, no polygon"
            )
            return None
        if whereabouts != "here":
            self.error(whereabouts, *_MISPLACED[whereabouts])
            return None
        if geometry.is_valid:
            return geometry
        reason = shapely.is_valid_reason(geometry)
        mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        if mended.is_empty or mended.geom_type not in ("Polygon", "MultiPolygon"):
            self.error("invalid_ring", f"边界无效且无法修复({reason})", f"its ring is invalid beyond repair ({reason})")
            return None
        change = (mended.area - geometry.area) / mended.area
        self.remark(
            "repaired",
            "invalid_ring",
            f"边界无效({reason}),已修复,面积变化 {change:.2%}",
            f"its ring was invalid ({reason}) and was mended, its area changed by {change:.2%}",
        )
        return mended


def _unusable(code: str, zh: str, en: str) -> UnusableFileError:
    return UnusableFileError([Finding("error", code, zh, en)])
