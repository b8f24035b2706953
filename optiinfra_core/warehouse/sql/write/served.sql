-- What does each window serve now, and how much of it is of this version?
SELECT
    toDateTime(intDiv(toUnixTimestamp(${INSTANT}), {step:UInt32}) * {step:UInt32}, 'UTC') AS window_start,
    count() AS "rows",
    groupBitXor(sipHash64(tuple(source, ${COLUMNS}))) AS checksum,
    ${MEASURES}
FROM ${TABLE} FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND ${INSTANT} >= {start:DateTime('UTC')} AND ${INSTANT} < {end:DateTime('UTC')}
GROUP BY window_start
ORDER BY window_start
