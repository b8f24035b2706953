"""How far scores were sent to the address that wants them.

Why: a run that dies between a score and its delivery must not lose the delivery; the next one
goes on from here.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

EMISSIONS = """
CREATE TABLE optiinfra.judge_emissions (
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    provider text NOT NULL,
    scored_at timestamptz NOT NULL,
    score_key text NOT NULL DEFAULT '',
    PRIMARY KEY (customer_id, provider)
);
ALTER TABLE optiinfra.judge_emissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.judge_emissions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.judge_emissions USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
CREATE TRIGGER refuse_deleted_customer BEFORE INSERT ON optiinfra.judge_emissions
FOR EACH ROW EXECUTE FUNCTION optiinfra.refuse_deleted_customer();
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(EMISSIONS)
