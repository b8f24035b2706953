-- How many rows did this version delete?
SELECT count() AS tombstones
FROM ${TABLE}
WHERE customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND ${INSTANT} >= {start:DateTime('UTC')} AND ${INSTANT} < {end:DateTime('UTC')}
    AND version = {version:UInt64} AND is_deleted
