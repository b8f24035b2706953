-- Charges of one customer over some days: each resource has each usage type once a day.
INSERT INTO cost_metrics
(
    customer_id, provider, account_id, source, charge_period_start, charge_period_end,
    billing_period_start, billing_account_id, sub_account_id, service_category, service_name,
    charge_category, charge_description, region_id, resource_id, resource_name, resource_type, sku_id,
    pricing_category, consumed_quantity, consumed_unit, billing_currency, billed_cost, effective_cost,
    finality, tags, run_id, version, is_deleted
)
SELECT
    {customer:String}, {provider:String}, {account:String}, 'focus_export',
    {start:DateTime('UTC')} + 86400 * back, {start:DateTime('UTC')} + 86400 * (back + 1),
    toStartOfMonth({start:DateTime('UTC')} + 86400 * back), {account:String}, {account:String},
    'Compute', ['Amazon EC2', 'Amazon RDS', 'Amazon S3', 'AWS Lambda'][1 + usage % 4],
    'Usage', concat('usage of type ', toString(usage)),
    ['us-east-1', 'us-west-2', 'eu-west-1'][1 + resource % 3],
    concat('i-', leftPad(lower(hex(resource * 7919)), 17, '0')), concat('worker-', toString(resource)),
    'aws.ec2.instance', concat('SKU-', toString(usage)),
    'Standard', toDecimal128(1 + number % 24, 18), 'Hours', 'USD', amount, amount,
    'final', map('team', concat('team-', toString(resource % 9)), 'env', 'production'),
    'fill', {version:UInt64}, 0
FROM
    (
        SELECT
            number,
            number % {days:UInt64} AS back,
            intDiv(number, {days:UInt64}) % {resources:UInt64} AS resource,
            intDiv(number, {days:UInt64} * {resources:UInt64}) AS usage,
            toDecimal128(1 + sipHash64(number) % 1000000, 12) / 10000 AS amount
        FROM numbers({days:UInt64} * {resources:UInt64} * {usages:UInt64})
    )
