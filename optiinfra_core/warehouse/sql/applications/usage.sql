-- How do calls, tokens and cost develop from one hour, day, week or month to the next?
SELECT
    multiIf(
        {group_by:String} = 'hour', toStartOfHour(toDateTime(began, 'UTC')),
        {group_by:String} = 'day', toStartOfDay(toDateTime(began, 'UTC')),
        {group_by:String} = 'week', toDateTime(toStartOfWeek(began, 1), 'UTC'),
        toDateTime(toStartOfMonth(began), 'UTC')
    ) AS period,
    application_id,
    count() AS requests,
    countIf(error_type != '') AS errors,
    sum(coalesce(tokens_in, 0)) AS input_tokens,
    sum(coalesce(tokens_out, 0)) AS output_tokens,
    sum(coalesce(cache_read_tokens, 0)) AS cached_tokens,
    countIf(tokens_in IS NULL OR tokens_out IS NULL) AS tokens_unknown,
    sumOrNull(cost) AS cost_usd,
    countIf(cost IS NULL) AS cost_unknown,
    quantileExactOrNullIf(0.5)(coalesce(latency_ms, 0), latency_ms IS NOT NULL) AS latency_p50_ms,
    quantileExactOrNullIf(0.95)(coalesce(latency_ms, 0), latency_ms IS NOT NULL) AS latency_p95_ms
FROM
    (
        SELECT
            application_id, trace_id, span_id,
            min(started_at) AS began, max(provider) AS cloud, max(environment) AS environment,
            max(model) AS model, max(service_version) AS service_version,
            max(prompt_version) AS prompt_version, max(error_type) AS error_type,
            max(latency_ms) AS latency_ms, max(input_tokens) AS tokens_in,
            max(output_tokens) AS tokens_out, max(cache_read_tokens) AS cache_read_tokens,
            max(cost_usd) AS cost
        FROM llm_interactions
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) - 1 AND day <= toDate({end:DateTime('UTC')}) + 1
            AND ({application:String} = '' OR application_id = {application:String})
        GROUP BY application_id, trace_id, span_id
        HAVING
            began >= {start:DateTime('UTC')} AND began < {end:DateTime('UTC')}
            AND cloud IN {providers:Array(String)}
    )
WHERE
    ({environment:String} = '' OR environment = {environment:String})
    AND ({model:String} = '' OR model = {model:String})
    AND ({service_version:String} = '' OR service_version = {service_version:String})
    AND ({prompt_version:String} = '' OR prompt_version = {prompt_version:String})
GROUP BY period, application_id
HAVING
    NOT {has_after:Bool}
    OR (period, application_id) > ({after_period:DateTime('UTC')}, {after_application:String})
ORDER BY period ASC, application_id ASC
LIMIT {limit:UInt32}
