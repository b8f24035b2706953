-- What costs more or less than in the time before, by service, resource, account, region and more?
-- Every dimension holds the whole cost; of each the values that changed most, per currency. The
-- dimension `total` has one value. A change is the sum of five effects, found for each kind of
-- charge: it is new; it is gone; its quantity changed (at the price per unit of before); its price
-- per unit changed; or it has no quantity to tell these two apart.
SELECT
    dimension,
    value,
    anyLast(resource_name) AS label,
    currency,
    sum(amount_now) AS cost,
    sum(amount_before) AS previous,
    cost - previous AS change,
    sum(charges_now) AS "rows",
    sum(charges_before) AS previous_rows,
    sumIf(amount_now, part = 'new') AS new_effect,
    -sumIf(amount_before, part = 'gone') AS gone_effect,
    toDecimal128(sumIf(used, part = 'measured'), 12) AS usage_effect,
    toDecimal128(sumIf(amount_now - amount_before - used, part = 'measured'), 12) AS price_effect,
    sumIf(amount_now - amount_before, part = 'other') AS other_effect,
    toBool(uniqExact(consumed_unit) = 1 AND sum(unmeasured) = 0) AS measured,
    max(consumed_unit) AS unit,
    if(measured, toNullable(sum(quantity_now)), NULL) AS quantity,
    if(measured, toNullable(sum(quantity_before)), NULL) AS previous_quantity,
    count() OVER (PARTITION BY dimension, currency) AS of_all
FROM
    (
        SELECT
            provider, service_name, region_id, resource_id, sku_id, charge_category, consumed_unit,
            if(sub_account_id = '', account_id, sub_account_id) AS account,
            billing_currency AS currency,
            anyLast(resource_name) AS resource_name,
            sumIf(amount, current) AS amount_now,
            sumIf(amount, NOT current) AS amount_before,
            countIf(current) AS charges_now,
            countIf(NOT current) AS charges_before,
            sumIf(coalesce(consumed_quantity, 0), current) AS quantity_now,
            sumIf(coalesce(consumed_quantity, 0), NOT current) AS quantity_before,
            countIf(isNull(consumed_quantity)) AS unmeasured,
            multiIf(
                charges_before = 0, 'new',
                charges_now = 0, 'gone',
                unmeasured = 0 AND quantity_before > 0, 'measured',
                'other'
            ) AS part,
            divideDecimal(
                multiplyDecimal(quantity_now - quantity_before, amount_before, 30),
                if(quantity_before > 0, quantity_before, toDecimal128(1, 18)),
                12
            ) AS used
        FROM
            (
                SELECT
                    provider, account_id, sub_account_id, service_name, region_id, resource_id, resource_name,
                    sku_id, charge_category, consumed_unit, consumed_quantity, billing_currency,
                    charge_period_start >= {start:DateTime('UTC')} AS current,
                    if({basis:String} = 'billed', billed_cost, effective_cost) AS amount
                FROM cost_metrics FINAL
                WHERE
                    customer_id = {customer_id:String}
                    AND provider IN {providers:Array(String)}
                    AND day >= toDate({before:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
                    AND charge_period_start >= {before:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
                    AND ({service:String} = '' OR service_name = {service:String})
                    AND ({region:String} = '' OR region_id = {region:String})
                    AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
                    AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
            )
        GROUP BY
            provider, service_name, region_id, resource_id, sku_id, charge_category, consumed_unit, account, currency
    )
ARRAY JOIN
    ['total', 'provider', 'service', 'resource', 'account', 'region', 'sku', 'charge_category'] AS dimension,
    [
        '', toString(provider), toString(service_name), toString(resource_id), toString(account),
        toString(region_id), toString(sku_id), toString(charge_category)
    ] AS value
GROUP BY dimension, value, currency
ORDER BY currency ASC, dimension ASC, abs(change) DESC, cost DESC, value ASC
LIMIT {limit:UInt32} BY dimension, currency
