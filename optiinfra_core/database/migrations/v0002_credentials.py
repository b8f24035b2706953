"""Cloud credentials and the sealed secrets of their revisions.

Why: a rotation writes a new revision; the one before it stays until the new one was verified, so
that a mistyped key does not end collection.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

CREDENTIALS = """
CREATE TABLE optiinfra.cloud_credentials (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    provider text NOT NULL,
    label text NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    status text NOT NULL DEFAULT 'unverified'
        CHECK (status IN ('unverified', 'verified', 'rejected', 'deleted')),
    fingerprint text NOT NULL,
    configuration jsonb NOT NULL,
    account_id text,
    principal text,
    permissions_found text[] NOT NULL DEFAULT '{}',
    permissions_missing text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    rotated_at timestamptz,
    last_used_at timestamptz,
    last_verified_at timestamptz,
    expires_at timestamptz,
    deleted_at timestamptz,
    last_error jsonb
);
CREATE INDEX ON optiinfra.cloud_credentials (customer_id, provider);
CREATE INDEX ON optiinfra.cloud_credentials (provider) WHERE status <> 'deleted';
"""

REVISIONS = """
CREATE TABLE optiinfra.credential_revisions (
    credential_id uuid NOT NULL REFERENCES optiinfra.cloud_credentials (id) ON DELETE CASCADE,
    revision integer NOT NULL,
    customer_id text NOT NULL,
    algorithm text NOT NULL CHECK (algorithm = 'AES-256-GCM'),
    kek_id text NOT NULL,
    wrapped_dek bytea NOT NULL,
    blob bytea NOT NULL,
    fingerprint text NOT NULL,
    configuration jsonb NOT NULL,
    verified boolean NOT NULL DEFAULT false,
    PRIMARY KEY (credential_id, revision)
);
CREATE INDEX ON optiinfra.credential_revisions (kek_id);
"""

FENCES = """
ALTER TABLE optiinfra.cloud_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.cloud_credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.cloud_credentials USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
ALTER TABLE optiinfra.credential_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.credential_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.credential_revisions USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
CREATE TRIGGER refuse_deleted_customer BEFORE INSERT ON optiinfra.cloud_credentials
FOR EACH ROW EXECUTE FUNCTION optiinfra.refuse_deleted_customer();
"""


def upgrade() -> None:
    """Create them."""
    for part in (CREDENTIALS, REVISIONS, FENCES):
        op.execute(part)
