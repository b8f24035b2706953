-- What is the newest charge of each resource and service?
-- `start` is how far back to look: without it the whole history would be read. Which charges these are is
-- found in the columns of the key; the others are read of a page's charges only.
WITH
newest AS
(
    SELECT
        provider, account_id, service_name, resource_id,
        argMin(
            (day, charge_period_start, line_key, detail_key),
            (-toInt64(toUnixTimestamp(charge_period_start)), line_key, detail_key)
        ) AS place
    FROM cost_metrics FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
        AND ${CHARGE_FILTERS}
        AND (
            NOT {has_after:Bool}
            OR (provider, account_id, service_name, resource_id)
            > ({after_provider:String}, {after_account:String}, {after_service:String}, {after_resource:String})
        )
    GROUP BY provider, account_id, service_name, resource_id
    ORDER BY provider ASC, account_id ASC, service_name ASC, resource_id ASC
    LIMIT {limit:UInt32}
)

SELECT
    provider, account_id, source, charge_period_start, charge_period_end, billing_period_start,
    billing_account_id, billing_account_name, sub_account_id, sub_account_name,
    service_provider_name, invoice_issuer_name, service_category, service_subcategory,
    service_name, charge_category, charge_class, charge_description, charge_frequency, region_id,
    region_name, availability_zone, resource_id, resource_name, resource_type, sku_id, sku_meter,
    sku_price_id, pricing_category, commitment_discount_id, commitment_discount_status,
    consumed_quantity, consumed_unit, pricing_quantity, pricing_unit, list_unit_price,
    contracted_unit_price, billing_currency,
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
    AND (provider, day, service_name, resource_id, charge_period_start, line_key, detail_key, account_id)
    IN (
        SELECT provider, place.1, service_name, resource_id, place.2, place.3, place.4, account_id
        FROM newest
    )
ORDER BY provider ASC, account_id ASC, service_name ASC, resource_id ASC
LIMIT {limit:UInt32}
