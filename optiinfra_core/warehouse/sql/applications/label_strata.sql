-- What do people's labels say of the calls that a judge flagged, and of those it passed?
-- Where raters disagree of one call, most of them decide; a tie counts as the defect.
SELECT
    application_id, metric_type, metric_name, judge, judge_model, rubric_version,
    toBool(passed = 0) AS flagged,
    count() AS judged,
    sum(w) AS weight,
    sum(w * w) AS weight_squared,
    countIf(raters > 0) AS labelled,
    sumIf(w, raters > 0) AS labelled_weight,
    sumIf(w * w, raters > 0) AS labelled_weight_squared,
    sumIf(w, raters > 0 AND 2 * votes >= raters) AS defect_weight
FROM
    (
        SELECT
            application_id, metric_type, metric_name, judge, judge_model, rubric_version, interaction_id, passed,
            1 / inclusion_probability AS w
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND metric_type IN {metric_types:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
            AND replicate = 0 AND status = 'ok' AND tamper = 0 AND passed IS NOT NULL
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({environment:String} = '' OR environment = {environment:String})
            AND ({model:String} = '' OR model = {model:String})
            AND ({service_version:String} = '' OR service_version = {service_version:String})
            AND ({prompt_version:String} = '' OR prompt_version = {prompt_version:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    ) AS scores
LEFT JOIN
    (
        SELECT application_id, metric_name, interaction_id, count() AS raters, countIf(flagged = 1) AS votes
        FROM human_labels FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ({application:String} = '' OR application_id = {application:String})
        GROUP BY application_id, metric_name, interaction_id
    ) AS labels
    USING (application_id, metric_name, interaction_id)
GROUP BY application_id, metric_type, metric_name, judge, judge_model, rubric_version, flagged
ORDER BY application_id ASC, metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC, flagged DESC
