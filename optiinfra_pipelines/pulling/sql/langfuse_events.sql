-- Why: generations of one Langfuse project as its one wide table of events tells them.
SELECT
    span_id AS id,
    trace_id,
    toUnixTimestamp64Nano(toDateTime64(start_time, 9)) AS started,
    toUnixTimestamp64Nano(toDateTime64(coalesce(end_time, start_time), 9)) AS ended,
    if(isNull(completion_start_time), '',
        formatDateTime(completion_start_time, '%FT%T.%fZ', 'UTC')) AS first_token,
    level,
    environment,
    version,
    release,
    user_id AS user,
    session_id AS session,
    input,
    output,
    provided_model_name AS model,
    usage_details AS usage,
    mapApply((name, usd) -> (toString(name), toString(usd)), cost_details) AS dollars,
    prompt_name,
    coalesce(toString(prompt_version), '') AS prompt_version,
    metadata_values[indexOf(metadata_names, 'attributes')] AS span_attributes,
    metadata_values[indexOf(metadata_names, 'resourceAttributes')] AS resource_attributes,
    service_name,
    service_version
FROM {table:Identifier} FINAL
WHERE
    project_id = {project_id:String}
    AND type = 'GENERATION'
    AND start_time >= fromUnixTimestamp64Nano({start:Int64})
    AND start_time < fromUnixTimestamp64Nano({end:Int64})
