-- The table of the detailed usage cost export.
CREATE MACRO detailed(known, low, high) AS TABLE
SELECT
    billing_account_id,
    service,
    sku,
    usage_start AS usage_start_time,
    usage_end AS usage_end_time,
    project,
    labels,
    system_labels,
    location,
    resource,
    cost / 1e6 AS cost,
    'USD' AS currency,
    1.0::DOUBLE AS currency_conversion_rate,
    struct_pack(
        amount := quantity * base_factor, unit := base_unit,
        amount_in_pricing_units := quantity, pricing_unit := pricing_unit
    ) AS usage,
    all_credits AS credits,
    struct_pack(month := invoice_month, publisher_type := publisher) AS invoice,
    cost_type,
    adjustment_info,
    export_at AS export_time,
    listed / 1e6 AS cost_at_list,
    transaction_type,
    seller_name,
    subscription,
    tags,
    CASE WHEN cost_type = 'regular' THEN price END AS price,
    cost / 1e6 AS cost_at_effective_price_default,
    listed / 1e6 AS cost_at_list_consumption_model,
    struct_pack(id := '7754-699E-0EBF', description := 'Default') AS consumption_model,
    partition_at AS _PARTITIONTIME,
    CAST(partition_at AS DATE) AS _PARTITIONDATE
FROM exported(known, low, high)
