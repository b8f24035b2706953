-- The table of the FOCUS export; BilledCost and EffectiveCost hold the credits, as Google's do.
CREATE MACRO focus(known, low, high) AS TABLE
SELECT
    location.zone AS AvailabilityZone,
    net AS BilledCost,
    billing_account_id AS BillingAccountId,
    'USD' AS BillingCurrency,
    (strptime(invoice_month, '%Y%m') AT TIME ZONE 'America/Los_Angeles') AS BillingPeriodStart,
    (
        (strptime(invoice_month, '%Y%m') + INTERVAL 1 MONTH) AT TIME ZONE 'America/Los_Angeles'
    ) AS BillingPeriodEnd,
    CASE cost_type
        WHEN 'regular' THEN 'Usage' WHEN 'tax' THEN 'Tax' ELSE 'Adjustment'
    END AS ChargeCategory,
    CASE WHEN adjustment_info.id IS NOT NULL THEN 'Correction' END AS ChargeClass,
    sku.description AS ChargeDescription,
    usage_start AS ChargePeriodStart,
    usage_end AS ChargePeriodEnd,
    CASE WHEN cost_type = 'regular' THEN amount END AS ConsumedQuantity,
    CASE WHEN cost_type = 'regular' THEN base_unit END AS ConsumedUnit,
    contracted AS ContractedCost,
    CASE WHEN cost_type = 'regular' THEN price.effective_price END AS ContractedUnitPrice,
    listed_amount AS ListCost,
    CASE WHEN cost_type = 'regular' THEN price.list_price END AS ListUnitPrice,
    CASE
        WHEN cost_type <> 'regular' THEN NULL
        WHEN discount.type = 'COMMITTED_USAGE_DISCOUNT' OR subscription.instance_id IS NOT NULL
            THEN 'Committed'
        ELSE 'Standard'
    END AS PricingCategory,
    CASE WHEN cost_type = 'regular' THEN CAST(quantity AS DECIMAL(38, 9)) END AS PricingQuantity,
    CASE WHEN cost_type = 'regular' THEN pricing_unit END AS PricingUnit,
    'Google Cloud' AS ProviderName,
    CASE WHEN transaction_type = 'GOOGLE' THEN 'Google Cloud' ELSE seller_name END
        AS PublisherName,
    location.region AS RegionId,
    region_name AS RegionName,
    resource.global_name AS ResourceId,
    resource.name AS ResourceName,
    service.description AS ServiceName,
    CASE WHEN cost_type = 'regular' THEN sku.id END AS SkuId,
    CASE WHEN cost_type = 'regular' THEN
        'Billing Account ID:' || billing_account_id || ', SKU ID: ' || sku.id
        || ', Price Tier Start Amount: 0'
    END AS SkuPriceId,
    project.id AS SubAccountId,
    project.name AS SubAccountName,
    list_transform(all_credits, lambda each: struct_pack(
        Name := each.name, Amount := CAST(each.amount AS DECIMAL(38, 9)),
        FullName := each.full_name, Id := each.id, Type := each.type
    )) AS x_Credits,
    cost_type AS x_CostType,
    1.0::DOUBLE AS x_CurrencyConversionRate,
    export_at AS x_ExportTime,
    location.location AS x_Location,
    struct_pack(
        Id := project.id, Number := project.number, Name := project.name,
        AncestryNumbers := project.ancestry_numbers,
        Ancestors := list_transform(project.ancestors, lambda each: struct_pack(
            ResourceName := each.resource_name, DisplayName := each.display_name
        ))
    ) AS x_Project,
    service.id AS x_ServiceId,
    list_transform(system_labels, lambda each: struct_pack(Key := each.key, Value := each.value))
        AS x_SystemLabels,
    list_transform(labels, lambda each: struct_pack(Key := each.key, Value := each.value))
        AS x_Labels,
    list_transform(project.labels, lambda each: struct_pack(Key := each.key, Value := each.value))
        AS x_ProjectLabels,
    list_transform(tags, lambda each: struct_pack(
        Key := each.key, Value := each.value, x_Inherited := each.inherited,
        x_Namespace := each.namespace
    )) AS x_Tags,
    net AS EffectiveCost,
    'USD' AS PricingCurrency,
    CASE WHEN cost_type = 'regular' THEN price.effective_price END
        AS PricingCurrencyContractedUnitPrice,
    net AS PricingCurrencyEffectiveCost,
    CASE WHEN cost_type = 'regular' THEN price.list_price END AS PricingCurrencyListUnitPrice,
    'Billing Account' AS BillingAccountType,
    subscription.instance_id AS x_SubscriptionInstanceId,
    CASE WHEN cost_type = 'regular' THEN price.effective_price_default END
        AS x_PriceEffectivePriceDefault,
    CASE WHEN cost_type = 'regular' THEN price.list_price_consumption_model END
        AS x_PriceListPriceConsumptionModel,
    contracted AS x_CostAtEffectivePriceDefault,
    listed_amount AS x_CostAtListConsumptionModel,
    '7754-699E-0EBF' AS x_ConsumptionModelId,
    'Default' AS x_ConsumptionModelDescription,
    partition_at AS _PARTITIONTIME,
    CAST(partition_at AS DATE) AS _PARTITIONDATE
FROM (
    SELECT
        *,
        CAST(cost / 1e6 AS DECIMAL(38, 9)) AS contracted,
        CAST(listed / 1e6 AS DECIMAL(38, 9)) AS listed_amount,
        CAST((cost + coalesce(discounted, 0) + coalesce(promoted, 0)) / 1e6 AS DECIMAL(38, 9))
            AS net,
        CAST(quantity * base_factor AS DECIMAL(38, 9)) AS amount
    FROM exported(known, low, high)
)
