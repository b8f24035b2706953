-- What was charged on each day, per resource, before credits, in the words of FOCUS?
-- Google's BilledCost and EffectiveCost have the credits in them; here they are taken out again.
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
    t.ConsumedUnit AS consumed_unit,
    t.PricingUnit AS pricing_unit,
    t.ListUnitPrice AS list_unit_price,
    t.ContractedUnitPrice AS contracted_unit_price,
    SUM(
        CAST(t.BilledCost AS NUMERIC)
        - IFNULL((SELECT SUM(CAST(c.Amount AS NUMERIC)) FROM UNNEST(t.x_Credits) AS c), 0)
    ) AS cost,
    SUM(
        CAST(t.EffectiveCost AS NUMERIC)
        - IFNULL((SELECT SUM(CAST(c.Amount AS NUMERIC)) FROM UNNEST(t.x_Credits) AS c), 0)
    ) AS effective,
    IF(COUNTIF(t.ListCost IS NULL) > 0, NULL, SUM(CAST(t.ListCost AS NUMERIC))) AS list_cost,
    IF(COUNTIF(t.ContractedCost IS NULL) > 0, NULL, SUM(CAST(t.ContractedCost AS NUMERIC))) AS contracted_cost,
    SUM(CAST(t.ConsumedQuantity AS NUMERIC)) AS consumed,
    SUM(CAST(t.PricingQuantity AS NUMERIC)) AS priced
FROM `${TABLE}` AS t
WHERE
    t.${PARTITION} >= @partition
    AND t.ChargePeriodStart >= @start
    AND t.ChargePeriodStart < @end
    AND t.x_ExportTime <= @known
GROUP BY ALL
