-- Which tags do charges carry, with how many values, and how much of the cost has each?
-- `share` is of all charges that the filters leave, tagged or not: they are the entry that is `every`.
-- A page starts after the cursor's tag.
SELECT key, currency, value_count, cost, toFloat64(cost) / nullIf(toFloat64(whole), 0) AS share, "rows", unknown_rows
FROM
    (
        SELECT
            every, key, currency, value_count, cost, "rows", unknown_rows,
            sumIf(cost, every) OVER (PARTITION BY currency) AS whole
        FROM
            (
                SELECT
                    carried.1 AS every, carried.2 AS key, billing_currency AS currency,
                    uniqExact(carried.3) AS value_count,
                    sum(amount) AS cost, count() AS "rows", countIf(isNull(amount)) AS unknown_rows
                FROM
                    (
                        SELECT
                            billing_currency,
                            arrayJoin(
                                arrayPushFront(
                                    arrayMap((tag, text) -> (FALSE, toString(tag), text), mapKeys(tags), mapValues(tags)),
                                    (TRUE, '', '')
                                )
                            ) AS carried,
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
                GROUP BY every, key, currency
            )
    )
WHERE
    NOT every
    AND (NOT {has_after:Bool} OR (key, currency) > ({after_key:String}, {after_currency:String}))
ORDER BY key ASC, currency ASC
LIMIT {limit:UInt32}
