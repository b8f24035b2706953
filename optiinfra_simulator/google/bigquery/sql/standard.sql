-- The table of the standard usage cost export: the detailed one without resources and prices.
CREATE MACRO standard(known, low, high) AS TABLE
SELECT
    billing_account_id, service, sku, usage_start_time, usage_end_time, project, labels,
    system_labels, location, cost, currency, currency_conversion_rate, usage, credits, invoice,
    cost_type, adjustment_info, export_time, cost_at_list, transaction_type, seller_name,
    subscription, tags, _PARTITIONTIME, _PARTITIONDATE
FROM detailed(known, low, high)
