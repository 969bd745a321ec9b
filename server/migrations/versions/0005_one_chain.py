"""A case keeps who expects an answer in its steps alone; roles in units that have ended are ended with them."""

from alembic import op

revision = "0005_one_chain"
down_revision = "0004_figures"


def upgrade() -> None:
    op.execute("ALTER TABLE cases DROP COLUMN answer_to_id")
    op.execute(
        "UPDATE grants SET valid_to = (SELECT ended_at FROM units WHERE units.id = grants.unit_id) "
        "WHERE unit_id IN (SELECT id FROM units WHERE ended_at IS NOT NULL) "
        "AND (valid_to IS NULL OR valid_to > (SELECT ended_at FROM units WHERE units.id = grants.unit_id))"
    )
