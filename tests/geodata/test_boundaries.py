"""Boundary files of every kind become grids or findings that a clerk can act on."""

import gzip
import json
import random
import warnings
import zipfile

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box
from shapely.geometry import mapping

from geodata.boundaries import read_boundaries
from geodata.crs import points_from_wgs84
from geodata.demo import demo_county
from grids.codes import read_grid_code

GRIDS = demo_county().grids[:20]
VILLAGE = GRIDS[0].village_code
CODE = GRIDS[0].code
SQUARE = box(111.2, 34.8, 111.21, 34.81)
BOWTIE = Polygon([(111.2, 34.8), (111.21, 34.81), (111.21, 34.8), (111.2, 34.81)])


def feature(geometry=SQUARE, **properties):
    properties = {"code": CODE, "name": "望禾社区第1网格"} | properties
    return {"type": "Feature", "properties": properties, "geometry": mapping(geometry) if geometry else None}


def as_features(grids, transform=lambda geometry: geometry):
    return [
        feature(transform(g.geometry), code=g.code, name=g.name, village_code=g.village_code, layer=g.layer)
        for g in grids
    ]


def write_geojson(path, features, **members):
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


def write_layer(path, grids, crs="EPSG:4490", geometries=None, **options):
    """A GeoPackage or Shapefile, as a desktop GIS would save it."""
    geometries = [grid.geometry for grid in grids] if geometries is None else geometries
    columns = ("code", "name", "village_code", "layer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # writing without a system is the point of some tests
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(np.array(geometries, dtype=object)),
            field_data=[np.array([getattr(grid, column) for grid in grids], dtype=object) for column in columns],
            fields=list(columns),
            crs=crs,
            geometry_type="Polygon",
            **options,
        )
    return path


def read(path, **options):
    return read_boundaries(path, read_grid_code, **options)


def codes(findings):
    return [finding.code for finding in findings]


def as_read(grids):
    return [(g.code, g.name, g.village_code, g.layer, g.geometry.normalize().wkb) for g in grids]


def test_geojson_comes_in_as_it_is(tmp_path):
    boundaries, findings = read(write_geojson(tmp_path / "g.geojson", as_features(GRIDS)))
    assert findings == []
    assert as_read(boundaries) == as_read(GRIDS)


def test_gzipped_geojson_and_gb18030_are_read(tmp_path):
    text = json.dumps({"features": as_features(GRIDS)}, ensure_ascii=False)
    (tmp_path / "g.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "g.txt").write_bytes(text.encode("gb18030"))
    for name in ("g.gz", "g.txt"):
        boundaries, findings = read(tmp_path / name)
        assert (as_read(boundaries), findings) == (as_read(GRIDS), [])


def test_the_order_of_features_does_not_matter(tmp_path):
    features = [*as_features(GRIDS), feature(BOWTIE, code=GRIDS[0].code), feature(None, code="1"), feature(name="")]
    straight = read(write_geojson(tmp_path / "a.json", features))
    random.Random(2).shuffle(features)
    assert read(write_geojson(tmp_path / "b.json", features)) == straight


def test_geopackage_is_read_and_unprojected(tmp_path):
    forward = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4546", always_xy=True)
    projected = [
        shapely.transform(grid.geometry, lambda xy: np.column_stack(forward.transform(*xy.T))) for grid in GRIDS
    ]
    path = write_layer(tmp_path / "g.gpkg", GRIDS, "EPSG:4546", projected, driver="GPKG", layer="网格")
    boundaries, findings = read(path)
    assert findings == []
    for boundary, grid in zip(boundaries, GRIDS, strict=True):
        assert boundary.geometry.normalize().equals_exact(grid.geometry.normalize(), 2e-9)
    assert shapely.coverage_is_valid([b.geometry for b in boundaries if b.layer == "ordinary"])


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("declared", [True, False])
def test_shapefile_text_is_read_with_and_without_its_encoding_declared(tmp_path, encoding, declared):
    path = write_layer(tmp_path / "g.shp", GRIDS, driver="ESRI Shapefile", encoding=encoding)
    if not declared:
        path.with_suffix(".cpg").unlink()
    boundaries, findings = read(path)
    assert (as_read(boundaries), findings) == (as_read(GRIDS), [])


def test_a_zipped_shapefile_is_read_whatever_its_name(tmp_path):
    path = write_layer(tmp_path / "g.shp", GRIDS, driver="ESRI Shapefile", encoding="GBK")
    with zipfile.ZipFile(tmp_path / "g.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            archive.write(path.with_suffix(suffix), f"导出/网格{suffix.upper()}")
        archive.writestr("__MACOSX/导出/._网格.shp", b"junk")
    boundaries, findings = read(tmp_path / "g.zip")
    assert (as_read(boundaries), findings) == (as_read(GRIDS), [])


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "GCJ02"])
def test_a_declared_system_moves_grids_to_where_they_are(tmp_path, crs):
    def shift(geometry):
        return shapely.transform(geometry, lambda xy: points_from_wgs84(xy, crs.lower()))

    path = write_geojson(tmp_path / "g.json", as_features(GRIDS, shift))
    boundaries, findings = read(path, crs=crs)
    assert findings == []
    for boundary, grid in zip(boundaries, GRIDS, strict=True):
        assert boundary.geometry.normalize().equals_exact(grid.geometry.normalize(), 2e-9)


