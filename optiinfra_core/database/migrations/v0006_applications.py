"""Applications and what may be done with their texts; what judging may cost; what people ask for.

Why: a customer says for each application what text is kept, how long, and whether a judge may see
it; a cap on spending holds only where it is taken before the call, by whoever calls.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

# Null means: as the installation's settings say.
APPLICATIONS = """
CREATE TABLE optiinfra.applications (
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    application_id text NOT NULL CHECK (application_id ~ '^[a-z0-9][a-z0-9._-]{0,127}$'),
    name text NOT NULL,
    provider text NOT NULL DEFAULT '',
    registered boolean NOT NULL DEFAULT false,
    text_policy text CHECK (text_policy IN ('full', 'redacted', 'hash', 'none')),
    text_days integer CHECK (text_days BETWEEN 1 AND 3650),
    send_to_judge boolean,
    sample_share double precision CHECK (sample_share > 0 AND sample_share <= 1),
    daily_budget_usd numeric(38, 12) CHECK (daily_budget_usd >= 0),
    judge_model text,
    baseline jsonb,
    thresholds jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    PRIMARY KEY (customer_id, application_id)
);
CREATE INDEX ON optiinfra.applications (provider);
"""

KEYS = """
ALTER TABLE optiinfra.api_keys ADD COLUMN default_provider text NOT NULL DEFAULT '';
"""

# One row for each thing that is capped; `reserved` is what calls under way may still cost.
JUDGE_SPENDING = """
CREATE TABLE optiinfra.judge_spending (
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    scope text NOT NULL CHECK (scope IN ('application_day', 'customer_month')),
    application_id text NOT NULL DEFAULT '',
    period date NOT NULL,
    reserved_usd numeric(38, 12) NOT NULL DEFAULT 0 CHECK (reserved_usd >= 0),
    spent_usd numeric(38, 12) NOT NULL DEFAULT 0 CHECK (spent_usd >= 0),
    calls bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (customer_id, scope, application_id, period)
);
CREATE TABLE optiinfra.judge_reservations (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    application_id text NOT NULL,
    day date NOT NULL,
    usd numeric(38, 12) NOT NULL CHECK (usd >= 0),
    run_id text NOT NULL,
    reserved_at timestamptz NOT NULL
);
CREATE INDEX ON optiinfra.judge_reservations (reserved_at);
ALTER TABLE optiinfra.customers ADD COLUMN judge_budget_usd numeric(38, 12)
    CHECK (judge_budget_usd >= 0);
"""

BATCHES = """
CREATE TABLE optiinfra.judge_batches (
    id text PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    provider text NOT NULL,
    application_id text NOT NULL,
    judge text NOT NULL,
    judge_model text NOT NULL,
    rubric_version text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    requests integer NOT NULL,
    status text NOT NULL CHECK (status IN ('submitted', 'collected', 'cancelled', 'failed')),
    reserved_usd numeric(38, 12) NOT NULL,
    run_id text NOT NULL,
    submitted_at timestamptz NOT NULL,
    ended_at timestamptz,
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX ON optiinfra.judge_batches (status, submitted_at);
"""

ERASURES = """
CREATE TABLE optiinfra.erasures (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    user_hash text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    done_at timestamptz,
    rows bigint
);
"""

ALARMS = """
CREATE TABLE optiinfra.quality_alarms (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    application_id text NOT NULL,
    provider text NOT NULL,
    metric_name text NOT NULL,
    judge text NOT NULL,
    judge_model text NOT NULL,
    rubric_version text NOT NULL,
    environment text NOT NULL,
    raised_at timestamptz NOT NULL,
    began_at timestamptz NOT NULL,
    cleared_at timestamptz,
    baseline_rate double precision NOT NULL,
    current_rate double precision NOT NULL,
    evidence double precision NOT NULL,
    judged bigint NOT NULL,
    attributed_to text NOT NULL DEFAULT '',
    attributed_value text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    UNIQUE (customer_id, application_id, metric_name, judge, judge_model, rubric_version,
            environment, raised_at)
);
CREATE INDEX ON optiinfra.quality_alarms (customer_id, raised_at DESC);
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
FENCED = (
    "applications",
    "judge_spending",
    "judge_reservations",
    "judge_batches",
    "erasures",
    "quality_alarms",
)


def upgrade() -> None:
    """Create them."""
    for part in (APPLICATIONS, KEYS, JUDGE_SPENDING, BATCHES, ERASURES, ALARMS):
        op.execute(part)
    for table in FENCED:
        op.execute(FENCE.format(table=table))
