-- Which charges made up the period as we knew it at a moment?
-- Charges as the restatement ledger tells them apart: without tags and invoice numbers.
WITH
known AS
(
    SELECT provider, account_id, day
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'cost'
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        AND first_committed_at <= {known_at:DateTime64(3, 'UTC')}
),

lines AS
(
    SELECT
        provider, account_id,
        charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
        charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
        billing_currency,
        sum(billed) AS billed_cost,
        sum(effective) AS effective_cost,
        if(countIf(is_change) = 0, 1, argMinIf(existed, detected, is_change)) AS was_there,
        sipHash64(
            charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
            charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
            billing_currency
        ) AS line
    FROM
        (
            SELECT
                provider, account_id,
                charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
                charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
                billing_currency,
                billed_cost AS billed, effective_cost AS effective, 0 AS is_change, 1 AS existed,
                toDateTime64(0, 3, 'UTC') AS detected
            FROM cost_metrics FINAL
            WHERE
                customer_id = {customer_id:String}
                AND provider IN {providers:Array(String)}
                AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
                AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
                AND (provider, account_id, day) IN (SELECT provider, account_id, day FROM known)
                AND ({service:String} = '' OR service_name = {service:String})
                AND ({region:String} = '' OR region_id = {region:String})
                AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
                AND ({charge_category:String} = '' OR charge_category = {charge_category:String})
                AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
            UNION ALL
            SELECT
                provider, account_id,
                charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
                charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
                billing_currency,
                -delta_billed_cost AS billed, -delta_effective_cost AS effective, 1 AS is_change,
                toUInt8(isNotNull(old_billed_cost)) AS existed, detected_at AS detected
            FROM cost_restatements FINAL
            WHERE
                customer_id = {customer_id:String}
                AND provider IN {providers:Array(String)}
                AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
                AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
                AND detected_at > {known_at:DateTime64(3, 'UTC')}
                AND (provider, account_id, day) IN (SELECT provider, account_id, day FROM known)
                AND ({service:String} = '' OR service_name = {service:String})
                AND ({region:String} = '' OR region_id = {region:String})
                AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
                AND ({charge_category:String} = '' OR charge_category = {charge_category:String})
                AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
        )
    GROUP BY
        provider, account_id,
        charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
        charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
        billing_currency
)

SELECT
    provider, account_id,
    charge_period_start, charge_period_end, sub_account_id, service_name, charge_category, charge_class,
    charge_description, region_id, resource_id, sku_id, pricing_category, commitment_discount_id,
    billing_currency,
    if({basis:String} = 'billed', billed_cost, effective_cost) AS cost,
    billed_cost, effective_cost, line
FROM lines
WHERE
    was_there
    AND (
        NOT {has_after:Bool}
        OR charge_period_start < {after_start:DateTime('UTC')}
        OR (
            charge_period_start = {after_start:DateTime('UTC')}
            AND (provider, service_name, resource_id, line)
            > ({after_provider:String}, {after_service:String}, {after_resource:String}, {after_line:UInt64})
        )
    )
ORDER BY charge_period_start DESC, provider ASC, service_name ASC, resource_id ASC, line ASC
LIMIT {limit:UInt32}
