"""What collecting may cost: a budget for each credential, and what a source's cadence remembers.

Why: calls to providers cost money. As spending nears the budget the cadence slows; the state says
until when, why nothing was fetched, and when everything was last looked at.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

BUDGET = """
ALTER TABLE optiinfra.cloud_credentials
    ADD COLUMN budget_usd numeric(38, 12) CHECK (budget_usd >= 0);
"""

CADENCE = """
ALTER TABLE optiinfra.source_state
    ADD COLUMN covered_at timestamptz,
    ADD COLUMN slowed_until timestamptz,
    ADD COLUMN reason text NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    """Add the columns; null means no budget of its own, and nothing remembered."""
    op.execute(BUDGET)
    op.execute(CADENCE)
