"""Turn coordinates of the systems used in China into WGS-84 and back; guesses nothing from the numbers.

GCJ-02 (高德, 腾讯) and BD-09 (百度) follow the formulas published for them, inside the rectangle published
with them; outside it they are WGS-84. Going back solves the same formulas by iteration, so both directions
agree within 1e-9°. CGCS2000 (天地图) is taken as WGS-84: the ellipsoids differ by a tenth of a millimetre,
the frames by the drift of the plate since epoch 2000.0, which stays below one metre. Surveying files in a
projection (for example 3° Gauss–Krüger, EPSG:4534 to 4554) are unprojected by PROJ on their own datum.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Crs = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]
CRS_NAMES: tuple[Crs, ...] = get_args(Crs)

Points = NDArray[np.float64]

# Where the published formulas apply: west, south, east, north in degrees.
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
# Krasovsky 1940, which the published GCJ-02 uses: semi-major axis in metres, eccentricity squared.
_AXIS = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
# Each round shrinks the error at least fiftyfold, from 0.02° below the last digit of a double. The count is
# fixed, so that a point's result does not depend on the points converted beside it.
_ROUNDS = 8
# Datums that are WGS-84 within a metre, as their names appear in EPSG and ESRI definitions.
_WGS84_LIKE = re.compile(r"china2000|cgcs2000|chinageodeticcoordinatesystem2000|wgs84|wgs1984|geodeticsystem1984")


class CrsError(ValueError):
    """A coordinate system that cannot be used: `code` is stable, `zh` and `en` are sentences for a person."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en


def to_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """One point in degrees, from `crs` to WGS-84 (lon, lat)."""
    return _back(lon, lat, crs, math) if _in_rectangle(lon, lat) else (lon, lat)


def from_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """One WGS-84 point in degrees, to `crs` (lon, lat)."""
    return _forth(lon, lat, crs, math) if _in_rectangle(lon, lat) else (lon, lat)


def points_to_wgs84(points: Points, crs: Crs) -> Points:
    """An (n, 2) array of degrees (lon, lat), from `crs` to WGS-84."""
    return _where_in_rectangle(points, _back, crs)


def points_from_wgs84(points: Points, crs: Crs) -> Points:
    """An (n, 2) array of WGS-84 degrees (lon, lat), to `crs`."""
    return _where_in_rectangle(points, _forth, crs)


