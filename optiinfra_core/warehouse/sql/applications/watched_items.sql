-- Which judged items passed and which failed, counted by day, version and the probability they had?
-- The probability is told to 2 %, so that risks of any value still make few rows.
-- Repetitions, what tampers with its judge and what was judged outside the sample are left out.
SELECT
    application_id, environment, metric_name, judge, judge_model, rubric_version, day,
    service_version, prompt_name, prompt_version, model,
    exp2(round(32 * log2(inclusion_probability)) / 32) AS probability,
    passed = 0 AS failed,
    count() AS items,
    min(timestamp) AS first_at
FROM application_metrics FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND replicate = 0 AND status = 'ok' AND tamper = 0 AND isNotNull(score) AND isNotNull(passed)
    AND inclusion_probability > 0
GROUP BY
    application_id, environment, metric_name, judge, judge_model, rubric_version, day,
    service_version, prompt_name, prompt_version, model, probability, failed
ORDER BY
    application_id, environment, metric_name, judge, judge_model, rubric_version, day,
    service_version, prompt_name, prompt_version, model, probability, failed
