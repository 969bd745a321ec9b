"""Coordinate systems are converted there and back, held against independent implementations."""

import coord_convert.transform as coord_convert
import eviltransform
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon

from geodata.crs import (
    CRS_NAMES,
    CrsError,
    from_wgs84,
    geometries_to_wgs84,
    points_from_wgs84,
    points_to_wgs84,
    to_wgs84,
)

lons, lats = st.floats(73.6, 135.0), st.floats(18.2, 53.5)


@given(lons, lats)
def test_gcj02_is_the_published_one(lon, lat):
    assert from_wgs84(lon, lat, "gcj02") == pytest.approx(coord_convert.wgs2gcj(lon, lat), abs=1e-10)
    # This one measures metres on another ellipsoid, a hundred-thousandth larger.
    assert from_wgs84(lon, lat, "gcj02") == pytest.approx(eviltransform.wgs2gcj(lat, lon)[::-1], abs=3e-7)


@given(lons, lats)
def test_bd09_is_the_published_one(lon, lat):
    assert from_wgs84(lon, lat, "bd09") == pytest.approx(coord_convert.wgs2bd(lon, lat), abs=1e-10)
    assert from_wgs84(lon, lat, "bd09") == pytest.approx(eviltransform.wgs2bd(lat, lon)[::-1], abs=3e-7)


@given(lons, lats)
def test_the_way_back_agrees_with_others_as_far_as_they_go(lon, lat):
    assert to_wgs84(lon, lat, "gcj02") == pytest.approx(coord_convert.gcj2wgs(lon, lat), abs=1e-6)
    assert to_wgs84(lon, lat, "bd09") == pytest.approx(coord_convert.bd2wgs(lon, lat), abs=2e-5)


@given(lons, lats, st.sampled_from(CRS_NAMES))
def test_there_and_back_is_where_it_was(lon, lat, crs):
    assert to_wgs84(*from_wgs84(lon, lat, crs), crs) == pytest.approx((lon, lat), abs=1e-9)
    assert from_wgs84(*to_wgs84(lon, lat, crs), crs) == pytest.approx((lon, lat), abs=1e-9)


def test_the_mistake_of_taking_one_for_the_other_is_hundreds_of_metres():
    lon, lat = from_wgs84(111.2, 34.8, "gcj02")
    metres = pyproj.Geod(ellps="WGS84").inv(111.2, 34.8, lon, lat)[2]
    assert 400 < metres < 700


@given(st.floats(-180, 180), st.floats(-85, 85), st.sampled_from(CRS_NAMES))
def test_outside_the_published_rectangle_nothing_moves(lon, lat, crs):
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        assert from_wgs84(lon, lat, crs) == (lon, lat)
        assert to_wgs84(lon, lat, crs) == (lon, lat)


def test_cgcs2000_is_taken_as_wgs84():
    assert to_wgs84(111.2, 34.8, "cgcs2000") == (111.2, 34.8)


def test_a_point_converts_the_same_alone_and_among_others():
    rng = np.random.default_rng(5)
    points = np.column_stack([rng.uniform(75, 134, 500), rng.uniform(19, 53, 500)])
    for crs in CRS_NAMES:
        together = points_to_wgs84(points, crs)
        assert np.allclose(points_from_wgs84(together, crs), points, atol=1e-9, rtol=0)
        alone = np.array([to_wgs84(*point, crs) for point in points.tolist()])
        assert np.allclose(together, alone, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("crs", "scale"), [("gcj02", 1), ("bd09", 1), ("EPSG:4546", 100_000)])
def test_a_shared_border_stays_shared(crs, scale):
    x, y = (111.2, 34.8) if scale == 1 else (520_000, 3_850_000)
    wobble = np.random.default_rng(9).uniform(-0.001, 0.001, 40)
    border = [(x + d * scale, y + i / 500 * scale) for i, d in enumerate(wobble)]
    (x0, y0), (x1, y1) = border[0], border[-1]
    west = Polygon([*border, (x1 - 0.02 * scale, y1), (x0 - 0.02 * scale, y0)])
    east = Polygon([*border[::-1], (x0 + 0.02 * scale, y0), (x1 + 0.02 * scale, y1)])
    converted = geometries_to_wgs84(np.array([west, east]), crs)
    assert shapely.coverage_is_valid(converted)
    shared = shapely.intersection(*converted)
    assert shared.length > 0
    assert shared.area == 0
    again = geometries_to_wgs84(np.array([east, west]), crs)
    assert again[1].equals_exact(converted[0], 0)


def test_surveying_coordinates_come_back_by_their_projection():
    forward = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4546", always_xy=True)
    lonlat = np.array([(111.2, 34.8), (111.3, 34.8), (111.3, 34.9), (111.2, 34.8)])
    surveyed = Polygon(np.column_stack(forward.transform(*lonlat.T)))
    for crs in ("EPSG:4546", pyproj.CRS("EPSG:4546").to_wkt("WKT1_ESRI")):
        back = geometries_to_wgs84(np.array([surveyed]), crs)[0]
        assert np.allclose(shapely.get_coordinates(back), lonlat, atol=1e-9, rtol=0)


@pytest.mark.parametrize("crs", ["wgs84", "cgcs2000", "EPSG:4326", "EPSG:4490", "OGC:CRS84"])
def test_degrees_are_kept_as_they_are(crs):
    polygon = Polygon([(111.2, 34.8, 300), (111.3, 34.80000000000001, 300), (111.3, 34.9, 300)])
    kept = geometries_to_wgs84(np.array([polygon]), crs)[0]
    assert not kept.has_z
    assert shapely.get_coordinates(kept).tolist() == shapely.get_coordinates(polygon).tolist()


@pytest.mark.parametrize(
    ("crs", "code"),
    [("EPSG:4610", "crs_datum"), ("EPSG:2383", "crs_datum"), ("EPSG:4214", "crs_datum"), ("moon", "unknown_crs")],
)
def test_datums_that_need_local_parameters_are_refused(crs, code):
    with pytest.raises(CrsError) as refusal:
        geometries_to_wgs84(np.array([Polygon([(0, 0), (1, 0), (1, 1)])]), crs)
    assert refusal.value.code == code
    assert refusal.value.zh