def geometries_to_wgs84(geometries: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Geometries from `crs`, a Crs or anything PROJ knows (`EPSG:4549`, WKT), to WGS-84; heights are dropped.

    A vertex shared by two geometries stays shared: each distinct point is converted once and kept to 1e-9°.
    CrsError `unknown_crs`, `missing_crs` where it has no datum, `crs_datum` where the datum (北京54, 西安80) needs
    local parameters.
    """
    name = crs.lower()
    if name in CRS_NAMES:
        if name in ("wgs84", "cgcs2000"):
            return shapely.force_2d(geometries)
        return _convert_each_point_once(geometries, lambda points: points_to_wgs84(points, name))
    unproject = _projection(crs)
    if unproject is None:
        return shapely.force_2d(geometries)
    return _convert_each_point_once(geometries, unproject)


def same_system(declared: str, other: str) -> bool:
    """Whether a declared system may stand for `other`, a definition from a file.

    GCJ-02 and BD-09 have no definition of their own, so files in them claim to be some system in degrees.
    CrsError when either is unknown.
    """
    if declared.lower() in CRS_NAMES:
        return _known_system(other).is_geographic
    return _known_system(declared).equals(_known_system(other), ignore_axis_order=True)


def _known_system(crs: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise CrsError(
            "unknown_crs",
            f"无法识别坐标系:{crs[:60]!r};可用 wgs84、gcj02、bd09、cgcs2000 或 EPSG:4549 之类",
            f"Unknown coordinate system {crs[:60]!r}; use wgs84, gcj02, bd09, cgcs2000 or the like of EPSG:4549",
        ) from None


def _projection(crs: str) -> Callable[[Points], Points] | None:
    """What brings points of `crs` to degrees on its own datum; None when they are degrees already."""
    system = _known_system(crs)
    geodetic = system.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        raise CrsError(
            "missing_crs",
            f"坐标系 {system.name} 没有基准面,请声明坐标系",
            f"The coordinate system {system.name} has no datum; declare another",
        )
    datum = geodetic.datum.name
    if not _WGS84_LIKE.search(re.sub(r"[^a-z0-9]", "", datum.lower())):
        raise CrsError(
            "crs_datum",
            f"坐标系 {system.name} 的基准面({datum})须用本地参数转换,请先转为 CGCS2000",
            f"The datum of {system.name} ({datum}) needs local parameters; convert it to CGCS2000 first",
        )
    if system.is_geographic:
        return None
    transformer = pyproj.Transformer.from_crs(system, geodetic, always_xy=True)

    def unproject(points: Points) -> Points:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return unproject


def _convert_each_point_once(
    geometries: NDArray[np.object_], convert: Callable[[Points], Points]
) -> NDArray[np.object_]:
    def convert_distinct(points: Points) -> Points:
        distinct, places = np.unique(points, axis=0, return_inverse=True)
        return np.round(convert(distinct), 9)[places.reshape(-1)]

    return shapely.transform(geometries, convert_distinct)


def _where_in_rectangle(points: Points, convert: Callable[..., tuple[Any, Any]], crs: Crs) -> Points:
    lon, lat = points.T
    return np.where(_in_rectangle(lon, lat)[:, None], np.column_stack(convert(lon, lat, crs, np)), points)


# From here on lon and lat are two floats with `m` the math module, or two arrays with `m` numpy: a single
# point costs microseconds, a file is converted whole, and the formulas stand once.


def _in_rectangle(lon: Any, lat: Any) -> Any:
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def _forth(lon: Any, lat: Any, crs: Crs, m: Any) -> tuple[Any, Any]:
    if crs == "gcj02":
        return _gcj02_from_wgs84(lon, lat, m)
    if crs == "bd09":
        return _bd09_from_gcj02(*_gcj02_from_wgs84(lon, lat, m), m)
    return lon, lat


def _back(lon: Any, lat: Any, crs: Crs, m: Any) -> tuple[Any, Any]:
    """The point that `_forth` sends here, by fixed-point iteration."""
    found_lon, found_lat = lon, lat
    if crs in ("gcj02", "bd09"):
        for _ in range(_ROUNDS):
            reached_lon, reached_lat = _forth(found_lon, found_lat, crs, m)
            found_lon, found_lat = found_lon - (reached_lon - lon), found_lat - (reached_lat - lat)
    return found_lon, found_lat


def _gcj02_from_wgs84(lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
    """The published GCJ-02 offset: metres on Krasovsky's ellipsoid, as waves around 105° E, 35° N."""
    x, y = lon - 105.0, lat - 35.0
    root, product, pi = m.sqrt(m.fabs(x)), x * y, m.pi
    both = 20.0 * m.sin(6.0 * x * pi) + 20.0 * m.sin(2.0 * x * pi)
    along = 20.0 * m.sin(x * pi) + 40.0 * m.sin(x / 3.0 * pi)
    along += 150.0 * m.sin(x / 12.0 * pi) + 300.0 * m.sin(x / 30.0 * pi)
    across = 20.0 * m.sin(y * pi) + 40.0 * m.sin(y / 3.0 * pi)
    across += 160.0 * m.sin(y / 12.0 * pi) + 320.0 * m.sin(y / 30.0 * pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * product + 0.1 * root + (both + along) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * product + 0.2 * root
    north += (both + across) * 2.0 / 3.0
    latitude = m.radians(lat)
    curve = 1 - _ECCENTRICITY2 * m.sin(latitude) ** 2
    east_degrees = m.degrees(east / (_AXIS / m.sqrt(curve) * m.cos(latitude)))
    north_degrees = m.degrees(north / (_AXIS * (1 - _ECCENTRICITY2) / curve**1.5))
    return lon + east_degrees, lat + north_degrees


def _bd09_from_gcj02(lon: Any, lat: Any, m: Any) -> tuple[Any, Any]:
    """The published BD-09 turn and shift of GCJ-02."""
    turn = m.pi * 3000.0 / 180.0
    radius = m.hypot(lon, lat) + 0.00002 * m.sin(lat * turn)
    angle = m.atan2(lat, lon) + 0.000003 * m.cos(lon * turn)
    return radius * m.cos(angle) + 0.0065, radius * m.sin(angle) + 0.006
