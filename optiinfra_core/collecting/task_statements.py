"""The SQL of tasks and results: bound parameters only, one constant per sentence."""

CREATE = """
INSERT INTO optiinfra.collection_tasks
    (id, customer_id, provider, data_types, window_start, window_end, trigger, idempotency_key,
     created_at)
VALUES (%(id)s, %(customer_id)s, %(provider)s, %(data_types)s, %(start)s, %(end)s, %(trigger)s,
        %(idempotency_key)s, clock_timestamp())
ON CONFLICT (customer_id, idempotency_key) DO NOTHING
RETURNING id
"""
BY_KEY = """
SELECT id FROM optiinfra.collection_tasks WHERE customer_id = %s AND idempotency_key = %s
"""
GET = "SELECT * FROM optiinfra.collection_tasks WHERE id = %s"
UNDER_WAY = """
SELECT id FROM optiinfra.collection_tasks AS task
WHERE customer_id = %(customer_id)s AND error IS NULL
  AND (%(provider)s::text IS NULL OR provider = %(provider)s)
  AND (
    EXISTS (SELECT FROM optiinfra.collection_task_runs
            WHERE task_id = task.id AND state IN ('queued', 'running'))
    OR (created_at > clock_timestamp() - interval '1 hour'
        AND NOT EXISTS (SELECT FROM optiinfra.collection_task_runs WHERE task_id = task.id))
  )
ORDER BY created_at DESC, id
"""
RUNS = """
SELECT run_id, state FROM optiinfra.collection_task_runs WHERE task_id = %s ORDER BY position
"""
ATTACH = """
INSERT INTO optiinfra.collection_task_runs (task_id, run_id, customer_id, state)
SELECT id, %s, customer_id, 'queued' FROM optiinfra.collection_tasks WHERE id = %s
ON CONFLICT (task_id, run_id) DO NOTHING
"""
# A run that ended stays ended, whichever report arrives last.
MARK_RUN = """
UPDATE optiinfra.collection_task_runs SET state = %s
WHERE run_id = %s AND state NOT IN ('succeeded', 'failed')
"""
FAIL = "UPDATE optiinfra.collection_tasks SET error = %s WHERE id = %s"
RECORD = """
INSERT INTO optiinfra.collection_results AS known (
    run_id, customer_id, provider, data_type, trigger, status, started_at, finished_at, task_id,
    windows, rows, api_calls, api_usd, attempt, error_code, error_detail, remedy, failed_parts
) VALUES (
    %(run_id)s, %(customer_id)s, %(provider)s, %(data_type)s, %(trigger)s, %(status)s,
    %(started_at)s, %(finished_at)s, %(task_id)s, %(windows)s, %(rows)s, %(api_calls)s,
    %(api_usd)s, %(attempt)s, %(error_code)s, %(error_detail)s, %(remedy)s, %(failed_parts)s
)
ON CONFLICT (run_id, customer_id, data_type) DO UPDATE SET
    status = excluded.status, started_at = least(known.started_at, excluded.started_at),
    finished_at = excluded.finished_at, task_id = coalesce(excluded.task_id, known.task_id),
    windows = excluded.windows, rows = excluded.rows, api_calls = excluded.api_calls,
    api_usd = excluded.api_usd, attempt = excluded.attempt, error_code = excluded.error_code,
    error_detail = excluded.error_detail, remedy = excluded.remedy,
    failed_parts = excluded.failed_parts
RETURNING *
"""
RESULTS = """
SELECT result.* FROM optiinfra.collection_results AS result
JOIN optiinfra.collection_tasks AS task
  ON task.customer_id = result.customer_id AND task.provider = result.provider
 AND result.data_type = ANY (task.data_types)
WHERE task.id = %(task)s AND (result.task_id = %(task)s OR result.run_id IN (
    SELECT run_id FROM optiinfra.collection_task_runs WHERE task_id = %(task)s
))
ORDER BY result.started_at, result.id
"""
HISTORY = """
SELECT * FROM optiinfra.collection_results
WHERE (%(customer_id)s::text IS NULL OR customer_id = %(customer_id)s)
  AND (%(provider)s::text IS NULL OR provider = %(provider)s)
  AND (%(data_type)s::text IS NULL OR data_type = %(data_type)s)
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(before)s::timestamptz IS NULL OR (started_at, id) < (%(before)s, %(before_id)s))
ORDER BY started_at DESC, id DESC
LIMIT %(limit)s
"""
