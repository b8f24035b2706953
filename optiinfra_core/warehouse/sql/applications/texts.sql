-- What was asked and answered in these calls, as far as it was kept? In the parts that were stored.
SELECT
    concat(trace_id, '-', span_id) AS interaction_id,
    max(text_state) AS kept,
    groupUniqArrayArray(input_parts) AS input_parts,
    groupUniqArrayArray(output_parts) AS output_parts,
    groupUniqArrayArray(context_parts) AS context_parts
FROM llm_interactions
WHERE
    customer_id = {customer_id:String}
    AND day >= toDate({start:DateTime('UTC')}) - 1 AND day <= toDate({end:DateTime('UTC')}) + 1
    AND application_id IN {applications:Array(String)}
    AND trace_id IN {traces:Array(String)}
    AND text_expires_on > toDate({now:DateTime('UTC')})
GROUP BY application_id, trace_id, span_id
HAVING interaction_id IN {interactions:Array(String)}
ORDER BY interaction_id ASC
