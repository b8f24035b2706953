-- Which of the calls that another tool scored are there, and what do their scores carry of them?
SELECT
    application_id,
    trace_id,
    span_id,
    min(started_at) AS started,
    max(text_expires_on) AS expires_on,
    max(provider) AS cloud,
    max(environment) AS deployed_to,
    max(service_version) AS service,
    max(prompt_name) AS prompt,
    max(prompt_version) AS prompt_release,
    max(model) AS answered_by
FROM llm_interactions
WHERE
    customer_id = {customer_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND trace_id IN {traces:Array(String)}
GROUP BY application_id, trace_id, span_id
ORDER BY application_id ASC, trace_id ASC, span_id ASC
