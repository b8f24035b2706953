-- Which calls of an application's quarter of an hour may be judged and are in no sample yet?
-- A page at a time, by trace and span: their texts are read to see how suspicious they are.
SELECT
    trace_id,
    span_id,
    min(started_at) AS started,
    groupUniqArrayArray(input_parts) AS input,
    groupUniqArrayArray(output_parts) AS output,
    groupUniqArrayArray(context_parts) AS context
FROM llm_interactions
WHERE
    customer_id = {customer_id:String} AND application_id = {application_id:String}
    AND day >= toDate({start:DateTime('UTC')}) - 1 AND day <= toDate({end:DateTime('UTC')}) + 1
    AND (trace_id, span_id) > ({after_trace:String}, {after_span:String})
    AND concat(trace_id, '-', span_id) NOT IN
    (
        SELECT interaction_id
        FROM judge_samples FINAL
        WHERE
            customer_id = {customer_id:String} AND application_id = {application_id:String}
            AND day >= toDate({start:DateTime('UTC')}) - 1 AND day <= toDate({end:DateTime('UTC')}) + 1
    )
GROUP BY customer_id, application_id, trace_id, span_id
HAVING
    max(provider) = {provider:String}
    AND started >= {start:DateTime('UTC')} AND started < {end:DateTime('UTC')}
    AND max(error_type) = '' AND min(judge_allowed) = 1 AND notEmpty(output)
    AND max(text_expires_on) > {today:Date}
ORDER BY trace_id ASC, span_id ASC
LIMIT {limit:UInt32}
