-- Which charges make up the period? Newest first; a page starts after the row that the cursor names.
SELECT
    provider, account_id, source, charge_period_start, charge_period_end, billing_period_start,
    billing_account_id, billing_account_name, sub_account_id, sub_account_name, service_provider_name,
    invoice_issuer_name, service_category, service_subcategory, service_name, charge_category,
    charge_class, charge_description, charge_frequency, region_id, region_name, availability_zone,
    resource_id, resource_name, resource_type, sku_id, sku_meter, sku_price_id, pricing_category,
    commitment_discount_id, commitment_discount_status, consumed_quantity, consumed_unit,
    pricing_quantity, pricing_unit, list_unit_price, contracted_unit_price, billing_currency,
    multiIf(
        {basis:String} = 'billed', billed_cost,
        {basis:String} = 'contracted', contracted_cost,
        {basis:String} = 'list', list_cost,
        effective_cost
    ) AS cost,
    billed_cost, effective_cost, list_cost, contracted_cost, invoice_id, finality, tags, extra,
    line_key, detail_key
FROM cost_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    AND (NOT {has_after:Bool} OR day <= toDate({after_start:DateTime('UTC')}))
    AND (
        NOT {has_after:Bool}
        OR charge_period_start < {after_start:DateTime('UTC')}
        OR (
            charge_period_start = {after_start:DateTime('UTC')}
            AND (provider, service_name, resource_id, line_key, detail_key)
            > (
                {after_provider:String}, {after_service:String}, {after_resource:String},
                {after_line:UInt64}, {after_detail:UInt64}
            )
        )
    )
    AND ${CHARGE_FILTERS}
ORDER BY charge_period_start DESC, provider ASC, service_name ASC, resource_id ASC, line_key ASC, detail_key ASC
LIMIT {limit:UInt32}
