"""What happened, in order: programs follow it instead of asking again and again.

Why: a follower that was away, or that comes back to another replica of the API, must find what it
missed; what only one process remembers would be lost with it.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

# `seq` counts one customer's events without gaps: the newest of each are kept, and by it alone.
EVENTS = """
CREATE TABLE optiinfra.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    provider text NOT NULL,
    data_type text,
    key text,
    detail jsonb NOT NULL,
    UNIQUE (customer_id, seq),
    UNIQUE (customer_id, key)
);
CREATE INDEX ON optiinfra.events (customer_id, id);
ALTER TABLE optiinfra.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.events USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
CREATE TRIGGER refuse_deleted_customer BEFORE INSERT ON optiinfra.events
FOR EACH ROW EXECUTE FUNCTION optiinfra.refuse_deleted_customer();
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(EVENTS)
