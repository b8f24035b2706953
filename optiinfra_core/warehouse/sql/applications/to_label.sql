-- Which calls should people look at: some that the judge flagged, as many that it passed, drawn at random?
-- Each judged call of a stratum is as likely as the next; the same seed draws the same ones.
SELECT
    application_id, metric_name, interaction_id, substring(interaction_id, 1, 32) AS trace_id, timestamp,
    judge, judge_model, rubric_version, toBool(passed = 0) AS flagged, score, label, inclusion_probability
FROM application_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND metric_type IN {metric_types:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
    AND replicate = 0 AND status = 'ok' AND tamper = 0 AND passed IS NOT NULL
    AND ({application:String} = '' OR application_id = {application:String})
    AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
    AND concatWithSeparator('/', application_id, metric_name, judge, judge_model, rubric_version)
    IN {series:Array(String)}
    AND (application_id, metric_name, interaction_id) NOT IN (
        SELECT application_id, metric_name, interaction_id
        FROM human_labels FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
    )
ORDER BY
    application_id ASC, metric_name ASC, flagged DESC, sipHash64({seed:String}, interaction_id) ASC, interaction_id ASC
LIMIT {each:UInt32} BY application_id, metric_name, flagged
