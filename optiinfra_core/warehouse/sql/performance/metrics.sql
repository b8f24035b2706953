-- Which samples were measured in the period? Newest first; a page starts after the cursor's row.
SELECT
    ts AS timestamp, provider, account_id, region, resource_id, resource_name, resource_type,
    metric AS metric_name, statistic, value, unit, period_s
FROM performance_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND ts >= {start:DateTime('UTC')} AND ts < {end:DateTime('UTC')}
    AND (NOT {has_after:Bool} OR day <= toDate({after_timestamp:DateTime('UTC')}))
    AND (
        NOT {has_after:Bool}
        OR ts < {after_timestamp:DateTime('UTC')}
        OR (
            ts = {after_timestamp:DateTime('UTC')}
            AND (provider, resource_id, metric, statistic, account_id, region)
            > (
                {after_provider:String}, {after_resource:String}, {after_metric:String},
                {after_statistic:String}, {after_account:String}, {after_region:String}
            )
        )
    )
    AND ({metric_name:String} = '' OR metric = {metric_name:String})
    AND ({statistic:String} = '' OR statistic = {statistic:String})
    AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
    AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
    AND ({region:String} = '' OR region = {region:String})
ORDER BY ts DESC, provider ASC, resource_id ASC, metric ASC, statistic ASC, account_id ASC, region ASC
LIMIT {limit:UInt32}
