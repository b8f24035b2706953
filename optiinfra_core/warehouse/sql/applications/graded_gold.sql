-- What did judges say of the items whose truth is known, when they were last asked?
SELECT
    judge, judge_model, rubric_version, metric_name, item_id,
    toBool(argMax(expected, asked)) AS defect,
    toBool(argMax(found_one, asked)) AS found,
    tupleElement(argMax(said, asked), 1) AS score,
    argMax(chars, asked) AS output_chars,
    replicate
FROM
    (
        SELECT
            judge, judge_model, rubric_version, metric_name, item_id, replicate, expected, (day, scored_at) AS asked,
            assumeNotNull(flagged) AS found_one, tuple(score) AS said, output_chars AS chars
        FROM judge_gold_results FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({since:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND status = 'ok' AND flagged IS NOT NULL
            AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
            AND ({judge_model:String} = '' OR judge_model = {judge_model:String})
    )
GROUP BY judge, judge_model, rubric_version, metric_name, item_id, replicate
ORDER BY metric_name ASC, judge ASC, judge_model ASC, rubric_version ASC, item_id ASC, replicate ASC
LIMIT {limit:UInt32}