def test_a_system_mentioned_in_passing_is_pointed_out(tmp_path):
    path = write_geojson(tmp_path / "g.json", [feature()], meta={"crs": "GCJ02"})
    assert [(f.severity, f.code) for f in read(path)[1]] == [("warning", "crs_hint")]
    assert read(path, crs="gcj02")[1] == []


def test_the_old_crs_member_counts(tmp_path):
    x, y = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4546", always_xy=True).transform(111.2, 34.8)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4546"}}
    boundaries, findings = read(write_geojson(tmp_path / "g.json", [feature(box(x, y, x + 99, y + 99))], crs=crs))
    assert findings == []
    assert boundaries[0].geometry.distance(Point(111.2, 34.8)) < 1e-8


@pytest.mark.parametrize("name", ["g.gpkg", "g.shp"])
def test_without_a_system_one_must_be_declared(tmp_path, name):
    driver = "GPKG" if name.endswith("gpkg") else "ESRI Shapefile"
    path = write_layer(tmp_path / name, GRIDS, None, driver=driver)
    boundaries, findings = read(path)
    assert (boundaries, codes(findings)) == ([], ["missing_crs"])
    assert len(read(path, crs="wgs84")[0]) == len(GRIDS)


@pytest.mark.parametrize(
    ("crs", "code"), [("EPSG:4610", "crs_datum"), ("EPSG:99999", "unknown_crs"), ("xx", "unknown_crs")]
)
def test_systems_that_cannot_be_used_are_refused(tmp_path, crs, code):
    path = write_geojson(tmp_path / "g.json", [feature()])
    assert codes(read(path, crs=crs)[1]) == [code]


def test_declaring_another_projection_than_the_file_is_pointed_out(tmp_path):
    path = write_layer(tmp_path / "g.gpkg", GRIDS, "EPSG:4490", driver="GPKG")
    assert codes(read(path, crs="EPSG:4326")[1]) == ["crs_differs"]
    assert codes(read(path, crs="gcj02")[1]) == []


