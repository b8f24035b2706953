-- What did each series of scores say in a baseline, and what does it say now?
-- The baseline may lie in the period: a window counts on whichever side it lies, or on both.
SELECT
    application_id, environment, metric_type, metric_name, judge, judge_model, rubric_version,
    sumIf(n, is_current) AS judged,
    sumIf(w, is_current) AS weight,
    sumIf(squares, is_current) AS weight_squared,
    sumIf(bad, is_current) AS weighted_not_passed,
    sumIf(scores, is_current) AS weighted,
    sumIf(scores_squared, is_current) AS weighted_squared,
    sumIf(n, is_baseline) AS baseline_judged,
    sumIf(w, is_baseline) AS baseline_weight,
    sumIf(squares, is_baseline) AS baseline_weight_squared,
    sumIf(bad, is_baseline) AS baseline_weighted_not_passed,
    sumIf(scores, is_baseline) AS baseline_weighted,
    sumIf(scores_squared, is_baseline) AS baseline_weighted_squared
FROM
    (
        SELECT
            application_id, environment, metric_type, metric_name, judge, judge_model, rubric_version,
            judged AS n, weight AS w, weight_squared AS squares, weighted_not_passed AS bad,
            weighted_score AS scores, weighted_score_squared AS scores_squared,
            window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')} AS is_current,
            window_start >= {baseline_start:DateTime('UTC')} AND window_start < {baseline_end:DateTime('UTC')}
            AND ({baseline_service:String} = '' OR service_version = {baseline_service:String})
            AND ({baseline_prompt:String} = '' OR prompt_version = {baseline_prompt:String})
            AND ({baseline_model:String} = '' OR model = {baseline_model:String}) AS is_baseline
        FROM quality_windows FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate(least({start:DateTime('UTC')}, {baseline_start:DateTime('UTC')}))
            AND day <= toDate(greatest({end:DateTime('UTC')}, {baseline_end:DateTime('UTC')}))
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({environment:String} = '' OR environment = {environment:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    )
GROUP BY application_id, environment, metric_type, metric_name, judge, judge_model, rubric_version
HAVING judged > 0 OR baseline_judged > 0
ORDER BY application_id ASC, metric_name ASC, environment ASC, judge ASC, judge_model ASC, rubric_version ASC
