-- How does the cost develop from one hour, day, week or month to the next, per currency?
-- A period is complete when every account has committed each of its days after the day's end.
WITH
accounts AS
(
    SELECT
        provider, account_id,
        groupUniqArrayIf(day, complete AND finished_at >= window_end) AS done
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'cost'
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')} - 1)
    GROUP BY provider, account_id
),

(SELECT count() FROM accounts) AS account_count,
(
    SELECT
        groupUniqArrayArray(
            arrayFilter(
                expected -> NOT has(done, expected),
                arrayMap(
                    offset -> toDate({start:DateTime('UTC')}) + offset,
                    range(toUInt32(dateDiff('day', toDate({start:DateTime('UTC')}), toDate({end:DateTime('UTC')} - 1)) + 1))
                )
            )
        )
    FROM accounts
) AS missing,
periods AS
(
    SELECT
        multiIf(
            {group_by:String} = 'hour', toStartOfHour(charge_period_start),
            {group_by:String} = 'day', toStartOfDay(charge_period_start),
            {group_by:String} = 'week', toDateTime(toStartOfWeek(charge_period_start, 1), 'UTC'),
            toDateTime(toStartOfMonth(charge_period_start), 'UTC')
        ) AS period,
        billing_currency AS currency,
        sum(
            multiIf(
                {basis:String} = 'billed', billed_cost,
                {basis:String} = 'contracted', contracted_cost,
                {basis:String} = 'list', list_cost,
                effective_cost
            )
        ) AS cost,
        count() AS "rows",
        countIf(
            ({basis:String} = 'contracted' AND isNull(contracted_cost))
            OR ({basis:String} = 'list' AND isNull(list_cost))
        ) AS unknown_rows
    FROM cost_metrics FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
        AND ${CHARGE_FILTERS}
    GROUP BY period, currency
)

SELECT
    period,
    currency,
    cost,
    "rows",
    unknown_rows,
    lagInFrame(cost) OVER by_currency AS previous,
    cost - previous AS change,
    toBool(
        account_count > 0
        AND NOT arrayExists(
            gap -> gap >= toDate(period) AND gap < multiIf(
                {group_by:String} IN ('hour', 'day'), toDate(period) + 1,
                {group_by:String} = 'week', toDate(period) + 7,
                toDate(addMonths(period, 1))
            ),
            missing
        )
    ) AS complete
FROM periods
WINDOW by_currency AS (PARTITION BY currency ORDER BY period ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
ORDER BY period ASC, currency ASC
