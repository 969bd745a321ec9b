"""Rows inside a row: everything of a case in one statement, as JSON that each database makes in its own words.

`nested()` makes a column of JSON arrays out of a query, `unnest()` turns its value back into rows.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import Boolean, Dialect, LargeBinary, Select, Uuid, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import Label
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, String, TypeDecorator, TypeEngine


class _Row(FunctionElement[str]):
    """One row as a JSON array."""

    inherit_cache = True


class _Rows(FunctionElement[str]):
    """All rows as a JSON array."""

    inherit_cache = True


class _Value(FunctionElement[Any]):
    """Bytes as JSON can hold them: in hex."""

    inherit_cache = True


@compiles(_Row, "postgresql")
def _row_pg(element: _Row, compiler: Any, **kw: Any) -> str:
    return f"json_build_array({compiler.process(element.clauses, **kw)})"


@compiles(_Row, "sqlite")
def _row_lite(element: _Row, compiler: Any, **kw: Any) -> str:
    return f"json_array({compiler.process(element.clauses, **kw)})"


@compiles(_Rows, "postgresql")
def _rows_pg(element: _Rows, compiler: Any, **kw: Any) -> str:
    return f"coalesce(json_agg({compiler.process(element.clauses, **kw)})::text, '[]')"


@compiles(_Rows, "sqlite")
def _rows_lite(element: _Rows, compiler: Any, **kw: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **kw)})"


@compiles(_Value, "postgresql")
def _value_pg(element: _Value, compiler: Any, **kw: Any) -> str:
    return f"encode({compiler.process(element.clauses, **kw)}, 'hex')"


@compiles(_Value, "sqlite")
def _value_lite(element: _Value, compiler: Any, **kw: Any) -> str:
    return f"hex({compiler.process(element.clauses, **kw)})"


class _Parsed(FunctionElement[Any]):
    """A JSON column as JSON inside JSON."""

    inherit_cache = True


@compiles(_Parsed, "postgresql")
def _parsed_pg(element: _Parsed, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(_Parsed, "sqlite")
def _parsed_lite(element: _Parsed, compiler: Any, **kw: Any) -> str:
    return f"json({compiler.process(element.clauses, **kw)})"


def nested(name: str, columns: Sequence[InstrumentedAttribute[Any]], query: Select[Any]) -> Label[str]:
    """A column `name` with the query's rows; `columns` are what it selects, in no particular order of rows."""
    row = _Row(*(_as_json(column) for column in columns))
    return (
        query.with_only_columns(type_coerce(_Rows(row), String()), maintain_column_froms=True)
        .scalar_subquery()
        .label(name)
    )


def unnest(value: str, columns: Sequence[InstrumentedAttribute[Any]], dialect: Dialect) -> list[dict[str, Any]]:
    """The rows of a nested column: column name → value."""
    if value == "[]":
        return []
    readers = _readers(tuple(columns), dialect)
    return [
        {
            name: item if read is None or item is None else read(item)
            for (name, read), item in zip(readers, row, strict=True)
        }
        for row in json.loads(value)
    ]


@cache
def _readers(
    columns: tuple[InstrumentedAttribute[Any], ...], dialect: Dialect
) -> Sequence[tuple[str, Callable[[Any], Any] | None]]:
    """Each column's name and what makes its value out of JSON's, worked out once: a case has hundreds of them."""
    return [(str(column.key), _reader(column.type, dialect)) for column in columns]


def _as_json(column: InstrumentedAttribute[Any]) -> Any:
    kind = _plain(column.type)
    if isinstance(kind, LargeBinary):
        return _Value(column)
    if isinstance(kind, JSON):
        return _Parsed(column)
    return column


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, TypeDecorator):
        return partial(_decorated, kind, dialect)
    if isinstance(kind, Uuid):
        return uuid.UUID
    if isinstance(kind, LargeBinary):
        return bytes.fromhex
    return bool if isinstance(kind, Boolean) else None


def _decorated(kind: TypeDecorator[Any], dialect: Dialect, item: Any) -> Any:
    return kind.process_result_value(item, dialect)
