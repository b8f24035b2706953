-- How hard does each kind of resource work, which one most and which least?
-- Coverage is the share of the period that samples cover, over the resources that have any.
SELECT
    metric AS metric_name, resource_type, statistic, unit,
    sum(total) / sum(points) AS avg, min(lowest) AS min, max(highest) AS max,
    quantilesExactMerge(0.5, 0.95, 0.99)(spread)[1] AS p50,
    quantilesExactMerge(0.5, 0.95, 0.99)(spread)[2] AS p95,
    quantilesExactMerge(0.5, 0.95, 0.99)(spread)[3] AS p99,
    argMax(resource_id, (mean, resource_id)) AS busiest, max(mean) AS busiest_avg,
    argMin(resource_id, (mean, resource_id)) AS idlest, min(mean) AS idlest_avg,
    sum(points) AS samples, count() AS resources,
    least(
        sum(covered) / (count() * greatest(dateDiff('second', {start:DateTime('UTC')}, {end:DateTime('UTC')}), 1)), 1
    ) AS coverage
FROM
    (
        SELECT
            metric, resource_type, statistic, unit, provider, account_id, resource_id,
            sum(value) AS total, count() AS points, total / points AS mean, min(value) AS lowest,
            max(value) AS highest, quantilesExactState(0.5, 0.95, 0.99)(value) AS spread, sum(period_s) AS covered
        FROM performance_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND ts >= {start:DateTime('UTC')} AND ts < {end:DateTime('UTC')}
            AND ({metric_name:String} = '' OR metric = {metric_name:String})
            AND ({statistic:String} = '' OR statistic = {statistic:String})
            AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
            AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
            AND ({region:String} = '' OR region = {region:String})
        GROUP BY metric, resource_type, statistic, unit, provider, account_id, resource_id
    )
GROUP BY metric, resource_type, statistic, unit
ORDER BY metric ASC, resource_type ASC, statistic ASC, unit ASC
