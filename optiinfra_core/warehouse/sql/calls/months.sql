-- What did each account's calls cost since a month began, and since some days ago?
SELECT
    provider,
    account_id,
    sumIf(usd, at >= {start:DateTime('UTC')}) AS month_to_date,
    sumIf(usd, at >= {recent:DateTime('UTC')}) AS recent_usd,
    min(at) AS first_call
FROM collection_calls
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate(least({start:DateTime('UTC')}, {recent:DateTime('UTC')}))
    AND at < {end:DateTime('UTC')}
GROUP BY provider, account_id
ORDER BY provider ASC, account_id ASC
