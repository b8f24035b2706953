-- How much of what was drawn between two instants has a score, and how many judgements failed?
SELECT
    application_id,
    count() AS drawn,
    countIf(good > 0) AS scored,
    sum(made) AS judgements,
    sum(bad) AS failed
FROM
    (
        SELECT application_id, interaction_id
        FROM judge_samples FINAL
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
    ) AS drawn_calls
LEFT JOIN
    (
        SELECT
            application_id,
            interaction_id,
            countIf(status = 'ok') AS good,
            countIf(status != 'skipped') AS made,
            countIf(status IN ('error', 'unparseable')) AS bad
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND judge IN {judges:Array(String)}
        GROUP BY application_id, interaction_id
    ) AS said
    USING (application_id, interaction_id)
GROUP BY application_id
ORDER BY application_id
