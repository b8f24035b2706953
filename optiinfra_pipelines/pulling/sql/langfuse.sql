-- Why: generations of one Langfuse project (its tables of version 3); the person and the session
-- stand with the trace.
SELECT
    o.id AS id,
    o.trace_id AS trace_id,
    toUnixTimestamp64Nano(toDateTime64(o.start_time, 9)) AS started,
    toUnixTimestamp64Nano(toDateTime64(coalesce(o.end_time, o.start_time), 9)) AS ended,
    if(isNull(o.completion_start_time), '',
        formatDateTime(o.completion_start_time, '%FT%T.%fZ', 'UTC')) AS first_token,
    o.level AS level,
    o.environment AS environment,
    coalesce(o.version, '') AS version,
    coalesce(t.release, '') AS release,
    coalesce(t.user_id, '') AS user,
    coalesce(t.session_id, '') AS session,
    coalesce(o.input, '') AS input,
    coalesce(o.output, '') AS output,
    coalesce(o.provided_model_name, '') AS model,
    o.usage_details AS usage,
    mapApply((name, usd) -> (toString(name), toString(usd)), o.cost_details) AS dollars,
    coalesce(o.prompt_name, '') AS prompt_name,
    coalesce(toString(o.prompt_version), '') AS prompt_version,
    o.metadata['attributes'] AS span_attributes,
    o.metadata['resourceAttributes'] AS resource_attributes,
    '' AS service_name,
    '' AS service_version
FROM {table:Identifier} AS o FINAL
LEFT ANY JOIN (
    SELECT id, user_id, session_id, release
    FROM traces FINAL
    WHERE
        project_id = {project_id:String}
        AND timestamp >= fromUnixTimestamp64Nano({start:Int64}) - INTERVAL 1 DAY
        AND timestamp < fromUnixTimestamp64Nano({end:Int64}) + INTERVAL 1 DAY
) AS t ON t.id = o.trace_id
WHERE
    o.project_id = {project_id:String}
    AND o.type = 'GENERATION'
    AND o.start_time >= fromUnixTimestamp64Nano({start:Int64})
    AND o.start_time < fromUnixTimestamp64Nano({end:Int64})
