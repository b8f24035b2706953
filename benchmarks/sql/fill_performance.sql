-- Samples of one customer over some days, five minutes apart, as the writer of windows leaves them.
INSERT INTO performance_metrics
(
    customer_id, provider, account_id, source, region, resource_type, resource_id, resource_name,
    metric, statistic, unit, ts, period_s, value, run_id, version, is_deleted
)
SELECT
    {customer:String}, {provider:String}, {account:String}, 'cloudwatch',
    ['us-east-1', 'us-west-2', 'eu-west-1'][1 + resource % 3],
    'aws.ec2.instance',
    concat('i-', leftPad(lower(hex(resource * 7919)), 17, '0')),
    concat('worker-', toString(resource)),
    ['cpu_utilization', 'network_in', 'network_out', 'disk_read', 'disk_write'][1 + measure],
    ['avg', 'sum', 'sum', 'sum', 'sum'][1 + measure],
    ['%', 'By', 'By', 'By', 'By'][1 + measure],
    {start:DateTime('UTC')} + 300 * sample,
    300,
    round(randCanonical(number) * if(measure = 0, 100, 1e9), 4),
    'fill', {version:UInt64}, 0
FROM
    (
        SELECT
            number,
            number % {samples:UInt64} AS sample,
            intDiv(number, {samples:UInt64}) % {resources:UInt64} AS resource,
            intDiv(number, {samples:UInt64} * {resources:UInt64}) AS measure
        FROM numbers({samples:UInt64} * {resources:UInt64} * 5)
    )
