-- Which resources cost most? Charges without a resource are one entry per service and region.
SELECT
    provider,
    account_id,
    service_name,
    region_id,
    resource_id,
    anyLast(resource_name) AS resource_name,
    anyLast(resource_type) AS resource_type,
    billing_currency AS currency,
    sum(amount) AS cost,
    toFloat64(sum(amount)) / nullIf(toFloat64(sum(sum(amount)) OVER (PARTITION BY billing_currency)), 0) AS share,
    count() AS "rows",
    countIf(isNull(amount)) AS unknown_rows,
    min(charge_period_start) AS first_charge,
    max(charge_period_end) AS last_charge
FROM
    (
        SELECT
            provider, account_id, service_name, region_id, resource_id, resource_name, resource_type,
            billing_currency, charge_period_start, charge_period_end,
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
            AND ({service:String} = '' OR service_name = {service:String})
        ORDER BY charge_period_start ASC
    )
GROUP BY provider, account_id, service_name, region_id, resource_id, billing_currency
ORDER BY
    currency ASC, cost DESC NULLS LAST, provider ASC, account_id ASC, service_name ASC, region_id ASC,
    resource_id ASC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
