"""The providers that are installed, as the pipelines publish them at their start.

Why: the API shows and validates them without importing a cloud's code.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

PROVIDER_CATALOGUE = """
CREATE TABLE optiinfra.provider_catalogue (
    slug text PRIMARY KEY CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    info jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


def upgrade() -> None:
    """Create it; it names no customer, so it needs no fence."""
    op.execute(PROVIDER_CATALOGUE)
