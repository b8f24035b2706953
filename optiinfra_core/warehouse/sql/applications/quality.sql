-- What did the judges say of each application, environment and model, series by series?
-- Sums only: estimates are made of them elsewhere. What tampers with its judge is counted and in no
-- sum, nor are replicates. A weight is one over the probability with which the call was sampled.
SELECT
    application_id, environment, model, metric_type, metric_name, judge, judge_model, rubric_version,
    countIf(scored) AS judged,
    countIf(status = 'error') AS error,
    countIf(status = 'refused') AS refused,
    countIf(status = 'unparseable') AS unparseable,
    countIf(status = 'skipped') AS skipped,
    countIf(status = 'ok' AND NOT tamper AND NOT scored) AS without_score,
    countIf(status = 'ok' AND tamper) AS tampered,
    topKIf(3)(reason, reason != '' AND NOT scored) AS reasons,
    sumIf(w, scored) AS weight,
    sumIf(w * w, scored) AS weight_squared,
    sumIf(w * value, scored) AS weighted,
    sumIf(w * value * value, scored) AS weighted_squared,
    countIf(verdict) AS ruled,
    sumIf(w, verdict) AS ruled_weight,
    sumIf(w * w, verdict) AS ruled_weight_squared,
    sumIf(w, verdict AND passed = 1) AS passed_weight,
    countIf(verdict AND even) AS uniform,
    countIf(verdict AND even AND passed = 1) AS uniform_passed,
    sumIf(w, above) AS above_weight,
    quantilesExactWeightedIf(0.05, 0.5, 0.95)(value, toUInt64(round(w * 1000)), scored) AS spread,
    sumOrNull(cost) AS judge_cost_usd,
    countIf(cost IS NULL AND judge_model != '' AND status != 'skipped') AS judge_cost_unknown,
    max(scored_at) AS last_scored_at
FROM
    (
        SELECT
            application_id, environment, model, metric_type, metric_name, judge, judge_model, rubric_version,
            status, reason, toBool(tamper) AS tamper, passed, judge_cost_usd AS cost, scored_at,
            1 / inclusion_probability AS w,
            stratum != 'risk' AS even,
            coalesce(score, 0) AS value,
            status = 'ok' AND NOT tamper AND score IS NOT NULL AS scored,
            scored AND passed IS NOT NULL AS verdict,
            scored AND value >= if(
                empty({limit_names:Array(String)}), {threshold:Float64},
                transform(
                    concat(application_id, '/', metric_name),
                    {limit_names:Array(String)}, {limits:Array(Float64)}, {threshold:Float64}
                )
            ) AS above
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND metric_type IN {metric_types:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
            AND replicate = 0
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({environment:String} = '' OR environment = {environment:String})
            AND ({model:String} = '' OR model = {model:String})
            AND ({service_version:String} = '' OR service_version = {service_version:String})
            AND ({prompt_version:String} = '' OR prompt_version = {prompt_version:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    )
GROUP BY application_id, environment, model, metric_type, metric_name, judge, judge_model, rubric_version
ORDER BY
    application_id ASC, metric_name ASC, environment ASC, model ASC, judge ASC, judge_model ASC, rubric_version ASC
