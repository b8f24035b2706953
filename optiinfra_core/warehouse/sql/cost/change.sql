-- What costs more or less than in the time before, by service, resource, account, region and more?
-- Every dimension holds the whole cost; of each the values that changed most, per currency. The
-- dimension `total` has one value. A quantity is null where a charge has none or units differ.
SELECT
    dimension,
    value,
    anyLast(resource_name) AS label,
    currency,
    sumIf(amount, current) AS cost,
    sumIf(amount, NOT current) AS previous,
    cost - previous AS change,
    sumIf(charges, current) AS "rows",
    sumIf(charges, NOT current) AS previous_rows,
    max(consumed_unit) AS unit,
    toBool(uniqExact(consumed_unit) = 1 AND sum(unmeasured) = 0) AS measured,
    if(measured, ifNull(sumIf(quantity, current), 0), NULL) AS quantity_now,
    if(measured, ifNull(sumIf(quantity, NOT current), 0), NULL) AS previous_quantity,
    count() OVER (PARTITION BY dimension, currency) AS of_all
FROM
    (
        SELECT
            provider, service_name, region_id, resource_id, sku_id, charge_category, consumed_unit,
            if(sub_account_id = '', account_id, sub_account_id) AS account,
            billing_currency AS currency,
            charge_period_start >= {start:DateTime('UTC')} AS current,
            anyLast(resource_name) AS resource_name,
            sum(if({basis:String} = 'billed', billed_cost, effective_cost)) AS amount,
            sum(consumed_quantity) AS quantity,
            countIf(isNull(consumed_quantity)) AS unmeasured,
            count() AS charges
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
        GROUP BY
            provider, service_name, region_id, resource_id, sku_id, charge_category, consumed_unit, account,
            currency, current
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
