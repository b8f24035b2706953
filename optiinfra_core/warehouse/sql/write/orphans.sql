-- Which inserts into an overlapping span of this account are still running without their run?
SELECT query_id
FROM system.processes
WHERE
    startsWith(query_id, concat('optiinfra|${TABLE}|', {customer_id:String}, '|', {provider:String}, '|', {account_id:String}, '|'))
    AND toUInt64OrZero(splitByChar('|', query_id)[6]) < toUnixTimestamp({end:DateTime('UTC')})
    AND toUInt64OrZero(splitByChar('|', query_id)[7]) > toUnixTimestamp({start:DateTime('UTC')})
