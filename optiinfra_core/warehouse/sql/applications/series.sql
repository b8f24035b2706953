-- Which series of scores does each application have, and how many were made in which hour?
-- The answer tells which one is current: scores of another judge model or rubric are never mixed in.
SELECT
    application_id, metric_type, metric_name, judge, judge_model, rubric_version,
    toStartOfHour(scored_at) AS scored_hour,
    countIf(status = 'ok' AND score IS NOT NULL) AS scores,
    max(scored_at) AS last_scored_at
FROM application_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND metric_type IN {metric_types:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
    AND replicate = 0
    AND ({application:String} = '' OR application_id = {application:String})
    AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
    AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
GROUP BY application_id, metric_type, metric_name, judge, judge_model, rubric_version, scored_hour
ORDER BY application_id ASC, metric_name ASC, scored_hour DESC, judge ASC, judge_model ASC, rubric_version ASC
