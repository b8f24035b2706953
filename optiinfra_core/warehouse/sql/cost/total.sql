-- What did the period cost, per currency?
-- Open, closing and final charges add up to it: how much of it the provider may still change.
-- `unknown_rows` have no cost on this basis; they are not in the sum, and a sum of none is null.
SELECT
    billing_currency AS currency,
    sum(amount) AS cost,
    count() AS "rows",
    countIf(isNull(amount)) AS unknown_rows,
    uniqExactIf((provider, account_id, resource_id), resource_id != '') AS resources,
    min(charge_period_start) AS first_charge,
    max(charge_period_end) AS last_charge,
    coalesce(sumIf(amount, finality = 'open'), 0) AS open_cost,
    coalesce(sumIf(amount, finality = 'closing'), 0) AS closing_cost,
    coalesce(sumIf(amount, finality = 'final'), 0) AS final_cost
FROM
    (
        SELECT
            provider, account_id, resource_id, billing_currency, charge_period_start, charge_period_end, finality,
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
            AND ${CHARGE_FILTERS}
    )
GROUP BY billing_currency
ORDER BY currency ASC
