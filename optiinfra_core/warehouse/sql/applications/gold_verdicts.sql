-- What did judges say of each labelled item on each of the last days?
SELECT
    judge, judge_model, rubric_version, metric_name, day, item_id, replicate, flagged, system_fingerprint
FROM judge_gold_results FINAL
WHERE
    customer_id = {customer_id:String}
    AND day >= {since:Date} AND day <= {until:Date}
ORDER BY judge, judge_model, rubric_version, metric_name, day, item_id, replicate
