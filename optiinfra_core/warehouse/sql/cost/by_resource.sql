-- Which resources cost most? Charges without a resource are one entry per service and region.
-- A page starts after the entry that the cursor names. Unknown costs rank last, as `unknown` has it.
SELECT
    provider, account_id, service_name, region_id, resource_id, resource_name, resource_type, currency, cost, share,
    "rows", unknown_rows, first_charge, last_charge
FROM
    (
        SELECT
            provider, account_id, service_name, region_id, resource_id,
            argMax(resource_name, (newest, resource_name)) AS resource_name,
            argMax(resource_type, (newest, resource_type)) AS resource_type,
            billing_currency AS currency,
            sum(amount) AS cost,
            toFloat64(sum(amount)) / nullIf(toFloat64(sum(sum(amount)) OVER (PARTITION BY billing_currency)), 0) AS share,
            sum(charges) AS "rows",
            sum(unknown) AS unknown_rows,
            min(first_charge) AS first_charge,
            max(last_charge) AS last_charge
        FROM
            (
                SELECT
                    provider, account_id, service_name, region_id, resource_id, resource_name, resource_type,
                    billing_currency, max(charge_period_start) AS newest, sum(known) AS amount,
                    count() AS charges, countIf(isNull(known)) AS unknown,
                    min(charge_period_start) AS first_charge, max(charge_period_end) AS last_charge
                FROM
                    (
                        SELECT
                            provider, account_id, service_name, region_id, resource_id, resource_name,
                            resource_type, billing_currency, charge_period_start, charge_period_end,
                            multiIf(
                                {basis:String} = 'billed', billed_cost,
                                {basis:String} = 'contracted', contracted_cost,
                                {basis:String} = 'list', list_cost,
                                effective_cost
                            ) AS known
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
                GROUP BY
                    provider, account_id, service_name, region_id, resource_id, resource_name, resource_type,
                    billing_currency
            )
        GROUP BY provider, account_id, service_name, region_id, resource_id, billing_currency
    )
WHERE
    NOT {has_after:Bool}
    OR (
        currency, -coalesce(cost, {unknown:Decimal(38, 12)}), provider, account_id, service_name, region_id,
        resource_id
    )
    > (
        {after_currency:String}, -{after_cost:Decimal(38, 12)}, {after_provider:String}, {after_account:String},
        {after_service:String}, {after_region:String}, {after_resource:String}
    )
ORDER BY
    currency ASC, cost DESC NULLS LAST, provider ASC, account_id ASC, service_name ASC, region_id ASC,
    resource_id ASC
LIMIT {limit:UInt32}
