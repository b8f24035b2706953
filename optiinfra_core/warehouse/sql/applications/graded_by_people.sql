-- What did judges say of the calls that people labelled? Where raters disagree, most of them decide;
-- a tie counts as the defect.
SELECT
    scores.judge AS judge, scores.judge_model AS judge_model, scores.rubric_version AS rubric_version,
    scores.metric_name AS metric_name, scores.application_id AS application_id, scores.interaction_id AS item_id,
    labels.defect AS defect, scores.flagged AS found, scores.score AS score, scores.output_chars AS output_chars,
    scores.replicate AS replicate
FROM
    (
        SELECT
            judge, judge_model, rubric_version, metric_name, application_id, interaction_id,
            toBool(passed = 0) AS flagged, score, output_chars, replicate
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
            AND status = 'ok' AND tamper = 0 AND passed IS NOT NULL
            AND ({application:String} = '' OR application_id = {application:String})
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
            AND interaction_id IN (
                SELECT human_labels.interaction_id
                FROM human_labels FINAL
                WHERE
                    human_labels.customer_id = {customer_id:String}
                    AND human_labels.day >= toDate({start:DateTime('UTC')})
                    AND human_labels.day <= toDate({end:DateTime('UTC')})
            )
    ) AS scores
INNER JOIN
    (
        SELECT
            application_id, metric_name, interaction_id,
            toBool(2 * countIf(flagged = 1) >= count()) AS defect
        FROM human_labels FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        GROUP BY application_id, metric_name, interaction_id
    ) AS labels
    ON
        scores.application_id = labels.application_id AND scores.metric_name = labels.metric_name
        AND scores.interaction_id = labels.interaction_id
ORDER BY
    metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC, application_id ASC, item_id ASC, replicate ASC
LIMIT {limit:UInt32}
