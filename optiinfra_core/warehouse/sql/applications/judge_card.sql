-- What did each judge do in the period: how much, at which cost, and does length move its scores?
SELECT
    judge, judge_model, rubric_version, metric_type, metric_name,
    count() AS judgements,
    countIf(status = 'ok') AS answered,
    countIf(status = 'ok' AND tampered) AS tampered_answers,
    countIf(status = 'error') AS error,
    countIf(status = 'refused') AS refused,
    countIf(status = 'unparseable') AS unparseable,
    countIf(status = 'skipped') AS skipped,
    if(isFinite(corrIf(value, chars, measured)), corrIf(value, chars, measured), NULL) AS length_correlation,
    sum(coalesce(judge_input_tokens, 0)) AS input_tokens,
    sum(coalesce(judge_output_tokens, 0)) AS output_tokens,
    sumOrNull(judge_cost_usd) AS cost_usd,
    countIf(judge_cost_usd IS NULL AND judge_model != '' AND status != 'skipped') AS cost_unknown,
    uniqExactIf(system_fingerprint, system_fingerprint != '') AS fingerprints,
    min(scored_at) AS first_scored_at,
    max(scored_at) AS last_scored_at
FROM
    (
        SELECT
            judge, judge_model, rubric_version, metric_type, metric_name, status, toBool(tamper) AS tampered,
            judge_input_tokens, judge_output_tokens, judge_cost_usd, system_fingerprint, scored_at,
            toFloat64(coalesce(output_chars, 0)) AS chars,
            coalesce(score, 0) AS value,
            status = 'ok' AND tamper = 0 AND score IS NOT NULL AND output_chars IS NOT NULL AS measured
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    )
GROUP BY judge, judge_model, rubric_version, metric_type, metric_name
ORDER BY metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC
