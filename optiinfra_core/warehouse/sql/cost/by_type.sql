-- What does each service, category, region, account, SKU, kind of resource or value of a tag cost? Dearest first.
-- A page starts after the entry that the cursor names. Unknown costs rank last, as `unknown` has it.
-- Of the chain of ifs only the column that is asked for is read; of a multiIf all would be.
SELECT value, present, currency, cost, share, resources, "rows", unknown_rows
FROM
    (
        SELECT
            value, present,
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
        GROUP BY value, present, billing_currency
    )
WHERE
    NOT {has_after:Bool}
    OR (currency, -coalesce(cost, {unknown:Decimal(38, 12)}), NOT present, value)
    > (
        {after_currency:String}, -{after_cost:Decimal(38, 12)}, NOT {after_present:Bool}, {after_value:String}
    )
ORDER BY currency ASC, cost DESC NULLS LAST, present DESC, value ASC
LIMIT {limit:UInt32}
