-- Why did the judges say what they said of these calls?
SELECT interaction_id, metric_name, judge, judge_model, rubric_version, explanation
FROM application_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND replicate = 0
    AND interaction_id IN {interactions:Array(String)}
    AND explanation != ''
    AND text_expires_on > toDate({now:DateTime('UTC')})
ORDER BY interaction_id ASC, metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC
