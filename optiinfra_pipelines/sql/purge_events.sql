-- Which events older than the retention may go? All but the newest of each asset, type and partition,
-- because partition status is rebuilt from those. The window form takes 0.9 s on 130,000 rows; a
-- self-join on IS NOT DISTINCT FROM took 19.5 minutes.
DELETE FROM event_logs
WHERE id IN (
    SELECT aged.id
    FROM (
        SELECT
            id,
            asset_key,
            row_number() OVER (
                PARTITION BY asset_key, dagster_event_type, partition ORDER BY id DESC
            ) AS newest
        FROM event_logs
        WHERE timestamp < :before
    ) AS aged
    WHERE aged.asset_key IS NULL OR aged.newest > 1
)
