-- What did each provider cost, day by day, from `start` on and in as long a time before it, per currency?
-- `unknown_rows` have no cost on this basis; they are not in the sum, and a sum of none is null.
SELECT
    provider,
    billing_currency AS currency,
    toBool(charge_period_start >= {start:DateTime('UTC')}) AS current,
    day,
    sum(amount) AS cost,
    count() AS "rows",
    countIf(isNull(amount)) AS unknown_rows
FROM
    (
        SELECT
            provider, billing_currency, charge_period_start, day,
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
            AND day >= toDate({before:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND charge_period_start >= {before:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    )
GROUP BY provider, currency, current, day
ORDER BY provider ASC, currency ASC, day ASC, current ASC
