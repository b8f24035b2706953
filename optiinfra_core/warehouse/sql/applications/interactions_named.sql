-- Which of these calls of an application are there, and when did each begin?
SELECT
    concat(trace_id, '-', span_id) AS interaction_id,
    min(started_at) AS timestamp,
    max(text_expires_on) AS text_expires_on
FROM llm_interactions
WHERE
    customer_id = {customer_id:String}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND application_id = {application:String}
    AND trace_id IN {traces:Array(String)}
GROUP BY trace_id, span_id
HAVING interaction_id IN {interactions:Array(String)} AND max(provider) IN {providers:Array(String)}
ORDER BY interaction_id ASC
