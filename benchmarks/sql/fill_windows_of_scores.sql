-- The quarters of an hour that those scores make.
INSERT INTO quality_windows (
    customer_id, application_id, provider, environment, service_version, prompt_version, model, metric_type,
    metric_name, judge, judge_model, rubric_version, window_start, judged, not_passed, weight, weight_squared,
    weighted_score, weighted_score_squared, weighted_not_passed, version
)
SELECT
    customer_id, application_id, provider, environment, service_version, prompt_version, model, metric_type,
    metric_name, judge, judge_model, rubric_version, toStartOfFifteenMinutes(timestamp) AS window_start,
    count(), countIf(passed = 0), sum(1 / inclusion_probability), sum(1 / pow(inclusion_probability, 2)),
    sum(score / inclusion_probability), sum(score * score / inclusion_probability),
    sumIf(1 / inclusion_probability, passed = 0), 1
FROM application_metrics FINAL
WHERE customer_id = {customer:String} AND day >= toDate({start:DateTime('UTC')}) AND score IS NOT NULL
GROUP BY
    customer_id, application_id, provider, environment, service_version, prompt_version, model, metric_type,
    metric_name, judge, judge_model, rubric_version, window_start
SETTINGS max_partitions_per_insert_block = 0
