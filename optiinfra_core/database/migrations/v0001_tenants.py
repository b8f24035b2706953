"""Customers, their API keys, and the audit log that nobody edits.

Why: every other table names a customer, and what is done to secrets must be provable later.
"""

from alembic import op

revision = "0001"
down_revision = None

CUSTOMERS = """
CREATE TABLE optiinfra.customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'deleted')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at timestamptz
);
ALTER TABLE optiinfra.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.customers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.customers USING (
    slug = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
"""

# A run that is still under way must not bring rows back for a customer that was deleted. The row
# lock makes the insert wait for a deletion that is not committed yet, and then see it. (A function
# may not carry SET for a setting of ours: Postgres 15 reserves that for superusers.)
REFUSE_DELETED = """
CREATE FUNCTION optiinfra.refuse_deleted_customer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $$
DECLARE
    before text := coalesce(current_setting('optiinfra.operator', true), '');
BEGIN
    PERFORM set_config('optiinfra.operator', 'on', true);
    PERFORM 1 FROM optiinfra.customers
    WHERE slug = new.customer_id AND status <> 'deleted' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no customer %', new.customer_id USING ERRCODE = '23503';
    END IF;
    PERFORM set_config('optiinfra.operator', before, true);
    RETURN new;
END
$$;
"""

API_KEYS = """
CREATE TABLE optiinfra.api_keys (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
    name text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    customers text[] NOT NULL CHECK (cardinality(customers) > 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
ALTER TABLE optiinfra.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_only ON optiinfra.api_keys USING (
    current_setting('optiinfra.operator', true) = 'on'
);
"""

AUDIT_LOG = """
CREATE TABLE optiinfra.credential_audit_log (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    customer_id text,
    subject_type text NOT NULL
        CHECK (subject_type IN ('credential', 'api_key', 'customer', 'vault')),
    subject_id text NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    action text NOT NULL CHECK (action ~ '^[a-z_]+$'),
    detail jsonb NOT NULL DEFAULT '{}',
    prev bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX ON optiinfra.credential_audit_log (subject_type, subject_id, seq);
ALTER TABLE optiinfra.credential_audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.credential_audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.credential_audit_log USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
"""

# Each row holds the hash of the one before it, so an edit or a deletion breaks the chain there.
# Position, time and hash are set here: whoever inserts cannot choose them. Inserts queue up on an
# advisory lock until the end of their transaction, so an audit row is written last in it.
AUDIT_CHAIN = """
CREATE FUNCTION optiinfra.audit_hash(entry optiinfra.credential_audit_log) RETURNS bytea
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
    SELECT sha256(entry.prev || convert_to(jsonb_build_array(
        entry.seq, extract(epoch FROM entry.at)::text, entry.customer_id, entry.subject_type,
        entry.subject_id, entry.actor, entry.action, entry.detail
    )::text, 'UTF8'))
$$;

CREATE FUNCTION optiinfra.audit_append() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $$
DECLARE
    before text := coalesce(current_setting('optiinfra.operator', true), '');
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(7117143043);
    PERFORM set_config('optiinfra.operator', 'on', true);
    SELECT seq, hash INTO last FROM optiinfra.credential_audit_log ORDER BY seq DESC LIMIT 1;
    new.seq := coalesce(last.seq, 0) + 1;
    new.prev := coalesce(last.hash, '\\x00'::bytea);
    new.at := clock_timestamp();
    new.hash := optiinfra.audit_hash(new);
    PERFORM set_config('optiinfra.operator', before, true);
    RETURN new;
END
$$;

CREATE FUNCTION optiinfra.audit_refuse() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = '42501';
END
$$;

CREATE TRIGGER append BEFORE INSERT ON optiinfra.credential_audit_log
FOR EACH ROW EXECUTE FUNCTION optiinfra.audit_append();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON optiinfra.credential_audit_log
FOR EACH ROW EXECUTE FUNCTION optiinfra.audit_refuse();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON optiinfra.credential_audit_log
FOR EACH STATEMENT EXECUTE FUNCTION optiinfra.audit_refuse();
"""


def upgrade() -> None:
    """Create them."""
    for part in (CUSTOMERS, REFUSE_DELETED, API_KEYS, AUDIT_LOG, AUDIT_CHAIN):
        op.execute(part)
