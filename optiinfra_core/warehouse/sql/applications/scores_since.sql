-- Which of our scores were made after this one, in the order in which they were made?
-- Scores of other tools are theirs to send; repetitions and failed judgements are no scores.
SELECT
    application_id, environment, interaction_id, timestamp, metric_name, judge, judge_model, rubric_version,
    score, label, explanation, scored_at,
    concat(interaction_id, '|', metric_name, '|', judge, '|', judge_model, '|', rubric_version) AS score_key
FROM application_metrics FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String}
    AND day >= {first_day:Date}
    AND scored_at >= {after:DateTime64(3, 'UTC')} AND scored_at <= {until:DateTime64(3, 'UTC')}
    AND (scored_at, score_key) > ({after:DateTime64(3, 'UTC')}, {after_key:String})
    AND replicate = 0 AND status = 'ok' AND judge != 'external'
    AND (isNotNull(score) OR label != '')
ORDER BY scored_at, score_key
LIMIT {limit:UInt32}
