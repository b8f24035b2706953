-- How many calls did each application make, which of them could be judged, and which were drawn?
-- Halves of one call may lie a day apart, hence a day more at both ends and the grouping.
SELECT
    application_id, environment, model,
    count() AS calls,
    countIf(error_type = '' AND judge_allowed = 1 AND text_state IN ('redacted', 'full')) AS eligible,
    countIf(interaction_id IN (
        SELECT interaction_id
        FROM judge_samples FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ({application:String} = '' OR application_id = {application:String})
    )) AS sampled
FROM
    (
        SELECT
            application_id, trace_id, span_id, concat(trace_id, '-', span_id) AS interaction_id,
            min(started_at) AS began, max(provider) AS cloud, max(environment) AS environment,
            max(model) AS model, max(service_version) AS service_version, max(prompt_version) AS prompt_version,
            max(error_type) AS error_type, min(judge_allowed) AS judge_allowed, max(text_state) AS text_state
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
GROUP BY application_id, environment, model
ORDER BY application_id ASC, environment ASC, model ASC