@pytest.mark.parametrize(
    ("move", "code"),
    [
        (lambda xy: xy[:, ::-1], "swapped"),
        (lambda xy: xy * 100_000, "projected"),
        (lambda xy: xy - 111, "outside_country"),
        (lambda xy: xy * 0, "outside_country"),
        (lambda xy: xy + np.inf, "not_finite"),
    ],
)
def test_misplaced_grids_are_named_alone_and_told_once_together(tmp_path, move, code):
    moved = shapely.transform(SQUARE, move)
    good = feature(box(111.22, 34.8, 111.23, 34.81), code=GRIDS[1].code)
    boundaries, findings = read(write_geojson(tmp_path / "one.json", [feature(moved), good]))
    assert [(f.severity, f.code, f.where) for f in findings] == [("error", code, CODE)]
    assert [boundary.code for boundary in boundaries] == [GRIDS[1].code]
    all_moved = [feature(moved, code=grid.code) for grid in GRIDS]
    boundaries, findings = read(write_geojson(tmp_path / "all.json", all_moved))
    assert [(f.severity, f.code, f.where) for f in findings] == [("error", code, None)]
    assert "20" in findings[0].zh
    assert boundaries == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (feature(None), "empty_geometry"),
        (feature(Polygon()), "empty_geometry"),
        (feature(Point(111.2, 34.8)), "not_polygon"),
        (feature(SQUARE.exterior), "not_polygon"),
        (feature(Polygon([(111.2, 34.8), (111.21, 34.8), (111.22, 34.8)])), "invalid_ring"),
        (feature() | {"geometry": {"type": "Polygon", "coordinates": [[["a", "b"]]]}}, "empty_geometry"),
        (feature() | {"geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3]]]}}, "empty_geometry"),
        (feature() | {"geometry": {"type": "Square"}}, "empty_geometry"),
        (feature() | {"geometry": {"type": "Polygon"}}, "empty_geometry"),
        (feature() | {"geometry": "here"}, "empty_geometry"),
        (feature(code="12"), "bad_code"),
        (feature(code=""), "bad_code"),
        (feature(code=None), "bad_code"),
        (feature(village_code="990101001002"), "village_mismatch"),
        (feature(code="990101009009001"), "unknown_village"),
        (feature(layer="secret"), "bad_layer"),
        (feature(name="长" * 101), "bad_name"),
        (feature(name="半\ud800个"), "bad_name"),
        (feature(name="空\0字"), "bad_name"),
    ],
)
def test_each_fault_is_told_with_the_features_code(tmp_path, wrong, code):
    good = feature(box(111.22, 34.8, 111.23, 34.81), code=GRIDS[1].code)
    path = write_geojson(tmp_path / "g.json", [good, wrong])
    boundaries, findings = read(path, known_villages={VILLAGE, "990101001002"})
    (finding,) = findings
    where = wrong["properties"]["code"] or "#2"
    assert (finding.severity, finding.code, finding.where) == ("error", code, where)
    assert finding.zh.startswith(where)
    assert finding.en.startswith(where)
    assert [boundary.code for boundary in boundaries] == [GRIDS[1].code]


def test_duplicates_are_all_told_and_none_is_taken(tmp_path):
    path = write_geojson(tmp_path / "g.json", [feature(), feature(), feature(code=GRIDS[1].code)])
    boundaries, findings = read(path)
    assert codes(findings) == ["duplicate_code", "duplicate_code"]
    assert [boundary.code for boundary in boundaries] == [GRIDS[1].code]


def test_an_invalid_ring_is_mended_and_said_so(tmp_path):
    boundaries, findings = read(write_geojson(tmp_path / "g.json", [feature(BOWTIE)]))
    assert [(f.severity, f.code, f.where) for f in findings] == [("repaired", "invalid_ring", CODE)]
    assert boundaries[0].geometry.is_valid
    assert boundaries[0].geometry.area > 0


def test_heights_open_rings_and_many_parts_are_no_faults(tmp_path):
    high = Polygon([(111.2, 34.8, 300), (111.21, 34.8, 301), (111.21, 34.81, 302)])
    parts = MultiPolygon([box(111.3, 34.8, 111.31, 34.81), box(111.4, 34.8, 111.41, 34.81)])
    unclosed = feature(code=GRIDS[2].code)
    unclosed["geometry"]["coordinates"] = [list(box(111.5, 34.8, 111.51, 34.81).exterior.coords)[:-1]]
    path = write_geojson(tmp_path / "g.json", [feature(high), feature(parts, code=GRIDS[1].code), unclosed])
    boundaries, findings = read(path)
    assert findings == []
    assert [b.geometry.geom_type for b in boundaries] == ["Polygon", "MultiPolygon", "Polygon"]
    assert not boundaries[0].geometry.has_z


def test_columns_go_by_the_names_offices_use(tmp_path):
    record = {"网格编码": float(CODE), "网格名称": " 市场 ", "所属村": int(VILLAGE), "网格类型": "专属网格"}
    boundaries, findings = read(write_geojson(tmp_path / "g.json", [feature() | {"properties": record}]))
    assert findings == []
    grid = boundaries[0]
    assert (grid.code, grid.name, grid.village_code, grid.layer) == (CODE, "市场", VILLAGE, "special")


def test_without_a_name_the_code_stands_in(tmp_path):
    boundaries, findings = read(write_geojson(tmp_path / "g.json", [feature(name=None)]))
    assert [(f.severity, f.code) for f in findings] == [("warning", "no_name")]
    assert boundaries[0].name == CODE


