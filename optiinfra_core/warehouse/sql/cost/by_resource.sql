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
                            AND ${CHARGE_FILTERS}
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
