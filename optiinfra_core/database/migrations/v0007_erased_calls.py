"""Which calls were erased, and who changed what is kept of an application.

Why: a call may reach us in halves and again later. The half that does not name the person is known
only by its ids; without them a redelivery would bring an erased text back.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

# Ids are random numbers of the sender's; after the erasure nothing else links them to a person.
ERASED_CALLS = """
CREATE TABLE optiinfra.erased_calls (
    customer_id text NOT NULL REFERENCES optiinfra.customers (slug),
    application_id text NOT NULL,
    trace_id text NOT NULL,
    span_id text NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, application_id, trace_id, span_id)
);
ALTER TABLE optiinfra.erased_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE optiinfra.erased_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON optiinfra.erased_calls USING (
    customer_id = current_setting('optiinfra.customer', true)
    OR current_setting('optiinfra.operator', true) = 'on'
);
CREATE TRIGGER refuse_deleted_customer BEFORE INSERT ON optiinfra.erased_calls
FOR EACH ROW EXECUTE FUNCTION optiinfra.refuse_deleted_customer();
CREATE INDEX ON optiinfra.erasures (customer_id, user_hash);
"""

AUDITED = """
ALTER TABLE optiinfra.credential_audit_log
    DROP CONSTRAINT credential_audit_log_subject_type_check,
    ADD CONSTRAINT credential_audit_log_subject_type_check
        CHECK (subject_type IN ('credential', 'api_key', 'customer', 'vault', 'application'));
"""


def upgrade() -> None:
    """Create the table, and let the audit log name applications."""
    op.execute(ERASED_CALLS)
    op.execute(AUDITED)
