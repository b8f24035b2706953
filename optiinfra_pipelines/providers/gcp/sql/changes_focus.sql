-- Which days did rows of the FOCUS export touch that came after an instant, and how new are they?
SELECT
    TIMESTAMP_TRUNC(t.ChargePeriodStart, DAY) AS day,
    MAX(t.x_ExportTime) AS exported
FROM `${TABLE}` AS t
WHERE
    t.${PARTITION} >= @partition
    AND t.x_ExportTime > @since
    AND t.ChargePeriodStart >= @oldest
GROUP BY day
