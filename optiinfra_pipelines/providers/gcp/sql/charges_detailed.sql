-- What was charged on each usage day, per resource, before credits?
-- Floating-point costs are made exact line by line, so that every grouping adds up to the same.
SELECT
    TIMESTAMP_TRUNC(t.usage_start_time, DAY) AS day,
    t.invoice.month AS invoice_month,
    t.billing_account_id AS billing_account_id,
    t.service.description AS service_name,
    t.service.id AS service_id,
    t.sku.id AS sku_id,
    t.sku.description AS sku_description,
    t.project.id AS project_id,
    t.project.number AS project_number,
    t.project.name AS project_name,
    t.location.location AS location,
    t.location.region AS region,
    t.location.zone AS zone,
    t.resource.name AS resource_name,
    t.resource.global_name AS resource_id,
    TO_JSON_STRING(t.labels) AS labels,
    t.cost_type AS cost_type,
    t.currency AS currency,
    t.transaction_type AS transaction_type,
    t.seller_name AS seller_name,
    t.adjustment_info.id AS adjustment_id,
    t.adjustment_info.description AS adjustment,
    t.subscription.instance_id AS commitment,
    t.usage.unit AS consumed_unit,
    t.usage.pricing_unit AS pricing_unit,
    t.price.list_price AS list_unit_price,
    t.price.effective_price AS contracted_unit_price,
    t.price.tier_start_amount AS tier_start,
    SUM(CAST(t.cost AS NUMERIC)) AS cost,
    IF(COUNTIF(t.cost_at_list IS NULL) > 0, NULL, SUM(CAST(t.cost_at_list AS NUMERIC))) AS list_cost,
    SUM(CAST(t.usage.amount AS NUMERIC)) AS consumed,
    SUM(CAST(t.usage.amount_in_pricing_units AS NUMERIC)) AS priced
FROM `${TABLE}` AS t
WHERE
    t.${PARTITION} >= @partition
    AND t.usage_start_time >= @start
    AND t.usage_start_time < @end
    AND t.export_time <= @known
GROUP BY ALL
