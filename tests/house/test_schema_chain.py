"""Migrations are numbered words in one chain, and end where the models say, on both databases."""

import re
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from server import create_app
from server.config import Settings
from server.migrations import chain
from server.models import Base
from tests.conftest import settings_for

VERSIONS = Path(chain.DIRECTORY) / "versions"


def test_migrations_are_numbered_words_in_one_chain():
    scripts = ScriptDirectory(chain.DIRECTORY)
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert len(scripts.get_heads()) == 1
    assert revisions == sorted(revisions)
    for number, revision in enumerate(revisions, start=1):
        assert re.fullmatch(rf"{number:04d}(_[a-z]+)+", revision)
        assert scripts.get_revision(revision).down_revision == (revisions[number - 2] if number > 1 else None)
    assert sorted(path.stem for path in VERSIONS.glob("*.py")) == revisions


def test_the_migrated_schema_is_what_the_models_say(settings: Settings):
    def is_ours(item: Any, name: str | None, kind: str, reflected: bool, counterpart: Any) -> bool:
        if kind == "index" and not reflected and item.dialect_options.get("postgresql", {}).get("using") == "gist":
            return not settings.embedded  # SQLite has no geometry to index
        return not (kind == "table" and reflected and name not in Base.metadata.tables)

    engine = create_engine(settings.migrate_url, poolclass=NullPool)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": not settings.embedded, "include_object": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        found = inspect(connection)
        assert set(Base.metadata.tables) <= set(found.get_table_names())
        # What alembic does not compare: the columns of primary and foreign keys.
        for table in Base.metadata.sorted_tables:
            keys = [column.name for column in table.primary_key]
            assert found.get_pk_constraint(table.name)["constrained_columns"] == keys
            foreign = {
                (tuple(key["constrained_columns"]), key["referred_table"])
                for key in found.get_foreign_keys(table.name)
            }  # fmt: skip
            assert foreign == {
                (tuple(key.column_keys), key.referred_table.name) for key in table.foreign_key_constraints
            }


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_code_columns_compare_bytewise_and_geometry_is_one_gis_staff_can_open(settings: Settings):
    engine = create_engine(settings.migrate_url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns "
            "WHERE table_schema = 'public'"
        )
        collations = {(row[0], row[1]): row[2] for row in rows}
        shape = connection.exec_driver_sql(
            "SELECT type, srid, coord_dimension FROM geometry_columns WHERE f_table_name = 'grids'"
        ).one()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            wanted = getattr(column.type.dialect_impl(engine.dialect), "collation", None)
            assert collations[table.name, column.name] == wanted, f"{table.name}.{column.name}"
            if column.name in ("code", "account", "key", "subject") or column.name.endswith("_code"):
                assert wanted == "C", f"{table.name}.{column.name}"
    assert tuple(shape) == ("GEOMETRY", 4326, 2)


def test_a_database_past_this_code_s_head_can_be_served_and_an_older_one_cannot():
    head = ScriptDirectory(chain.DIRECTORY).get_current_head()
    assert chain.is_current(head)
    assert chain.is_current("9999_from_a_newer_release")
    assert not chain.is_current(None)


def test_migrating_twice_changes_nothing(tmp_path: Path):
    app = create_app(settings_for(tmp_path, tmp_path / "keys.json"))
    with app.app_context():
        chain.upgrade()
    before = (tmp_path / "gridloop.sqlite").read_bytes()
    with app.app_context():
        chain.upgrade()
    assert (tmp_path / "gridloop.sqlite").read_bytes() == before
