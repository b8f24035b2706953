-- How well did each judge tell labelled items apart, day by day?
SELECT
    judge, judge_model, rubric_version, metric_name, day,
    if(countIf(expected) = 0, NULL, countIf(expected AND flagged = 1) / countIf(expected)) AS sensitivity,
    if(countIf(NOT expected) = 0, NULL, countIf(NOT expected AND flagged = 0) / countIf(NOT expected)) AS specificity,
    count() AS items
FROM judge_gold_results FINAL
WHERE
    customer_id = {customer_id:String}
    AND day >= {since:Date}
    AND status = 'ok' AND isNotNull(flagged)
GROUP BY judge, judge_model, rubric_version, metric_name, day
ORDER BY judge ASC, judge_model ASC, rubric_version ASC, metric_name ASC, day ASC
