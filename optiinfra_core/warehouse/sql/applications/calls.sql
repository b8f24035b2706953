-- What did the calls of each application take: how many, how fast, how many tokens, at which cost?
-- All calls, not the sample. What is not known of a call is counted as unknown and adds nothing.
SELECT
    application_id,
    if({by_model:Bool}, llm_vendor, '') AS vendor,
    if({by_model:Bool}, model, '') AS model_name,
    count() AS requests,
    countIf(error_type != '') AS errors,
    countIf(latency_ms IS NOT NULL) AS timed,
    quantilesExactIf(0.5, 0.95, 0.99)(coalesce(latency_ms, 0), latency_ms IS NOT NULL) AS latency,
    countIf(ttft_ms IS NOT NULL) AS streamed,
    quantilesExactIf(0.5, 0.95, 0.99)(coalesce(ttft_ms, 0), ttft_ms IS NOT NULL) AS ttft,
    sum(coalesce(tokens_in, 0)) AS input_tokens,
    sum(coalesce(tokens_out, 0)) AS output_tokens,
    sum(coalesce(cache_read_tokens, 0)) AS cached_tokens,
    countIf(tokens_in IS NULL OR tokens_out IS NULL) AS tokens_unknown,
    sumIf(coalesce(tokens_out, 0), error_type = '' AND latency_ms > 0) AS paced_tokens,
    sumIf(coalesce(latency_ms, 0), error_type = '' AND latency_ms > 0 AND tokens_out IS NOT NULL) AS paced_ms,
    sumOrNull(cost) AS cost_usd,
    countIf(cost IS NULL) AS cost_unknown,
    sumIf(coalesce(tokens_in, 0) + coalesce(tokens_out, 0), cost IS NOT NULL) AS priced_tokens,
    min(began) AS first_call,
    max(began) AS last_call
FROM
    (
        SELECT
            application_id, trace_id, span_id,
            min(started_at) AS began, max(provider) AS cloud, max(environment) AS environment,
            max(llm_vendor) AS llm_vendor, max(model) AS model, max(service_version) AS service_version,
            max(prompt_version) AS prompt_version, max(error_type) AS error_type,
            max(latency_ms) AS latency_ms, max(ttft_ms) AS ttft_ms, max(input_tokens) AS tokens_in,
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
GROUP BY application_id, vendor, model_name
ORDER BY application_id ASC, vendor ASC, model_name ASC
