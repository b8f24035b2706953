"""What is collected: the state of every source, the tasks people asked for, and their results.

Why: the planner asks the state what is due, and a task must answer for itself while Dagster is
down.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

SOURCE_STATE = """
CREATE TABLE optiinfra.source_state (
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    provider text NOT NULL,
    dataset text NOT NULL,
    account_id text NOT NULL,
    source text NOT NULL,
    source_version text,
    watermark timestamptz,
    next_due_at timestamptz,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    last_error_code text,
    last_error_detail text,
    last_error_remedy text,
    consecutive_failures integer NOT NULL,
    data_version bigint NOT NULL,
    committed_at timestamptz,
    windows_committed bigint NOT NULL,
    PRIMARY KEY (customer_id, provider, dataset, account_id)
);
"""

TASKS = """
CREATE TABLE optiinfra.collection_tasks (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    provider text NOT NULL,
    data_types text[] NOT NULL CHECK (cardinality(data_types) > 0),
    window_start timestamptz,
    window_end timestamptz,
    trigger text NOT NULL CHECK (trigger IN ('schedule', 'api', 'backfill', 'cli')),
    idempotency_key text,
    created_at timestamptz NOT NULL,
    error jsonb,
    UNIQUE (customer_id, idempotency_key)
);
CREATE INDEX ON optiinfra.collection_tasks (customer_id, created_at DESC);
CREATE TABLE optiinfra.collection_task_runs (
    task_id uuid NOT NULL REFERENCES optiinfra.collection_tasks (id) ON DELETE CASCADE,
    run_id text NOT NULL,
    customer_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    position bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (task_id, run_id)
);
CREATE INDEX ON optiinfra.collection_task_runs (run_id);
"""

RESULTS = """
CREATE TABLE optiinfra.collection_results (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_id text NOT NULL,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    data_type text NOT NULL,
    provider text NOT NULL,
    task_id uuid,
    trigger text NOT NULL CHECK (trigger IN ('schedule', 'api', 'backfill', 'cli')),
    status text NOT NULL CHECK (status IN ('succeeded', 'partial', 'failed', 'skipped')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    windows integer NOT NULL,
    rows bigint NOT NULL,
    api_calls bigint NOT NULL,
    api_usd numeric(38, 12) NOT NULL,
    attempt integer NOT NULL,
    error_code text,
    error_detail text,
    remedy text,
    failed_parts jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (run_id, customer_id, data_type)
);
CREATE INDEX ON optiinfra.collection_results (customer_id, started_at DESC, id DESC);
CREATE INDEX ON optiinfra.collection_results (task_id) WHERE task_id IS NOT NULL;
"""

FENCE = """
ALTER TABLE optiinfra.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.{table} USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
CREATE TRIGGER refuse_deleted_customer BEFORE INSERT ON optiinfra.{table}
FOR EACH ROW EXECUTE FUNCTION optiinfra.refuse_deleted_customer();
"""


def upgrade() -> None:
    """Create them."""
    for part in (SOURCE_STATE, TASKS, RESULTS):
        op.execute(part)
    for table in ("source_state", "collection_tasks", "collection_task_runs", "collection_results"):
        op.execute(FENCE.format(table=table))
