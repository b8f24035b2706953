-- What did calls to providers take and cost, in groups of one kind?
-- A page is a call that was answered; a retry is a call of its own.
SELECT
    multiIf(
        {group_by:String} = 'run', run_id,
        {group_by:String} = 'provider', provider,
        {group_by:String} = 'data_type', dataset,
        {group_by:String} = 'operation', operation,
        {group_by:String} = 'account', concat(provider, '/', account_id),
        toString(day)
    ) AS key,
    count() AS calls,
    countIf(error = '') AS pages,
    sum(units) AS units,
    sum(usd) AS usd,
    countIf(throttled) AS throttled,
    countIf(error != '') AS errors,
    min(at) AS first_call,
    max(at) AS last_call
FROM collection_calls
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND at >= {start:DateTime('UTC')} AND at < {end:DateTime('UTC')}
GROUP BY key
ORDER BY if({group_by:String} = 'day', key, '') ASC, usd DESC, calls DESC, key ASC
LIMIT {limit:UInt32}
