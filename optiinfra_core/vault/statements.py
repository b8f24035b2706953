"""The vault's SQL: bound parameters only, one constant per sentence."""

ADD_CREDENTIAL = """
INSERT INTO optiinfra.cloud_credentials
    (id, customer_id, provider, label, revision, fingerprint, configuration, created_at)
VALUES (%(id)s, %(customer)s, %(provider)s, %(label)s, 1, %(fingerprint)s, %(configuration)s,
        %(now)s)
RETURNING *
"""
ADD_REVISION = """
INSERT INTO optiinfra.credential_revisions
    (credential_id, revision, customer_id, algorithm, kek_id, wrapped_dek, blob, fingerprint,
     configuration)
VALUES (%(id)s, %(revision)s, %(customer)s, 'AES-256-GCM', %(kek_id)s, %(wrapped_dek)s, %(blob)s,
        %(fingerprint)s, %(configuration)s)
"""
# The customer is named here as well: row-level security does not bind a superuser.
GET = """
SELECT * FROM optiinfra.cloud_credentials
WHERE id = %(id)s AND (%(customer)s::text IS NULL OR customer_id = %(customer)s)
"""
GET_FOR_UPDATE = """
SELECT * FROM optiinfra.cloud_credentials
WHERE id = %(id)s AND (%(customer)s::text IS NULL OR customer_id = %(customer)s)
  AND status <> 'deleted'
FOR UPDATE
"""
LIST = """
SELECT * FROM optiinfra.cloud_credentials
WHERE (%(customer)s::text IS NULL OR customer_id = %(customer)s)
  AND (%(provider)s::text IS NULL OR provider = %(provider)s) AND status <> 'deleted'
ORDER BY customer_id, provider, created_at, id
"""
FOR_PROVIDER = """
SELECT credential.* FROM optiinfra.cloud_credentials AS credential
JOIN optiinfra.customers AS customer ON customer.slug = credential.customer_id
WHERE credential.provider = %s AND credential.status <> 'deleted' AND customer.status = 'active'
ORDER BY credential.customer_id, credential.created_at, credential.id
"""
SEALED = """
SELECT kek_id, wrapped_dek, blob, fingerprint, configuration
FROM optiinfra.credential_revisions
WHERE credential_id = %s AND revision = %s
"""
# Once in 15 minutes is as exact as anyone needs, and spares a write for every run.
TOUCH = """
UPDATE optiinfra.cloud_credentials SET last_used_at = %(now)s
WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at <= %(now)s - interval '15 minutes')
"""
TURN_TO_REVISION = """
UPDATE optiinfra.cloud_credentials
SET revision = %(revision)s, fingerprint = %(fingerprint)s, configuration = %(configuration)s,
    status = 'unverified', rotated_at = %(now)s, expires_at = NULL, last_error = NULL
WHERE id = %(id)s
RETURNING *
"""
DROP_UNVERIFIED = """
DELETE FROM optiinfra.credential_revisions WHERE credential_id = %s AND NOT verified
"""
DROP_OTHERS = """
DELETE FROM optiinfra.credential_revisions WHERE credential_id = %s AND revision <> %s
"""
DROP_ALL = "DELETE FROM optiinfra.credential_revisions WHERE credential_id = %s"
MARK_REVISION_VERIFIED = """
UPDATE optiinfra.credential_revisions SET verified = true
WHERE credential_id = %s AND revision = %s
"""
LAST_VERIFIED_REVISION = """
SELECT max(revision) AS revision FROM optiinfra.credential_revisions
WHERE credential_id = %s AND revision <> %s AND verified
"""
RECORD_SUCCESS = """
UPDATE optiinfra.cloud_credentials
SET status = 'verified', account_id = %(account_id)s, principal = %(principal)s,
    permissions_found = %(found)s, permissions_missing = %(missing)s,
    expires_at = %(expires_at)s, last_verified_at = %(now)s, last_error = NULL
WHERE id = %(id)s
RETURNING *
"""
RECORD_FAILURE = """
UPDATE optiinfra.cloud_credentials
SET status = CASE WHEN %(rejected)s THEN 'rejected' ELSE status END,
    permissions_missing = coalesce(%(missing)s::text[], permissions_missing),
    last_error = %(error)s
WHERE id = %(id)s
RETURNING *
"""
SET_BUDGET = """
UPDATE optiinfra.cloud_credentials SET budget_usd = %(budget)s WHERE id = %(id)s RETURNING *
"""
DELETE = """
UPDATE optiinfra.cloud_credentials SET status = 'deleted', deleted_at = %s WHERE id = %s
"""
KEYS_IN_USE = """
SELECT kek_id, count(*) AS revisions FROM optiinfra.credential_revisions
GROUP BY kek_id ORDER BY kek_id
"""
NEXT_TO_REWRAP = """
SELECT sealed.credential_id, sealed.revision, sealed.customer_id, sealed.kek_id,
       sealed.wrapped_dek, sealed.blob, credential.provider
FROM optiinfra.credential_revisions AS sealed
JOIN optiinfra.cloud_credentials AS credential ON credential.id = sealed.credential_id
WHERE sealed.kek_id <> %s
ORDER BY sealed.credential_id, sealed.revision
LIMIT %s
FOR UPDATE OF sealed
"""
REWRAP = """
UPDATE optiinfra.credential_revisions SET kek_id = %s, wrapped_dek = %s
WHERE credential_id = %s AND revision = %s
"""
# Sealing takes the shared side, retiring a key the exclusive one: a key cannot leave the ring
# between the moment it wraps a secret and the moment that secret is committed.
SEALING = "SELECT pg_advisory_xact_lock_shared(7117143044)"
RETIRING = "SELECT pg_advisory_xact_lock(7117143044)"