def test_a_local_scheme_needs_the_village_beside_the_code(tmp_path):
    def local(text):
        return read_grid_code(text, "local")

    path = write_geojson(tmp_path / "g.json", [feature(code="A-1", village_code=VILLAGE), feature(code="A-2")])
    boundaries, findings = read_boundaries(path, local)
    assert [(b.code, b.village_code) for b in boundaries] == [("A-1", VILLAGE)]
    assert [(f.code, f.where) for f in findings] == [("no_village", "A-2")]


def test_progress_is_told_to_the_end(tmp_path):
    many = [feature(code=f"{VILLAGE}{n:03d}") for n in range(1, 999)]
    seen = []
    read(write_geojson(tmp_path / "g.json", many), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(500, 998), (998, 998)]


def test_one_of_several_layers_must_be_named(tmp_path):
    path = write_layer(tmp_path / "g.gpkg", GRIDS, driver="GPKG", layer="old")
    write_layer(path, GRIDS[:3], driver="GPKG", layer="new", append=True)
    assert codes(read(path)[1]) == ["which_layer"]
    assert "old" in read(path, layer="older")[1][0].zh
    assert len(read(path, layer="new")[0]) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unknown_format"),
        (b"code,name\n1,2\n", "unknown_format"),
        (b"<OGRVRTDataSource></OGRVRTDataSource>", "unknown_format"),
        (b"\xff" * 99, "unknown_format"),
        (b'{"type": "FeatureCollection", "features": [', "corrupt_file"),
        (b"[" * 100_000, "corrupt_file"),
        (b"[]", "not_features"),
        (b"3", "not_features"),
        (b'{"type": "Polygon"}', "not_features"),
        (b'{"features": {}}', "not_features"),
        (b'{"features": []}', "no_features"),
        (b'{"features": [1, null, "x"]}', "no_code_column"),
        (b'{"features": [{"properties": [1], "geometry": 3}]}', "no_code_column"),
        (b'{"features": [{"properties": {"id": 1}}]}', "no_code_column"),
        (gzip.compress(b'{"features": []}', mtime=0)[:-9], "corrupt_file"),
        (gzip.compress(b"\x00" * 99, mtime=0), "unknown_format"),
        (b"SQLite format 3\0" + b"\x01" * 4096, "corrupt_file"),
        (b"\x00\x00\x27\x0a" + b"\x00" * 200, "corrupt_file"),
        (b"PK\x03\x04" + b"\x00" * 200, "corrupt_file"),
    ],
)
def test_a_file_of_which_nothing_can_be_taken_is_one_finding(tmp_path, content, code):
    path = tmp_path / "g.shp"
    path.write_bytes(content)
    boundaries, findings = read(path)
    assert (boundaries, codes(findings)) == ([], [code])
    assert findings[0].severity == "error"
    assert findings[0].zh


def test_what_cannot_be_opened_is_one_finding(tmp_path):
    assert codes(read(tmp_path)[1]) == ["cannot_open"]
    assert codes(read(tmp_path / "nowhere.gpkg")[1]) == ["cannot_open"]


def test_an_archive_without_a_shapefile_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    assert codes(read(tmp_path / "g.zip")[1]) == ["no_layer"]


def test_damaged_files_are_findings_never_tracebacks(tmp_path):
    source = random.Random(11)
    shape = write_layer(tmp_path / "whole.shp", GRIDS, driver="ESRI Shapefile", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(shape.with_suffix(suffix), f"g{suffix}")
    wholes = [
        write_layer(tmp_path / "whole.gpkg", GRIDS, driver="GPKG"),
        tmp_path / "whole.zip",
        write_geojson(tmp_path / "whole.json", as_features(GRIDS)),
    ]
    for whole in wholes:
        content = whole.read_bytes()
        for number in range(40):
            damaged = bytearray(content)
            if number % 2:
                del damaged[source.randrange(len(damaged)) :]
            for _ in range(20):
                if damaged:
                    damaged[source.randrange(len(damaged))] = source.randrange(256)
            path = tmp_path / f"damaged{whole.suffix}"
            path.write_bytes(damaged)
            boundaries, findings = read(path)
            assert all(boundary.geometry.is_valid for boundary in boundaries)
            assert len(boundaries) == len(GRIDS) or any(finding.severity == "error" for finding in findings)
