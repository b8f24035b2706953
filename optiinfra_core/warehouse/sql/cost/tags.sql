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
                            AND ({service:String} = '' OR service_name = {service:String})
                            AND ({region:String} = '' OR region_id = {region:String})
                            AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
                            AND ({sub_account:String} = '' OR if(sub_account_id = '', account_id, sub_account_id) = {sub_account:String})
                            AND ({charge_category:String} = '' OR charge_category = {charge_category:String})
                            AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
                            AND ({resource_type:String} = '' OR resource_type = {resource_type:String})
                            AND ({sku:String} = '' OR sku_id = {sku:String})
                            AND ({finality:String} = '' OR finality = {finality:String})
                            AND (NOT has({without:Array(String)}, 'service') OR service_name = '')
                            AND (NOT has({without:Array(String)}, 'region') OR region_id = '')
                            AND (NOT has({without:Array(String)}, 'resource') OR resource_id = '')
                            AND (NOT has({without:Array(String)}, 'resource_type') OR resource_type = '')
                            AND (NOT has({without:Array(String)}, 'sku') OR sku_id = '')
                            AND (
                                empty({tag_keys:Array(String)})
                                OR arrayAll(
                                    (tag, wanted) -> mapContains(tags, tag) AND tags[tag] = wanted,
                                    {tag_keys:Array(String)}, {tag_values:Array(String)}
                                )
                            )
                            AND (
                                empty({untagged:Array(String)})
                                OR NOT arrayExists(tag -> mapContains(tags, tag), {untagged:Array(String)})
                            )
                    )
                GROUP BY every, key, currency
            )
    )
WHERE
    NOT every
    AND (NOT {has_after:Bool} OR (key, currency) > ({after_key:String}, {after_currency:String}))
ORDER BY key ASC, currency ASC
LIMIT {limit:UInt32}
