-- What did each series of scores say on each day, version by version?
SELECT
    application_id, environment, metric_name, judge, judge_model, rubric_version, day,
    service_version, prompt_name, prompt_version, model,
    sum(judged) AS items,
    sum(weight) AS weights,
    sum(weight_squared) AS weights_squared,
    sum(weighted_not_passed) AS failed_weight
FROM quality_windows FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND judged > 0
GROUP BY
    application_id, environment, metric_name, judge, judge_model, rubric_version, day,
    service_version, prompt_name, prompt_version, model
ORDER BY
    application_id, environment, metric_name, judge, judge_model, rubric_version, day,
    service_version, prompt_name, prompt_version, model
