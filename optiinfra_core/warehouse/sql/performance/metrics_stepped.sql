-- What do the samples say in steps of so many seconds, per series? Newest step first.
SELECT
    step_start AS timestamp, provider, account_id, region, resource_id, anyLast(resource_name) AS resource_name,
    anyLast(resource_type) AS resource_type, metric AS metric_name, statistic, unit,
    avg(value) AS avg, min(value) AS min, max(value) AS max,
    quantileExact(0.95)(value) AS p95, count() AS samples
FROM
    (
        SELECT
            toDateTime(intDiv(toUnixTimestamp(ts), {step_s:UInt32}) * {step_s:UInt32}, 'UTC') AS step_start,
            provider, account_id, region, resource_id, resource_name, resource_type, metric, statistic, unit, value
        FROM performance_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ts >= {start:DateTime('UTC')} AND ts < {end:DateTime('UTC')}
            AND (NOT {has_after:Bool} OR day <= toDate({after_timestamp:DateTime('UTC')} + {step_s:UInt32}))
            AND ({metric_name:String} = '' OR metric = {metric_name:String})
            AND ({statistic:String} = '' OR statistic = {statistic:String})
            AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
            AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
            AND ({region:String} = '' OR region = {region:String})
    )
WHERE (
    NOT {has_after:Bool}
    OR step_start < {after_timestamp:DateTime('UTC')}
    OR (
        step_start = {after_timestamp:DateTime('UTC')}
        AND (provider, resource_id, metric, statistic, account_id, region)
        > (
            {after_provider:String}, {after_resource:String}, {after_metric:String},
            {after_statistic:String}, {after_account:String}, {after_region:String}
        )
    )
)
GROUP BY step_start, provider, account_id, region, resource_id, metric, statistic, unit
ORDER BY step_start DESC, provider ASC, resource_id ASC, metric ASC, statistic ASC, account_id ASC, region ASC
LIMIT {limit:UInt32}
