-- Which usage days did rows touch that were exported after an instant, and how new is the newest?
SELECT
    TIMESTAMP_TRUNC(t.usage_start_time, DAY) AS day,
    MAX(t.export_time) AS exported
FROM `${TABLE}` AS t
WHERE
    t.${PARTITION} >= @partition
    AND t.export_time > @since
    AND t.usage_start_time >= @oldest
GROUP BY day
