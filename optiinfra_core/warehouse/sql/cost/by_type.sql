-- What does each service, category, region, account, SKU or kind of resource cost? Dearest first.
SELECT
    value,
    billing_currency AS currency,
    sum(amount) AS cost,
    toFloat64(sum(amount)) / nullIf(toFloat64(sum(sum(amount)) OVER (PARTITION BY billing_currency)), 0) AS share,
    uniqExactIf((provider, account_id, resource_id), resource_id != '') AS resources,
    count() AS "rows",
    countIf(isNull(amount)) AS unknown_rows
FROM
    (
        SELECT
            provider, account_id, resource_id, billing_currency,
            multiIf(
                {dimension:String} = 'service', service_name,
                {dimension:String} = 'charge_category', charge_category,
                {dimension:String} = 'region', region_id,
                {dimension:String} = 'account', if(sub_account_id = '', account_id, sub_account_id),
                {dimension:String} = 'sku', sku_id,
                {dimension:String} = 'resource_type', resource_type,
                provider
            ) AS value,
            multiIf(
                {basis:String} = 'billed', billed_cost,
                {basis:String} = 'contracted', contracted_cost,
                {basis:String} = 'list', list_cost,
                effective_cost
            ) AS amount
        FROM cost_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    )
GROUP BY value, billing_currency
ORDER BY currency ASC, cost DESC NULLS LAST, value ASC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
