-- What do charges and credits of these usage days add up to, by currency, and how new are they?
SELECT
    t.currency AS currency,
    SUM(
        CAST(t.cost AS NUMERIC)
        + IFNULL((SELECT SUM(CAST(c.amount AS NUMERIC)) FROM UNNEST(t.credits) AS c), 0)
    ) AS billed,
    MAX(t.export_time) AS exported
FROM `${TABLE}` AS t
WHERE
    t.${PARTITION} >= @partition
    AND t.usage_start_time >= @start
    AND t.usage_start_time < @end
GROUP BY currency
