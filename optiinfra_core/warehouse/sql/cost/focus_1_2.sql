-- Which charges make up the period, in the columns of FOCUS 1.2, in the order they are stored?
-- What no charge of a provider tells (who offers, hosts and invoices it) is the provider's own title.
-- noqa: disable=CP02
WITH transform(provider, {providers:Array(String)}, {titles:Array(String)}, provider) AS title
SELECT
    nullIf(availability_zone, '') AS AvailabilityZone,
    billed_cost AS BilledCost,
    nullIf(billing_account_id, '') AS BillingAccountId,
    nullIf(billing_account_name, '') AS BillingAccountName,
    nullIf(billing_account_type, '') AS BillingAccountType,
    nullIf(billing_currency, '') AS BillingCurrency,
    toDateTime64(coalesce(billing_period_end, addMonths(billing_period_start, 1)), 0, 'UTC') AS BillingPeriodEnd,
    toDateTime64(billing_period_start, 0, 'UTC') AS BillingPeriodStart,
    nullIf(capacity_reservation_id, '') AS CapacityReservationId,
    nullIf(capacity_reservation_status, '') AS CapacityReservationStatus,
    nullIf(charge_category, '') AS ChargeCategory,
    nullIf(charge_class, '') AS ChargeClass,
    nullIf(charge_description, '') AS ChargeDescription,
    nullIf(charge_frequency, '') AS ChargeFrequency,
    toDateTime64(charge_period_end, 0, 'UTC') AS ChargePeriodEnd,
    toDateTime64(charge_period_start, 0, 'UTC') AS ChargePeriodStart,
    nullIf(commitment_discount_category, '') AS CommitmentDiscountCategory,
    nullIf(commitment_discount_id, '') AS CommitmentDiscountId,
    nullIf(commitment_discount_name, '') AS CommitmentDiscountName,
    commitment_discount_quantity AS CommitmentDiscountQuantity,
    nullIf(commitment_discount_status, '') AS CommitmentDiscountStatus,
    nullIf(commitment_discount_type, '') AS CommitmentDiscountType,
    nullIf(commitment_discount_unit, '') AS CommitmentDiscountUnit,
    consumed_quantity AS ConsumedQuantity,
    nullIf(consumed_unit, '') AS ConsumedUnit,
    contracted_cost AS ContractedCost,
    contracted_unit_price AS ContractedUnitPrice,
    effective_cost AS EffectiveCost,
    nullIf(invoice_id, '') AS InvoiceId,
    coalesce(nullIf(invoice_issuer_name, ''), nullIf(provider_name, ''), title) AS InvoiceIssuerName,
    list_cost AS ListCost,
    list_unit_price AS ListUnitPrice,
    nullIf(pricing_category, '') AS PricingCategory,
    nullIf(pricing_currency, '') AS PricingCurrency,
    pricing_currency_contracted_unit_price AS PricingCurrencyContractedUnitPrice,
    pricing_currency_effective_cost AS PricingCurrencyEffectiveCost,
    pricing_currency_list_unit_price AS PricingCurrencyListUnitPrice,
    pricing_quantity AS PricingQuantity,
    nullIf(pricing_unit, '') AS PricingUnit,
    coalesce(nullIf(provider_name, ''), nullIf(service_provider_name, ''), title) AS ProviderName,
    coalesce(nullIf(publisher_name, ''), nullIf(provider_name, ''), nullIf(service_provider_name, ''), title) AS PublisherName,
    nullIf(region_id, '') AS RegionId,
    nullIf(region_name, '') AS RegionName,
    nullIf(resource_id, '') AS ResourceId,
    nullIf(resource_name, '') AS ResourceName,
    nullIf(resource_type, '') AS ResourceType,
    nullIf(service_category, '') AS ServiceCategory,
    nullIf(service_name, '') AS ServiceName,
    nullIf(service_subcategory, '') AS ServiceSubcategory,
    nullIf(sku_id, '') AS SkuId,
    nullIf(sku_meter, '') AS SkuMeter,
    nullIf(sku_price_details, '') AS SkuPriceDetails,
    nullIf(sku_price_id, '') AS SkuPriceId,
    nullIf(sub_account_id, '') AS SubAccountId,
    nullIf(sub_account_name, '') AS SubAccountName,
    nullIf(sub_account_type, '') AS SubAccountType,
    if(empty(tags), NULL, toJSONString(mapSort(tags))) AS Tags,
    finality AS x_Finality,
    source AS x_SourceDataset,
    provider AS x_Provider,
    account_id AS x_AccountId,
    fromUnixTimestamp64Milli(version, 'UTC') AS x_CollectedAt,
    if(empty(extra), NULL, toJSONString(mapSort(extra))) AS x_ProviderColumns
FROM cost_metrics FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
ORDER BY
    provider ASC, day ASC, service_name ASC, resource_id ASC, charge_period_start ASC, line_key ASC,
    detail_key ASC
SETTINGS format_csv_null_representation = '', output_format_json_escape_forward_slashes = 0
