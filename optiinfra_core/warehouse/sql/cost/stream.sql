-- Which charges make up the period, all of them, in the order they are stored?
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
    billed_cost, effective_cost, list_cost, contracted_cost, invoice_id, finality, tags, extra
FROM cost_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    AND ${CHARGE_FILTERS}
ORDER BY
    provider ASC, day ASC, service_name ASC, resource_id ASC, charge_period_start ASC, line_key ASC,
    detail_key ASC
LIMIT {limit:UInt32}
