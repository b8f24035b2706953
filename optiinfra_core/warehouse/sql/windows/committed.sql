-- Which windows of an account are committed between two instants?
SELECT
    window_start, window_end, version, "rows", toBool(complete) AS complete, failed_parts, source, source_version, run_id,
    checksum, started_at, first_committed_at, finished_at
FROM collection_windows FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND dataset = {dataset:String}
    AND account_id = {account_id:String}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND window_start >= {start:DateTime('UTC')} AND window_start < {end:DateTime('UTC')}
ORDER BY window_start
