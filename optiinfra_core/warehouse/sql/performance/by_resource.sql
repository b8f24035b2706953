-- Which resources work hardest, or least, by one statistic of one metric?
-- A page starts after the resource that the cursor names. `sign` is 1 for the hardest first, -1 for the least.
-- Threads add in any order, so the last digits of a mean differ from one asking to the next: it ranks rounded.
SELECT
    provider, account_id, region, resource_id, resource_name, resource_type, metric_name, statistic, unit,
    avg, min, max, p50, p95, p99, samples, coverage, first_sample, last_sample
FROM
    (
        SELECT
            provider, account_id, region, resource_id, anyLast(resource_name) AS resource_name,
            anyLast(resource_type) AS resource_type, metric AS metric_name, statistic, unit,
            avg(value) AS avg, min(value) AS min, max(value) AS max,
            quantilesExact(0.5, 0.95, 0.99)(value)[1] AS p50,
            quantilesExact(0.5, 0.95, 0.99)(value)[2] AS p95,
            quantilesExact(0.5, 0.95, 0.99)(value)[3] AS p99,
            count() AS samples,
            least(
                sum(period_s) / greatest(dateDiff('second', {start:DateTime('UTC')}, {end:DateTime('UTC')}), 1), 1
            ) AS coverage,
            min(ts) AS first_sample, max(ts) AS last_sample
        FROM performance_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND metric = {metric_name:String}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ts >= {start:DateTime('UTC')} AND ts < {end:DateTime('UTC')}
            AND ({statistic:String} = '' OR statistic = {statistic:String})
            AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
            AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
            AND ({region:String} = '' OR region = {region:String})
        GROUP BY provider, account_id, region, resource_id, metric, statistic, unit
    )
WHERE
    NOT {has_after:Bool}
    OR (-toFloat32(avg) * {sign:Int8}, provider, account_id, region, resource_id, statistic, unit)
    > (
        -toFloat32({after_avg:Float64}) * {sign:Int8}, {after_provider:String}, {after_account:String}, {after_region:String},
        {after_resource:String}, {after_statistic:String}, {after_unit:String}
    )
ORDER BY
    -toFloat32(avg) * {sign:Int8} ASC, provider ASC, account_id ASC, region ASC, resource_id ASC, statistic ASC, unit ASC
LIMIT {limit:UInt32}
