-- What does the FOCUS export of these days add up to, by currency, and how new is it?
SELECT
    t.BillingCurrency AS currency,
    SUM(CAST(t.BilledCost AS NUMERIC)) AS billed,
    MAX(t.x_ExportTime) AS exported
FROM `${TABLE}` AS t
WHERE
    t.${PARTITION} >= @partition
    AND t.ChargePeriodStart >= @start
    AND t.ChargePeriodStart < @end
GROUP BY currency
