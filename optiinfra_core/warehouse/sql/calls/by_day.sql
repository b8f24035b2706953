-- What did collecting cost each day: calls, billed units, estimated dollars?
SELECT
    day,
    provider,
    account_id,
    dataset,
    operation,
    count() AS calls,
    sum(units) AS units,
    sum(usd) AS usd,
    sum(throttled) AS throttled,
    countIf(error != '') AS failed,
    avg(milliseconds) AS average_ms
FROM collection_calls
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND at >= {start:DateTime('UTC')} AND at < {end:DateTime('UTC')}
GROUP BY day, provider, account_id, dataset, operation
ORDER BY day ASC, provider ASC, account_id ASC, dataset ASC, operation ASC
