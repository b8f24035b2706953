-- Changes of money of one customer, found one after the other.
INSERT INTO cost_restatements
(
    customer_id, provider, account_id, charge_period_start, charge_period_end, sub_account_id, service_name,
    charge_category, charge_class, charge_description, region_id, resource_id, sku_id, pricing_category,
    commitment_discount_id, billing_currency, change, old_billed_cost, new_billed_cost, delta_billed_cost,
    old_effective_cost, new_effective_cost, delta_effective_cost, source, source_version, run_id, from_version,
    detected_at, version, is_deleted
)
SELECT
    {customer:String}, {provider:String}, {account:String},
    {start:DateTime('UTC')} + 86400 * (number % {days:UInt64}),
    {start:DateTime('UTC')} + 86400 * (number % {days:UInt64} + 1), {account:String},
    ['Amazon EC2', 'Amazon RDS', 'Amazon S3', 'AWS Lambda'][1 + number % 4], 'Usage', '',
    concat('usage of type ', toString(number % 10)), 'us-east-1',
    concat('i-', leftPad(lower(hex(number * 7919)), 17, '0')), concat('SKU-', toString(number % 10)), 'Standard', '',
    'USD', 'restated', 1, 2, 1, 1, 2, 1, 'focus_export', '', 'fill', 1,
    fromUnixTimestamp64Milli({version:UInt64} - number * 1000), {version:UInt64}, 0
FROM numbers({count:UInt64})
