"""How the chain of migrations runs: as the owner, alone, in one transaction, on either database."""

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import SchemaItem

from server import models
from server.config import SettingsError
from server.db import prepare
from server.migrations.privileges import grant_to_application
from server.office import office

# Any number nobody else on this database server uses for an advisory lock: "grid" in ASCII.
_ONE_AT_A_TIME = 0x67726964


def include(item: SchemaItem, name: str | None, kind: str, reflected: bool, compare_to: SchemaItem | None) -> bool:
    """Leave PostGIS's own tables and indexes out of comparisons."""
    return not (reflected and compare_to is None and kind == "table" and name not in models.Base.metadata.tables)


def ready_postgres(connection: Connection) -> None:
    """Take the lock, and make sure PostGIS is there."""
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
    if connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")).first():
        return
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION postgis"))
    except DBAPIError:
        raise SettingsError(
            "The database has no PostGIS, and this role may not add it: install PostGIS and run "
            "`CREATE EXTENSION postgis` as a superuser."
        ) from None


def run() -> None:
    settings = office().settings
    engine = create_engine(settings.migrate_url, poolclass=NullPool)
    prepare(engine)
    with engine.connect() as connection:
        connection.execution_options(gridloop_writes=True)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                ready_postgres(connection)
            context.configure(connection=connection, target_metadata=models.Base.metadata, include_object=include)
            context.run_migrations()
            if connection.dialect.name == "postgresql":
                grant_to_application(connection, settings)


run()
