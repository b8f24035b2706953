-- Snapshots of one customer, a quarter of an hour apart: every resource changes its size now and then.
INSERT INTO resource_metrics
(
    customer_id, provider, account_id, source, ts, region, resource_type, resource_id, resource_name, state, sku,
    vcpus, memory_gib, storage_gib, created_at, tags, attributes, run_id, version, is_deleted
)
SELECT
    {customer:String}, {provider:String}, {account:String}, 'describe',
    {start:DateTime('UTC')} + 900 * snapshot,
    ['us-east-1', 'us-west-2', 'eu-west-1'][1 + resource % 3],
    'aws.ec2.instance',
    concat('i-', leftPad(lower(hex(resource * 7919)), 17, '0')),
    concat('worker-', toString(resource)),
    'running', if(size % 2 = 0, 'm5.large', 'm5.xlarge'), 2 + 2 * (size % 2), 8 + 8 * (size % 2), 100,
    {start:DateTime('UTC')} - 86400 * 100,
    map('team', concat('team-', toString(resource % 9)), 'env', 'production'),
    concat('{"image":"ami-', toString(resource % 20), '","subnet":"subnet-', toString(resource % 6),
        '","vpc":"vpc-1","platform":"linux","tenancy":"default","size":', toString(size), '}'),
    'fill', {version:UInt64}, 0
FROM
    (
        SELECT
            number % {snapshots:UInt64} AS snapshot,
            intDiv(number, {snapshots:UInt64}) AS resource,
            intDiv(snapshot + resource * 7, 192) AS size
        FROM numbers({snapshots:UInt64} * {resources:UInt64})
    )
