-- Which days of the period are collected, by how many accounts wholly, when last, and how final are they?
WITH
sectors AS
(
    SELECT
        day, min(window_start) AS started, max(window_end) AS ended, max(finished_at) AS updated,
        uniqExactIf((provider, account_id), complete AND finished_at >= window_end) AS whole_accounts
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = {dataset:String}
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        AND window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')}
    GROUP BY day
),

standing AS
(
    SELECT
        day, count() AS charges, countIf(finality = 'open') AS opened, countIf(finality = 'closing') AS closing
    FROM cost_metrics FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    GROUP BY day
)

SELECT
    started, ended, updated, whole_accounts, charges,
    multiIf(charges = 0, '', opened > 0, 'open', closing > 0, 'closing', 'final') AS finality
FROM sectors
LEFT JOIN standing ON sectors.day = standing.day
ORDER BY started
