-- What was said in these calls, and what are their facts?
SELECT
    concat(trace_id, '-', span_id) AS interaction_id,
    max(provider) AS cloud,
    max(environment) AS deployed_to,
    max(service_version) AS service,
    max(prompt_name) AS prompt,
    max(prompt_version) AS prompt_release,
    max(model) AS answered_by,
    max(text_state) = 'full' AS unredacted,
    min(judge_allowed) = 1 AND max(text_expires_on) > {today:Date} AS allowed,
    max(text_expires_on) AS expires_on,
    groupUniqArrayArray(input_parts) AS input,
    groupUniqArrayArray(output_parts) AS output,
    groupUniqArrayArray(context_parts) AS context
FROM llm_interactions
WHERE
    customer_id = {customer_id:String} AND application_id = {application_id:String}
    AND day >= toDate({start:DateTime('UTC')}) - 1 AND day <= toDate({end:DateTime('UTC')}) + 1
    AND concat(trace_id, '-', span_id) IN {interactions:Array(String)}
GROUP BY customer_id, application_id, trace_id, span_id
