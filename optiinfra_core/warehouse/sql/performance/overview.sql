-- How hard do the resources of each provider work, by metric, over all of them?
SELECT
    provider, metric AS metric_name, statistic, unit,
    avg(value) AS avg, quantileExact(0.95)(value) AS p95, max(value) AS max,
    count() AS samples, uniqExact(account_id, resource_id) AS resources
FROM performance_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND ts >= {start:DateTime('UTC')} AND ts < {end:DateTime('UTC')}
GROUP BY provider, metric, statistic, unit
ORDER BY provider ASC, metric ASC, statistic ASC, unit ASC
