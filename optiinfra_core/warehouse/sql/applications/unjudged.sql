-- Which sampled calls still lack a judgement that is settled, and what was said of each so far?
-- A judgement is settled when it has a score, was refused, or failed as often as it may. What a budget
-- kept from being judged is tried again as long as the day is looked at.
SELECT
    application_id,
    interaction_id,
    timestamp,
    inclusion_probability,
    stratum,
    settled,
    tried
FROM
    (
        SELECT application_id, interaction_id, timestamp, inclusion_probability, stratum
        FROM judge_samples FINAL
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
            AND ({application_id:String} = '' OR application_id = {application_id:String})
    ) AS drawn
LEFT JOIN
    (
        SELECT
            application_id,
            interaction_id,
            groupUniqArrayIf(
                toString(metric_name),
                status IN ('ok', 'refused') OR (status = 'skipped' AND reason != 'budget')
                OR (status != 'skipped' AND attempts >= {most_attempts:UInt8})
            ) AS settled,
            maxMap(map(toString(metric_name), attempts)) AS tried
        FROM application_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ({application_id:String} = '' OR application_id = {application_id:String})
            AND replicate = 0
            AND concat(judge, '/', metric_name, '/', rubric_version) IN {series:Array(String)}
            AND judge_model IN {models:Array(String)}
        GROUP BY application_id, interaction_id
    ) AS said
    USING (application_id, interaction_id)
WHERE length(settled) < {needed:UInt8}
ORDER BY application_id ASC, notEmpty(tried) ASC, timestamp ASC, interaction_id ASC
LIMIT {limit:UInt32} BY application_id
