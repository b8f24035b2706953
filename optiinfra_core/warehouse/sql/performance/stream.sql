-- Which samples were measured in the period, all of them, in the order they are stored?
SELECT
    ts AS timestamp, provider, account_id, region, resource_id, resource_name, resource_type,
    metric AS metric_name, statistic, value, unit, period_s
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
ORDER BY provider ASC, metric ASC, day ASC, resource_id ASC, statistic ASC, ts ASC, account_id ASC, region ASC
LIMIT {limit:UInt32}
