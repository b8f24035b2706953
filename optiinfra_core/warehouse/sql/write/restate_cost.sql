-- Which charges that were already served change their money with this batch, and by how much?
-- Compared with what is served now, before the batch is written. A finding that the batch no longer
-- supports (an earlier attempt failed before it wrote) is tombstoned in the same statement.
INSERT INTO cost_restatements
(
    charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
    charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
    billing_currency, change, old_billed_cost, new_billed_cost, delta_billed_cost,
    old_effective_cost, new_effective_cost, delta_effective_cost, from_version,
    customer_id, provider, account_id, source, source_version, run_id, detected_at, version, is_deleted
)
WITH
days AS
(
    SELECT day, max(version) AS from_version
    FROM cost_metrics
    WHERE
        customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
        AND day >= {first_day:Date} AND day <= {last_day:Date}
    GROUP BY day
),

both_sides AS
(
    SELECT
        day, charge_period_start, charge_period_end, sub_account_id, service_name, charge_category,
        charge_class, charge_description, region_id, resource_id, sku_id, pricing_category,
        commitment_discount_id, billing_currency, billed_cost, effective_cost,
        1 AS is_old, toUInt8(source != {source:String}) AS is_foreign
    FROM cost_metrics FINAL
    WHERE
        customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
        AND day >= {first_day:Date} AND day <= {last_day:Date}
        AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
        AND ({every_part:Bool} OR has({parts:Array(String)}, region_id))
    UNION ALL
    SELECT
        toDate(charge_period_start) AS day, charge_period_start, charge_period_end, sub_account_id,
        service_name, charge_category, charge_class, charge_description, region_id, resource_id, sku_id,
        pricing_category, commitment_discount_id, billing_currency, billed_cost, effective_cost,
        0 AS is_old, 0 AS is_foreign
    FROM batch
),

changes AS
(
    SELECT
        day, charge_period_start, charge_period_end, sub_account_id, service_name, charge_category,
        charge_class, charge_description, region_id, resource_id, sku_id, pricing_category,
        commitment_discount_id, billing_currency,
        sumOrNullIf(billed_cost, is_old) AS old_billed, sumOrNullIf(billed_cost, NOT is_old) AS new_billed,
        sumOrNullIf(effective_cost, is_old) AS old_effective,
        sumOrNullIf(effective_cost, NOT is_old) AS new_effective,
        max(max(is_foreign)) OVER (PARTITION BY day) AS is_switch,
        sipHash64(
            charge_period_start, charge_period_end, sub_account_id, service_name, charge_category,
            charge_class, charge_description, region_id, resource_id, sku_id, pricing_category,
            commitment_discount_id, billing_currency
        ) AS line
    FROM both_sides
    WHERE has({served_days:Array(Date)}, day) AND NOT has({failed:Array(String)}, region_id)
    GROUP BY
        day, charge_period_start, charge_period_end, sub_account_id, service_name, charge_category,
        charge_class, charge_description, region_id, resource_id, sku_id, pricing_category,
        commitment_discount_id, billing_currency
),

found AS
(
    SELECT *
    FROM changes
    WHERE
        coalesce(old_billed, 0) != coalesce(new_billed, 0)
        OR coalesce(old_effective, 0) != coalesce(new_effective, 0)
)

SELECT
    charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
    charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
    billing_currency,
    multiIf(is_switch, 'source', isNull(old_billed), 'appeared', isNull(new_billed), 'vanished', 'restated'),
    old_billed, new_billed, coalesce(new_billed, 0) - coalesce(old_billed, 0),
    old_effective, new_effective, coalesce(new_effective, 0) - coalesce(old_effective, 0),
    days.from_version,
    {customer_id:String}, {provider:String}, {account_id:String}, {source:String},
    {source_version:String}, {run_id:String}, {detected_at:DateTime64(3, 'UTC')}, {version:UInt64}, 0
FROM found
LEFT JOIN days ON found.day = days.day
UNION ALL
SELECT
    charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
    charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
    billing_currency, change, old_billed_cost, new_billed_cost, delta_billed_cost,
    old_effective_cost, new_effective_cost, delta_effective_cost, earlier.from_version,
    customer_id, provider, account_id, source, source_version, run_id, detected_at, {version:UInt64}, 1
FROM
    (
        SELECT *, day, line
        FROM cost_restatements FINAL
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
            AND day >= {first_day:Date} AND day <= {last_day:Date}
            AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
            AND has({served_days:Array(Date)}, day) AND NOT has({failed:Array(String)}, region_id)
            AND ({every_part:Bool} OR has({parts:Array(String)}, region_id))
    ) AS earlier
LEFT JOIN days ON earlier.day = days.day
WHERE
    earlier.from_version = days.from_version
    AND (earlier.day, earlier.line) NOT IN (SELECT day, line FROM found)
