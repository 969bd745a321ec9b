"""Column types that mean the same on SQLite and PostgreSQL; the only models file that names a database."""

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from geoalchemy2 import Geometry, WKBElement
from shapely import from_wkb, to_wkb
from shapely.geometry.base import BaseGeometry
from sqlalchemy import JSON, ColumnElement, DateTime, Dialect, LargeBinary, String, Text, Uuid, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite: fixed-width ISO text, so that text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset")
        value = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        instant: datetime = value
        return instant.astimezone(UTC)


class Spans(TypeDecorator[tuple[tuple[datetime, datetime | None], ...]]):
    """Stretches of time, each from an instant to another or to none yet, as JSON."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return [[start.isoformat(), end.isoformat() if end else None] for start, end in value or ()]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[tuple[datetime, datetime | None], ...]:
        return tuple(
            (datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None) for start, end in value or ()
        )


class Shape(TypeDecorator[BaseGeometry]):
    """A Shapely geometry in WGS-84: `Geometry` on PostgreSQL (QGIS opens it), plain WKB on SQLite."""

    impl = Geometry
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(geometry_type="GEOMETRY", srid=4326, spatial_index=False)

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        # GeoAlchemy2 asks without a dialect when it looks for spatial columns.
        return LargeBinary() if dialect is not None and dialect.name == "sqlite" else self.impl_instance

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        wkb = to_wkb(value)
        return wkb if dialect.name == "sqlite" else WKBElement(wkb, srid=4326)

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:
        if value is None:
            return None
        return from_wkb(value if isinstance(value, bytes) else value.desc)


def code_text(length: int = 32) -> String:
    """Codes compare byte by byte on both databases, so that cursors and "lowest code" agree."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def long_text() -> Text:
    """Text kept exactly as it came."""
    return Text()


class FreshId(FunctionElement[uuid.UUID]):
    """A new random id for every row that a statement writes."""

    type = Uuid()
    inherit_cache = True
    name = "fresh_id"


@compiles(FreshId, "postgresql")
def _fresh_id_in_postgresql(_element: FreshId, _compiler: SQLCompiler, **_: Any) -> str:
    return "gen_random_uuid()"


@compiles(FreshId, "sqlite")
def _fresh_id_in_sqlite(_element: FreshId, _compiler: SQLCompiler, **_: Any) -> str:
    return "lower(hex(randomblob(16)))"


class Subject(FunctionElement[str]):
    """An audience subject made from an id: `Subject("u", Grant.unit_id)` is what `u:<unit id>` is written as."""

    type = String()
    inherit_cache = True
    name = "subject"

    def __init__(self, kind: Literal["p", "u", "s"], column: Any) -> None:
        super().__init__(_KIND[kind], column)


class UnitOf(FunctionElement[uuid.UUID]):
    """The id in an audience subject of a unit: the way back from `Subject`."""

    type = Uuid()
    inherit_cache = True
    name = "unit_of"


@compiles(UnitOf, "postgresql")
def _unit_of_in_postgresql(element: UnitOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(substr({compiler.process(element.clauses, **options)}, 3) AS uuid)"


@compiles(UnitOf, "sqlite")
def _unit_of_in_sqlite(element: UnitOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"replace(substr({compiler.process(element.clauses, **options)}, 3), '-', '')"


_KIND: dict[str, ColumnElement[str]] = {kind: literal_column(f"'{kind}:'") for kind in ("p", "u", "s")}


@compiles(Subject, "postgresql")
def _subject_in_postgresql(element: Subject, compiler: SQLCompiler, **options: Any) -> str:
    kind, column = (compiler.process(part, **options) for part in element.clauses)
    return f'({kind} || CAST({column} AS text)) COLLATE "C"'


@compiles(Subject, "sqlite")
def _subject_in_sqlite(element: Subject, compiler: SQLCompiler, **options: Any) -> str:
    kind, column = (compiler.process(part, **options) for part in element.clauses)
    groups = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return f"({kind} || " + " || '-' || ".join(f"substr({column}, {at}, {size})" for at, size in groups) + ")"
