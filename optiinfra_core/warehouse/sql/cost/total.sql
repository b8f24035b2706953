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
GROUP BY billing_currency
ORDER BY currency ASC
