"""Runs that somebody starts in the Dagster UI have a trigger of their own.

Why: they carry none of our tags, and a result without a known trigger was refused, so that every
materialisation and backfill from the UI failed after it had collected.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

WIDER = """
ALTER TABLE optiinfra.collection_results DROP CONSTRAINT collection_results_trigger_check;
ALTER TABLE optiinfra.collection_results ADD CONSTRAINT collection_results_trigger_check
CHECK (trigger IN ('schedule', 'api', 'backfill', 'cli', 'dagster'));
"""


def upgrade() -> None:
    """Allow the fifth trigger."""
    op.execute(WIDER)
