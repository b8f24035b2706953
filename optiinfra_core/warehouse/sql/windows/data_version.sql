-- Which commit is the newest that an answer about this period stands on?
SELECT
    max(version) AS version,
    max(finished_at) AS as_of,
    count() AS windows
FROM collection_windows FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND dataset = {dataset:String}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')}
