"""What the application's PostgreSQL role may do: read and write rows, and only add to what is append-only."""

from sqlalchemy import Connection, text

from server.config import Settings
from server.models import Base

APPEND_ONLY = ("steps", "audit", "anchors", "frozen_figures")


def grant_to_application(connection: Connection, settings: Settings) -> None:
    """Give the role in `GRIDLOOP_DATABASE_URL` its rights anew, and no more; nothing when it is the owner."""
    role = settings.database_url.username
    owner = connection.execute(text("SELECT current_user")).scalar_one()
    if not role or role == owner:
        return
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    ours = ", ".join(sorted(table.name for table in Base.metadata.sorted_tables))
    for sentence in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {ours} TO {quoted}",
        f"GRANT SELECT ON alembic_version TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(APPEND_ONLY)} FROM {quoted}",
    ):
        connection.execute(text(sentence))
