-- How often does a judge say the same of the same call when it is asked again?
-- A pair is any two of its answers; calls that were judged once have none.
SELECT
    judge, judge_model, rubric_version, metric_name,
    count() AS repeated,
    sum(intDiv(asked * (asked - 1), 2)) AS pairs,
    sum(intDiv(yes * (yes - 1), 2) + intDiv((asked - yes) * (asked - yes - 1), 2)) AS alike
FROM
    (
        SELECT
            judge, judge_model, rubric_version, metric_name, interaction_id,
            toInt64(count()) AS asked,
            toInt64(countIf(passed = 1)) AS yes
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
            AND status = 'ok' AND passed IS NOT NULL
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
            AND interaction_id IN (
                SELECT again.interaction_id
                FROM application_metrics AS again FINAL
                WHERE
                    again.customer_id = {customer_id:String}
                    AND again.day >= toDate({start:DateTime('UTC')}) AND again.day <= toDate({end:DateTime('UTC')})
                    AND again.replicate > 0
            )
        GROUP BY judge, judge_model, rubric_version, metric_name, interaction_id
        HAVING asked > 1
    )
GROUP BY judge, judge_model, rubric_version, metric_name
ORDER BY metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC
