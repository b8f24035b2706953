-- How many windows of the period has each account committed, and how many of them before they ended?
-- Asked beside every read: coverage.sql says the same and where the gaps are, for twice the time.
SELECT provider, account_id, countIf(complete) AS committed, countIf(finished_at < window_end) AS unfinished
FROM collection_windows FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND dataset = {dataset:String}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')}
GROUP BY provider, account_id
ORDER BY provider ASC, account_id ASC
