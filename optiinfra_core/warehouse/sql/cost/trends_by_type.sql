-- How does the cost of each service, region, account ... develop from one hour, day, week or month to the next?
-- The `top` dearest values of the whole period by name, all others added up as `others`.
WITH
periods AS
(
    SELECT
        value AS entry, present AS named, period, billing_currency AS currency,
        sum(amount) AS spent, count() AS charges, countIf(isNull(amount)) AS unpriced,
        sum(sum(amount)) OVER (PARTITION BY billing_currency, value, present) AS whole
    FROM
        (
            SELECT
                billing_currency,
                multiIf(
                    {group_by:String} = 'hour', toStartOfHour(charge_period_start),
                    {group_by:String} = 'day', toStartOfDay(charge_period_start),
                    {group_by:String} = 'week', toDateTime(toStartOfWeek(charge_period_start, 1), 'UTC'),
                    toDateTime(toStartOfMonth(charge_period_start), 'UTC')
                ) AS period,
                coalesce(
                    if({dimension:String} = 'service', service_name, NULL),
                    if({dimension:String} = 'charge_category', charge_category, NULL),
                    if({dimension:String} = 'region', region_id, NULL),
                    if({dimension:String} = 'account', if(sub_account_id = '', account_id, sub_account_id), NULL),
                    if({dimension:String} = 'sku', sku_id, NULL),
                    if({dimension:String} = 'resource_type', resource_type, NULL),
                    if({dimension:String} = 'provider', provider, NULL),
                    if({dimension:String} = 'tag', tags[{tag:String}], NULL),
                    ''
                ) AS value,
                toBool(if({dimension:String} = 'tag', mapContains(tags, {tag:String}), value != '')) AS present,
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
    GROUP BY value, present, period, currency
),

ranked AS
(
    SELECT
        entry, named, period, currency, spent, charges, unpriced,
        dense_rank() OVER (
            PARTITION BY currency ORDER BY whole DESC NULLS LAST, named DESC, entry ASC
        ) > {top:UInt32} AS beyond
    FROM periods
)

SELECT
    period,
    if(beyond, '', entry) AS value,
    toBool(if(beyond, 0, named)) AS present,
    toBool(beyond) AS others,
    currency,
    sum(spent) AS cost,
    sum(charges) AS "rows",
    sum(unpriced) AS unknown_rows
FROM ranked
GROUP BY period, currency, others, present, value
ORDER BY period ASC, currency ASC, others ASC, cost DESC NULLS LAST, present DESC, value ASC
