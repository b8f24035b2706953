-- Recompute one customer's day at one provider from its samples, and tombstone series that are gone.
-- Never for all customers at once: that ran out of 6 GB at 100 M samples.
INSERT INTO ${DAILY}
(
    customer_id, provider, account_id, region, resource_type, resource_id, resource_name, metric,
    statistic, unit, day, samples, covered_s, value_sum, value_min, value_max, value_last, value_p95,
    version, is_deleted
)
WITH fresh AS
(
    SELECT
        account_id, region, anyLast(resource_type) AS resource_type, resource_id,
        anyLast(resource_name) AS resource_name, metric, statistic, anyLast(unit) AS unit,
        count() AS samples, sum(period_s) AS covered_s, sum(value) AS value_sum,
        min(value) AS value_min, max(value) AS value_max, argMax(value, ts) AS value_last,
        quantileExact(0.95)(value) AS value_p95
    FROM ${TABLE} FINAL
    WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
    GROUP BY account_id, region, resource_id, metric, statistic
)

SELECT
    {customer_id:String}, {provider:String}, account_id, region, resource_type, resource_id, resource_name,
    metric, statistic, unit, {day:Date}, samples, covered_s, value_sum, value_min, value_max, value_last,
    value_p95, {version:UInt64}, 0
FROM fresh
UNION ALL
SELECT
    customer_id, provider, account_id, region, resource_type, resource_id, resource_name,
    metric, statistic, unit, day, samples, covered_s, value_sum, value_min, value_max, value_last,
    value_p95, {version:UInt64}, 1
FROM ${DAILY} FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND day = {day:Date}
    AND (account_id, region, resource_id, metric, statistic)
    NOT IN (SELECT account_id, region, resource_id, metric, statistic FROM fresh)
