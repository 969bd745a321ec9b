"""Open boundary files (GeoJSON, gzipped GeoJSON, GeoPackage, Shapefile, zipped Shapefile) as plain features.

A file is told by its first bytes, never by its name or by asking every driver: some of those would follow
links out of a file. What the features mean and whether they are good is judged elsewhere.
"""

import gzip
import json
import re
import shutil
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.findings import Finding, UnusableFileError

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_UNPACKED_LIMIT = 2**30
_CUSTOM_CRS = re.compile(r"gcj-?0?2|bd-?0?9|火星|百度", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RawFeatures:
    """Features as a file gives them, in its order.

    `properties` have lower-case names. A geometry is None where there is none or it cannot be read. `crs` is what
    the file declares, None when it declares nothing, and then `assumed_crs` is what its format stands for.
    `mentions` is a system that no standard knows, named in passing.
    """

    properties: list[dict[str, Any]]
    geometries: NDArray[np.object_]
    crs: str | None
    assumed_crs: str | None = None
    mentions: str | None = None


def open_features(path: Path, layer: str | None) -> RawFeatures:
    """All features of a file; `layer` chooses one of several in a GeoPackage or zip. UnusableFileError otherwise."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
        if start.startswith(b"SQLite format 3\0"):
            return _open_geopackage(path, layer)
        if start.startswith(b"\x00\x00\x27\x0a"):
            return _open_shapefile(path)
        if start.startswith(b"PK\x03\x04"):
            return _open_zip(path, layer)
        content = path.read_bytes()
    except OSError as error:
        raise _unusable("cannot_open", f"无法打开文件:{path.name}", f"Cannot open {path.name}: {error}") from None
    if start.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise _corrupt(f"gzip: {error}") from None
    return _open_geojson(content)


def _open_geojson(content: bytes) -> RawFeatures:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        try:
            document = json.loads(content.decode("gb18030"))
        except (ValueError, RecursionError):
            raise _unknown_format() from None
    except (ValueError, RecursionError) as error:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            raise _corrupt(f"JSON: {error}") from None
        raise _unknown_format() from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise _unusable(
            "not_features",
            "GeoJSON 须为 FeatureCollection(含 features 列表)",
            "The GeoJSON must be a FeatureCollection with a list of features",
        )
    records = [feature if isinstance(feature, dict) else {} for feature in features]
    geometries = np.empty(len(records), dtype=object)
    geometries[:] = [_shape(record.get("geometry")) for record in records]
    properties = [
        {str(key).strip().lower(): value for key, value in (record.get("properties") or {}).items()}
        if isinstance(record.get("properties"), dict)
        else {}
        for record in records
    ]
    beside = json.dumps({key: value for key, value in document.items() if key != "features"}, ensure_ascii=False)
    mentioned = _CUSTOM_CRS.search(beside)
    mentions = mentioned.group() if mentioned else None
    return RawFeatures(properties, geometries, _geojson_crs(document), "wgs84", mentions)


def _geojson_crs(document: dict[str, Any]) -> str | None:
    """The `crs` member that GeoJSON of 2008 allowed; today's GeoJSON is WGS-84 and has none."""
    member = document.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) and not _CUSTOM_CRS.search(name) else None


def _shape(geometry: Any) -> BaseGeometry | None:
    if not isinstance(geometry, dict):
        return None
    try:
        return shapely.geometry.shape(geometry)
    except (ValueError, TypeError, LookupError, AttributeError, shapely.errors.ShapelyError):
        return None


def _open_geopackage(path: Path, layer: str | None) -> RawFeatures:
    layers = [name for name, kind in _ask_gdal(lambda: pyogrio.list_layers(path)).tolist() if kind is not None]
    return _read_layer(path, _choose(layers, layer, path.name), "utf-8")


def _open_shapefile(path: Path) -> RawFeatures:
    # The declared encoding is often missing or wrong. Text in GBK is hardly ever valid UTF-8 by chance.
    try:
        return _read_layer(path, None, "utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return _read_layer(path, None, "gb18030")
    except UnicodeDecodeError:
        raise _unusable(
            "encoding",
            "属性表的文字既不是 UTF-8 也不是 GBK",
            "The attribute table is text in neither UTF-8 nor GBK",
        ) from None


def _open_zip(path: Path, layer: str | None) -> RawFeatures:
    """A zipped Shapefile: its parts are unpacked under neutral names, whatever theirs are encoded in."""
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(prefix="gridloop-") as folder:
            members = [member for member in archive.infolist() if not member.filename.startswith("__MACOSX/")]
            stems = sorted({m.filename[:-4] for m in members if m.filename.lower().endswith(".shp")})
            stem = _choose(stems, layer, path.name)
            parts = [
                (m, m.filename[-4:].lower())
                for m in members
                if m.filename[:-4] == stem and m.filename[-4:].lower() in _SHAPEFILE_PARTS
            ]
            if sum(member.file_size for member, _ in parts) > _UNPACKED_LIMIT:
                raise _unusable("too_large", "压缩包解开后超过 1 GB", "Unpacked, the zip exceeds 1 GB")
            for member, suffix in parts:
                with archive.open(member) as packed, Path(folder, f"layer{suffix}").open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
            return _open_shapefile(Path(folder, "layer.shp"))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _corrupt(f"zip: {error}") from None
    except RuntimeError as error:  # how zipfile says that a password is needed
        raise _corrupt(f"zip: {error}") from None


def _choose(layers: list[str], wanted: str | None, file: str) -> str:
    if wanted in layers:
        return str(wanted)
    if wanted is None and len(layers) == 1:
        return layers[0]
    listed = ", ".join(layers) or "-"
    raise _unusable(
        "which_layer" if layers else "no_layer",
        f"请指明 {file} 中的图层:{listed}" if layers else f"{file} 中没有面图层",
        f"Name the layer of {file}: {listed}" if layers else f"{file} has no layer with geometry",
    )


def _read_layer(path: Path, layer: str | None, encoding: str) -> RawFeatures:
    expected = _ask_gdal(lambda: pyogrio.read_info(path, layer=layer, encoding=encoding, force_feature_count=True))
    meta, _, wkb, columns = _ask_gdal(lambda: pyogrio.raw.read(path, layer=layer, encoding=encoding))
    count = len(columns[0]) if columns else len(wkb) if wkb is not None else 0
    if wkb is None or count != expected["features"]:
        raise _corrupt(f"{count} of {expected['features']} features")
    names = [str(name).strip().lower() for name in meta["fields"]]
    values = [column.tolist() for column in columns]
    properties = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)] or [{} for _ in wkb]
    return RawFeatures(properties, shapely.from_wkb(wkb, on_invalid="ignore"), meta["crs"])


def _ask_gdal(question: Callable[[], Any]) -> Any:
    """GDAL's answer; what it could not read is a refusal, what it merely remarks is not for clerks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return question()
        except UnicodeDecodeError:
            raise
        except (RuntimeError, ValueError) as error:
            raise _corrupt(str(error)) from None


def _unknown_format() -> UnusableFileError:
    return _unusable(
        "unknown_format",
        "文件不是 GeoJSON、GeoPackage 或 Shapefile",
        "The file is no GeoJSON, GeoPackage or Shapefile",
    )


def _corrupt(detail: str) -> UnusableFileError:
    return _unusable(
        "corrupt_file",
        f"文件损坏或不完整,请重新导出({detail[:200]})",
        f"The file is damaged or incomplete, export it again ({detail[:200]})",
    )


def _unusable(code: str, zh: str, en: str) -> UnusableFileError:
    return UnusableFileError([Finding("error", code, zh, en)])
