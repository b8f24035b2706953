-- Recompute the windows of quality of one customer's day at one provider, and tombstone those that are gone.
-- A call counts once: repetitions count towards what judging cost only. What was judged outside the
-- sample (no probability) and what tampers with its judge is in no sum.
-- Floats are summed in the order of their size: read in another order, they would sum to other last digits.
INSERT INTO quality_windows
(
    customer_id, application_id, provider, environment, service_version, prompt_name, prompt_version, model,
    metric_type, metric_name, judge, judge_model, rubric_version, window_start,
    judged, failed, without_score, tampered, not_passed, weight, weight_squared, weighted_score,
    weighted_score_squared, weighted_not_passed, judge_cost_usd, run_id, version, is_deleted
)
WITH fresh AS
(
    SELECT
        application_id, environment, service_version, prompt_name, prompt_version, model,
        any(metric_type) AS metric_type, metric_name, judge, judge_model, rubric_version, window_start,
        countIf(is_counted) AS judged,
        countIf(is_first AND is_failed) AS failed,
        countIf(is_first AND is_empty) AS without_score,
        countIf(is_first AND is_tampered) AS tampered,
        countIf(is_counted AND is_defect) AS not_passed,
        arraySum(arraySort(groupArrayIf(w, is_counted))) AS weight,
        arraySum(arraySort(groupArrayIf(w * w, is_counted))) AS weight_squared,
        arraySum(arraySort(groupArrayIf(w * value, is_counted))) AS weighted_score,
        arraySum(arraySort(groupArrayIf(w * value * value, is_counted))) AS weighted_score_squared,
        arraySum(arraySort(groupArrayIf(w, is_counted AND is_defect))) AS weighted_not_passed,
        sumOrNull(cost) AS judge_cost_usd
    FROM
        (
            SELECT
                application_id, environment, service_version, prompt_name, prompt_version, model, metric_type,
                metric_name, judge, judge_model, rubric_version,
                toStartOfInterval(toDateTime(timestamp, 'UTC'), INTERVAL 15 MINUTE, 'UTC') AS window_start,
                replicate = 0 AS is_first,
                status != 'ok' AS is_failed,
                status = 'ok' AND tamper = 1 AS is_tampered,
                status = 'ok' AND tamper = 0 AND isNull(score) AS is_empty,
                is_first AND status = 'ok' AND tamper = 0 AND isNotNull(score) AND inclusion_probability > 0
                    AS is_counted,
                coalesce(passed, 1) = 0 AS is_defect,
                coalesce(score, 0) AS value,
                if(inclusion_probability > 0, 1 / inclusion_probability, 0) AS w,
                judge_cost_usd AS cost
            FROM application_metrics FINAL
            WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
        )
    GROUP BY
        application_id, environment, service_version, prompt_name, prompt_version, model,
        metric_name, judge, judge_model, rubric_version, window_start
)

SELECT
    {customer_id:String}, application_id, {provider:String}, environment, service_version, prompt_name,
    prompt_version, model, metric_type, metric_name, judge, judge_model, rubric_version, window_start,
    judged, failed, without_score, tampered, not_passed, weight, weight_squared, weighted_score,
    weighted_score_squared, weighted_not_passed, judge_cost_usd, {run_id:String}, {version:UInt64}, 0
FROM fresh
UNION ALL
SELECT
    customer_id, application_id, provider, environment, service_version, prompt_name,
    prompt_version, model, metric_type, metric_name, judge, judge_model, rubric_version, window_start,
    judged, failed, without_score, tampered, not_passed, weight, weight_squared, weighted_score,
    weighted_score_squared, weighted_not_passed, judge_cost_usd, {run_id:String}, {version:UInt64}, 1
FROM quality_windows FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
    AND
    (
        application_id, environment, service_version, prompt_name, prompt_version, model,
        metric_name, judge, judge_model, rubric_version, window_start
    )
    NOT IN
    (
        SELECT
            application_id, environment, service_version, prompt_name, prompt_version, model,
            metric_name, judge, judge_model, rubric_version, window_start
        FROM fresh
    )
