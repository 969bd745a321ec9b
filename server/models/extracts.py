"""What figures read out of columns: a text inside stored JSON, an instant as seconds; the two databases differ here."""

import uuid
from typing import Any

from sqlalchemy import Float, String, Uuid
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class case_field(FunctionElement[str]):  # noqa: N801  # SQL functions are written in small letters
    """`case_field(Step.envelope, "result")`: what a step wrote into this column of its case, as text; NULL when it
    did not touch it or emptied it. Truth is "true" on PostgreSQL and "1" on SQLite: compare with `TRUTHS`."""

    type = String()
    inherit_cache = True


class owner_given(FunctionElement[uuid.UUID]):  # noqa: N801
    """`owner_given(Step.envelope, Deadline.id)`: the unit that a step made this clock's owner, when it began or later;
    NULL when it did neither."""

    type = Uuid()
    inherit_cache = True


class text_field(FunctionElement[str]):  # noqa: N801
    """`text_field(StepPayload.payload, "outcome")`: a text at the top of stored JSON."""

    type = String()
    inherit_cache = True


class epoch(FunctionElement[float]):  # noqa: N801
    """`epoch(instant)`: seconds since 1970."""

    type = Float()
    inherit_cache = True


TRUTHS = ("true", "1")


def _arguments(element: FunctionElement[Any], compiler: Any, **kw: Any) -> list[str]:
    return [compiler.process(one, **kw) for one in element.clauses]


@compiles(case_field, "postgresql")
def _case_field_pg(element: case_field, compiler: Any, **kw: Any) -> str:
    column, name = _arguments(element, compiler, **kw)
    return f"({column}::json -> 'effects' -> 'case' ->> {name})"


@compiles(case_field, "sqlite")
def _case_field_lite(element: case_field, compiler: Any, **kw: Any) -> str:
    column, name = _arguments(element, compiler, **kw)
    return f"CAST(json_extract({column}, '$.effects.case.' || {name}) AS TEXT)"


@compiles(owner_given, "postgresql")
def _owner_given_pg(element: owner_given, compiler: Any, **kw: Any) -> str:
    column, clock = _arguments(element, compiler, **kw)
    effects = f"{column}::json -> 'effects'"
    begun = f"SELECT one ->> 'unit_id' FROM json_array_elements({effects} -> 'started') one"  # noqa: S608  # columns
    return (
        f"coalesce({effects} -> 'clocks' -> {clock}::text ->> 'unit_id',"
        f" ({begun} WHERE one ->> 'id' = {clock}::text))::uuid"
    )


@compiles(owner_given, "sqlite")
def _owner_given_lite(element: owner_given, compiler: Any, **kw: Any) -> str:
    """Ids stand in columns without the dashes they have in JSON."""
    column, clock = _arguments(element, compiler, **kw)
    unit = "SELECT json_extract(value, '$.unit_id') FROM json_each"
    changed = f"{unit}({column}, '$.effects.clocks') WHERE replace(key, '-', '') = {clock}"
    begun = f"{unit}({column}, '$.effects.started') WHERE replace(json_extract(value, '$.id'), '-', '') = {clock}"
    return f"replace(coalesce(({changed}), ({begun})), '-', '')"


@compiles(text_field, "postgresql")
def _text_field_pg(element: text_field, compiler: Any, **kw: Any) -> str:
    column, name = _arguments(element, compiler, **kw)
    return f"({column}::json ->> {name})"


@compiles(text_field, "sqlite")
def _text_field_lite(element: text_field, compiler: Any, **kw: Any) -> str:
    column, name = _arguments(element, compiler, **kw)
    return f"json_extract({column}, '$.' || {name})"


@compiles(epoch, "postgresql")
def _epoch_pg(element: epoch, compiler: Any, **kw: Any) -> str:
    return f"extract(epoch FROM {_arguments(element, compiler, **kw)[0]})::double precision"


@compiles(epoch, "sqlite")
def _epoch_lite(element: epoch, compiler: Any, **kw: Any) -> str:
    return f"((julianday({_arguments(element, compiler, **kw)[0]}) - 2440587.5) * 86400.0)"
