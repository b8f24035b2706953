-- How does a metric develop from one hour, day, week or month to the next, over all resources?
-- A page starts after the row that the cursor names.
SELECT
    multiIf(
        {group_by:String} = 'hour', toStartOfHour(ts),
        {group_by:String} = 'day', toStartOfDay(ts),
        {group_by:String} = 'week', toDateTime(toStartOfWeek(ts, 1), 'UTC'),
        toDateTime(toStartOfMonth(ts), 'UTC')
    ) AS period,
    metric AS metric_name, statistic, unit,
    avg(value) AS avg, min(value) AS min, max(value) AS max,
    quantilesExact(0.5, 0.95, 0.99)(value)[1] AS p50,
    quantilesExact(0.5, 0.95, 0.99)(value)[2] AS p95,
    quantilesExact(0.5, 0.95, 0.99)(value)[3] AS p99,
    count() AS samples, uniqExact(provider, account_id, resource_id) AS resources
FROM performance_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND ts >= {start:DateTime('UTC')} AND ts < {end:DateTime('UTC')}
    AND (NOT {has_after:Bool} OR day >= toDate({after_period:DateTime('UTC')}))
    AND ({metric_name:String} = '' OR metric = {metric_name:String})
    AND ({statistic:String} = '' OR statistic = {statistic:String})
    AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
    AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
    AND ({region:String} = '' OR region = {region:String})
GROUP BY period, metric, statistic, unit
HAVING
    samples > 0
    AND (
        NOT {has_after:Bool}
        OR (period, metric, statistic, unit)
        > ({after_period:DateTime('UTC')}, {after_metric:String}, {after_statistic:String}, {after_unit:String})
    )
ORDER BY period ASC, metric ASC, statistic ASC, unit ASC
LIMIT {limit:UInt32}
