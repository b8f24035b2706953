-- Which credits were given on each usage day, per SKU and project, and of which kind?
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
    TO_JSON_STRING(t.labels) AS labels,
    t.cost_type AS cost_type,
    t.currency AS currency,
    t.transaction_type AS transaction_type,
    t.seller_name AS seller_name,
    t.adjustment_info.id AS adjustment_id,
    t.adjustment_info.description AS adjustment,
    t.subscription.instance_id AS commitment,
    c.type AS credit_type,
    c.name AS credit_name,
    c.full_name AS credit_full_name,
    c.id AS credit_id,
    SUM(CAST(c.amount AS NUMERIC)) AS cost
FROM `${TABLE}` AS t
CROSS JOIN UNNEST(t.credits) AS c
WHERE
    t.${PARTITION} >= @partition
    AND t.usage_start_time >= @start
    AND t.usage_start_time < @end
    AND t.export_time <= @known
GROUP BY ALL
