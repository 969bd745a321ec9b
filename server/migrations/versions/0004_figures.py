"""Frozen figures, append-only, and the two indexes that figures need beside those of the loop."""

import sqlalchemy as sa
from alembic import op

from server.models.columns import Instant, code_text

revision = "0004_figures"
down_revision = "0003_messages"


def upgrade() -> None:
    op.create_table(
        "frozen_figures",
        sa.Column("scope", code_text(48), nullable=False),
        sa.Column("area_code", code_text(12), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("split_by", sa.String(length=10), nullable=False),
        sa.Column("frozen_at", Instant(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["areas.code"], name="fk_frozen_figures_area_code"),
        sa.PrimaryKeyConstraint(
            "scope", "area_code", "first_day", "last_day", "split_by", name="pk_frozen_figures"
        ),
    )  # fmt: skip
    op.create_index("ix_deadlines_kind_due_current", "deadlines", ["kind", "due_current"])
    repeats = sa.text("repeat_of IS NOT NULL")
    op.create_index("ix_cases_repeat_of", "cases", ["repeat_of"], postgresql_where=repeats, sqlite_where=repeats)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_frozen_figures() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'frozen_figures are append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER frozen_figures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON frozen_figures "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_frozen_figures()"
        )
    else:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER frozen_figures_no_{change.lower()} BEFORE {change} ON frozen_figures "
                "BEGIN SELECT RAISE(ABORT, 'frozen_figures are append-only'); END"
            )
