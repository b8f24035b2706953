-- What is the highest version that any row of the span carries, tombstones included?
SELECT max(version) AS version
FROM ${TABLE}
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND ${INSTANT} >= {start:DateTime('UTC')} AND ${INSTANT} < {end:DateTime('UTC')}
