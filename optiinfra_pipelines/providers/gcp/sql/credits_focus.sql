-- Which credits does each day's FOCUS export name, per resource, and of which kind?
SELECT
    TIMESTAMP_TRUNC(t.ChargePeriodStart, DAY) AS day,
    t.BillingPeriodStart AS billing_period_start,
    t.BillingAccountId AS billing_account_id,
    t.BillingCurrency AS currency,
    t.ServiceName AS service_name,
    t.x_ServiceId AS service_id,
    t.ChargeCategory AS charge_category,
    t.ChargeClass AS charge_class,
    t.ChargeDescription AS charge_description,
    t.PricingCategory AS pricing_category,
    t.SkuId AS sku_id,
    t.SkuPriceId AS sku_price_id,
    t.SubAccountId AS sub_account_id,
    t.SubAccountName AS sub_account_name,
    t.RegionId AS region,
    t.RegionName AS region_name,
    t.AvailabilityZone AS zone,
    t.x_Location AS location,
    t.ResourceId AS resource_id,
    t.ResourceName AS resource_name,
    t.PublisherName AS publisher_name,
    t.ProviderName AS provider_name,
    t.x_CostType AS cost_type,
    t.x_SubscriptionInstanceId AS commitment,
    TO_JSON_STRING(t.x_Labels) AS labels,
    c.Type AS credit_type,
    c.Name AS credit_name,
    c.FullName AS credit_full_name,
    c.Id AS credit_id,
    SUM(CAST(c.Amount AS NUMERIC)) AS cost
FROM `${TABLE}` AS t
CROSS JOIN UNNEST(t.x_Credits) AS c
WHERE
    t.${PARTITION} >= @partition
    AND t.ChargePeriodStart >= @start
    AND t.ChargePeriodStart < @end
    AND t.x_ExportTime <= @known
GROUP BY ALL
